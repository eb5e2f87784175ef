/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The way back: device-state decides, the gateway has what waits for a device. Events of one go to
 * the other by hand, as their lanes do. */
#include "iot_fixture.h"

#include "mailbox.h"

static struct plant state, gateway;

static void given_both(void) {
    plant_open(&state, "device-state", iot_state_handlers);
    plant_open(&gateway, "iot-device", iot_gateway_handlers);
    state.reader = &gateway;
}

static void finish(void) {
    state.reader = NULL;
    plant_close(&state);
    plant_close(&gateway);
}

/* Of an operator, or of the other gateway. */
static void wanted(const char *type, const char *json) {
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .key = bytes_text("pump"),
        .json = bytes_text(json),
        .time_ms = state.now_ms,
        .topic = bytes_text("device-command"),
    };
    char id[32];
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)state.offset);
    in.id = bytes_text(id);
    buf_clear(&state.said);
    plant_take(&state, &in);
}

/* What a connection asks the gateway; what the gateway tells device-state is handed on. */
static const char *asked(const char *type, const char *key, const char *json) {
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = bytes_text(type),
        .id = bytes_text(key),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = gateway.now_ms,
    };
    buf_clear(&gateway.said);
    gateway.reader = &state;
    plant_take(&gateway, &in);
    gateway.reader = NULL;
    return buf_text(&gateway.said);
}

#define COMMAND(name, text)                                                                        \
    wanted("command-requested",                                                                    \
           "{\"device\":\"pump\",\"request\":\"" name "\",\"text\":\"" text "\"}")
#define WISH(request, more)                                                                        \
    wanted("desired-requested", "{\"device\":\"pump\",\"request\":\"" request "\"," more "}")
#define HEAR(key, more)                                                                            \
    asked("commands-asked", key,                                                                   \
          "{\"client\":\"c\",\"clean\":1,\"device\":\"pump\",\"qos\":1" more "}")

TEST(a_command_waits_for_its_device_and_is_delivered_once) {
    given_both();
    COMMAND("c1", "flush \\\"all\\\"");
    CHECK_CONTAINS(buf_text(&state.said), "command-issued pump");
    CHECK_TEXT(HEAR("q1", ""),
               "= q1 {\"command\":\"c1\",\"payload\":\"{\\\"command\\\":\\\"c1\\\",\\\"text\\\":"
               "\\\"flush \\\\\\\"all\\\\\\\"\\\"}\"}\n");
    CHECK_CONTAINS(look(&state, "pump", "command", "c1"), "\"state\":\"waiting\"");
    CHECK_CONTAINS(HEAR("q2", ",\"taken\":\"c1\""), "delivery-reported pump");
    CHECK_CONTAINS(look(&state, "pump", "command", "c1"), "\"state\":\"delivered\"");
    CHECK_CONTAINS(look(&state, "pump", "state", ""), "\"waiting\":\"0\"");
    CHECK_TEXT(look(&gateway, "pump", "mail", "pump/c1"), "{}");
    CHECK(!strstr(HEAR("q3", ",\"taken\":\"c1\""), "delivery-reported"));
    finish();
}

TEST(who_waits_is_told_at_once_and_in_the_order_of_the_commands) {
    given_both();
    CHECK_TEXT(HEAR("q1", ""), "");
    buf_clear(&gateway.said);
    COMMAND("c1", "a");
    CHECK_CONTAINS(buf_text(&gateway.said), "= q1 {\"command\":\"c1\"");
    buf_clear(&gateway.said);
    COMMAND("c2", "b");
    COMMAND("c3", "c");
    CHECK_TEXT(buf_text(&gateway.said), ""); /* c1 is on its way */
    CHECK_CONTAINS(HEAR("q2", ",\"taken\":\"c1\""), "= q2 {\"command\":\"c2\"");
    CHECK_CONTAINS(HEAR("q3", ",\"taken\":\"c2\""), "= q3 {\"command\":\"c3\"");
    finish();
}

TEST(what_was_not_taken_is_sent_to_the_next_connection_and_the_old_one_is_told_so) {
    given_both();
    CHECK_TEXT(HEAR("q1", ""), "");
    CHECK_TEXT(HEAR("q2", ""), "= q1 {}\n");
    COMMAND("c1", "a");
    CHECK_CONTAINS(HEAR("q3", ""), "= q3 {\"command\":\"c1\"");
    CHECK_CONTAINS(HEAR("q4", ""), "= q4 {\"command\":\"c1\"");
    finish();
}

TEST(who_leaves_is_not_told_and_whoever_came_meanwhile_is) {
    given_both();
    (void)HEAR("q1", "");
    (void)HEAR("q2", "");
    CHECK_TEXT(asked("commands-left-asked", "q3",
                     "{\"client\":\"c\",\"device\":\"pump\",\"asker\":\"q1\",\"unsubscribed\":0}"),
               "= q3 {}\n"); /* every request is answered, so that nothing is kept for it */
    COMMAND("c1", "a");
    CHECK_CONTAINS(buf_text(&gateway.said), "= q2 {\"command\":\"c1\"");
    (void)HEAR("q4", ",\"taken\":\"c1\"");
    CHECK_TEXT(asked("commands-left-asked", "q5",
                     "{\"client\":\"c\",\"device\":\"pump\",\"asker\":\"q4\",\"unsubscribed\":0}"),
               "= q4 {}\n= q5 {}\n");
    CHECK_TEXT(look(&gateway, "", "mailbox", "pump"), "{}");
    finish();
}

