/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for IoT: gateways of devices that publish by MQTT, with QoS 1 and 2, some messages twice and
 * some late, and now and then in a way that is unusual. At rest topic, rollups and alerts are read
 * into the history: what they should be follows from what is in the topic. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "mqtt_client.h"
#include "stores.h"
#include "topics.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINES = 3,
    DEVICES_EACH = 2,
    PACE_MS = 8,          /* between two messages of a line */
    STEP_MS = 250,        /* of a device's own time */
    LATE_MS = 6999,       /* no multiple of a step: no two points have one time */
    BOOT_MESSAGES = 130,  /* then it starts again */
    CALM_MESSAGES = 150,  /* a detector judges nobody before */
    SPELL_MESSAGES = 160, /* from one incident to the next */
    INCIDENT_MESSAGES = 12,
    FOLD_ASKED_EVERY_MS = 250,
    ROLLUPS_OF_A_MESSAGE = 10, /* two points, each in five windows */
    FOLD_ASKED_MS = 1000,
    PARTITIONS_MAX = 64
};

static const char gateway[] = "iot-device", edge[] = "mqtt", telemetry[] = "telemetry-event";

struct device {
    char name[16];
    int64_t messages;
};

struct line_of_devices {
    struct mqtt_client client;
    struct random random;
    struct run *run;
    struct device devices[DEVICES_EACH];
    struct mqtt_message last; /* as it was published; sent once more now and then */
    int64_t next_ms;
};

struct iot {
    struct line_of_devices lines[LINES];
    int64_t base_ms; /* the devices' time when they begin */
    int64_t asked_ms;
    int64_t counted; /* points in windows, when they were looked at last */
    uint64_t ended_at;
    bool ends_known;
    int64_t ends[PARTITIONS_MAX];
    bool resting;
    uint64_t published, acknowledged, repeats;
};

/* ---- devices */

static struct history_record message_record(const struct mqtt_message *m, enum history_kind kind) {
    return (
        struct history_record){ .kind = (uint8_t)kind, .operation = HISTORY_message, .id = m->id };
}

static void on_acknowledged(void *context, const struct mqtt_message *m) {
    struct line_of_devices *l = context;
    history_put(&l->run->history, message_record(m, HISTORY_ok));
    ((struct iot *)l->run->loaded)->acknowledged++;
}

/* In thousandths: noise around twenty, and an incident far off. */
static int value_draw(struct line_of_devices *l, const struct device *d) {
    int64_t at = d->messages - CALM_MESSAGES;
    bool unusual = at > 0 && at % SPELL_MESSAGES < INCIDENT_MESSAGES;
    return 20000 + (int)random_below(&l->random, 1000) + (unusual ? 30000 : 0);
}

static void message_fill(struct line_of_devices *l, struct device *d, struct mqtt_message *m) {
    struct iot *v = l->run->loaded;
    int64_t n = d->messages++, late = random_below(&l->random, 50) == 0 ? LATE_MS : 0;
    int64_t boot = 1 + n / BOOT_MESSAGES, time = v->base_ms + n * STEP_MS - late;
    int value = value_draw(l, d);
    char id[64];
    (void)snprintf(id, sizeof(id), "%s %lld %lld", d->name, (long long)boot, (long long)n);
    (void)snprintf(m->topic, sizeof(m->topic), "devices/%s", d->name);
    (void)snprintf(
        m->payload, sizeof(m->payload),
        "{\"time\":%lld,\"boot\":%lld,\"seq\":%lld,\"temperature\":%d.%03d,\"level\":%lld}",
        (long long)time, (long long)boot, (long long)n, value / 1000, value % 1000,
        (long long)n % 7);
    m->id = history_text(&l->run->history, id);
}

static void line_publish(struct line_of_devices *l) {
    struct iot *v = l->run->loaded;
    struct mqtt_message *m = mqtt_client_free(&l->client);
    if (!m)
        return;
    bool again = l->last.topic[0] && random_below(&l->random, 20) == 0;
    if (again) { /* a device that is not sure */
        memcpy(m->topic, l->last.topic, sizeof(m->topic));
        memcpy(m->payload, l->last.payload, sizeof(m->payload));
        m->id = l->last.id;
        v->repeats++;
    } else
        message_fill(l, &l->devices[random_below(&l->random, DEVICES_EACH)], m);
    m->qos = (uint8_t)(random_below(&l->random, 3) == 0 ? 2 : 1);
    history_put(&l->run->history, message_record(m, HISTORY_invoke));
    mqtt_client_publish(&l->client, m);
    l->last = *m;
    v->published++;
}

static void line_begin(struct run *r, struct line_of_devices *l, unsigned number) {
    char name[16];
    (void)snprintf(name, sizeof(name), "verify-%u", number);
    l->run = r;
    l->random = random_seeded(r->options->seed * 100 + number);
    mqtt_client_init(&l->client, name, house_port(&r->house, gateway, edge));
    l->client.on_acknowledged = on_acknowledged;
    l->client.context = l;
    for (unsigned i = 0; i < DEVICES_EACH; i++)
        (void)snprintf(l->devices[i].name, sizeof(l->devices[i].name), "v%u-%u", number, i);
}

