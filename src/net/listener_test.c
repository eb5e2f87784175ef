/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Listener and connections over real loopback sockets. The server takes lines: "echo text",
 * "flood n" (n KiB of answer), "pause", "bye" (last words), "close", "unfinished..." waits. */
#include "net/listener.h"

#include "base/event.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000 };

static struct loop *loop;
static struct listener *listener;
static struct connection *server_side; /* the newest */
static int opened, closed;
static struct buf heard;

static void *on_open(void *context, struct connection *c) {
    (void)context;
    server_side = c;
    opened++;
    return c;
}

static void obey(struct connection *c, const char *line) {
    buf_print(&heard, "%s;", line);
    if (strncmp(line, "echo ", 5) == 0) {
        connection_send(c, bytes_text(line + 5));
    } else if (strncmp(line, "flood ", 6) == 0) {
        struct buf flood = { 0 };
        memset(buf_extend(&flood, (size_t)strtol(line + 6, NULL, 10) * 1024), 'f', flood.len);
        connection_send_buf(c, &flood);
    } else if (strcmp(line, "pause") == 0) {
        connection_pause(c, true);
    } else if (strcmp(line, "bye") == 0) {
        connection_send(c, bytes_text("farewell"));
        connection_close_after_sending(c);
    } else if (strcmp(line, "close") == 0) {
        connection_close(c);
        connection_send(c, bytes_text("nobody hears this"));
    }
}

static size_t on_data(void *context, struct bytes data) {
    const uint8_t *end = memchr(data.data, '\n', data.len);
    if (!end)
        return 0;
    size_t len = (size_t)(end - data.data);
    char *line = text_copy_bytes(bytes_part(data, 0, len));
    obey(context, line);
    free(line);
    return len + 1;
}

static void on_closed(void *context) {
    if (context == server_side)
        server_side = NULL;
    closed++;
}

static struct listener_options server_options(void) {
    return (struct listener_options){
        .input_max_bytes = 64 * 1024,
        .output_max_bytes = 1024 * 1024,
        .handlers = { on_open, on_data, on_closed },
    };
}

static void open_server(struct clock *clock, const struct listener_options *options) {
    CHECK_OK(loop_create(&loop, clock));
    CHECK_OK(listener_open(&listener, loop, options));
}

static void close_server(void) {
    listener_close(listener);
    loop_destroy(loop);
    CHECK_INT(opened, closed);
    buf_finish(&heard);
}

static int client_connect(void) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)listener_port(listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int before = opened;
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    for (int i = 0; i < 20 && opened == before; i++)
        loop_turn(loop, 10);
    return fd;
}

static void client_say(int fd, const char *text) {
    CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
}

/* Turns the loop until the count is reached, at most PATIENCE_MS. */
static void turn_until(const int *count, int wanted) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (*count != wanted && clock_steady_ms(clock_real()) < end_ms)
        loop_turn(loop, 5);
    CHECK_INT(*count, wanted);
}

static void turn_until_heard(const char *wanted) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (strcmp(buf_text(&heard), wanted) != 0 && clock_steady_ms(clock_real()) < end_ms)
        loop_turn(loop, 5);
    CHECK_TEXT(buf_text(&heard), wanted);
}

/* Reads until `len` bytes or the end came, turning the loop meanwhile; returns how many came. */
static size_t client_read(int fd, char *into, size_t len) {
    size_t got = 0;
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (got < len && clock_steady_ms(clock_real()) < end_ms) {
        loop_turn(loop, 1);
        ssize_t more = recv(fd, into + got, len - got, MSG_DONTWAIT);
        if (more == 0 || (more < 0 && errno != EAGAIN))
            break;
        got += more > 0 ? (size_t)more : 0;
    }
    return got;
}

static void check_client_reads(int fd, const char *wanted) {
    char text[256] = "";
    CHECK(strlen(wanted) < sizeof(text));
    (void)client_read(fd, text, strlen(wanted));
    CHECK_TEXT(text, wanted);
}

