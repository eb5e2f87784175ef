/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reads with a version, an age and a reader that has it already; changes of a version; many rows by
 * one read. */
#include "http_edge.h"

#include "base/test.h"
#include "connectors/rows.h"
#include "net/loop.h"

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
static struct rows_state state;
static struct buf seen;

static void state_tell(void *context, struct rows_state *out) {
    (void)context;
    *out = state;
}

static const struct rows_column columns[] = {
    { "version", true }, { "time", true }, { "name", false }, { "size", true }
};
static const struct rows_table tables[] = { { "c", columns, 4 } };
static const struct rows_index indexes[] = { { 0, 2, true }, { 0, 3, false } };

/* By size 3: a, b, d; by name "moved": a, then b; by "both" two at the same time. */
static bool find(void *context, size_t index, const struct rows_value *value, uint64_t *at,
                 struct bytes *key, struct rows_value *values) {
    static const char *const keys[] = { "a", "b", "d" };
    (void)context;
    bool both = !index && bytes_is_text(value->text, "both");
    bool moved = !index && bytes_is_text(value->text, "moved");
    uint64_t count = index ? (value->integer == 3 ? 3 : 0) : both || moved ? 2 : 0;
    if (*at >= count) {
        *at = 0;
        return false;
    }
    for (int i = 0; i < 4; i++)
        values[i] = (struct rows_value){ .kind = ROWS_NULL };
    values[1] = (struct rows_value){ .kind = ROWS_INT, .integer = both ? 5 : (int64_t)*at };
    *key = bytes_text(keys[*at]);
    *at = *at + 1 == count ? 0 : *at + 1;
    return true;
}

static bool find_may_rest(void *context, size_t index, const struct rows_value *value,
                          uint64_t at) {
    (void)context;
    (void)index;
    (void)value;
    (void)at;
    return true;
}

static const struct connector_rows rows = { .tables = tables,
                                            .table_count = 1,
                                            .indexes = indexes,
                                            .index_count = 2,
                                            .find = find,
                                            .find_may_rest = find_may_rest,
                                            .state = state_tell };

static enum error on_query(void *context, const struct connector_request *r, struct buf *reply) {
    (void)context;
    if (bytes_is_text(r->key, "none"))
        buf_put_text(reply, "{\"status\":404,\"detail\":\"none\"}");
    else
        buf_print(reply, "{\"status\":200,\"id\":\"%.*s\",\"version\":7,\"name\":\"Ann\"}",
                  (int)r->key.len, (const char *)r->key.data);
    return E_ok;
}

static bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    buf_put_bytes(&seen, r->json);
    return false;
}

static const char *url = "http://127.0.0.1:0";

static void begin(bool queries) {
    static const struct connector_route read[] = { { "GET /c/{key}", "query:c-read" },
                                                   { "GET /c", "query:c-read" } };
    static const struct connector_route change[] = { { "PATCH /c/{id}", "c-patch-asked" } };
    const struct connector_options options = {
        .loop = (CHECK_OK(loop_create(&loop, clock_real())), loop),
        .url = url,
        .on_query = on_query,
        .on_request = on_request,
        .routes = queries ? read : change,
        .route_count = queries ? 2 : 1,
        .rows = &rows,
    };
    state = (struct rows_state){ .ready = true, .staleness_ms = 700 };
    CHECK_OK(queries ? http_query_kind.open(&edge, &options)
                     : http_service_kind.open(&edge, &options));
}

static void end(void) {
    http_query_kind.close(edge);
    loop_destroy(loop);
    buf_finish(&seen);
}

/* The whole answer to "REQUEST LINE\nFIELDS". */
static const char *ask(const char *line, const char *fields) {
    static struct buf heard;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)http_query_kind.port(edge)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char *text =
        text_format("%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n", line, fields);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
    free(text);
    buf_clear(&heard);
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (clock_steady_ms(clock_real()) < end_ms) {
        char part[4096];
        loop_turn(loop, 1);
        ssize_t got = recv(fd, part, sizeof(part), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        buf_put(&heard, part, got > 0 ? (size_t)got : 0);
    }
    (void)close(fd);
    return buf_text(&heard);
}

static void check_says(const char *line, const char *fields, const char *wanted) {
    const char *said = ask(line, fields);
    if (!strstr(said, wanted))
        test_failed(__FILE__, __LINE__, "%s with %s: %s", line, fields, said);
}

TEST(a_version_is_an_etag_and_who_has_it_is_told_so_without_a_body) {
    begin(true);
    check_says("GET /c/a", "", "ETag: \"7\"\r\n");
    check_says("GET /c/a", "", "\"version\":7,\"name\":\"Ann\"}");
    check_says("GET /c/a", "If-None-Match: \"7\"\r\n", "HTTP/1.1 304 Not Modified\r\n");
    CHECK(!strstr(ask("GET /c/a", "If-None-Match: \"7\"\r\n"), "Ann"));
    check_says("GET /c/a", "If-None-Match: \"6\", W/\"7\"\r\n", "HTTP/1.1 304 ");
    check_says("GET /c/a", "If-None-Match: *\r\n", "HTTP/1.1 304 ");
    check_says("GET /c/a", "If-None-Match: \"6\", \"77\",,\r\n", "HTTP/1.1 200 ");
    check_says("GET /c/none", "If-None-Match: *\r\n", "HTTP/1.1 404 ");
    end();
}

