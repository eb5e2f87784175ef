/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The server over real sockets, asked by plain bytes, by many connections and by its own client.
 * Routes: GET /hello, POST /echo, GET /later (answered when the test says so), GET /large. */
#include "net/http.h"

#include "base/event.h"
#include "base/mailbox.h"
#include "base/disk.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000, LATER_MAX = 8, LARGE = 3 << 20 };

static struct loop *loop;
static struct http_server *server;
static struct http_request *later[LATER_MAX];
static int later_count, gone_count, handled;

static void on_hello(void *context, struct http_request *r) {
    struct buf name = { 0 };
    struct buf body = { 0 };
    (void)context;
    handled++;
    bool named = http_query(r, "name", &name);
    buf_print(&body, "hello %s", named ? buf_text(&name) : "you");
    http_answer(r, &(struct http_answer){ 200, "text/plain", buf_bytes(&body), NULL });
    buf_finish(&body);
    buf_finish(&name);
}

static void on_echo(void *context, struct http_request *r) {
    struct buf body = { 0 };
    (void)context;
    handled++;
    buf_put_bytes(&body, http_rest(r));
    buf_put_text(&body, "=");
    buf_put_bytes(&body, http_body(r));
    http_answer(r, &(struct http_answer){ .status = 200, .body = buf_bytes(&body) });
    buf_finish(&body);
}

static void on_later_gone(void *context) {
    *(struct http_request **)context = NULL;
    gone_count++;
}

static void on_later(void *context, struct http_request *r) {
    (void)context;
    CHECK(later_count < LATER_MAX);
    later[later_count] = r;
    http_on_gone(r, on_later_gone, &later[later_count]);
    later_count++;
}

static void on_large(void *context, struct http_request *r) {
    struct buf body = { 0 };
    (void)context;
    memset(buf_extend(&body, LARGE), 'L', LARGE);
    http_answer(r, &(struct http_answer){ .status = 200, .body = buf_bytes(&body) });
    buf_finish(&body);
}

static const struct http_route routes[] = {
    { "GET", "/hello", on_hello }, { "POST", "/echo/*", on_echo }, { "GET", "/later", on_later },
    { "GET", "/large", on_large }, { NULL, NULL, NULL },
};

static void server_start(struct clock *clock, const char *path) {
    struct http_options options = {
        .path = path,
        .routes = routes,
        .body_max_bytes = 1000,
        .connections_max = 20,
    };
    CHECK_OK(loop_create(&loop, clock));
    CHECK_OK(http_open(&server, loop, &options));
}

static void server_end(void) {
    http_close(server);
    loop_destroy(loop);
}

static int client_connect(void) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)http_port(server)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    loop_turn(loop, 10);
    return fd;
}

static void client_say(int fd, const char *text) {
    CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
}

/* What comes until `wanted` has been seen, or the end, or patience ends. */
static void client_hear(int fd, struct buf *into, const char *wanted) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (!(wanted && strstr(buf_text(into), wanted)) && clock_steady_ms(clock_real()) < end_ms) {
        char part[64 * 1024];
        loop_turn(loop, 1);
        ssize_t got = recv(fd, part, sizeof(part), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        buf_put(into, part, got > 0 ? (size_t)got : 0);
    }
    if (wanted && !strstr(buf_text(into), wanted))
        CHECK_TEXT(buf_text(into), wanted);
}

/* Says it on a connection of its own and checks the first line and the body's part. */
static void check_dialogue(const char *said, const char *first_line, const char *part) {
    struct buf heard = { 0 };
    int fd = client_connect();
    client_say(fd, said);
    client_hear(fd, &heard, NULL);
    CHECK(strncmp(buf_text(&heard), first_line, strlen(first_line)) == 0
          || (CHECK_TEXT(buf_text(&heard), first_line), false));
    CHECK(strstr(buf_text(&heard), part) != NULL);
    buf_finish(&heard);
    (void)close(fd);
}