static enum error iot_begin(struct run *r) {
    struct iot *v = r->loaded = memory_get(sizeof(*v));
    v->base_ms = clock_wall_ms(clock_real()) / 86400000 * 86400000 - 43200000; /* one day's noon */
    for (unsigned i = 0; i < LINES; i++)
        line_begin(r, &v->lines[i], i);
    return E_ok;
}

static size_t iot_polls(struct run *r, struct pollfd *out) {
    struct iot *v = r->loaded;
    for (size_t i = 0; i < LINES; i++)
        out[i] = mqtt_client_poll(&v->lines[i].client);
    return LINES;
}

static void iot_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct iot *v = r->loaded;
    for (size_t i = 0; i < LINES; i++) {
        struct line_of_devices *l = &v->lines[i];
        mqtt_client_turn(&l->client, now_ms, polls[i].fd == l->client.fd ? polls[i].revents : 0);
        if (v->resting || !l->client.accepted || now_ms < l->next_ms)
            continue;
        l->next_ms = now_ms + (int64_t)random_below(&l->random, 2 * PACE_MS);
        line_publish(l);
    }
}

static void iot_rest(struct run *r) {
    ((struct iot *)r->loaded)->resting = true;
}

static struct kafka_reading reading_of(const struct run *r, const char *topic) {
    struct kafka_reading of = { topic, 0, 0, FOLD_ASKED_MS, NULL, NULL };
    for (size_t i = 0; i < r->options->system->topic_count; i++)
        if (strcmp(r->options->system->topics[i].name, topic) == 0)
            of.partitions = r->options->system->topics[i].partitions;
    return of;
}

/* Where telemetry ended when the last message was acknowledged: ticks go on behind that. */
static bool end_is_known(struct run *r) {
    struct iot *v = r->loaded;
    struct kafka_reading of = reading_of(r, telemetry);
    if (v->ended_at != v->acknowledged || !v->ends_known) {
        v->ended_at = v->acknowledged;
        v->ends_known = of.partitions <= PARTITIONS_MAX && !kafka_ends(r->kafka, &of, v->ends);
    }
    return v->ends_known;
}

static bool alerts_are_told(struct run *r) {
    struct iot *v = r->loaded;
    int64_t done[PARTITIONS_MAX];
    struct kafka_reading of = reading_of(r, telemetry);
    if (!end_is_known(r) || kafka_committed(r->kafka, "iot.anomaly-detection", &of, done))
        return false;
    for (int32_t p = 0; p < of.partitions; p++)
        if (v->ends[p] > 0 && done[p] < v->ends[p])
            return false;
    return true;
}

static void on_counted(void *context, const struct store_place *place,
                       const struct store_value *row) {
    (void)place;
    *(int64_t *)context += row[0].integer;
}

/* What a fold holds it tells when it likes: each message is in its windows then, whenever that is.
 * Of alerts nobody knows how many there will be; they are told before the fold commits. */
static bool folds_are_done(struct run *r) {
    struct iot *v = r->loaded;
    if (run_now_ms(r) < v->asked_ms + FOLD_ASKED_EVERY_MS)
        return false;
    v->asked_ms = run_now_ms(r);
    v->counted = 0;
    char *dir = run_store_dir(r);
    struct store_question q = { dir,
                                r->options->system->name,
                                "rollup-store",
                                "SELECT coalesce(sum(\"count\"), 0) FROM rollup",
                                on_counted,
                                &v->counted };
    bool asked = !stores_ask(&q, NULL);
    free(dir);
    return asked && v->counted >= (int64_t)(v->published - v->repeats) * ROLLUPS_OF_A_MESSAGE
           && alerts_are_told(r);
}

static bool iot_is_idle(struct run *r) {
    struct iot *v = r->loaded;
    for (size_t i = 0; i < LINES; i++)
        if (mqtt_client_open(&v->lines[i].client))
            return false;
    return folds_are_done(r);
}

static uint64_t iot_progress(struct run *r) {
    struct iot *v = r->loaded;
    return v->acknowledged + (uint64_t)v->counted;
}

/* ---- what is found at rest */

static uint64_t name_of(struct run *r, const struct json *j, const char *member) {
    struct bytes text;
    return json_get_text(j, member, &text) ? history_name(&r->history, text) : 0;
}

static void reading_take(struct run *r, const struct json *j, struct history_record record) {
    int64_t boot = 0, sequence = 0;
    struct bytes device;
    if (!json_get_text(j, "device", &device) || !json_get_int(j, "boot", &boot)
        || !json_get_int(j, "seq", &sequence))
        return;
    char *id = text_format("%.*s %lld %lld", (int)device.len, (const char *)device.data,
                           (long long)boot, (long long)sequence);
    record.operation = HISTORY_reading;
    record.id = history_text(&r->history, id);
    record.other = name_of(r, j, "points");
    record.key = history_name(&r->history, device);
    history_put(&r->history, record);
    free(id);
}

