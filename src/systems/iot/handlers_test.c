/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Gateway, detection and desk by themselves, each a task over its real store that is fed by hand.
 * Every event that one of them makes is held against the schema that the declaration names. */
#include "iot.h"

#include "base/test.h"
#include "fold/fold_store.h"
#include "runtime/promised_fixture.h"
#include "runtime/task.h"
#include "runtime/task_effects.h"
#include "sqlite/sqlite_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795348800000)

struct plant {
    struct task *task;
    struct declaration *declaration;
    struct schemas *schemas;
    struct task_options options;
    char *url;
    struct buf said; /* of the last group: "TYPE KEY {json}\n", "= KEY {json}\n" */
    enum taken taken;
    int64_t offset, now_ms;
};

static int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

/* The shipped declaration with the settings that it has as examples. */
static char *declaration_text(void) {
    static const char *const comments[][2] = { { "# limits:", "limits:  " },
                                               { "# settings:", "settings:  " },
                                               { "#   notify:", "  notify:  " } };
    char *text = text_copy(iot_system.declaration);
    for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++) {
        char *at = strstr(text, comments[i][0]);
        CHECK(at != NULL);
        memcpy(at, comments[i][1], strlen(comments[i][1]));
    }
    return text;
}

static void plant_open(struct plant *p, const char *service,
                       const struct octavo_handler *handlers) {
    char *text = declaration_text();
    *p = (struct plant){ .now_ms = NOW_MS };
    CHECK_OK(declaration_read(&p->declaration, "octavo.yaml", bytes_text(text)));
    free(text);
    p->schemas = promised_open(p->declaration, "src/systems/iot");
    const struct declared_service *declared = declaration_service(p->declaration, service);
    bool fold = declared->state == STATE_FOLD;
    p->url = text_format("%s:%s", fold ? "fold" : "sqlite", test_dir());
    p->options = (struct task_options){
        .system = "iot",
        .service = declared,
        .declaration = p->declaration,
        .handlers = handlers,
        .store_kind = fold ? &fold_store_kind : &sqlite_store_kind,
        .store_url = p->url,
        .journal_inputs = !fold,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&p->task, &p->options));
}

static void plant_close(struct plant *p) {
    task_close(p->task);
    schemas_close(p->schemas);
    declaration_destroy(p->declaration);
    buf_finish(&p->said);
    free(p->url);
}

static void said_add(struct plant *p, struct bytes kind, struct bytes key, struct bytes json) {
    buf_print(&p->said, "%.*s %.*s %.*s\n", (int)kind.len, (const char *)kind.data, (int)key.len,
              (const char *)key.data, (int)json.len, (const char *)json.data);
}

static void plant_commit(struct plant *p) {
    struct committed done;
    CHECK_OK(task_commit(p->task, p->now_ms, &done));
    buf_clear(&p->said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(p->schemas, &e);
        said_add(p, e.type, e.key, e.value);
    }
    for (size_t i = 0; i < done.reply_count; i++)
        said_add(p, bytes_text("="), done.replies[i].request_key, done.replies[i].json);
    if (done.outbox_id)
        task_outbox_acked(p->task, done.outbox_id);
}