static bool client_is_closed(int fd) {
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

TEST(requests_are_handed_out_one_by_one_however_they_are_cut) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "echo a\necho b\nec");
    check_client_reads(fd, "ab");
    client_say(fd, "ho ");
    loop_turn(loop, 10);
    client_say(fd, "c\n");
    check_client_reads(fd, "c");
    CHECK_TEXT(buf_text(&heard), "echo a;echo b;echo c;");
    CHECK(strncmp(connection_peer(server_side), "127.0.0.1:", 10) == 0);
    (void)close(fd);
    turn_until(&closed, 1);
    close_server();
}

TEST(what_came_before_the_end_of_the_client_is_still_handed_out) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "pause\none\ntwo\nhal");
    CHECK_INT(shutdown(fd, SHUT_WR), 0);
    turn_until_heard("pause;");
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 5);
    CHECK_INT(closed, 0);
    connection_pause(server_side, false);
    turn_until(&closed, 1);
    CHECK_TEXT(buf_text(&heard), "pause;one;two;");
    (void)close(fd);
    close_server();
}

TEST(a_paused_connection_notices_that_its_peer_has_gone) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "pause\n");
    turn_until_heard("pause;");
    (void)close(fd);
    turn_until(&closed, 1);
    close_server();
}

TEST(a_paused_connection_reads_no_more_than_a_little) {
    static char noise[1 << 20];
    struct listener_options options = server_options();
    options.input_max_bytes = 16 << 20;
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "pause\n");
    turn_until_heard("pause;");
    memset(noise, '\n', sizeof(noise));
    size_t sent = 0;
    for (int quiet = 0; quiet < 20;) {
        ssize_t put = send(fd, noise, sizeof(noise), MSG_DONTWAIT | MSG_NOSIGNAL);
        quiet = put > 0 ? 0 : quiet + 1;
        sent += put > 0 ? (size_t)put : 0;
        CHECK(sent < (size_t)64 << 20);
        loop_turn(loop, 1);
    }
    CHECK_TEXT(buf_text(&heard), "pause;");
    (void)close(fd);
    close_server();
}

TEST(a_client_that_does_not_read_stops_being_read_and_goes_on_later) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    for (int i = 0; i < 40; i++)
        client_say(fd, "flood 512\n");
    for (int i = 0; i < 50; i++)
        loop_turn(loop, 2);
    size_t unsent = connection_unsent(server_side);
    CHECK(unsent > options.output_max_bytes / 2);
    CHECK(unsent <= options.output_max_bytes + 512 * 1024);
    char *all = memory_get(40 * 512 * 1024);
    CHECK_INT((long long)client_read(fd, all, 40 * 512 * 1024), 40LL * 512 * 1024);
    free(all);
    client_say(fd, "echo on\n");
    check_client_reads(fd, "on");
    (void)close(fd);
    close_server();
}

TEST(a_slow_reader_harms_nobody_else) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int slow = client_connect(), quick = client_connect();
    client_say(slow, "flood 20000\n");
    client_say(quick, "echo quick\n");
    check_client_reads(quick, "quick");
    (void)close(slow);
    (void)close(quick);
    turn_until(&closed, 2);
    close_server();
}

TEST(input_over_the_limit_closes_the_connection) {
    static char noise[80 * 1024];
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect(), other = client_connect();
    memset(noise, 'x', sizeof(noise) - 1);
    client_say(fd, noise);
    turn_until(&closed, 1);
    CHECK_INT((long long)event_count(EV_connection_dropped), 1);
    client_say(other, "echo fine\n");
    check_client_reads(other, "fine");
    (void)close(fd);
    (void)close(other);
    close_server();
}

TEST(last_words_arrive_although_the_client_still_sends) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "bye\nmore that nobody wants\n");
    check_client_reads(fd, "farewell");
    loop_turn(loop, 5);
    CHECK(client_is_closed(fd));
    CHECK_INT(closed, 0); /* it lingers until we end too */
    (void)close(fd);
    turn_until(&closed, 1);
    CHECK_TEXT(buf_text(&heard), "bye;");
    close_server();
}

TEST(a_close_drops_the_connection_and_what_is_sent_after_it) {
    struct listener_options options = server_options();
    open_server(clock_real(), &options);
    int fd = client_connect();
    client_say(fd, "close\n");
    turn_until(&closed, 1);
    loop_turn(loop, 5);
    CHECK(client_is_closed(fd));
    (void)close(fd);
    close_server();
}

