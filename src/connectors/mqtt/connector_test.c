/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Devices and connector share one loop; the gateway is a function that remembers what it was asked
 * and replies when told to. */
#include "mqtt.h"

#include "base/test.h"
#include "net/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKETS_MAX = 64, TURNS_MAX = 2000 };

#define CONNECT_CLEAN "\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02"
#define CONNACK "\x20\x02\x00\x00"

static struct loop *loop;
static struct connector *connector;
static bool accepting;
static int asked;
static uint64_t tickets[TICKETS_MAX];
static char asked_type[32];
static struct buf asked_json;

struct device_end {
    struct connection *connection;
    struct buf received;
    bool closed;
};

static bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    if (!accepting)
        return false;
    tickets[asked++ % TICKETS_MAX] = r->ticket;
    (void)snprintf(asked_type, sizeof(asked_type), "%s", r->type);
    buf_clear(&asked_json);
    buf_put_bytes(&asked_json, r->json);
    return true;
}

/* Devices are called d1, d2 ...; a client is nobody's boss. */
static bool judge(void *context, const struct connector_request *r, struct buf *why) {
    char *json = text_copy_bytes(r->json);
    const char *wrong = strstr(json, "\"device\":\"x") ? "/device: not of the pattern ^d[0-9]+$"
                        : strstr(json, "boss")         ? "/client: not allowed"
                                                       : NULL;
    (void)context;
    if (wrong)
        buf_print(why, "%s", wrong);
    free(json);
    return !wrong;
}

static const char *users; /* of the secret file; NULL: there is none */

static void given_connector(const char *parameters) {
    char url[128];
    (void)snprintf(url, sizeof(url), "mqtt://127.0.0.1:0%s", parameters);
    CHECK_OK(loop_create(&loop, clock_real()));
    struct connector_options options = {
        .loop = loop, .url = url, .on_request = on_request, .judge = judge
    };
    options.secret = users;
    options.secret_len = users ? strlen(users) : 0;
    accepting = true;
    CHECK_OK(mqtt_connector.open(&connector, &options));
}

static void finish(void) {
    mqtt_connector.close(connector);
    loop_destroy(loop);
    buf_finish(&asked_json);
}

static size_t end_on_data(void *context, struct bytes data) {
    buf_put_bytes(&((struct device_end *)context)->received, data);
    return data.len;
}

static void end_on_closed(void *context) {
    ((struct device_end *)context)->closed = true;
}

static void end_open(struct device_end *e) {
    static const struct connection_handlers handlers = { NULL, end_on_data, end_on_closed };
    *e = (struct device_end){ 0 };
    CHECK_OK(connection_connect(&e->connection, loop, "127.0.0.1", mqtt_connector.port(connector),
                                &handlers, e));
}

static void end_close(struct device_end *e) {
    if (!e->closed)
        connection_close(e->connection);
    while (!e->closed)
        loop_turn(loop, 10);
    buf_finish(&e->received);
}

static void end_send(struct device_end *e, const char *data, size_t len) {
    connection_send(e->connection, bytes_of(data, len));
}
#define SEND(end, text) end_send(end, text, sizeof(text) - 1)

static void wait_asked(int count) {
    for (int i = 0; i < TURNS_MAX && asked < count; i++)
        loop_turn(loop, 10);
    CHECK_INT(asked, count);
}

static void wait_received(struct device_end *e, const char *data, size_t len) {
    for (int i = 0; i < TURNS_MAX && e->received.len < len && !e->closed; i++)
        loop_turn(loop, 10);
    CHECK_BYTES(buf_bytes(&e->received), bytes_of(data, len));
    buf_clear(&e->received);
}
#define RECEIVED(end, text) wait_received(end, text, sizeof(text) - 1)

static void wait_closed(struct device_end *e) {
    for (int i = 0; i < TURNS_MAX && !e->closed; i++)
        loop_turn(loop, 10);
    CHECK(e->closed);
}

static bool reply(int nth, const char *json) {
    return mqtt_connector.reply(connector, tickets[nth], bytes_text(json));
}

static void end_connect(struct device_end *e, const char *bytes, size_t len) {
    int before = asked;
    end_open(e);
    end_send(e, bytes, len);
    wait_asked(before + 1);
    CHECK_TEXT(asked_type, "session-asked");
    CHECK(reply(before, "{\"present\":0}"));
    RECEIVED(e, CONNACK);
}

