/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The connector over real sockets, with rows in miniature that are old, young, or still loading. */
#include "resp.h"

#include "base/event.h"
#include "base/test.h"
#include "connectors/rows.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/tls_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000 };

static struct loop *loop;
static struct connector *edge;
static struct rows_state state = { .ready = true, .percent = 100, .staleness_ms = 700 };
static bool reached;

/* ---- rows */

static const struct rows_column columns[] = {
    { "version", true }, { "time", true },   { "origin", true },
    { "name", false },   { "email", false },
};
static const struct rows_table tables[] = { { "customer", columns, 5 }, { "grave", columns, 1 } };

static void row_fill(struct rows_value *values) {
    values[0] = (struct rows_value){ .kind = ROWS_INT, .integer = 7 };
    values[1] = (struct rows_value){ .kind = ROWS_INT, .integer = 1 };
    values[2] = (struct rows_value){ .kind = ROWS_INT, .integer = 0 };
    values[3] = (struct rows_value){ .kind = ROWS_TEXT, .text = bytes_text("Ann") };
    values[4] = (struct rows_value){ .kind = ROWS_NULL };
}

static bool get(void *context, size_t table, struct bytes key, struct rows_value *values) {
    (void)context;
    if (table || !bytes_is_text(key, "1"))
        return false;
    row_fill(values);
    return true;
}

static bool next(void *context, size_t table, uint64_t *at, struct bytes *key,
                 struct rows_value *values) {
    static char text[16];
    (void)context;
    if (table || *at >= 25) {
        *at = 0;
        return false;
    }
    (void)snprintf(text, sizeof(text), "%d", (int)*at);
    *key = bytes_text(text);
    *at = *at == 24 ? 0 : *at + 1;
    row_fill(values);
    return true;
}

static bool may_rest(void *context, uint64_t at) {
    (void)context;
    (void)at;
    return true;
}

static uint64_t row_count(void *context, size_t table) {
    (void)context;
    return table ? 99 : 25;
}

/* Three say the city; the address moved from 2 to 3, and two say "both" at the same time. */
static bool find(void *context, size_t index, const struct rows_value *value, uint64_t *at,
                 struct bytes *key, struct rows_value *values) {
    static const char *const keys[] = { "1", "2", "3" };
    static const int64_t times[] = { 5, 6, 9 };
    (void)context;
    uint64_t end = index == 2 && value->integer == -7 ? 1 : 0;
    if (index < 2)
        end = bytes_is_text(value->text, "x") || bytes_is_text(value->text, "both") ? 3 : 0;
    if (*at >= end) {
        *at = 0;
        return false;
    }
    row_fill(values);
    *key = bytes_text(keys[*at]);
    values[1].integer = bytes_is_text(value->text, "both") && *at ? 8 : times[*at];
    *at = *at + 1 == end ? 0 : *at + 1;
    return true;
}

static bool find_may_rest(void *context, size_t index, const struct rows_value *value,
                          uint64_t at) {
    (void)context;
    (void)index;
    (void)value;
    return at != 1;
}

static const struct rows_index indexes[] = {
    { 0, 4, true }, { 0, 3, false }, { 0, 0, true }, { 1, 0, true }
};

static uint64_t bytes_of_rows(void *context, uint64_t *index_bytes) {
    (void)context;
    *index_bytes = 600;
    return 4000;
}

static void state_tell(void *context, struct rows_state *out) {
    (void)context;
    *out = state;
}

static enum error has_reached(void *context, struct bytes token, bool *out) {
    (void)context;
    *out = reached;
    return bytes_is_text(token, "token") ? E_ok : fail(E_malformed, "it is no token");
}

static const struct connector_rows rows = {
    .tables = tables,
    .table_count = 2,
    .get = get,
    .next = next,
    .may_rest = may_rest,
    .count = row_count,
    .bytes = bytes_of_rows,
    .indexes = indexes,
    .index_count = 4,
    .find = find,
    .find_may_rest = find_may_rest,
    .state = state_tell,
    .reached = has_reached,
};

