/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for a system of the user's own: `verify:` of its declaration names a file of events for each
 * topic that comes from outside. A line is TYPE KEY JSON. They are written again and again under
 * new ids, and once more, as many as there were, to a system that no fault falls on: what comes out
 * of it is what should have come out. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "outside.h"
#include "tally.h"
#include "topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 16 << 20,
    LINES_MAX = 100000,
    PER_SECOND = 150,
    SENT_MAX = 20000,
    READ_LIMIT_MS = 60000,
    REFERENCE_LIMIT_MS = 60000
};

struct input_line {
    struct bytes type, key, json;
};

struct feed {
    const struct verify_topic *topic;
    struct buf text;
    struct input_line *lines;
    size_t line_count;
    uint64_t sent, acked;
};

struct events {
    struct feed *feeds;
    size_t feed_count;
    int64_t base_ms; /* the time of the first event: the same in both runs */
    bool resting;
};

static bool word_cut(struct bytes *rest, struct bytes *word) {
    size_t at = 0;
    while (at < rest->len && rest->data[at] != ' ' && rest->data[at] != '\t')
        at++;
    *word = bytes_of(rest->data, at);
    while (at < rest->len && (rest->data[at] == ' ' || rest->data[at] == '\t'))
        at++;
    *rest = bytes_of(rest->data + at, rest->len - at);
    return word->len > 0 && rest->len > 0;
}

static enum error lines_read(struct feed *f) {
    struct bytes left = buf_bytes(&f->text);
    for (size_t number = 1; left.len; number++) {
        const uint8_t *end = memchr(left.data, '\n', left.len);
        struct bytes rest = bytes_of(left.data, end ? (size_t)(end - left.data) : left.len);
        struct input_line line;
        left = bytes_of(left.data + rest.len + (end != NULL), left.len - rest.len - (end != NULL));
        if (!rest.len || rest.data[0] == '#')
            continue;
        if (!word_cut(&rest, &line.type) || !word_cut(&rest, &line.key) || rest.data[0] != '{') {
            enum error e =
                fail(E_config, "%s:%zu: a line is TYPE KEY JSON", f->topic->events, number);
            fail_try("order-placed ann {\"amount\":5}");
            return e;
        }
        if (f->line_count == LINES_MAX)
            return fail(E_too_large, "%s: more than %d lines", f->topic->events, LINES_MAX);
        line.json = rest;
        f->lines[f->line_count++] = line;
    }
    return f->line_count ? E_ok : fail(E_config, "%s: no event in it", f->topic->events);
}

static enum error feed_open(struct feed *f, const struct verify_topic *t) {
    f->topic = t;
    TRY_WHILE(disk_read_whole(disk_real(), t->events, FILE_MAX, &f->text),
              "reading the events of topic %s", t->name);
    f->lines = memory_get((LINES_MAX + 1) * sizeof(*f->lines));
    return lines_read(f);
}

static enum error events_begin(struct run *r) {
    const struct verify_system *s = r->options->system;
    struct events *v = r->loaded = memory_get(sizeof(*v));
    v->base_ms = clock_wall_ms(clock_real());
    v->feeds = memory_get((s->topic_count + 1) * sizeof(*v->feeds));
    for (size_t i = 0; i < s->topic_count; i++)
        if (s->topics[i].events)
            TRY(feed_open(&v->feeds[v->feed_count++], &s->topics[i]));
    if (v->feed_count)
        return E_ok;
    enum error e = fail(E_config, "%s names no events to put into it", s->name);
    fail_try("verify: { TOPIC: FILE } in octavo.yaml, a line of FILE: TYPE KEY JSON");
    return e;
}

static size_t events_polls(struct run *r, struct pollfd *out) {
    (void)r;
    (void)out;
    return 0;
}

/* Everything about an event follows from its number, but the partition of one without a key. */
static enum error event_send(struct run *r, struct feed *f, uint64_t number) {
    const struct events *v = r->loaded;
    const struct input_line *line = &f->lines[number % f->line_count];
    char id[320];
    (void)snprintf(id, sizeof(id), "%.200s-%llu", f->topic->name, (unsigned long long)number + 1);
    struct kafka_event event = {
        .topic = f->topic->name,
        .partition = -1,
        .time_ms = v->base_ms + (int64_t)number,
        .key = line->key,
        .value = line->json,
        .headers = { { bytes_text("ce_specversion"), bytes_text("1.0") },
                     { bytes_text("ce_id"), bytes_text(id) },
                     { bytes_text("ce_source"), bytes_text("octavo-verify") },
                     { bytes_text("ce_type"), line->type } },
        .header_count = 4,
    };
    char type[128];
    (void)snprintf(type, sizeof(type), "%.*s", (int)line->type.len, (const char *)line->type.data);
    event.headers[3].value = bytes_text(type);
    if (!r->is_reference)
        history_put(&r->history, (struct history_record){
                                     .operation = HISTORY_input,
                                     .kind = HISTORY_invoke,
                                     .id = history_text(&r->history, id),
                                     .key = history_name(&r->history, line->key),
                                     .value = (int64_t)number,
                                 });
    return kafka_write(r->kafka, &event);
}