TEST(a_client_that_says_nothing_is_closed_after_the_first_byte_time) {
    struct fake_clock fake;
    struct listener_options options = server_options();
    fake_clock_init(&fake, 0);
    open_server(&fake.clock, &options);
    int fd = client_connect();
    fake_clock_advance(&fake, 9999);
    loop_turn(loop, 5);
    CHECK_INT(closed, 0);
    fake_clock_advance(&fake, 2);
    turn_until(&closed, 1);
    (void)close(fd);
    close_server();
}

TEST(a_byte_a_second_does_not_keep_a_request_open) {
    struct fake_clock fake;
    struct listener_options options = server_options();
    fake_clock_init(&fake, 0);
    open_server(&fake.clock, &options);
    int fd = client_connect();
    client_say(fd, "echo a\n");
    check_client_reads(fd, "a");
    for (int i = 0; i < 29; i++) {
        client_say(fd, "x");
        loop_turn(loop, 5);
        fake_clock_advance(&fake, 1000);
        loop_turn(loop, 5);
        CHECK_INT(closed, 0);
    }
    fake_clock_advance(&fake, 2000);
    turn_until(&closed, 1);
    (void)close(fd);
    close_server();
}

TEST(a_silent_connection_is_closed_after_the_idle_time_but_not_while_it_is_used) {
    struct fake_clock fake;
    struct listener_options options = server_options();
    fake_clock_init(&fake, 0);
    open_server(&fake.clock, &options);
    int fd = client_connect();
    for (int i = 0; i < 3; i++) {
        client_say(fd, "echo a\n");
        check_client_reads(fd, "a");
        fake_clock_advance(&fake, 599 * 1000);
        loop_turn(loop, 5);
        CHECK_INT(closed, 0);
    }
    fake_clock_advance(&fake, 2000);
    turn_until(&closed, 1);
    (void)close(fd);
    close_server();
}

TEST(a_client_that_never_reads_its_last_words_is_dropped) {
    struct fake_clock fake;
    struct listener_options options = server_options();
    fake_clock_init(&fake, 0);
    open_server(&fake.clock, &options);
    int fd = client_connect();
    client_say(fd, "flood 20000\n");
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 2);
    connection_close_after_sending(server_side);
    loop_turn(loop, 2);
    fake_clock_advance(&fake, 31 * 1000);
    turn_until(&closed, 1);
    (void)close(fd);
    close_server();
}

TEST(connections_over_the_limit_are_closed_and_said_once) {
    struct listener_options options = server_options();
    struct fake_clock fake;
    int fds[6];
    options.connections_max = 3;
    fake_clock_init(&fake, 1000000);
    open_server(&fake.clock, &options);
    for (int i = 0; i < 6; i++)
        fds[i] = client_connect();
    CHECK_INT(opened, 3);
    CHECK_INT((long long)event_count(EV_connection_limit), 1);
    CHECK(client_is_closed(fds[5]));
    (void)close(fds[0]);
    turn_until(&closed, 1);
    int again = client_connect();
    CHECK_INT(opened, 4);
    for (int i = 1; i < 6; i++)
        (void)close(fds[i]);
    (void)close(again);
    close_server();
}

TEST(one_address_has_its_share_and_leaves_room_for_others) {
    struct listener_options options = server_options();
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002) };
    options.connections_max = 5;
    options.address_max = 2;
    open_server(clock_real(), &options);
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = client_connect();
    CHECK_INT(opened, 2);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)listener_port(listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int other = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(bind(other, (struct sockaddr *)&from, sizeof(from)), 0);
    CHECK_INT(connect(other, (struct sockaddr *)&to, sizeof(to)), 0);
    turn_until(&opened, 3);
    (void)close(fds[0]);
    turn_until(&closed, 1);
    int again = client_connect();
    turn_until(&opened, 4);
    (void)close(again);
    for (int i = 1; i < 4; i++)
        (void)close(fds[i]);
    (void)close(other);
    close_server();
}