TEST(a_publish_is_acknowledged_when_its_reply_comes_and_not_before) {
    struct device_end e;
    given_connector("");
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x32\x10\x00\x0a"
             "devices/d1\x00\x07"
             "{}");
    SEND(&e, "\x32\x12\x00\x0c"
             "devices/d1/t\x00\x08"
             "21");
    wait_asked(3);
    CHECK_TEXT(asked_type, "publish-asked");
    CHECK(strstr(buf_text(&asked_json), " 21 t\"") != NULL);
    CHECK_INT((long long)e.received.len, 0);
    CHECK(reply(1, "{}")); /* which could not be read, and is kept all the same */
    CHECK(reply(2, "{}"));
    RECEIVED(&e, "\x40\x02\x00\x07\x40\x02\x00\x08");
    CHECK(!reply(2, "{}"));
    end_close(&e);
    finish();
}

TEST(qos_2_goes_its_four_steps) {
    struct device_end e;
    given_connector("");
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x34\x11\x00\x0c"
             "devices/d1/t\x00\x09"
             "5");
    wait_asked(2);
    CHECK(strstr(buf_text(&asked_json), "\"qos\":2,\"packet\":9") != NULL);
    CHECK(reply(1, "{}"));
    RECEIVED(&e, "\x50\x02\x00\x09");
    SEND(&e, "\x62\x02\x00\x09");
    wait_asked(3);
    CHECK_TEXT(asked_type, "release-asked");
    CHECK(reply(2, "{}"));
    RECEIVED(&e, "\x70\x02\x00\x09");
    end_close(&e);
    finish();
}

TEST(what_is_not_taken_now_is_taken_later_and_nothing_is_lost_or_swapped) {
    struct device_end e;
    given_connector("");
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    accepting = false;
    SEND(&e, "\x32\x11\x00\x0c"
             "devices/d1/t\x00\x01"
             "1\x32\x11\x00\x0c"
             "devices/d1/t\x00\x02"
             "2");
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 5);
    CHECK_INT(asked, 1);
    accepting = true;
    wait_asked(3);
    CHECK(strstr(buf_text(&asked_json), " 2 t\"") != NULL);
    CHECK(reply(1, "{}") && reply(2, "{}"));
    RECEIVED(&e, "\x40\x02\x00\x01\x40\x02\x00\x02");
    end_close(&e);
    finish();
}

