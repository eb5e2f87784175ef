/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Entries of the journal become inputs again: a function a kind (journal_forms.def). */
#include "base/check.h"
#include "runtime/event_time.h"
#include "runtime/journal_read.h"
#include "runtime/replay_inside.h"
#include "runtime/slot.h"
#include "runtime/task_effects.h"

#include <inttypes.h>
#include <stdio.h>

void replay_not_checked(struct replay *r, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (r->result->verdict == REPLAY_EQUAL) /* what differs, differs whatever comes later */
        r->result->verdict = REPLAY_NOT_CHECKED;
    buf_clear(&r->result->reason);
    buf_put_text(&r->result->reason, text);
    r->over = true;
}

static void seen_input(struct commit_seen *c, const struct input *in) {
    if (c->input_count == INPUTS_KEPT)
        return;
    c->inputs[c->input_count++] = (struct taken_input){
        .type = arena_copy(&c->texts, in->type),
        .id = arena_copy(&c->texts, in->id),
        .key = arena_copy(&c->texts, in->key),
        .topic = arena_copy(&c->texts, in->topic),
        .partition = in->partition,
        .offset = in->offset,
    };
}

static enum error feed_take(struct replay *r, const struct input *in) {
    enum taken taken;
    TRY(task_take(r->task, in, &taken));
    r->result->inputs++;
    if (taken == TAKEN_HANDLED)
        seen_input(r->now, in);
    return E_ok;
}

static enum error feed_record(struct replay *r, struct kafka_part *at, int64_t to,
                              int64_t *records) {
    const struct replay_records *source = r->options->records;
    struct kafka_record record;
    bool found;
    enum error e = source->next(source->context, at, &record, &found);
    if (e == E_diverged || (!e && (!found || record.offset > to))) {
        replay_not_checked(r,
                           "commit %" PRId64 " took %s/%d up to offset %" PRId64
                           "; the log no longer holds what it had at offset %" PRId64,
                           r->id, at->topic, at->partition, to, at->offset);
        return E_ok;
    }
    TRY(e);
    struct input in = slot_input(&record);
    at->offset = record.offset + 1;
    *records += 1;
    return feed_take(r, &in);
}

static enum error feed_records(struct replay *r, const struct journal_entry *e) {
    int64_t from = journal_int_of(e, "from", 0), to = journal_int_of(e, "to", 0), records = 0;
    int64_t wanted = journal_int_of(e, "records", to - from + 1);
    struct kafka_part at = { .topic = arena_text(&r->texts, journal_text_of(e, "topic")),
                             .partition = (int32_t)journal_int_of(e, "partition", 0),
                             .offset = from };
    while (at.offset <= to && !r->over)
        TRY(feed_record(r, &at, to, &records));
    if (!r->over && records != wanted)
        replay_not_checked(r,
                           "commit %" PRId64 " took %" PRId64
                           " records of %s/%d from offset %" PRId64 " to %" PRId64
                           "; the log holds %" PRId64 " of them now",
                           r->id, wanted, at.topic, at.partition, from, to, records);
    return E_ok;
}

static enum error feed_ahead(struct replay *r, const struct journal_entry *e) {
    struct event_ahead ahead = { .offset = journal_int_of(e, "offset", 0),
                                 .at_ms = journal_int_of(e, "at", 0) };
    return event_time_ahead(r->task, journal_text_of(e, "ahead"),
                            (int32_t)journal_int_of(e, "partition", 0), &ahead);
}

static enum error feed_request(struct replay *r, const struct journal_entry *e) {
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = journal_text_of(e, "type"),
        .id = journal_text_of(e, "request"),
        .key = journal_text_of(e, "request"),
        .json = journal_object_of(e, "json"),
        .time_ms = journal_int_of(e, "at", 0),
    };
    return feed_take(r, &in);
}

static enum error feed_timer(struct replay *r, const struct journal_entry *e) {
    struct timer_row timer = { .due_ms = journal_int_of(e, "due", 0),
                               .name = journal_text_of(e, "timer"),
                               .key = journal_text_of(e, "key") };
    struct input in = { .type = timer.name, .id = timer.key, .key = timer.key };
    TRY(task_take_timer(r->task, &timer));
    r->result->inputs++;
    seen_input(r->now, &in);
    return E_ok;
}

static enum error feed_item(struct replay *r, const struct journal_entry *e) {
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = journal_text_of(e, "type"),
        .id = journal_text_of(e, "item"),
        .key = journal_text_of(e, "key"),
        .json = journal_object_of(e, "json"),
        .time_ms = journal_int_of(e, "at", 0),
        .topic = journal_text_of(e, "edge"),
        .position = journal_text_of(e, "position"),
    };
    return feed_take(r, &in);
}

static enum error feed_outcome(struct replay *r, const struct journal_entry *e) {
    struct buf type = { 0 };
    buf_put_text(&type, "effect:");
    buf_put_bytes(&type, journal_text_of(e, "edge"));
    struct input in = {
        .kind = INPUT_OUTCOME,
        .type = arena_copy(&r->texts, buf_bytes(&type)),
        .id = journal_text_of(e, "effect"),
        .key = journal_text_of(e, "key"),
        .json = journal_object_of(e, "json"),
        .time_ms = journal_int_of(e, "at", 0),
    };
    buf_finish(&type);
    return feed_take(r, &in);
}

/* Dropping one is an outcome; what is left is an operator's wish to have it tried again. */
static enum error feed_command(struct replay *r, const struct journal_entry *e) {
    struct bytes id = journal_text_of(e, "effect");
    struct schedule *schedule = task_schedule(r->task);
    struct pending *p = schedule ? schedule_search(schedule, id) : NULL;
    r->result->inputs++;
    if (p)
        return task_effect_retry(r->task, p, journal_int_of(e, "at", 0));
    return fail(E_diverged, "a command for effect %.*s, for which nothing waits", (int)id.len,
                (const char *)id.data);
}

static enum error feed_nothing(struct replay *r, const struct journal_entry *e) {
    (void)r;
    (void)e;
    return E_ok;
}

static enum error feed_unpark(struct replay *r, const struct journal_entry *e) {
    struct input in = {
        .kind = INPUT_UNPARK,
        .type = journal_text_of(e, "do"),
        .source = journal_text_of(e, "by"),
        .offset = journal_int_of(e, "unpark", 0),
        .time_ms = journal_int_of(e, "at", 0),
    };
    return feed_take(r, &in);
}

typedef enum error feed(struct replay *r, const struct journal_entry *e);
static feed *const feeds[JOURNAL_KINDS] = {
    [JOURNAL_RECORDS] = feed_records, [JOURNAL_REQUEST] = feed_request,
    [JOURNAL_TIMER] = feed_timer,     [JOURNAL_UNPARK] = feed_unpark,
    [JOURNAL_OUTCOME] = feed_outcome, [JOURNAL_COMMAND] = feed_command,
    [JOURNAL_VERSION] = feed_nothing, [JOURNAL_CLOSED] = feed_nothing,
    [JOURNAL_ITEM] = feed_item,       [JOURNAL_AHEAD] = feed_ahead,
};

enum error replay_feed(struct replay *r, struct bytes inputs) {
    struct journal_reader reader = { inputs, 0, &r->texts };
    struct journal_entry entry;
    bool found = true;
    r->empty = false;
    while (found && !r->over && !r->empty) {
        TRY(journal_next(&reader, &entry, &found));
        r->empty = found && entry.kind == JOURNAL_CLOSED;
        if (found && !r->empty)
            TRY(feeds[entry.kind](r, &entry));
    }
    return E_ok;
}
