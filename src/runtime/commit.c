/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How a group ends: committed, kept without a commit, or dropped.
 *
 * Kept without a commit: nothing that a handler did needs the store (events passed by, repeats,
 * answers that were stored before). Its positions, watermarks and journal stay in memory and go
 * with the next commit. A crash before that reads those records again, and they change nothing
 * again. So a service that ignores most of a topic syncs only for what concerns it. */
#include "base/check.h"
#include "base/crash_point.h"
#include "runtime/task.h"
#include "runtime/task_inside.h"

static void group_clear(struct task *t) {
    arena_reset(&t->arena);
    buf_clear(&t->outbox);
    t->reply_count = 0;
    t->changed = false;
    t->failed = false;
    t->has_parked = t->has_unparked = false;
    t->group_counts = (struct task_counts){ 0 };
}

void task_begin(struct task *t) {
    assert(!t->in_group);
    group_clear(t); /* here, not at the end: what was committed is handed on until now */
    t->in_group = true;
}

static void transaction_end(struct task *t) {
    if (t->in_transaction)
        t->store->ops->rollback(t->store);
    t->in_transaction = false;
}

/* ---- what the journal's line says of the group (outputs.h) */

static void on_changed_row(void *context, const struct row_name *name, const struct value *values) {
    struct task *t = context;
    struct changed_row row = { &t->tables[name->table], name->key, name->sub, 0, values };
    task_row_changed(t, &row);
}

void task_row_changed(struct task *t, const struct changed_row *row) {
    if (!t->options.journal_inputs)
        return;
    outputs_row(&t->outputs, row);
    if (t->options.on_changed)
        t->options.on_changed(t->options.replay, row);
}

static void outputs_gather(struct task *t) {
    struct cursor in = cursor_on(buf_bytes(&t->outbox));
    struct out_event event;
    t->outputs.replies += (int64_t)t->reply_count;
    while (cursor_left(&in)) {
        enum error e = outbox_unpack(&in, &event);
        assert(e == E_ok); /* we packed it */
        outputs_event(&t->outputs, &event);
    }
}

/* ---- groups */

/* A fold's step that was undone has changed rows and put them back: there is no rollback for it. */
static enum error reading_end(struct task *t) {
    if (t->in_transaction && task_is_fold(t)) {
        t->in_transaction = false;
        return t->store->ops->commit(t->store);
    }
    transaction_end(t); /* it only read */
    return E_ok;
}

static enum error group_keep(struct task *t) {
    t->outputs.replies += (int64_t)t->reply_count;
    TRY(reading_end(t));
    row_cache_keep(&t->rows); /* and may have read much */
    places_keep(&t->places);
    marks_keep(&t->marks);
    event_clock_keep(t);
    lanes_keep(&t->lanes_in);
    journal_keep(&t->journal);
    return E_ok;
}

/* Everything else that waits, into the open transaction. */
static enum error state_write(struct task *t, int64_t at_ms) {
    const struct store_ops *ops = t->store->ops;
    TRY(places_write(&t->places, t->cluster_id));
    TRY(marks_write(&t->marks));
    TRY(lanes_write(&t->lanes_in, t->store, ops->lane_in_put));
    TRY(lanes_write(&t->lanes_out, t->store, ops->lane_out_put));
    TRY(task_effects_write(t, at_ms));
    if (!journal_is_empty(&t->journal))
        TRY(ops->journal_add(t->store, at_ms, journal_line(&t->journal),
                             outputs_line(&t->outputs)));
    if (t->outbox_acked > t->outbox_deleted)
        TRY(ops->outbox_delete_through(t->store, t->outbox_acked));
    return E_ok;
}

static void state_stored(struct task *t) {
    row_cache_keep(&t->rows);
    places_stored(&t->places);
    marks_stored(&t->marks);
    event_clock_keep(t);
    lanes_stored(&t->lanes_in);
    lanes_stored(&t->lanes_out);
    journal_stored(&t->journal);
    task_effects_stored(t);
    t->park.changed = false;
    t->outbox_deleted = t->outbox_acked;
    for (size_t i = 0; i < t->table_count; i++)
        t->logs[i].kept = t->logs[i].now;
    t->counts.commits++;
}