TEST(who_does_not_read_its_acknowledgements_is_paused_alone) {
    struct device_end slow, other;
    given_connector("?pending_max=2");
    end_connect(&slow, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    end_connect(&other, CONNECT_CLEAN "d2", sizeof(CONNECT_CLEAN "d2") - 1);
    for (int i = 0; i < 5; i++)
        SEND(&slow, "\x32\x11\x00\x0c"
                    "devices/d1/t\x00\x01"
                    "1");
    wait_asked(4);
    for (int i = 0; i < 10; i++)
        loop_turn(loop, 5);
    CHECK_INT(asked, 4); /* two of the slow one's are pending, three wait unread */
    SEND(&other, "\x32\x11\x00\x0c"
                 "devices/d2/t\x00\x01"
                 "1");
    wait_asked(5);
    CHECK(reply(4, "{}"));
    RECEIVED(&other, "\x40\x02\x00\x01");
    CHECK(reply(2, "{}"));
    wait_asked(6);
    end_close(&slow);
    end_close(&other);
    finish();
}

TEST(the_will_of_who_vanishes_is_published_and_of_who_says_goodbye_it_is_not) {
    static const char with_will[] = "\x10\x1f\x00\x04MQTT\x04\x06\x00\x00\x00\x02"
                                    "d1\x00\x0c"
                                    "devices/d1/t\x00\x01"
                                    "0";
    struct device_end e;
    given_connector("");
    end_connect(&e, with_will, sizeof(with_will) - 1);
    SEND(&e, "\xe0\x00");
    wait_closed(&e);
    end_close(&e);
    CHECK_INT(asked, 1);
    end_connect(&e, with_will, sizeof(with_will) - 1);
    end_close(&e);
    wait_asked(3);
    CHECK_TEXT(asked_type, "publish-asked");
    CHECK(strstr(buf_text(&asked_json), " 0 t\"") != NULL);
    finish();
}

TEST(a_client_that_comes_again_ends_its_older_connection) {
    struct device_end old, new;
    given_connector("");
    end_connect(&old, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    end_connect(&new, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    wait_closed(&old);
    SEND(&new, "\xc0\x00");
    RECEIVED(&new, "\xd0\x00");
    end_close(&old);
    end_close(&new);
    finish();
}

TEST(what_breaks_the_protocol_ends_the_connection) {
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        { "\xc0\x00", 2 },                                      /* before CONNECT */
        { "\x00\x00", 2 },                                      /* no type */
        { "\x30\xff\xff\xff\x7f", 5 },                          /* 256 MB */
        { "\x10\x02\x00\x04", 4 },                              /* a CONNECT that ends */
        { "\x36\x05\x00\x01x\x00\x01", 7 },                     /* QoS 3, before CONNECT */
        { "\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00", 14 }, /* nobody, and to be kept */
    };
    struct device_end e;
    given_connector("");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        end_open(&e);
        end_send(&e, bad[i].bytes, bad[i].len);
        wait_closed(&e);
        end_close(&e);
    }
    CHECK_INT(asked, 0);
    finish();
}

TEST(what_is_not_as_declared_is_kept_as_unread_with_the_place_and_acknowledged) {
    struct device_end e;
    given_connector("");
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x32\x11\x00\x0c"
             "devices/x1/t\x00\x01"
             "1");
    wait_asked(2);
    CHECK_TEXT(asked_type, "unread-asked");
    CHECK(strstr(buf_text(&asked_json), "\"reason\":\"/device: not of the pattern ^d[0-9]+$\""));
    CHECK(strstr(buf_text(&asked_json), "\"topic\":\"devices/x1/t\"") != NULL);
    CHECK(strstr(buf_text(&asked_json), "\"bytes\":\"MQ==\"") != NULL);
    CHECK(strstr(buf_text(&asked_json), "points") == NULL);
    CHECK(reply(1, "{}"));
    RECEIVED(&e, "\x40\x02\x00\x01");
    SEND(&e, "\x32\x11\x00\x0c"
             "devices/d1/t\x00\x02"
             "1");
    wait_asked(3);
    CHECK_TEXT(asked_type, "publish-asked");
    end_close(&e);
    finish();
}

TEST(a_client_that_is_not_as_declared_is_told_code_2_and_nothing_is_asked) {
    struct device_end e;
    given_connector("");
    end_open(&e);
    SEND(&e, "\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04"
             "boss");
    RECEIVED(&e, "\x20\x02\x00\x02");
    wait_closed(&e);
    CHECK_INT(asked, 0);
    end_close(&e);
    finish();
}

TEST(another_version_of_the_protocol_is_told_so) {
    struct device_end e;
    given_connector("");
    end_open(&e);
    SEND(&e, "\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00");
    RECEIVED(&e, "\x20\x02\x00\x01");
    wait_closed(&e);
    end_close(&e);
    finish();
}

TEST(a_user_is_let_in_by_its_password_and_publishes_as_its_own_device_alone) {
    static const char right[] = "\x10\x16\x00\x04MQTT\x04\xc2\x00\x00\x00\x02"
                                "c1\x00\x02"
                                "d1\x00\x02pw";
    static const char wrong[] = "\x10\x16\x00\x04MQTT\x04\xc2\x00\x00\x00\x02"
                                "c1\x00\x02"
                                "d1\x00\x02pX";
    struct device_end e;
    users = "d2:other\nd1:pw\n";
    given_connector("?own=yes&commands=devices/{device}/command");
    end_open(&e);
    end_send(&e, wrong, sizeof(wrong) - 1);
    RECEIVED(&e, "\x20\x02\x00\x04");
    end_close(&e);
    end_open(&e);
    SEND(&e, CONNECT_CLEAN "d1"); /* names no user */
    RECEIVED(&e, "\x20\x02\x00\x04");
    end_close(&e);
    end_connect(&e, right, sizeof(right) - 1);
    SEND(&e, "\x32\x11\x00\x0c"
             "devices/d2/t\x00\x01"
             "1");
    wait_asked(2);
    CHECK_TEXT(asked_type, "unread-asked");
    CHECK(strstr(buf_text(&asked_json), "its device is not the user") != NULL);
    SEND(&e, "\x32\x11\x00\x0c"
             "devices/d1/t\x00\x02"
             "1");
    wait_asked(3);
    CHECK_TEXT(asked_type, "publish-asked");
    SEND(&e, "\x82\x17\x00\x03\x00\x12"
             "devices/d2/command"
             "\x01");
    RECEIVED(&e, "\x90\x03\x00\x03\x80"); /* nor does it hear another's commands */
    end_close(&e);
    finish();
}