static void alarm_take(struct run *r, const struct json *j, struct history_record record) {
    struct bytes device = { 0 }, metric = { 0 };
    (void)json_get_text(j, "device", &device);
    (void)json_get_text(j, "metric", &metric);
    char *of = text_format("%.*s %.*s", (int)device.len, (const char *)device.data, (int)metric.len,
                           (const char *)metric.data);
    struct bytes rule;
    record.operation = HISTORY_alarm;
    record.id = name_of(r, j, "alert");
    record.key = history_text(&r->history, of);
    (void)json_get_int(j, "time", &record.place);
    if (json_get_text(j, "rule", &rule) && bytes_is_text(rule, "anomaly"))
        history_put(&r->history, record);
    free(of);
}

static void on_record(struct run *r, const struct kafka_event *event) {
    struct bytes type = kafka_header_of(event, "ce_type");
    struct bytes lane = kafka_header_of(event, "ce_source");
    struct json j;
    struct history_record record = { .kind = HISTORY_seen,
                                     .lane = history_name(&r->history, lane),
                                     .process = (uint32_t)event->partition };
    struct bytes sequence = kafka_header_of(event, "ce_sequence");
    char *digits = text_copy_bytes(sequence);
    record.value = strtoll(digits, NULL, 10);
    free(digits);
    bool raised = bytes_is_text(type, "anomaly-raised");
    bool cleared = bytes_is_text(type, "anomaly-cleared");
    if (!sequence.len || json_read(&j, event->value))
        return;
    if (bytes_is_text(type, "reading-taken"))
        reading_take(r, &j, record);
    memcpy(record.code, raised ? "on" : "no", 2);
    if (raised || cleared)
        alarm_take(r, &j, record);
    json_finish(&j);
}

/* key, sub, and the row as one text */
static void on_rollup(void *context, const struct store_place *place,
                      const struct store_value *row) {
    struct run *r = context;
    char *name = text_format("%.*s %.*s", (int)row[0].text.len, (const char *)row[0].text.data,
                             (int)row[1].text.len, (const char *)row[1].text.data);
    history_put(&r->history, (struct history_record){
                                 .kind = HISTORY_seen,
                                 .operation = HISTORY_rollup,
                                 .id = history_text(&r->history, name),
                                 .other = history_name(&r->history, row[2].text),
                                 .process = place->task,
                             });
    free(name);
}

/* sub, metric, state, raised, cleared */
static void on_alert(void *context, const struct store_place *place,
                     const struct store_value *row) {
    struct run *r = context;
    struct history_record record = {
        .kind = HISTORY_seen,
        .operation = HISTORY_alert,
        .id = history_name(&r->history, row[0].text),
        .value = row[3].integer,
        .place = row[4].integer,
        .process = place->task,
    };
    memcpy(record.code, bytes_is_text(row[2].text, "open") ? "on" : "no", 2);
    history_put(&r->history, record);
}

static enum error rows_read(struct run *r) {
    char *dir = run_store_dir(r);
    struct store_question rollups = {
        dir,
        r->options->system->name,
        "rollup-store",
        "SELECT key, sub, \"count\" || ' ' || \"sum\" || ' ' || \"min\" || ' ' || \"max\" || ' ' ||"
        " \"first\" || ' ' || first_time || ' ' || \"last\" || ' ' || last_time || ' ' || squares"
        " FROM rollup",
        on_rollup,
        r
    };
    struct store_question alerts = {
        dir,
        r->options->system->name,
        "alert-desk",
        "SELECT sub, metric, state, raised, cleared FROM alert WHERE rule = 'anomaly'",
        on_alert,
        r
    };
    enum error e = stores_ask(&rollups, NULL);
    if (!e)
        e = stores_ask(&alerts, NULL);
    free(dir);
    return e;
}

static enum error iot_collect(struct run *r) {
    struct iot *v = r->loaded;
    uint64_t connects = 0;
    for (size_t i = 0; i < LINES; i++)
        connects += v->lines[i].client.connects;
    if (!r->options->json)
        (void)printf("devices: %llu messages, %llu of them again, %llu acknowledged; %llu lines\n",
                     (unsigned long long)v->published, (unsigned long long)v->repeats,
                     (unsigned long long)v->acknowledged, (unsigned long long)connects);
    TRY(rows_read(r));
    return topics_collect(r, on_record);
}

static void iot_finish(struct run *r) {
    struct iot *v = r->loaded;
    if (!v)
        return;
    for (size_t i = 0; i < LINES; i++)
        if (v->lines[i].run)
            mqtt_client_finish(&v->lines[i].client);
    free(v);
    r->loaded = NULL;
}

const struct load load_iot = {
    .name = "iot",
    .checks = checks_iot,
    .begin = iot_begin,
    .polls = iot_polls,
    .turn = iot_turn,
    .rest = iot_rest,
    .is_idle = iot_is_idle,
    .progress = iot_progress,
    .collect = iot_collect,
    .finish = iot_finish,
    .by_clock = true,
};