static enum error transaction_commit(struct task *t) {
    CRASH_POINT(step_before_commit);
    if (t->has_parked)
        CRASH_POINT(park_before_commit);
    if (t->has_unparked)
        CRASH_POINT(unpark_before_commit);
    if (t->effects.settled_count)
        CRASH_POINT(effect_before_outcome);
    TRY(t->store->ops->commit(t->store));
    t->in_transaction = false;
    if (t->effects.settled_count)
        CRASH_POINT(effect_after_outcome);
    CRASH_POINT(step_after_commit);
    if (t->has_parked)
        CRASH_POINT(park_after_commit);
    if (t->has_unparked)
        CRASH_POINT(unpark_after_commit);
    state_stored(t);
    return E_ok;
}

static enum error group_commit(struct task *t, int64_t at_ms, int64_t *outbox_id) {
    TRY(task_enter(t));
    if (t->outbox.len)
        TRY(t->store->ops->outbox_add(t->store, buf_bytes(&t->outbox), outbox_id));
    if (t->outbox.len)
        t->outbox_last = *outbox_id;
    TRY(row_cache_write(&t->rows, t->options.journal_inputs ? on_changed_row : NULL, t));
    t->rows.forgets.now_ms = task_event_time(t);
    TRY(forgets_walk(&t->rows.forgets, t->store, t->tables, t->table_count));
    if (t->options.journal_inputs)
        outputs_gather(t);
    TRY(state_write(t, at_ms));
    return transaction_commit(t);
}

enum error task_commit(struct task *t, int64_t at_ms, struct committed *out) {
    assert(t->in_group);
    assert(!t->failed);
    *out = (struct committed){ 0 };
    if (t->changed || t->options.replay)
        TRY_WHILE(group_commit(t, at_ms, &out->outbox_id), "committing a group of %s, task %d",
                  t->options.service->name, t->options.task);
    else
        TRY(group_keep(t));
    task_counts_add(&t->counts, &t->group_counts);
    out->outbox = buf_bytes(&t->outbox);
    out->outputs = buf_bytes(&t->outputs.text);
    out->replies = t->replies;
    out->reply_count = t->reply_count;
    t->in_group = false;
    return E_ok;
}

void task_drop(struct task *t) {
    assert(t->in_group);
    transaction_end(t);
    row_cache_drop(&t->rows);
    places_drop(&t->places);
    marks_drop(&t->marks);
    lanes_drop(&t->lanes_in);
    lanes_drop(&t->lanes_out);
    journal_drop(&t->journal);
    outputs_drop(&t->outputs);
    task_effects_drop(t);
    for (size_t i = 0; i < t->table_count; i++)
        t->logs[i].now = t->logs[i].kept;
    t->timer_known = false;
    event_clock_drop(t);
    t->park_stale = t->park_stale || t->park.changed;
    group_clear(t);
    t->in_group = false;
}

static bool state_waits(const struct task *t) {
    return t->places.waiting || marks_wait(&t->marks) || lanes_wait(&t->lanes_in)
           || !journal_is_empty(&t->journal) || t->outbox_acked > t->outbox_deleted
           || task_effects_wait(t);
}

static enum error state_flush(struct task *t, int64_t at_ms) {
    TRY(t->store->ops->begin(t->store));
    t->in_transaction = true;
    TRY(state_write(t, at_ms));
    return transaction_commit(t);
}

enum error task_flush(struct task *t, int64_t at_ms) {
    assert(!t->in_group);
    if (!state_waits(t))
        return E_ok;
    TRY_WHILE(state_flush(t, at_ms), "writing the positions of %s, task %d",
              t->options.service->name, t->options.task);
    return E_ok;
}

/* ---- the outbox */

enum error task_outbox_each(struct task *t,
                            void (*on_row)(void *context, int64_t id, struct bytes packed),
                            void *context) {
    return t->store->ops->outbox_each(t->store, on_row, context);
}

void task_outbox_acked(struct task *t, int64_t id) {
    if (id > t->outbox_acked)
        t->outbox_acked = id;
}