TEST(out_of_descriptors_it_waits_and_goes_on) {
    struct listener_options options = server_options();
    struct rlimit old, low;
    open_server(clock_real(), &options);
    int first = client_connect();
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
    int second = socket(AF_INET, SOCK_STREAM, 0);
    low = (struct rlimit){ .rlim_cur = (rlim_t)second + 1, .rlim_max = old.rlim_max };
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)listener_port(listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    CHECK_INT(connect(second, (struct sockaddr *)&to, sizeof(to)), 0);
    for (int i = 0; i < 10; i++)
        loop_turn(loop, 2);
    CHECK_INT(opened, 1);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
    turn_until(&opened, 2);
    (void)close(first);
    (void)close(second);
    close_server();
}

TEST(a_taken_port_is_refused_or_the_next_free_one_is_taken) {
    struct listener_options options = server_options();
    struct listener *second;
    open_server(clock_real(), &options);
    options.port = listener_port(listener);
    CHECK_ERROR(listener_open(&second, loop, &options), E_exists);
    CHECK_STORY("is taken");
    CHECK_STORY("try: another port");
    options.port_tries = 50;
    CHECK_OK(listener_open(&second, loop, &options));
    CHECK(listener_port(second) > options.port);
    CHECK_INT((long long)event_count(EV_port_taken), 1);
    listener_close(second);
    close_server();
}

TEST(only_loopback_addresses_are_listened_on) {
    struct listener_options options = server_options();
    CHECK_OK(loop_create(&loop, clock_real()));
    options.host = "0.0.0.0";
    CHECK_ERROR(listener_open(&listener, loop, &options), E_refused);
    CHECK_STORY("0.0.0.0 is not a loopback address");
    options.host = "192.0.2.1"; /* nobody's, and yet refused before it is tried */
    CHECK_ERROR(listener_open(&listener, loop, &options), E_refused);
    options.host = "kafka.example";
    CHECK_ERROR(listener_open(&listener, loop, &options), E_config);
    options.host = "localhost";
    options.port = 65536;
    CHECK_ERROR(listener_open(&listener, loop, &options), E_config);
    options.port = 0;
    CHECK_OK(listener_open(&listener, loop, &options));
    close_server();
}

static int client_closed;
static struct buf client_heard;

static size_t on_client_data(void *context, struct bytes data) {
    (void)context;
    buf_put_bytes(&client_heard, data);
    return data.len;
}

static void on_client_closed(void *context) {
    (void)context;
    client_closed++;
}

static const struct connection_handlers client_handlers = { NULL, on_client_data,
                                                            on_client_closed };

TEST(our_own_client_sends_before_it_is_connected_and_hears_the_end) {
    struct listener_options options = server_options();
    struct connection *c;
    open_server(clock_real(), &options);
    CHECK_OK(connection_connect(&c, loop, "localhost", listener_port(listener), &client_handlers,
                                &client_closed));
    connection_send(c, bytes_text("echo hello\nbye\n"));
    turn_until(&client_closed, 1);
    CHECK_TEXT(buf_text(&client_heard), "hellofarewell");
    buf_finish(&client_heard);
    close_server();
}

TEST(our_own_client_may_say_its_last_words_before_it_is_connected) {
    struct listener_options options = server_options();
    struct connection *c;
    open_server(clock_real(), &options);
    CHECK_OK(connection_connect(&c, loop, "127.0.0.1", listener_port(listener), &client_handlers,
                                &client_closed));
    connection_send(c, bytes_text("only\n"));
    connection_close_after_sending(c);
    turn_until(&client_closed, 1);
    turn_until_heard("only;");
    close_server();
}

TEST(nobody_listening_is_on_closed_of_our_own_client) {
    struct listener_options options = server_options();
    struct connection *c;
    open_server(clock_real(), &options);
    int port = listener_port(listener);
    listener_close(listener);
    listener = NULL;
    CHECK_OK(connection_connect(&c, loop, "127.0.0.1", port, &client_handlers, &client_closed));
    CHECK_INT(client_closed, 0);
    turn_until(&client_closed, 1);
    CHECK_ERROR(connection_connect(&c, loop, "no.address", 1, &client_handlers, NULL), E_config);
    close_server();
}
