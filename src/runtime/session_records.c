/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A command reads a topic: everything that is in it now, from its beginning, without a group. What
 * is written meanwhile may be in it. */
#include "runtime/session.h"

#include "base/check.h"
#include "base/clock.h"
#include "net/loop.h"
#include "runtime/kafka.h"
#include "runtime/kafka_log.h"
#include "values/json.h"

#include <stdlib.h>

enum { QUIET_MS = 30000, TURN_MS = 50 };

struct reading {
    struct kafka_consumer *consumer;
    bool *ended; /* by partition */
    int32_t left;
    octavo_on_record *on_record;
    void *context;
    bool enough;
    bool follows; /* nothing is the end */
};

struct octavo_fields {
    struct json json;
    bool is_read;
};

static void on_end(void *context, const char *topic, int32_t partition) {
    struct reading *r = context;
    (void)topic;
    if (!r->ended[partition])
        r->left--;
    r->ended[partition] = true;
}

static struct octavo_text text_from(struct bytes b) {
    return (struct octavo_text){ b.data ? (const char *)b.data : "", b.len };
}

bool octavo_record_int(const struct octavo_record *r, const char *field, int64_t *out) {
    return r->fields->is_read && json_get_int(&r->fields->json, field, out);
}

bool octavo_record_text(const struct octavo_record *r, const char *field, struct octavo_text *out) {
    struct bytes text;
    if (!r->fields->is_read || !json_get_text(&r->fields->json, field, &text))
        return false;
    *out = text_from(text);
    return true;
}

static void record_tell(struct reading *r, struct octavo_fields *fields,
                        const struct kafka_record *k) {
    json_finish(&fields->json);
    fields->json.count = 0;
    fields->is_read = json_read(&fields->json, k->value) == E_ok;
    struct octavo_record record = {
        .partition = k->partition,
        .offset = k->offset,
        .time_ms = k->timestamp_ms,
        .key = text_from(k->key),
        .type = text_from(k->type),
        .id = text_from(k->id),
        .json = text_from(k->value),
        .fields = fields,
    };
    r->enough = !r->on_record(r->context, &record);
}

/* Until every partition has told its end. Nothing for half a minute is a broker that is away. */
static enum error records_poll(struct reading *r, struct loop *loop) {
    struct octavo_fields fields = { 0 };
    int64_t quiet_since = clock_steady_ms(clock_real());
    enum error e = E_ok;
    while (!e && (r->left > 0 || r->follows) && !r->enough) {
        struct kafka_record record;
        bool found = false;
        e = kafka_consumer_poll(r->consumer, &record, &found);
        if (!e && found) {
            record_tell(r, &fields, &record);
            kafka_record_done(&record);
            quiet_since = clock_steady_ms(clock_real());
        } else if (!e && !r->follows && clock_steady_ms(clock_real()) - quiet_since > QUIET_MS) {
            e = fail(E_timed_out, "the broker has sent nothing for %d s", QUIET_MS / 1000);
        } else if (!e) {
            loop_turn(loop, TURN_MS);
        }
    }
    json_finish(&fields.json);
    return e;
}

static enum error records_read(struct reading *r, const char *topic, int32_t partitions) {
    struct kafka_part *parts = memory_get((size_t)partitions * sizeof(*parts));
    struct loop *loop = NULL;
    for (int32_t i = 0; i < partitions; i++)
        parts[i] = (struct kafka_part){ topic, i, KAFKA_BEGINNING };
    enum error e = loop_create(&loop, clock_real());
    if (!e)
        e = kafka_consumer_start(r->consumer, parts, (size_t)partitions);
    if (!e)
        e = records_poll(r, loop);
    loop_destroy(loop);
    free(parts);
    return e;
}

static enum error topic_read(struct octavo_session *s, const char *name, struct reading *r) {
    const struct session_options *options = session_options_of(s);
    const struct declared_topic *topic = declaration_topic(options->declaration, name);
    struct kafka_consumer_options consumer = {
        .bootstrap = options->bootstrap,
        .client_id = "octavo-command",
        .on_end = on_end,
        .context = r,
    };
    if (!topic)
        return fail(E_config, "topic %s is not declared", name);
    if (!options->bootstrap) {
        enum error e = fail(E_usage, "no broker is known to read from");
        fail_try("give --broker HOST:PORT, or start the system with `octavo up`");
        return e;
    }
    r->ended = memory_get((size_t)topic->partitions * sizeof(bool));
    r->left = topic->partitions;
    enum error e = kafka_consumer_create(&r->consumer, &consumer);
    if (!e)
        e = records_read(r, name, topic->partitions);
    kafka_consumer_close(r->consumer);
    free(r->ended);
    return e;
}

static bool records_tell(struct octavo_session *s, const char *topic, struct reading *r) {
    enum error e = topic_read(s, topic, r);
    if (e) {
        fail_while("reading topic %s", topic);
        error_print();
    }
    return !e;
}

bool octavo_records(struct octavo_session *s, const char *topic, octavo_on_record *on_record,
                    void *context) {
    return records_tell(s, topic, &(struct reading){ .on_record = on_record, .context = context });
}

bool octavo_records_follow(struct octavo_session *s, const char *topic, octavo_on_record *on_record,
                           void *context) {
    return records_tell(
        s, topic, &(struct reading){ .on_record = on_record, .context = context, .follows = true });
}

/* ---- what becomes of an event */

/* At the end of the log the next call waits until something comes. */
static enum error answer_read(struct reading *r, struct kafka_log *log, struct kafka_part *at) {
    struct octavo_fields fields = { 0 };
    int64_t until_ms = clock_steady_ms(clock_real()) + LOG_WAIT_MS;
    enum error e = E_ok;
    while (!e && !r->enough && clock_steady_ms(clock_real()) < until_ms) {
        struct kafka_record record;
        bool found = false;
        e = kafka_log_next(log, at, &record, &found);
        if (e || !found)
            continue;
        at->offset = record.offset + 1;
        record_tell(r, &fields, &record);
    }
    json_finish(&fields.json);
    if (r->enough || (e && e != E_timed_out))
        return e;
    e = fail(E_timed_out, "it is in topic %s, and nobody has answered for %d s", at->topic,
             LOG_WAIT_MS / 1000);
    fail_try("look whether the system runs (`octavo status`): it is handled when it does");
    return e;
}

static enum error event_await(struct octavo_session *s, struct reading *r, struct kafka_log *log) {
    struct session_place place;
    struct kafka_bounds bounds;
    TRY(session_event_place(s, &place));
    TRY(kafka_log_bounds(log, place.topic, place.partition, &bounds));
    struct kafka_part from = { place.topic, place.partition, bounds.end };
    if (!octavo_publish_send(s) || !octavo_publish_flush(s))
        return E_ok; /* told */
    return answer_read(r, log, &from);
}

bool octavo_publish_await(struct octavo_session *s, octavo_on_record *on_record, void *context) {
    struct reading r = { .on_record = on_record, .context = context };
    const char *bootstrap = session_options_of(s)->bootstrap;
    struct kafka_log *log = NULL;
    if (!bootstrap)
        return octavo_publish_send(s) && octavo_publish_flush(s); /* says why not */
    enum error e = kafka_log_open(&log, bootstrap);
    if (!e)
        e = event_await(s, &r, log);
    kafka_log_close(log);
    if (e)
        error_print();
    return !e && r.enough;
}
