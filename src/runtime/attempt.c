/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Undoing and keeping of one step. rows.c undoes the rows. */
#include "runtime/attempt.h"

#include "base/check.h"
#include "runtime/task_inside.h"

#include <stdlib.h>

void attempt_begin(struct task *t) {
    struct attempt *a = &t->attempt;
    assert(t->in_group);
    a->later_count = 0;
    a->lane_count = 0;
    a->outbox_len = t->outbox.len;
    a->reply_count = t->reply_count;
    a->events = t->group_counts.events;
    row_cache_mark(&t->rows);
}

void attempt_later(struct task *t, later_do *run, const void *what) {
    struct attempt *a = &t->attempt;
    a->laters = memory_grow(a->laters, a->later_count, &a->later_capacity, sizeof(*a->laters));
    a->laters[a->later_count++] = (struct later){ run, what };
}

int64_t attempt_next_sequence(struct task *t, struct lane *lane) {
    struct attempt *a = &t->attempt;
    a->lanes = memory_grow(a->lanes, a->lane_count, &a->lane_capacity, sizeof(*a->lanes));
    a->lanes[a->lane_count++] = (struct lane_before){ lane, lane->now, lane->touched };
    lane_set(&t->lanes_out, lane, lane->now == LANE_NEW ? 1 : lane->now + 1);
    return lane->now;
}

/* ---- log entries */

struct log_later {
    size_t table;
    int64_t entry;
    struct bytes key;
    struct value *values;
};

static enum error log_add(struct task *t, const void *what) {
    const struct log_later *later = what;
    struct changed_row row = {
        &t->tables[later->table], later->key, { 0 }, later->entry, later->values
    };
    TRY(task_enter(t));
    TRY(t->store->ops->log_add(t->store, later->table, later->entry, later->key, later->values));
    task_row_changed(t, &row);
    return E_ok;
}

int64_t attempt_log_add(struct task *t, size_t table, struct bytes key,
                        const struct value *values) {
    size_t count = t->tables[table].column_count;
    struct log_later *later = arena_get(&t->arena, sizeof(*later));
    later->table = table;
    later->entry = ++t->logs[table].now;
    later->key = arena_copy(&t->arena, key);
    later->values = arena_get(&t->arena, count * sizeof(*values));
    for (size_t i = 0; i < count; i++) {
        later->values[i] = values[i];
        if (values[i].kind == VALUE_TEXT)
            later->values[i].text = arena_copy(&t->arena, values[i].text);
    }
    attempt_later(t, log_add, later);
    return later->entry;
}

/* ---- timers */

static enum error timer_put(struct task *t, const void *what) {
    TRY(task_enter(t));
    TRY(t->store->ops->timer_put(t->store, what));
    task_timer_moved(t, what);
    return E_ok;
}

static enum error timer_delete(struct task *t, const void *what) {
    const struct timer_row *timer = what;
    TRY(task_enter(t));
    TRY(t->store->ops->timer_delete(t->store, timer->name, timer->key));
    task_timer_moved(t, timer);
    return E_ok;
}

static void timer_later(struct task *t, const struct timer_row *timer, later_do *run) {
    struct timer_row *copy = arena_get(&t->arena, sizeof(*copy));
    *copy = *timer;
    copy->name = arena_copy(&t->arena, timer->name);
    copy->key = arena_copy(&t->arena, timer->key);
    attempt_later(t, run, copy);
}

void attempt_timer_put(struct task *t, const struct timer_row *timer) {
    timer_later(t, timer, timer_put);
}

void attempt_timer_delete(struct task *t, const struct timer_row *timer) {
    timer_later(t, timer, timer_delete);
}

/* ---- how it ends */

enum error attempt_keep(struct task *t) {
    for (size_t i = 0; i < t->attempt.later_count; i++)
        TRY(t->attempt.laters[i].run(t, t->attempt.laters[i].what));
    row_cache_rest(&t->rows);
    return E_ok;
}

/* Entries are numbered when they are asked for, as a handler puts the number into its rows. */
static void log_numbers_undo(struct task *t) {
    for (size_t i = 0; i < t->attempt.later_count; i++)
        if (t->attempt.laters[i].run == log_add)
            t->logs[((const struct log_later *)t->attempt.laters[i].what)->table].now--;
}

void attempt_undo(struct task *t) {
    struct attempt *a = &t->attempt;
    log_numbers_undo(t);
    while (a->lane_count) {
        const struct lane_before *before = &a->lanes[--a->lane_count];
        lane_unset(&t->lanes_out, before->lane, before->now, before->touched);
    }
    t->outbox.len = a->outbox_len;
    t->reply_count = a->reply_count;
    t->group_counts.events = a->events;
    t->group_counts.replies = a->reply_count;
    row_cache_undo(&t->rows);
    row_cache_rest(&t->rows);
}

void attempt_finish(struct task *t) {
    free(t->attempt.laters);
    free(t->attempt.lanes);
    t->attempt = (struct attempt){ 0 };
}
