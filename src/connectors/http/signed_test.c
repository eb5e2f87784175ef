/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An edge that is called back: who does not sign is nobody, whatever it asks for. */
#include "http_edge.h"

#include "base/test.h"
#include "net/http.h"
#include "net/loop.h"
#include "values/base64.h"
#include "values/digest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS = 1790000000 };
static struct fake_clock fake;
static struct loop *loop;
static struct connector *edge;
static struct buf seen;
static uint64_t ticket;

static bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    buf_print(&seen, "%s %.*s %.*s;", r->type, (int)r->key.len, (const char *)r->key.data,
              (int)r->json.len, (const char *)r->json.data);
    ticket = r->ticket;
    return true;
}

static enum error open_edge(const char *url, const char *secret) {
    static const struct connector_route routes[] = { { "POST /hooks", "hook-asked" } };
    struct connector_options options = {
        .url = url,
        .secret = secret,
        .secret_len = strlen(secret),
        .on_request = on_request,
        .routes = routes,
        .route_count = 1,
    };
    fake_clock_init(&fake, SECONDS * 1000LL);
    CHECK_OK(loop_create(&loop, &fake.clock));
    options.loop = loop;
    return http_service_kind.open(&edge, &options);
}

static void end(void) {
    http_service_kind.close(edge);
    loop_destroy(loop);
    buf_finish(&seen);
}

/* Asks for `what`, signed with the secret at this time; the answer's head. */
static const char *call(const char *what, const char *secret, int seconds) {
    static char heard[4096];
    static const char body[] = "{\"a\":1}";
    struct buf text = { 0 }, mac = { 0 };
    uint8_t digest[SHA256_BYTES];
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)http_service_kind.port(edge)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    buf_print(&text, "m1.%d.%s", seconds, body);
    hmac_sha256(bytes_text(secret), buf_bytes(&text), digest);
    base64_put(&mac, bytes_of(digest, sizeof(digest)));
    buf_clear(&text);
    buf_print(&text,
              "%s HTTP/1.0\r\nContent-Type: application/json\r\nwebhook-id: m1\r\n"
              "webhook-timestamp: %d\r\nwebhook-signature: v1,%s\r\nContent-Length: %zu\r\n\r\n%s",
              what, seconds, buf_text(&mac), sizeof(body) - 1, body);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    CHECK_INT(send(fd, text.data, text.len, MSG_NOSIGNAL), (long long)text.len);
    size_t len = 0;
    for (int i = 0; i < 10000; i++) {
        loop_turn(loop, 1);
        if (ticket) {
            CHECK(http_service_kind.reply(edge, ticket, bytes_text("{\"status\":200}")));
            ticket = 0;
        }
        ssize_t got = recv(fd, heard + len, sizeof(heard) - 1 - len, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    heard[len] = 0;
    (void)close(fd);
    buf_finish(&text);
    buf_finish(&mac);
    return heard;
}

TEST(a_call_that_is_signed_is_a_request_under_its_own_id) {
    CHECK_OK(open_edge("http://127.0.0.1:0?signed=webhook", "old\nnew"));
    CHECK(strstr(call("POST /hooks", "new", SECONDS), "HTTP/1.1 200"));
    CHECK(strstr(call("POST /hooks", "old", SECONDS + 299), "HTTP/1.1 200"));
    CHECK_TEXT(buf_text(&seen), "hook-asked m1 {\"a\":1};hook-asked m1 {\"a\":1};");
    end();
}

TEST(a_forged_or_old_call_is_refused_before_anybody_takes_it) {
    CHECK_OK(open_edge("http://127.0.0.1:0?signed=webhook", "secret"));
    CHECK(strstr(call("POST /hooks", "another", SECONDS), "HTTP/1.1 401"));
    CHECK(strstr(call("POST /hooks", "secret", SECONDS - 301), "five minutes off"));
    CHECK(strstr(call("GET /openapi.json", "another", SECONDS), "HTTP/1.1 401"));
    CHECK_INT((long long)seen.len, 0);
    end();
}

TEST(a_way_to_sign_that_is_not_known_and_a_missing_secret_are_errors_of_the_declaration) {
    CHECK_ERROR(open_edge("http://127.0.0.1:0?signed=md5", "secret"), E_config);
    CHECK_STORY("signed=webhook is the one way");
    loop_destroy(loop);
    CHECK_ERROR(open_edge("http://127.0.0.1:0?signed=webhook", ""), E_config);
    CHECK_STORY("wants the edge's `secret_file`");
    loop_destroy(loop);
}