static void events_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct events *v = r->loaded;
    (void)polls;
    for (size_t i = 0; i < v->feed_count && !v->resting; i++) {
        struct feed *f = &v->feeds[i];
        uint64_t due = (uint64_t)now_ms * PER_SECOND / 1000;
        while (f->sent < due && f->sent < SENT_MAX && kafka_unsent(r->kafka) < 10000) {
            if (event_send(r, f, f->sent))
                break; /* its queue is full: later */
            f->sent++;
        }
    }
}

static void events_rest(struct run *r) {
    ((struct events *)r->loaded)->resting = true;
}

static bool events_are_idle(struct run *r) {
    return kafka_unsent(r->kafka) == 0;
}

static uint64_t events_progress(struct run *r) {
    struct events *v = r->loaded;
    uint64_t sent = 0;
    for (size_t i = 0; i < v->feed_count; i++)
        sent += v->feeds[i].sent;
    return sent - kafka_unsent(r->kafka) + outside_count(r->outside);
}

/* ---- what came out */

struct output {
    struct run *run;
    uint64_t place;
    const char *topic;
};

/* Only what services have made: it has a lane. A second time it must be the same (check_lanes). */
static void on_output(void *context, const struct kafka_event *event) {
    struct output *o = context;
    struct run *r = o->run;
    struct bytes sequence = kafka_header_of(event, "ce_sequence");
    if (!sequence.data)
        return;
    if (!r->is_reference)
        topics_put(r, event);
    history_put(&r->history,
                (struct history_record){
                    .kind = HISTORY_seen,
                    .operation = r->is_reference ? HISTORY_expected : HISTORY_effect,
                    .id = history_name(&r->history, kafka_header_of(event, "ce_id")),
                    .other = tally_mix(history_hash(event->value), history_hash(event->key)),
                    .key = o->place,
                });
}

static enum error outputs_read(struct run *r) {
    const struct verify_system *s = r->options->system;
    for (size_t i = 0; i < s->topic_count; i++) {
        char *place = text_format("topic %s", s->topics[i].name);
        struct output o = { r, history_text(&r->history, place), s->topics[i].name };
        struct kafka_reading reading = {
            s->topics[i].name, s->topics[i].partitions, 0, READ_LIMIT_MS, on_output, &o
        };
        free(place);
        TRY(kafka_read(r->kafka, &reading));
    }
    return E_ok;
}

static enum error reference_feed(struct run *r) {
    struct events *v = r->loaded;
    for (size_t i = 0; i < v->feed_count; i++)
        for (uint64_t n = 0; n < v->feeds[i].sent; n++)
            TRY(event_send(r, &v->feeds[i], n));
    TRY(kafka_flush(r->kafka, REFERENCE_LIMIT_MS));
    TRY_WHILE(run_wait_rest(r, REFERENCE_LIMIT_MS), "running it without faults");
    outside_look(r->outside, INT64_MAX);
    return outputs_read(r);
}

/* The same system once more, beside the first, with nothing that goes wrong. */
static enum error reference_run(struct run *r) {
    struct house house = r->house;
    struct kafka *kafka = r->kafka;
    struct outside *outside = r->outside;
    r->house = (struct house){ .system = house.system, .binary = house.binary };
    r->house.dir = text_format("%s/reference", house.dir);
    r->kafka = NULL;
    r->is_reference = true;
    history_put(&r->history,
                (struct history_record){ .kind = HISTORY_info, .operation = HISTORY_expected });
    r->outside = outside_open(r);
    enum error e = outside_build(r->outside);
    if (!e)
        e = house_start(&r->house);
    if (!e)
        e = kafka_open(&r->kafka, r->house.bootstrap);
    if (!e)
        e = reference_feed(r);
    if (!e)
        house_stop_services(&r->house, &r->problems);
    outside_close(r->outside);
    kafka_close(r->kafka);
    house_finish(&r->house);
    r->house = house;
    r->kafka = kafka;
    r->is_reference = false;
    r->outside = outside;
    return e;
}

static enum error events_collect(struct run *r) {
    struct events *v = r->loaded;
    outside_look(r->outside, INT64_MAX);
    uint64_t sent = 0;
    for (size_t i = 0; i < v->feed_count; i++)
        sent += v->feeds[i].sent;
    if (!r->options->json)
        (void)printf("inputs: %llu events; effects: %llu\n", (unsigned long long)sent,
                     (unsigned long long)outside_count(r->outside));
    TRY(outputs_read(r));
    return reference_run(r);
}

static void events_finish(struct run *r) {
    struct events *v = r->loaded;
    if (!v)
        return;
    for (size_t i = 0; i < v->feed_count; i++) {
        buf_finish(&v->feeds[i].text);
        free(v->feeds[i].lines);
    }
    free(v->feeds);
    free(v);
    r->loaded = NULL;
}

const struct load load_events = {
    .name = "events",
    .begin = events_begin,
    .polls = events_polls,
    .turn = events_turn,
    .rest = events_rest,
    .is_idle = events_are_idle,
    .progress = events_progress,
    .collect = events_collect,
    .finish = events_finish,
};