TEST(an_address_that_cannot_be_is_told_with_a_remedy) {
    static const char *const bad[] = { "mqtt://127.0.0.1",
                                       "mqtt://127.0.0.1:0?topic=a",
                                       "mqtt://127.0.0.1:0?topics=a/b",
                                       "mqtt://127.0.0.1:0?packet_max=-1",
                                       "mqtt://127.0.0.1:0?packet_max=1000000000",
                                       "mqtt://127.0.0.1:0?certificate=a",
                                       "mqtt://127.0.0.1:0?own=1" };
    CHECK_OK(loop_create(&loop, clock_real()));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct connector_options options = { .loop = loop, .url = bad[i] };
        CHECK_ERROR(mqtt_connector.open(&connector, &options), E_config);
        CHECK_STORY("try:");
        CHECK(connector == NULL);
    }
    loop_destroy(loop);
}

/* ---- what devices are told */

#define COMMANDS "?commands=devices/{device}/command"
#define SUBSCRIBE_D1                                                                               \
    "\x82\x17\x00\x01\x00\x12"                                                                     \
    "devices/d1/command"                                                                           \
    "\x01"

TEST(a_device_hears_its_own_commands_one_after_the_other) {
    struct device_end e;
    given_connector(COMMANDS);
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, SUBSCRIBE_D1);
    wait_asked(2);
    CHECK_TEXT(asked_type, "commands-asked");
    CHECK_TEXT(buf_text(&asked_json),
               "{\"client\":\"d1\",\"clean\":1,\"device\":\"d1\",\"qos\":1}");
    RECEIVED(&e, "\x90\x03\x00\x01\x01");
    CHECK(reply(1, "{\"command\":\"c1\",\"payload\":\"go\"}"));
    RECEIVED(&e, "\x32\x18\x00\x12"
                 "devices/d1/command"
                 "\x00\x01"
                 "go");
    SEND(&e, "\x40\x02\x00\x09"); /* of no packet of ours */
    SEND(&e, "\x40\x02\x00\x01");
    wait_asked(3);
    CHECK(strstr(buf_text(&asked_json), "\"taken\":\"c1\"}") != NULL);
    SEND(&e, "\x40\x02\x00\x01"); /* again */
    SEND(&e, "\xa2\x16\x00\x02\x00\x12"
             "devices/d1/command");
    wait_asked(4);
    CHECK_TEXT(asked_type, "commands-left-asked");
    RECEIVED(&e, "\xb0\x02\x00\x02");
    end_close(&e);
    finish();
}

TEST(with_qos_0_a_command_is_taken_when_it_is_sent) {
    struct device_end e;
    given_connector(COMMANDS);
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x82\x17\x00\x01\x00\x12"
             "devices/d1/command"
             "\x00");
    wait_asked(2);
    RECEIVED(&e, "\x90\x03\x00\x01\x00");
    CHECK(reply(1, "{\"command\":\"c1\",\"payload\":\"go\"}"));
    RECEIVED(&e, "\x30\x16\x00\x12"
                 "devices/d1/command"
                 "go");
    wait_asked(3);
    CHECK(strstr(buf_text(&asked_json), "\"taken\":\"c1\"}") != NULL);
    end_close(&e);
    wait_asked(4);
    CHECK_TEXT(asked_type, "commands-left-asked");
    finish();
}

TEST(other_devices_and_wildcards_are_refused) {
    struct device_end e;
    given_connector(COMMANDS);
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x82\x16\x00\x01\x00\x11"
             "devices/+/command"
             "\x01");
    RECEIVED(&e, "\x90\x03\x00\x01\x80");
    SEND(&e, "\x82\x06\x00\x02\x00\x01"
             "#"
             "\x01");
    RECEIVED(&e, "\x90\x03\x00\x02\x80");
    SEND(&e, SUBSCRIBE_D1);
    RECEIVED(&e, "\x90\x03\x00\x01\x01");
    SEND(&e, "\x82\x17\x00\x03\x00\x12"
             "devices/d2/command"
             "\x01");
    RECEIVED(&e, "\x90\x03\x00\x03\x80"); /* one device a connection */
    end_close(&e);
    wait_asked(3);
    finish();
}