TEST(a_command_is_refused_when_its_name_was_there_or_a_hundred_wait) {
    char json[80];
    given_both();
    COMMAND("c1", "a");
    COMMAND("c1", "b");
    CHECK_CONTAINS(buf_text(&state.said), "a command of this name was there before");
    COMMAND("c2", "");
    CHECK_CONTAINS(buf_text(&state.said), "a command is 1 to 4096 bytes");
    for (int i = 0; i < COMMANDS_MAX - 1; i++) {
        (void)snprintf(json, sizeof(json),
                       "{\"device\":\"pump\",\"request\":\"n%d\",\"text\":\"a\"}", i);
        wanted("command-requested", json);
    }
    CHECK_CONTAINS(buf_text(&state.said), "command-issued");
    COMMAND("c3", "a");
    CHECK_CONTAINS(buf_text(&state.said), "100 commands wait for the device already");
    (void)HEAR("q1", "");
    (void)HEAR("q2", ",\"taken\":\"c1\"");
    COMMAND("c4", "a");
    CHECK_CONTAINS(buf_text(&state.said), "command-issued");
    finish();
}

TEST(a_wish_raises_the_version_and_replaces_the_one_of_its_name_that_still_waits) {
    given_both();
    WISH("r1", "\"name\":\"interval\",\"value\":\"30\"");
    WISH("r2", "\"name\":\"mode\",\"value\":\"eco\"");
    WISH("r3", "\"name\":\"interval\",\"value\":\"40\"");
    CHECK_CONTAINS(buf_text(&state.said), "\"version\":3");
    CHECK_CONTAINS(HEAR("q1", ""), "= q1 {\"command\":\"v2\"");
    CHECK_CONTAINS(HEAR("q2", ",\"taken\":\"v2\""),
                   "= q2 {\"command\":\"v3\",\"payload\":\"{\\\"version\\\":3,\\\"name\\\":"
                   "\\\"interval\\\",\\\"value\\\":\\\"40\\\"}\"}");
    finish();
}

TEST(a_wish_that_names_an_old_version_is_refused) {
    given_both();
    WISH("r1", "\"name\":\"interval\",\"value\":\"30\",\"expected\":0");
    WISH("r2", "\"name\":\"interval\",\"value\":\"40\",\"expected\":0");
    CHECK_CONTAINS(buf_text(&state.said), "its version is 1 by now");
    CHECK_CONTAINS(look(&state, "pump", "desired", "interval"), "\"value\":\"30\"");
    WISH("r3", "\"name\":\"a b\",\"value\":\"1\"");
    CHECK_CONTAINS(buf_text(&state.said), "a name is one word");
    finish();
}

TEST(a_report_of_an_older_version_comes_late_and_changes_nothing) {
    given_both();
    WISH("r1", "\"name\":\"a\",\"value\":\"1\"");
    WISH("r2", "\"name\":\"b\",\"value\":\"x y\"");
    wanted("state-reported", "{\"device\":\"pump\",\"version\":2,\"values\":\"a=1;b=x y\"}");
    wanted("state-reported", "{\"device\":\"pump\",\"version\":1,\"values\":\"a=0\"}");
    CHECK_CONTAINS(look(&state, "pump", "reported", "a"), "\"value\":\"1\",\"version\":\"2\"");
    wanted("state-reported", "{\"device\":\"pump\",\"values\":\"b=z\"}");
    CHECK_CONTAINS(look(&state, "pump", "reported", "b"), "\"value\":\"z\",\"version\":\"2\"");
    finish();
}

TEST(a_report_of_a_version_that_no_wish_has_made_does_not_silence_the_device) {
    given_both();
    wanted("state-reported",
           "{\"device\":\"pump\",\"version\":9223372036854775807,\"values\":\"a=1\"}");
    CHECK_CONTAINS(look(&state, "pump", "state", ""), "\"reported\":\"0\"");
    WISH("r1", "\"name\":\"a\",\"value\":\"2\"");
    wanted("state-reported", "{\"device\":\"pump\",\"version\":1,\"values\":\"a=2\"}");
    CHECK_CONTAINS(look(&state, "pump", "reported", "a"), "\"value\":\"2\",\"version\":\"1\"");
    wanted("state-reported", "{\"device\":\"pump\",\"version\":0,\"values\":\"a=1\"}");
    CHECK_CONTAINS(look(&state, "pump", "reported", "a"), "\"value\":\"2\"");
    finish();
}

TEST(a_device_that_makes_up_names_is_heard_for_256_of_them) {
    char json[80];
    given_both();
    for (int i = 0; i < 300; i++) {
        (void)snprintf(json, sizeof(json), "{\"device\":\"pump\",\"values\":\"n%d=1\"}", i);
        wanted("state-reported", json);
    }
    CHECK_CONTAINS(look(&state, "pump", "state", ""), "\"known\":\"256\"");
    CHECK_CONTAINS(look(&state, "pump", "reported", "n255"), "\"value\":\"1\"");
    CHECK_TEXT(look(&state, "pump", "reported", "n256"), "{}");
    finish();
}

TEST(a_session_that_is_kept_is_told_what_it_had_subscribed_to) {
    given_both();
    (void)asked("commands-asked", "q1",
                "{\"client\":\"c\",\"clean\":0,\"device\":\"pump\",\"qos\":1}");
    CHECK_CONTAINS(asked("session-asked", "q2", "{\"client\":\"c\",\"clean\":0}"),
                   "\"device\":\"pump\",\"qos\":1}");
    CHECK(!strstr(asked("session-asked", "q3", "{\"client\":\"c\",\"clean\":1}"), "pump"));
    CHECK(!strstr(asked("session-asked", "q4", "{\"client\":\"c\",\"clean\":0}"), "pump"));
    finish();
}