/* ---- talking */

static void begin(const char *url, const char *secret) {
    CHECK_OK(loop_create(&loop, clock_real()));
    struct connector_options options = {
        .loop = loop,
        .url = url,
        .secret = secret,
        .secret_len = secret ? strlen(secret) : 0,
        .rows = &rows,
    };
    CHECK_OK(resp_query_kind.open(&edge, &options));
}

static void end(void) {
    resp_query_kind.close(edge);
    loop_destroy(loop);
}

static int reach(void) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)resp_query_kind.port(edge)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void tell(int fd, const char *text) {
    CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
}

/* What has come when it ends with `last`, or when the peer closes. Valid until the next. */
static const char *hear(int fd, const char *last) {
    static struct buf heard;
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    buf_clear(&heard);
    while (clock_steady_ms(clock_real()) < end_ms) {
        char part[4096];
        loop_turn(loop, 1);
        ssize_t got = recv(fd, part, sizeof(part), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        buf_put(&heard, part, got > 0 ? (size_t)got : 0);
        size_t len = strlen(last);
        if (len && heard.len >= len && memcmp(heard.data + heard.len - len, last, len) == 0)
            break;
    }
    return buf_text(&heard);
}

static void exchange(int fd, const char *request, const char *wanted) {
    tell(fd, request);
    CHECK_TEXT(hear(fd, wanted), wanted);
}

TEST(a_row_is_a_hash_of_its_columns_and_a_string_of_json) {
    begin("resp://127.0.0.1:0?hide=origin,grave&mask=name", NULL);
    int fd = reach();
    exchange(fd, "HGETALL customer:1\r\n",
             "*6\r\n$7\r\nversion\r\n$1\r\n7\r\n$4\r\ntime\r\n$1\r\n1\r\n$4\r\nname\r\n"
             "$3\r\n***\r\n");
    exchange(fd, "GET customer:1\r\n", "$35\r\n{\"version\":7,\"time\":1,\"name\":\"***\"}\r\n");
    exchange(fd, "HMGET customer:1 version origin email none\r\n",
             "*4\r\n$1\r\n7\r\n$-1\r\n$-1\r\n$-1\r\n");
    exchange(fd, "EXISTS customer:1 customer:2 grave:1 customer\r\n", ":1\r\n");
    exchange(fd, "HGETALL customer:2\r\n", "*0\r\n");
    exchange(fd, "dbsize\r\n", ":25\r\n");
    (void)close(fd);
    end();
}

TEST(a_row_is_found_by_what_it_says_and_where_two_say_it_by_who_said_it_last) {
    begin("resp://127.0.0.1:0?hide=grave", NULL);
    int fd = reach();
    exchange(fd, "FIND customer email x\r\n", "$10\r\ncustomer:3\r\n");
    exchange(fd, "FIND customer email y\r\n", "$-1\r\n");
    exchange(fd, "FIND customer email both\r\n",
             "-MOVING two rows say that at this moment: ask again\r\n");
    exchange(fd, "FIND customer version -7\r\n", "$10\r\ncustomer:1\r\n");
    exchange(fd, "FIND customer version 7x\r\n",
             "-ERR value is not an integer or out of range\r\n");
    exchange(fd, "FIND customer version 9223372036854775807\r\n", "$-1\r\n");
    exchange(fd, "FIND customer version 9223372036854775808\r\n",
             "-ERR value is not an integer or out of range\r\n");
    exchange(fd, "FIND customer version -9223372036854775808\r\n", "$-1\r\n");
    exchange(fd, "FIND customer version -9223372036854775809\r\n",
             "-ERR value is not an integer or out of range\r\n");
    exchange(fd, "HFIND customer version -7\r\n",
             "*8\r\n$7\r\nversion\r\n$1\r\n7\r\n$4\r\ntime\r\n$1\r\n1\r\n$6\r\norigin\r\n"
             "$1\r\n0\r\n$4\r\nname\r\n$3\r\nAnn\r\n");
    exchange(fd, "HFIND customer email y\r\n", "$-1\r\n");
    exchange(fd, "FIND customer name x\r\n",
             "-ERR more than one row may say that: use FINDALL\r\n");
    exchange(fd, "FINDALL customer name x\r\n",
             "*2\r\n$1\r\n0\r\n*3\r\n$10\r\ncustomer:1\r\n$10\r\ncustomer:2\r\n"
             "$10\r\ncustomer:3\r\n");
    exchange(fd, "FINDALL customer name x COUNT 1\r\n", /* it may not rest behind the first */
             "*2\r\n$1\r\n2\r\n*2\r\n$10\r\ncustomer:1\r\n$10\r\ncustomer:2\r\n");
    exchange(fd, "FINDALL customer name x CURSOR 2\r\n",
             "*2\r\n$1\r\n0\r\n*1\r\n$10\r\ncustomer:3\r\n");
    exchange(fd, "FINDALL customer name none\r\n", "*2\r\n$1\r\n0\r\n*0\r\n");
    exchange(fd, "FINDALL customer name x COUNT 0\r\n", "-ERR syntax error\r\n");
    exchange(fd, "FINDALL customer name x CURSOR\r\n", "-ERR syntax error\r\n");
    (void)close(fd);
    end();
}

TEST(by_what_is_hidden_masked_or_not_declared_nothing_is_found) {
    static const char none[] =
        "-ERR rows are not found by that: it is no column in `unique` or `index`\r\n";
    begin("resp://127.0.0.1:0?hide=grave,name&mask=email", NULL);
    int fd = reach();
    exchange(fd, "FIND customer email x\r\n", none);
    exchange(fd, "FINDALL customer name x\r\n", none);
    exchange(fd, "FIND grave version 7\r\n", none);
    exchange(fd, "FIND customer time 1\r\n", none);
    exchange(fd, "FIND nothing email x\r\n", none);
    state.ready = false;
    exchange(fd, "FIND customer version -7\r\n",
             "-LOADING the cache has read 100 % of its topics, 0 s are left\r\n");
    state.ready = true;
    (void)close(fd);
    end();
}

TEST(a_scan_meets_every_key_once_and_its_cursor_ends_at_zero) {
    char cursor[32] = "0", ask[64];
    int found = 0, calls = 0;
    begin("resp://127.0.0.1:0?hide=grave", NULL);
    int fd = reach();
    do {
        (void)snprintf(ask, sizeof(ask), "SCAN %s COUNT 7\r\nPING\r\n", cursor);
        tell(fd, ask);
        const char *heard = hear(fd, "+PONG\r\n");
        CHECK_INT(sscanf(heard, "*2 $%*d %31[0-9]", cursor), 1);
        for (const char *key = strstr(heard, "customer:"); key; key = strstr(key + 1, "customer:"))
            found++;
        calls++;
    } while (strcmp(cursor, "0") != 0 && calls < 10);
    CHECK_INT(found, 25);
    CHECK_INT(calls, 4);
    exchange(fd, "SCAN 0 MATCH *:24 COUNT 100\r\n",
             "*2\r\n$1\r\n0\r\n*1\r\n$11\r\ncustomer:24\r\n");
    exchange(fd, "SCAN 0 TYPE string COUNT 100\r\n", "*2\r\n$1\r\n0\r\n*0\r\n");
    exchange(fd, "SCAN x\r\n", "-ERR invalid cursor\r\n");
    exchange(fd, "SCAN 99999999999999999999\r\n", "-ERR invalid cursor\r\n");
    exchange(fd, "SCAN 9000000000000000000\r\n", "*2\r\n$1\r\n0\r\n*0\r\n");
    exchange(fd, "SCAN 9223372036854775807\r\n", "*2\r\n$1\r\n0\r\n*0\r\n");
    exchange(fd, "SCAN 9223372036854775808\r\n", "-ERR invalid cursor\r\n");
    (void)close(fd);
    end();
}

TEST(what_is_loading_or_too_old_is_an_error_and_no_data) {
    begin("resp://127.0.0.1:0?max_staleness=1s", NULL);
    int fd = reach();
    exchange(fd, "TYPE customer:1\r\n", "+hash\r\n");
    state.staleness_ms = 1001;
    exchange(fd, "TYPE customer:1\r\n",
             "-STALE the cache is 1001 ms old, at most 1000 ms is wanted\r\n");
    exchange(fd, "STALENESS\r\n", ":1001\r\n");
    exchange(fd, "STALENESS MAX 2000\r\nTYPE customer:1\r\n", "+OK\r\n+hash\r\n");
    state.staleness_ms = -1;
    exchange(fd, "TYPE customer:1\r\n",
             "-STALE it is not known how old the cache is, at most 2000 ms is wanted\r\n");
    exchange(fd, "STALENESS MAX 0\r\nTYPE customer:1\r\n", "+OK\r\n+hash\r\n");
    state = (struct rows_state){ .percent = 30, .eta_s = 4, .staleness_ms = 5 };
    exchange(fd, "GET customer:1\r\n",
             "-LOADING the cache has read 30 % of its topics, 4 s are left\r\n");
    exchange(fd, "PING\r\n", "+PONG\r\n");
    (void)close(fd);
    end();
}

TEST(a_wait_is_answered_when_its_write_is_here_and_what_stands_behind_it_waits) {
    begin("resp://127.0.0.1:0", NULL);
    int fd = reach();
    exchange(
        fd, "WAIT token 20\r\nPING\r\n",
        "-TIMEOUT what was written is not here yet: wait longer, or ask the source\r\n+PONG\r\n");
    tell(fd, "WAIT token 9000\r\nPING\r\n");
    for (int i = 0; i < 50; i++)
        loop_turn(loop, 1);
    reached = true;
    CHECK_TEXT(hear(fd, "+PONG\r\n"), ":1\r\n+PONG\r\n");
    exchange(fd, "WAIT token 9000\r\n", ":1\r\n");
    exchange(fd, "WAIT 0 100\r\n", ":0\r\n");
    exchange(fd, "WAIT else 100\r\n",
             "-ERR that is no token: SEQUENCE:TOPIC/PARTITION:SOURCE is wanted\r\n");
    exchange(fd, "WAIT token 99999999\r\n", "-ERR the time to wait is 0 to 60000 ms\r\n");
    tell(fd, "WAIT token 9000\r\n");
    (void)close(fd);
    reached = false;
    end();
}

TEST(who_does_not_know_the_password_learns_nothing) {
    begin("resp://127.0.0.1:0", "open sesame\n");
    int fd = reach();
    exchange(fd, "GET customer:1\r\n", "-NOAUTH Authentication required.\r\n");
    exchange(fd, "NOPE\r\n", "-NOAUTH Authentication required.\r\n");
    exchange(fd, "AUTH wrong\r\n",
             "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    tell(fd, "HELLO 3\r\n");
    CHECK(strncmp(hear(fd, "\r\n"), "-NOAUTH", 7) == 0);
    tell(fd, "HELLO 3 AUTH default 6f70656e20736573616d65 SETNAME me\r\nCLIENT GETNAME\r\n");
    CHECK(strstr(hear(fd, "me\r\n"), "%7\r\n$6\r\nserver\r\n"));
    exchange(fd, "HGET customer:1 email\r\n", "_\r\n");
    exchange(fd, "RESET\r\nGET customer:1\r\n", "+RESET\r\n-NOAUTH Authentication required.\r\n");
    exchange(fd, "QUIT\r\nPING\r\n", "+OK\r\n");
    CHECK_TEXT(hear(fd, "none"), "");
    (void)close(fd);
    end();
}

TEST(what_writes_is_refused_by_its_name_and_the_unknown_by_theirs) {
    begin("resp://127.0.0.1:0", NULL);
    int fd = reach();
    exchange(fd, "SET a b\r\n",
             "-READONLY this is a cache of what its source says: write there\r\n");
    exchange(fd, "nope\r\n", "-ERR unknown command 'nope'\r\n");
    exchange(fd, "GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n");
    exchange(fd, "HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n");
    exchange(fd, "SELECT 1\r\n", "-ERR there is one database, 0\r\n");
    exchange(fd, "CONFIG GET save\r\n", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
    exchange(fd, "COMMAND COUNT\r\n", ":33\r\n");
    exchange(fd, "*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n");
    CHECK_TEXT(hear(fd, "none"), "");
    (void)close(fd);
    end();
}

TEST(a_caller_that_does_not_read_is_not_read_from_and_the_others_are_served) {
    static const char asked[] = "HGETALL customer:1\r\n";
    begin("resp://127.0.0.1:0", NULL);
    int deaf = reach(), fd = reach();
    size_t sent = 0;
    int quiet = 0;
    for (int i = 0; i < 2000000 && quiet < 300; i++) {
        ssize_t put = send(deaf, asked, sizeof(asked) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += put > 0 ? (size_t)put : 0;
        if (put < 0) {
            loop_turn(loop, 0);
            quiet++;
        } else {
            quiet = 0;
        }
    }
    CHECK(quiet == 300); /* both sides are full, and neither grows */
    CHECK(sent < 32 * 1024 * 1024);
    exchange(fd, "PING\r\n", "+PONG\r\n");
    (void)close(deaf);
    (void)close(fd);
    end();
}

/* Asks until nothing more is taken of it; false: it was dropped. */
static bool deafen(int fd) {
    static const char asked[] = "HGETALL customer:1\r\n";
    for (int i = 0, quiet = 0; i < 2000000 && quiet < 300; i++) {
        ssize_t put = send(fd, asked, sizeof(asked) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EPIPE || errno == ECONNRESET))
            return false;
        quiet = put < 0 ? quiet + 1 : 0;
        if (put < 0)
            loop_turn(loop, 0);
    }
    return true;
}

TEST(callers_that_do_not_read_are_dropped_when_all_together_let_too_much_wait) {
    int deaf[5];
    begin("resp://127.0.0.1:0?unread_mib=1", NULL);
    int fd = reach();
    for (int i = 0; i < 5; i++) {
        deaf[i] = reach();
        (void)deafen(deaf[i]);
    }
    long long dropped = (long long)event_count(EV_connection_dropped);
    CHECK(dropped >= 2 && dropped <= 4); /* each may let 512 KiB wait, and a piece */
    exchange(fd, "PING\r\n", "+PONG\r\n");
    for (int i = 0; i < 5; i++)
        (void)close(deaf[i]);
    (void)close(fd);
    end();
}

TEST(who_reads_what_it_asks_for_is_not_dropped_beside_those_who_do_not) {
    enum { DEAF = 3, HONEST = 10, ASKED = 1500 };
    int deaf[DEAF], honest[HONEST];
    struct buf asks = { 0 };
    for (int i = 0; i < ASKED; i++)
        buf_put_text(&asks, "HGETALL customer:1\r\n");
    buf_put_text(&asks, "PING\r\n");
    begin("resp://127.0.0.1:0?unread_mib=2", NULL);
    for (int i = 0; i < HONEST; i++)
        exchange(honest[i] = reach(), "PING\r\n", "+PONG\r\n");
    for (int i = 0; i < DEAF; i++)
        (void)deafen(deaf[i] = reach());
    long long before = (long long)event_count(EV_connection_dropped);
    CHECK(before <= 1); /* so 1 MiB waits at least */
    for (int i = 0; i < HONEST; i++)
        tell(honest[i], buf_text(&asks));
    for (int i = 0; i < HONEST; i++) {
        const char *heard = hear(honest[i], "+PONG\r\n");
        CHECK(strlen(heard) > (size_t)100 * 1024 && strstr(heard, "+PONG\r\n"));
    }
    for (int i = 0; i < HONEST; i++)
        exchange(honest[i], "PING\r\n", "+PONG\r\n");
    for (int i = 0; i < DEAF; i++)
        (void)close(deaf[i]);
    for (int i = 0; i < HONEST; i++)
        (void)close(honest[i]);
    buf_finish(&asks);
    end();
}

TEST(an_address_that_cannot_be_is_refused_with_a_remedy) {
    static const char *const bad[][2] = {
        { "resp://127.0.0.1", "it is not HOST:PORT" },
        { "resp://127.0.0.1:0?max_staleness=5", "max_staleness is not such as 500ms, 5s or 1m" },
        { "resp://127.0.0.1:0?unread_mib=0", "unread_mib is not such as 256" },
        { "resp://127.0.0.1:0?certificate=a", "TLS wants certificate and key" },
        { "resp://127.0.0.1:0?hidden=a", "a parameter is unknown" },
    };
    CHECK_OK(loop_create(&loop, clock_real()));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct connector_options options = { .loop = loop, .url = bad[i][0], .rows = &rows };
        CHECK_ERROR(resp_query_kind.open(&edge, &options), E_config);
        CHECK_STORY(bad[i][1]);
    }
    struct connector_options no_rows = { .loop = loop, .url = "resp://127.0.0.1:0" };
    CHECK_ERROR(resp_query_kind.open(&edge, &no_rows), E_config);
    CHECK_STORY("try: state: fold");
    loop_destroy(loop);
}

/* ---- TLS */

static enum error open_at(const char *url, const char *secret) {
    struct connector_options o = { .loop = loop,
                                   .url = url,
                                   .secret = secret,
                                   .secret_len = secret ? strlen(secret) : 0,
                                   .rows = &rows };
    enum error e = resp_query_kind.open(&edge, &o);
    if (!e)
        resp_query_kind.close(edge);
    return e;
}

TEST(callers_come_from_elsewhere_only_over_tls_and_known) {
    given_certificates();
    CHECK_OK(loop_create(&loop, clock_real()));
    char *tls = text_format("resp://0.0.0.0:0?certificate=%s&key=%s", given_path("broker.pem"),
                            given_path("broker.key"));
    char *known = text_format("%s&client_ca=%s", tls, given_path("ca.pem"));
    CHECK_ERROR(open_at("resp://0.0.0.0:0", "password"), E_refused);
    CHECK_ERROR(open_at(tls, NULL), E_refused);
    CHECK_OK(open_at(tls, "password"));
    CHECK_OK(open_at(known, NULL));
    free(tls);
    free(known);
    loop_destroy(loop);
}

static size_t on_answer(void *context, struct bytes data) {
    buf_put_bytes(context, data);
    return data.len;
}

TEST(a_row_is_read_over_tls_behind_a_password) {
    static const char wanted[] = "+OK\r\n+hash\r\n";
    static const struct connection_handlers handlers = { NULL, on_answer, NULL };
    struct buf heard = { 0 };
    struct tls_context *trust;
    struct connection *c;
    given_certificates();
    const struct tls_files files = { .ca = given_path("ca.pem") };
    char *url = text_format("resp://127.0.0.1:0?certificate=%s&key=%s", given_path("broker.pem"),
                            given_path("broker.key"));
    begin(url, "password");
    CHECK_OK(tls_context_connect(&trust, &files));
    struct connection_target to = { "127.0.0.1", resp_query_kind.port(edge), trust, NULL };
    CHECK_OK(connection_connect_tls(&c, loop, &to, &handlers, &heard));
    connection_send(c, bytes_text("AUTH password\r\nTYPE customer:1\r\n"));
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (heard.len < sizeof(wanted) - 1 && clock_steady_ms(clock_real()) < end_ms)
        loop_turn(loop, 5);
    CHECK_TEXT(buf_text(&heard), wanted);
    connection_close(c);
    loop_turn(loop, 0);
    end();
    tls_context_destroy(trust);
    buf_finish(&heard);
    free(url);
}