TEST(a_kept_session_is_subscribed_without_asking_again) {
    struct device_end e;
    given_connector(COMMANDS);
    end_open(&e);
    SEND(&e, "\x10\x0e\x00\x04MQTT\x04\x00\x00\x00\x00\x02"
             "d1");
    wait_asked(1);
    CHECK(reply(0, "{\"present\":1,\"device\":\"d1\",\"qos\":1}"));
    RECEIVED(&e, "\x20\x02\x01\x00");
    wait_asked(2);
    CHECK_TEXT(asked_type, "commands-asked");
    CHECK(reply(1, "{}")); /* another connection hears the device now */
    SEND(&e, "\x40\x02\x00\x01");
    SEND(&e, "\xc0\x00");
    RECEIVED(&e, "\xd0\x00");
    CHECK_INT(asked, 2);
    end_close(&e);
    finish();
}

TEST(a_kept_session_of_another_user_is_not_subscribed_with_own) {
    struct device_end e;
    users = "d1:pw\nd2:pw\n";
    given_connector("?own=yes&commands=devices/{device}/command");
    end_open(&e);
    SEND(&e, "\x10\x15\x00\x04MQTT\x04\xc0\x00\x00\x00\x01"
             "X\x00\x02"
             "d2\x00\x02pw");
    wait_asked(1);
    CHECK(reply(0, "{\"present\":1,\"device\":\"d1\",\"qos\":1}"));
    RECEIVED(&e, "\x20\x02\x01\x00");
    SEND(&e, "\x82\x17\x00\x03\x00\x12"
             "devices/d2/command"
             "\x01");
    wait_asked(2);
    CHECK(strstr(buf_text(&asked_json), "\"device\":\"d2\"") != NULL);
    end_close(&e);
    finish();
}

TEST(a_late_answer_to_a_subscription_that_has_ended_does_not_end_the_next) {
    struct device_end e;
    given_connector(COMMANDS);
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, SUBSCRIBE_D1 "\xa2\x16\x00\x02\x00\x12"
                          "devices/d1/command" SUBSCRIBE_D1);
    RECEIVED(&e, "\x90\x03\x00\x01\x01\xb0\x02\x00\x02\x90\x03\x00\x01\x01");
    wait_asked(4);
    CHECK(reply(1, "{}")); /* it was told to leave */
    CHECK(reply(3, "{\"command\":\"c1\",\"payload\":\"go\"}"));
    RECEIVED(&e, "\x32\x18\x00\x12"
                 "devices/d1/command"
                 "\x00\x01"
                 "go");
    end_close(&e);
    finish();
}

TEST(nothing_is_asked_for_a_connection_that_is_being_closed) {
    struct device_end e;
    given_connector(COMMANDS);
    end_open(&e);
    SEND(&e, "\x10\x0e\x00\x04MQTT\x04\x00\x00\x00\x00\x02"
             "d1");
    wait_asked(1);
    connection_pause(e.connection, true); /* so that it does not close its side */
    SEND(&e, "\x00\x00");
    CHECK(reply(0, "{\"present\":1,\"device\":\"d1\",\"qos\":1}")); /* asked for in 50 ms */
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 10);
    CHECK_INT(asked, 1);
    end_close(&e);
    finish();
}

TEST(what_a_device_reports_of_itself_is_no_reading) {
    struct device_end e;
    given_connector("?reported=devices/{device}/reported");
    end_connect(&e, CONNECT_CLEAN "d1", sizeof(CONNECT_CLEAN "d1") - 1);
    SEND(&e, "\x30\x34\x00\x13"
             "devices/d1/reported"
             "{\"version\":3,\"a\":1.5,\"b\":\"x\"}  ");
    wait_asked(2);
    CHECK_TEXT(asked_type, "report-asked");
    CHECK(
        strstr(buf_text(&asked_json), "\"device\":\"d1\",\"values\":\"a=1.5;b=x\",\"version\":3}"));
    SEND(&e, "\x30\x1a\x00\x13"
             "devices/d1/reported"
             "[\"a\"]"
             "\x30\x1e\x00\x13"
             "devices/d1/reported"
             "{\"a\":[1]}");
    wait_asked(4);
    CHECK_TEXT(asked_type, "unread-asked");
    CHECK(strstr(buf_text(&asked_json), "its values are numbers, true, false or texts") != NULL);
    end_close(&e);
    finish();
}