TEST(a_request_is_answered_by_its_route) {
    server_start(clock_real(), NULL);
    check_dialogue("GET /hello?name=A%20B HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                   "HTTP/1.1 200 OK\r\nDate: ", "\r\n\r\nhello A B");
    check_dialogue("POST /echo/x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\n",
                   "Content-Length: 5\r\n");
    check_dialogue("HEAD /hello HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 9\r\n");
    server_end();
}

TEST(the_answer_to_head_has_no_body_and_its_length) {
    struct buf heard = { 0 };
    server_start(clock_real(), NULL);
    int fd = client_connect();
    client_say(fd, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_hear(fd, &heard, "hello you");
    CHECK(strstr(buf_text(&heard), "Content-Length: 9\r\n") != NULL);
    CHECK(strstr(buf_text(&heard), "\r\n\r\nHTTP/1.1 200 OK\r\n") != NULL);
    buf_finish(&heard);
    (void)close(fd);
    server_end();
}

TEST(what_follows_a_refused_head_is_no_request) {
    server_start(clock_real(), NULL);
    check_dialogue("POST /echo/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"
                   "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
                   "HTTP/1.1 413 Content Too Large\r\n", "Connection: close\r\n");
    CHECK_INT(handled, 0);
    server_end();
}

TEST(what_no_route_takes_says_why) {
    server_start(clock_real(), NULL);
    check_dialogue("GET /nothing HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found\r\n",
                   "\"reason\":\"no such path\"");
    check_dialogue("DELETE /hello HTTP/1.0\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n",
                   "Allow: GET\r\n");
    CHECK_INT(handled, 0);
    server_end();
}

TEST(requests_of_one_connection_are_answered_in_order) {
    struct buf heard = { 0 };
    server_start(clock_real(), NULL);
    int fd = client_connect();
    client_say(fd, "GET /hello?name=1 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"
                   "GET /later HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                   "GET /hello?name=3 HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
    client_hear(fd, &heard, "hello 1");
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 1);
    CHECK_INT(handled, 1); /* the third waits for the second */
    CHECK_INT(later_count, 1);
    http_answer(later[0], &(struct http_answer){ .status = 202, .body = bytes_text("two;") });
    client_hear(fd, &heard, "hello 3");
    CHECK(strstr(buf_text(&heard), "two;HTTP/1.1 200 OK") != NULL);
    CHECK_INT(gone_count, 0);
    buf_finish(&heard);
    (void)close(fd);
    server_end();
}

TEST(many_connections_are_answered_in_any_order) {
    int fds[LATER_MAX];
    server_start(clock_real(), NULL);
    for (int i = 0; i < LATER_MAX; i++) {
        fds[i] = client_connect();
        client_say(fds[i], "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
        while (later_count <= i)
            loop_turn(loop, 10);
    }
    for (int i = LATER_MAX - 1; i >= 0; i--) {
        char body[32];
        struct buf heard = { 0 };
        (void)snprintf(body, sizeof(body), "number %d", i);
        http_answer(later[i], &(struct http_answer){ .status = 200, .body = bytes_text(body) });
        client_hear(fds[i], &heard, body);
        buf_finish(&heard);
        (void)close(fds[i]);
    }
    server_end();
}

TEST(who_leaves_before_the_answer_is_told_of) {
    server_start(clock_real(), NULL);
    int fd = client_connect();
    client_say(fd, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (!later_count)
        loop_turn(loop, 10);
    (void)close(fd);
    while (!gone_count)
        loop_turn(loop, 10);
    CHECK(later[0] == NULL);
    fd = client_connect();
    client_say(fd, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (later_count < 2)
        loop_turn(loop, 10);
    server_end(); /* the server's end too */
    CHECK_INT(gone_count, 2);
    (void)close(fd);
}

TEST(what_is_malformed_is_refused_and_closed) {
    server_start(clock_real(), NULL);
    check_dialogue("hello\r\n\r\nGET /hello HTTP/1.0\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n",
                   "Connection: close\r\n");
    check_dialogue("\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "no request");
    check_dialogue("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "HTTP/1.1 411 Length Required\r\n", "Content-Length");
    CHECK_INT(handled, 0);
    CHECK(event_count(EV_http_refused) >= 1);
    server_end();
}

TEST(a_page_with_a_bent_name_is_not_answered) {
    server_start(clock_real(), NULL);
    check_dialogue("GET /hello HTTP/1.1\r\nHost: abc.de\r\nConnection: close\r\n\r\n",
                   "HTTP/1.1 421 Misdirected Request\r\n", "another machine");
    check_dialogue("GET /hello HTTP/1.1\r\nHost: localhost.evil\r\nConnection: close\r\n\r\n",
                   "HTTP/1.1 421 Misdirected Request\r\n", "another machine");
    CHECK_INT(handled, 0);
    server_end();
}

TEST(a_head_or_a_body_over_the_limit_is_refused) {
    struct buf said = { 0 };
    server_start(clock_real(), NULL);
    buf_put_text(&said, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ");
    memset(buf_extend(&said, 20 * 1024), 'x', 20 * 1024);
    check_dialogue(buf_text(&said), "HTTP/1.1 431 ", "16 KiB");
    buf_put_text(&said, "\r\n\r\n");
    check_dialogue(buf_text(&said), "HTTP/1.1 431 ", "16 KiB");
    check_dialogue("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n",
                   "HTTP/1.1 413 Content Too Large\r\n", "over the limit");
    check_dialogue(
        "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n",
        "HTTP/1.1 413 Content Too Large\r\n", "over the limit");
    CHECK_INT(handled, 0);
    buf_finish(&said);
    server_end();
}

TEST(a_request_may_come_byte_by_byte) {
    static const char said[] =
        "\r\nPOST /echo/z HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 4\r\n\r\nbody";
    struct buf heard = { 0 };
    server_start(clock_real(), NULL);
    int fd = client_connect();
    for (size_t i = 0; said[i]; i++) {
        CHECK_INT(send(fd, said + i, 1, MSG_NOSIGNAL), 1);
        loop_turn(loop, 1);
    }
    client_hear(fd, &heard, "z=body");
    CHECK(strncmp(buf_text(&heard), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", 37) == 0);
    buf_finish(&heard);
    (void)close(fd);
    server_end();
}

/* The fake clock: a byte every five seconds does not keep a request alive. */
TEST(a_request_that_drips_is_dropped_after_its_time) {
    struct fake_clock fake;
    static const char *const starts[] = {
        "GET /hello HTTP/1.1\r\nX: ",
        "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n"
    };
    fake_clock_init(&fake, 1790000000000);
    server_start(&fake.clock, NULL);
    for (size_t i = 0; i < 2; i++) {
        char byte;
        ssize_t got = -1;
        int fd = client_connect();
        client_say(fd, starts[i]);
        loop_turn(loop, 10);
        for (int n = 0; n < 4; n++) {
            fake_clock_advance(&fake, 5000);
            (void)send(fd, "x", 1, MSG_NOSIGNAL);
            loop_turn(loop, 10);
        }
        for (int n = 0; n < 200 && got < 0; n++) {
            loop_turn(loop, 1);
            got = recv(fd, &byte, 1, MSG_DONTWAIT);
            if (got < 0 && errno != EAGAIN)
                got = 0;
        }
        CHECK_INT(got, 0);
        (void)close(fd);
    }
    CHECK_INT((long long)event_count(EV_connection_dropped), 2);
    server_end();
}

TEST(connections_over_the_limit_are_closed_and_the_rest_go_on) {
    int fds[30];
    char byte;
    server_start(clock_real(), NULL);
    for (int i = 0; i < 30; i++)
        fds[i] = client_connect();
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 1);
    CHECK_INT(recv(fds[29], &byte, 1, MSG_DONTWAIT), 0);
    struct buf heard = { 0 };
    client_say(fds[0], "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_hear(fds[0], &heard, "hello you");
    buf_finish(&heard);
    for (int i = 0; i < 30; i++)
        (void)close(fds[i]);
    server_end();
}

TEST(a_wider_address_is_refused) {
    struct http_options options = { .host = "0.0.0.0", .routes = routes };
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_ERROR(http_open(&server, loop, &options), E_refused);
    CHECK_STORY("0.0.0.0 is not a loopback address");
    CHECK(server == NULL);
    loop_destroy(loop);
}

/* ---- the client, against a server in another thread */

struct served {
    const char *path;
    struct mailbox *told; /* that it serves */
    struct mailbox *stop;
    int port;
};

static void on_stop(void *context) {
    loop_stop(context);
}

static void serve(void *context) {
    struct served *s = context;
    struct http_server *its_server;
    struct loop *its_loop;
    struct http_options options = { .path = s->path, .routes = routes };
    CHECK_OK(loop_create(&its_loop, clock_real()));
    CHECK_OK(http_open(&its_server, its_loop, &options));
    s->port = http_port(its_server);
    struct loop_watch *watch = loop_watch_create(its_loop, mailbox_fd(s->stop), on_stop, its_loop);
    mailbox_post_wait(s->told, s);
    loop_run(its_loop);
    loop_watch_destroy(watch);
    http_close(its_server);
    loop_destroy(its_loop);
}

static void check_calls(struct http_call call) {
    struct http_result result;
    call.target = "/hello?name=ours";
    CHECK_OK(http_call(&call, &result));
    CHECK_INT(result.status, 200);
    CHECK_TEXT(buf_text(&result.body), "hello ours");
    buf_finish(&result.body);
    call.target = "/echo/posted";
    call.method = "POST";
    call.body = bytes_text("{}");
    CHECK_OK(http_call(&call, &result));
    CHECK_TEXT(buf_text(&result.body), "posted={}");
    buf_finish(&result.body);
    call.target = "/nowhere";
    CHECK_OK(http_call(&call, &result));
    CHECK_INT(result.status, 404);
    buf_finish(&result.body);
    call = (struct http_call){ call.path, call.host, call.port, NULL, "/large", { 0 }, 0 };
    CHECK_OK(http_call(&call, &result));
    CHECK_INT((long long)result.body.len, LARGE);
    buf_finish(&result.body);
    call.target = "/later";
    call.timeout_ms = 50;
    CHECK_ERROR(http_call(&call, &result), E_timed_out);
    CHECK_STORY("no answer to /later");
    buf_finish(&result.body);
}

static void check_served(const char *path) {
    struct served s = { .path = path, .told = mailbox_create(1), .stop = mailbox_create(1) };
    struct thread *t = thread_start("server", serve, &s);
    CHECK(mailbox_wait(s.told, PATIENCE_MS) == &s);
    check_calls((struct http_call){ .path = path, .host = "127.0.0.1", .port = s.port });
    CHECK(mailbox_post(s.stop, &s));
    thread_join(t);
    mailbox_destroy(s.told);
    mailbox_destroy(s.stop);
}

TEST(a_command_asks_over_tcp_and_over_a_unix_socket) {
    struct stat there;
    char *path = text_format("%s/ask.sock", test_dir());
    check_served(NULL);
    check_served(path);
    CHECK(stat(path, &there) != 0); /* gone with its server */
    free(path);
}

TEST(a_command_is_told_when_nobody_answers) {
    struct http_result result;
    char *path = text_format("%s/none.sock", test_dir());
    struct http_call call = { .path = path, .target = "/hello" };
    CHECK_ERROR(http_call(&call, &result), E_network);
    CHECK_STORY("none.sock: nobody answers");
    call = (struct http_call){ .host = "127.0.0.1", .port = 1, .target = "/hello" };
    CHECK_ERROR(http_call(&call, &result), E_network);
    free(path);
}

TEST(a_unix_socket_is_its_owners_and_replaces_what_a_dead_process_left) {
    struct stat there;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char *path = text_format("%s/octavo.sock", test_dir());
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    CHECK_INT(bind(dead, (struct sockaddr *)&at, sizeof(at)), 0);
    CHECK_INT(listen(dead, 1), 0);
    (void)close(dead); /* its file stays */
    server_start(clock_real(), path);
    CHECK_INT(stat(path, &there), 0);
    CHECK_INT(there.st_mode & 0777, 0600);
    struct http_server *second;
    struct http_options options = { .path = path, .routes = routes };
    CHECK_ERROR(http_open(&second, loop, &options), E_exists);
    CHECK_STORY("another process listens there");
    CHECK_INT(stat(path, &there), 0);
    server_end();
    CHECK(stat(path, &there) != 0);
    free(path);
}

TEST(a_unix_socket_may_lie_deeper_than_its_address_is_long) {
    char *dir = text_format("%s/%0100d/%0100d", test_dir(), 1, 2);
    char *path = text_format("%s/octavo.sock", dir);
    struct http_server *second;
    struct http_options options = { .path = path, .routes = routes };
    CHECK_OK(disk_make_dir(disk_real(), dir));
    check_served(path);
    check_served(path); /* what the first left is no obstacle */
    server_start(clock_real(), path);
    CHECK_ERROR(http_open(&second, loop, &options), E_exists);
    CHECK_STORY("another process listens there");
    server_end();
    free(path);
    free(dir);
}

TEST(a_name_too_long_for_a_socket_is_refused_with_the_remedy) {
    char path[201];
    struct http_options options = { .path = path, .routes = routes };
    memset(path, 'p', sizeof(path) - 1);
    path[0] = '.';
    path[1] = '/';
    path[sizeof(path) - 1] = 0;
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_ERROR(http_open(&server, loop, &options), E_config);
    CHECK_STORY("a socket's name has at most 85 bytes, this one has 198");
    loop_destroy(loop);
}
