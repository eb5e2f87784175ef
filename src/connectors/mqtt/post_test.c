/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A caller and the edge share one loop; the gateway replies when told to. */
#include "post.h"

#include "base/test.h"
#include "net/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKETS_MAX = 64, TURNS_MAX = 2000 };

static struct loop *loop;
static struct connector *connector;
static int taken_most, asked;
static uint64_t tickets[TICKETS_MAX];
static struct buf asked_text, received;
static struct connection *connection;
static bool closed;

static bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    if (asked >= taken_most)
        return false;
    tickets[asked++] = r->ticket;
    buf_print(&asked_text, "%s %.*s\n", r->type, (int)r->json.len, (const char *)r->json.data);
    return true;
}

static size_t on_data(void *context, struct bytes data) {
    (void)context;
    buf_put_bytes(&received, data);
    return data.len;
}

static void on_closed(void *context) {
    (void)context;
    closed = true;
}

static bool judge(void *context, const struct connector_request *r, struct buf *why) {
    (void)context;
    buf_put_text(why, "/device: not ours");
    return !memmem(r->json.data, r->json.len, "stranger", 8);
}

static const char *address = "telemetry://127.0.0.1:0";

static void given_edge(const char *users) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    CHECK_OK(loop_create(&loop, clock_real()));
    struct connector_options options = {
        .loop = loop,
        .url = address,
        .secret = users,
        .secret_len = users ? strlen(users) : 0,
        .on_request = on_request,
        .judge = judge,
    };
    taken_most = TICKETS_MAX;
    CHECK_OK(telemetry_connector.open(&connector, &options));
    CHECK_OK(connection_connect(&connection, loop, "127.0.0.1", telemetry_connector.port(connector),
                                &handlers, NULL));
}

static void finish(void) {
    telemetry_connector.close(connector);
    for (int i = 0; !closed && i < TURNS_MAX; i++)
        loop_turn(loop, 5);
    loop_destroy(loop);
    buf_finish(&asked_text);
    buf_finish(&received);
}

static void post(const char *path, const char *fields, const char *body) {
    struct buf out = { 0 };
    buf_print(&out, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n%s", path,
              strlen(body), fields, body);
    connection_send_buf(connection, &out);
    buf_finish(&out);
}

static void until_asked(int count) {
    for (int i = 0; asked < count && i < TURNS_MAX; i++)
        loop_turn(loop, 5);
    CHECK_INT(asked, count);
}

static void until_received(const char *text) {
    for (int i = 0; !strstr(buf_text(&received), text) && i < TURNS_MAX; i++)
        loop_turn(loop, 5);
    if (!strstr(buf_text(&received), text))
        CHECK_TEXT(buf_text(&received), text);
}

TEST(a_post_is_answered_when_each_of_its_messages_is_acknowledged) {
    given_edge(NULL);
    post("/write?precision=s", "", "a t=1 1700000000\nb t=2 1700000001\n");
    until_asked(2);
    CHECK_TEXT(buf_text(&asked_text),
               "publish-asked {\"client\":\"http\",\"topic\":\"/write\",\"qos\":0,\"packet\":0,"
               "\"device\":\"a\",\"points\":\"1700000000000 1 t\"}\n"
               "publish-asked {\"client\":\"http\",\"topic\":\"/write\",\"qos\":0,\"packet\":0,"
               "\"device\":\"b\",\"points\":\"1700000001000 2 t\"}\n");
    CHECK(telemetry_connector.reply(connector, tickets[1], bytes_text("{}")));
    loop_turn(loop, 5);
    CHECK_INT((long long)received.len, 0);
    CHECK(telemetry_connector.reply(connector, tickets[0], bytes_text("{}")));
    until_received("HTTP/1.1 204");
    CHECK(!telemetry_connector.reply(connector, tickets[0], bytes_text("{}")));
    finish();
}

TEST(what_cannot_be_read_is_refused_whole_and_kept) {
    given_edge(NULL);
    post("/write", "", "a t=1\nb\n");
    until_received("line 2: it has no fields");
    CHECK(strstr(buf_text(&received), "HTTP/1.1 400") != NULL);
    CHECK_INT(asked, 1);
    CHECK(strstr(buf_text(&asked_text), "unread-asked") != NULL);
    CHECK(strstr(buf_text(&asked_text), "\"bytes\":\"YSB0PTEKYgo=\"") != NULL);
    finish();
}

TEST(what_is_not_as_declared_is_refused_whole_with_its_place) {
    given_edge(NULL);
    post("/write", "", "a t=1\nstranger t=2\n");
    until_received("message 2: /device: not ours");
    CHECK(strstr(buf_text(&asked_text), "publish-asked") == NULL);
    finish();
}

TEST(who_is_not_taken_is_told_to_send_again) {
    given_edge(NULL);
    taken_most = 1;
    post("/write", "", "a t=1\nb t=2\n");
    until_received("1 of 2 messages were taken: send it again");
    CHECK(strstr(buf_text(&received), "HTTP/1.1 503") != NULL);
    CHECK(!telemetry_connector.reply(connector, tickets[0], bytes_text("{}")));
    finish();
}

TEST(a_device_may_post_as_it_publishes) {
    given_edge(NULL);
    post("/devices/pump-7/temperature", "", "21.5");
    until_asked(1);
    CHECK(strstr(buf_text(&asked_text), "\"device\":\"pump-7\",\"points\":\"") != NULL);
    CHECK(strstr(buf_text(&asked_text), " 21.5 temperature\"") != NULL);
    CHECK(telemetry_connector.reply(connector, tickets[0], bytes_text("{}")));
    until_received("HTTP/1.1 204");
    post("/telemetry", "", "[{\"device\":\"a\",\"t\":1,\"boot\":2,\"seq\":3}]");
    until_asked(2);
    CHECK(strstr(buf_text(&asked_text), "\"boot\":2,\"seq\":3}") != NULL);
    finish();
}

TEST(only_users_of_the_secret_file_are_let_in) {
    given_edge("pump:secret\n");
    post("/write", "", "a t=1\n");
    until_received("HTTP/1.1 401");
    post("/write", "Authorization: Basic cHVtcDp3cm9uZw==\r\n", "a t=1\n");
    CHECK_INT(asked, 0);
    post("/write", "Authorization: Basic cHVtcDpzZWNyZXQ=\r\n", "a t=1\n");
    until_asked(1);
    finish();
}

TEST(with_own_a_user_posts_as_the_device_of_its_name_alone) {
    static const char pump[] = "Authorization: Basic cHVtcDpzZWNyZXQ=\r\n";
    address = "telemetry://127.0.0.1:0?own=yes";
    given_edge("pump:secret\n");
    post("/write", pump, "pump t=1\nother t=1\n");
    until_received("HTTP/1.1 400");
    CHECK(strstr(buf_text(&received), "message 2: its device is not the user") != NULL);
    CHECK(strstr(buf_text(&asked_text), "publish-asked") == NULL);
    post("/devices/other/t", pump, "1");
    until_received("message 1: its device is not the user");
    int before = asked;
    post("/devices/pump/t", pump, "1");
    until_asked(before + 1);
    CHECK(strstr(buf_text(&asked_text), "publish-asked") != NULL);
    finish();
}

TEST(who_goes_away_is_forgotten_and_its_acknowledgement_ignored) {
    given_edge(NULL);
    post("/write", "", "a t=1\n");
    until_asked(1);
    connection_close(connection);
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 5);
    (void)telemetry_connector.reply(connector, tickets[0], bytes_text("{}"));
    finish();
}