static void given(struct plant *p, const char *type, const char *key, const char *json) {
    char id[32];
    bool asks = strstr(type, "-asked") != NULL;
    (void)snprintf(id, sizeof(id), "in-%" PRId64, p->offset);
    struct input in = {
        .kind = asks ? INPUT_REQUEST : INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(asks ? key : id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = p->now_ms,
        .topic = bytes_text(strncmp(type, "reading", 7) == 0 ? "telemetry-event" : "anomaly-alert"),
        .offset = p->offset++,
    };
    task_begin(p->task);
    CHECK_OK(task_take(p->task, &in, &p->taken));
    plant_commit(p);
}

/* One point of `device`, at the plant's time. */
static void reading(struct plant *p, const char *device, const char *value_and_metric) {
    char json[300];
    (void)snprintf(json, sizeof(json),
                   "{\"device\":\"%s\",\"received\":%" PRId64 ",\"points\":\"%" PRId64 " %s\"}",
                   device, p->now_ms, p->now_ms, value_and_metric);
    given(p, "reading-taken", device, json);
    CHECK_INT(p->taken, TAKEN_HANDLED);
}

static void check_said(struct plant *p, const char *wanted) {
    CHECK_TEXT(buf_text(&p->said), wanted);
}

/* ---- the gateway */

TEST(what_a_device_publishes_is_an_event_and_its_answer) {
    struct plant p;
    plant_open(&p, "iot-device", iot_gateway_handlers);
    given(&p, "publish-asked", "q1",
          "{\"client\":\"c\",\"topic\":\"devices/d1\",\"qos\":1,\"packet\":7,\"device\":\"d1\","
          "\"points\":\"1 2 t\",\"boot\":3,\"seq\":4}");
    check_said(&p, "reading-taken d1 {\"device\":\"d1\",\"received\":1795348800000,\"boot\":3,"
                   "\"seq\":4,\"points\":\"1 2 t\"}\n= q1 {}\n");
    given(&p, "unread-asked", "q2",
          "{\"client\":\"c\",\"topic\":\"x\",\"qos\":0,\"packet\":0,\"reason\":\"it is no JSON\","
          "\"bytes\":\"MjEsNQ==\"}");
    check_said(&p, "publish-rejected c {\"client\":\"c\",\"topic\":\"x\",\"received\":"
                   "1795348800000,\"reason\":\"it is no JSON\",\"bytes\":\"MjEsNQ==\"}\n= q2 {}\n");
    plant_close(&p);
}

TEST(a_packet_of_qos_2_makes_one_event_until_it_is_released) {
    static const char packet[] = "{\"client\":\"c\",\"topic\":\"devices/d1/t\",\"qos\":2,"
                                 "\"packet\":17,\"device\":\"d1\",\"points\":\"1 2 t\"}";
    struct plant p;
    plant_open(&p, "iot-device", iot_gateway_handlers);
    given(&p, "session-asked", "q0", "{\"client\":\"c\",\"clean\":0}");
    check_said(&p, "= q0 {\"present\":0}\n");
    given(&p, "publish-asked", "q1", packet);
    CHECK(strncmp(buf_text(&p.said), "reading-taken d1 ", 17) == 0);
    given(&p, "publish-asked", "q2", packet);
    check_said(&p, "= q2 {}\n");
    given(&p, "session-asked", "q3", "{\"client\":\"c\",\"clean\":0}");
    check_said(&p, "= q3 {\"present\":1}\n");
    given(&p, "publish-asked", "q4", packet);
    check_said(&p, "= q4 {}\n");
    given(&p, "release-asked", "q5", "{\"client\":\"c\",\"packet\":17}");
    check_said(&p, "= q5 {}\n");
    given(&p, "publish-asked", "q6", packet);
    CHECK(strncmp(buf_text(&p.said), "reading-taken d1 ", 17) == 0);
    given(&p, "session-asked", "q7", "{\"client\":\"c\",\"clean\":1}");
    given(&p, "publish-asked", "q8", packet);
    CHECK(strncmp(buf_text(&p.said), "reading-taken d1 ", 17) == 0);
    plant_close(&p);
}

/* ---- anomaly detection */

TEST(a_jump_is_raised_once_and_cleared_when_it_is_over) {
    struct plant p;
    int raised = 0, cleared = 0;
    plant_open(&p, "anomaly-detection", iot_detection_handlers);
    for (int i = 0; i < 700; i++) {
        char value[40];
        (void)snprintf(value, sizeof(value), "%d.5 load",
                       i < 300   ? i % 40
                       : i < 310 ? 900
                                 : i % 40);
        p.now_ms += 1000;
        reading(&p, "d1", value);
        raised +=
            p.said.len && strstr(buf_text(&p.said), "anomaly-raised d1 {\"alert\":\"d1/load/");
        cleared += p.said.len && strstr(buf_text(&p.said), "anomaly-cleared d1 ") != NULL;
    }
    CHECK_INT(raised, 1);
    CHECK_INT(cleared, 1);
    plant_close(&p);
}

TEST(a_limit_is_raised_at_once_and_cleared_when_it_was_kept) {
    struct plant p;
    plant_open(&p, "anomaly-detection", iot_detection_handlers);
    reading(&p, "d1", "80 temperature");
    check_said(&p, "");
    p.now_ms += 1000;
    reading(&p, "d1", "80.5 temperature");
    check_said(&p, "anomaly-raised d1 {\"alert\":\"d1/temperature/> 80/1795348801000\",\"device\":"
                   "\"d1\",\"metric\":\"temperature\",\"rule\":\"> 80\",\"time\":1795348801000,"
                   "\"value\":\"80.5\",\"feature\":\"limit\",\"score\":\"\"}\n");
    p.now_ms += 1000;
    reading(&p, "d1", "70 temperature");
    check_said(&p, "");
    p.now_ms += 60000;
    reading(&p, "d1", "70 temperature");
    check_said(&p, "anomaly-cleared d1 {\"alert\":\"d1/temperature/> 80/1795348801000\",\"device\":"
                   "\"d1\",\"metric\":\"temperature\",\"rule\":\"> 80\",\"time\":1795348862000}\n");
    plant_close(&p);
}

TEST(a_device_that_is_silent_is_told_by_the_time_of_others) {
    struct plant p;
    plant_open(&p, "anomaly-detection", iot_detection_handlers);
    reading(&p, "d1", "1 t");
    p.now_ms += 200000;
    reading(&p, "d2", "1 t");
    check_said(&p, "");
    p.now_ms += 200000;
    reading(&p, "d2", "1 t");
    CHECK(strncmp(buf_text(&p.said), "anomaly-raised d1 {\"alert\":\"d1//silence/", 39) == 0);
    p.now_ms += 1000;
    reading(&p, "d1", "1 t");
    CHECK(strncmp(buf_text(&p.said), "anomaly-cleared d1 {\"alert\":\"d1//silence/", 40) == 0);
    plant_close(&p);
}

/* ---- the desk */

TEST(an_alert_is_one_mail_however_often_it_is_told_and_is_seen_by_the_first) {
    static const char alert[] = "{\"alert\":\"d1/t/r/1\",\"device\":\"d1\",\"metric\":\"t\","
                                "\"rule\":\"r\",\"time\":1,\"value\":\"9\",\"feature\":\"limit\","
                                "\"score\":\"\"}";
    struct plant p;
    plant_open(&p, "alert-desk", iot_desk_handlers);
    given(&p, "anomaly-raised", "d1", alert);
    given(&p, "anomaly-raised", "d1", alert);
    CHECK_INT((long long)task_counts(p.task).effects, 1);
    given(&p, "alert-acknowledged", "d1",
          "{\"device\":\"d1\",\"alert\":\"d1/t/r/1\",\"by\":\"jana\"}");
    CHECK_INT(p.taken, TAKEN_HANDLED);
    given(&p, "anomaly-cleared", "d1", alert);
    CHECK_INT((long long)task_counts(p.task).effects, 2);
    given(&p, "alert-acknowledged", "d2",
          "{\"device\":\"d2\",\"alert\":\"d2/t/r/1\",\"by\":\"jana\"}");
    CHECK_INT(p.taken, TAKEN_HANDLED); /* and d2 is not held up by it */
    plant_close(&p);
}