TEST(what_is_older_than_a_reader_allows_or_not_here_yet_is_an_error) {
    begin(true);
    check_says("GET /c/a?max-staleness=1s", "", "HTTP/1.1 200 ");
    check_says("GET /c/a?max-staleness=699ms", "",
               "the cache is 700 ms old, at most 699 ms is wanted");
    check_says("GET /c/a?min-version=7", "", "HTTP/1.1 200 ");
    check_says("GET /c/a?min-version=8", "", "HTTP/1.1 503 ");
    check_says("GET /c/none?min-version=1", "", "HTTP/1.1 503 ");
    check_says("GET /c/a?max-staleness=1h", "", "HTTP/1.1 400 ");
    check_says("GET /c/a?max-staleness=-1s", "", "HTTP/1.1 400 ");
    check_says("GET /c/a?min-version=99999999999999999999", "", "HTTP/1.1 400 ");
    state.staleness_ms = -1;
    check_says("GET /c/a?max-staleness=1s", "", "it is not known how old the cache is");
    check_says("GET /c/a", "", "HTTP/1.1 200 ");
    state = (struct rows_state){ .percent = 30 };
    check_says("GET /c/a", "", "the cache has read 30 % of its topics");
    end();
}

TEST(if_match_is_a_field_of_the_request_unless_its_body_has_one) {
    begin(false);
    (void)ask("PATCH /c/a", "Idempotency-Key: 1\r\nIf-Match: \"7\"\r\n");
    CHECK_TEXT(buf_text(&seen), "{\"id\":\"a\",\"if_match\":\"7\"}");
    buf_clear(&seen);
    (void)ask("PATCH /c/a",
              "Idempotency-Key: 2\r\nIf-Match: \"7\"\r\n"
              "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"if_match\":3}");
    CHECK_TEXT(buf_text(&seen), "{\"if_match\":3,\"id\":\"a\"}");
    buf_clear(&seen);
    (void)ask("PATCH /c/a", "Idempotency-Key: 3\r\nIf-Match: *\r\n");
    CHECK_TEXT(buf_text(&seen), "{\"id\":\"a\"}");
    end();
}

#define ROW(id) "{\"status\":200,\"id\":\"" id "\",\"version\":7,\"name\":\"Ann\"}"

TEST(many_rows_are_read_at_once_in_the_order_asked_for) {
    begin(true);
    check_says("GET /c?ids=b,none,a", "", "{\"rows\":[" ROW("b") ",null," ROW("a") "]}");
    check_says("GET /c?ids=", "", "HTTP/1.1 200 ");
    check_says("GET /c?ids=a&max-staleness=699ms", "", "HTTP/1.1 503 ");
    check_says("GET /c", "", "name ids, or a column by which rows are found");
    struct buf many = { 0 };
    buf_put_text(&many, "GET /c?ids=a");
    for (int i = 0; i < 1000; i++)
        buf_put_text(&many, ",a");
    check_says(buf_text(&many), "", "at most 1000 ids at once");
    buf_finish(&many);
    end();
}

TEST(rows_are_found_over_http_by_what_they_say) {
    begin(true);
    check_says("GET /c?size=3", "", "{\"rows\":[" ROW("a") "," ROW("b") "," ROW("d") "]}");
    check_says("GET /c?size=3&limit=2", "",
               "{\"rows\":[" ROW("a") "," ROW("b") "],\"next\":\"2\"}");
    check_says("GET /c?size=3&after=2", "", "{\"rows\":[" ROW("d") "]}");
    check_says("GET /c?size=4", "", "{\"rows\":[]}");
    check_says("GET /c?size=x", "", "a whole number is wanted");
    check_says("GET /c?size=3&limit=5000", "", "limit is 1 to 1000");
    check_says("GET /c?name=moved", "", "{\"rows\":[" ROW("b") "]}");
    check_says("GET /c?name=nobody", "", "{\"rows\":[]}");
    check_says("GET /c?name=both", "", "HTTP/1.1 503 ");
    check_says("GET /c?version=7", "", "HTTP/1.1 400 ");
    end();
}

TEST(what_is_masked_or_hidden_is_so_over_http_too_and_finds_nothing) {
    url = "http://127.0.0.1:0?mask=name&hide=id,size";
    begin(true);
    check_says("GET /c/a", "", "{\"status\":200,\"version\":7,\"name\":\"***\"}");
    check_says("GET /c/a", "", "ETag: \"7\"");
    check_says("GET /c/none", "", "HTTP/1.1 404 ");
    check_says("GET /c?ids=a", "", "{\"rows\":[{\"status\":200,\"version\":7,\"name\":\"***\"}]}");
    check_says("GET /c?name=moved", "", "HTTP/1.1 400 ");
    check_says("GET /c?size=3", "", "HTTP/1.1 400 ");
    end();
    url = "http://127.0.0.1:0";
}
