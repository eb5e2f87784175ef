/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Parked inputs taken again, or dropped. A retry is a journal entry and a step like any other, past
 * position and lane, which the input went through when it came. Done, or dropped, the next of its
 * key is due at once; failed, the head stays with one attempt more. Each entry takes exactly one
 * input, so that a replay need not know how many a turn took. */
#include "runtime/parked.h"
#include "runtime/step.h"
#include "runtime/task_inside.h"

#include "base/check.h"
#include "base/event.h"

#include <string.h>

struct head {
    struct arena *arena;
    struct parked_row row; /* its bytes are copies; number 0: there is none */
};

static void on_head(void *context, const struct parked_row *row) {
    struct head *head = context;
    head->row = *row;
    head->row.key = arena_copy(head->arena, row->key);
    head->row.reason = arena_copy(head->arena, row->reason);
    head->row.packed = arena_copy(head->arena, row->packed);
}

static void on_number(void *context, const struct parked_row *row) {
    *(int64_t *)context = row->number;
}

/* The parked input of this number, which must be the first of its key: order is the promise. */
static enum error head_read(struct task *t, int64_t number, struct head *out) {
    int64_t first = 0;
    const struct store_ops *ops = t->store->ops;
    *out = (struct head){ .arena = &t->arena };
    TRY(ops->park_each(t->store, (struct bytes){ 0 }, number, 1, on_head, out));
    if (out->row.number != number)
        return fail(E_not_found, "no parked input has number %lld", (long long)number);
    TRY(ops->park_each(t->store, out->row.key, 0, 1, on_number, &first));
    if (first != number)
        return fail(E_config, "parked input %lld waits behind %lld of its key", (long long)number,
                    (long long)first);
    return E_ok;
}

static enum error due_put(struct task *t, struct parked_row *row, struct parked_key *k) {
    TRY(t->store->ops->park_put(t->store, row));
    park_head_due(&t->park, k, row->due_ms);
    t->park.changed = true;
    return E_ok;
}

static enum error head_gone(struct task *t, const struct parked_row *row, int64_t now_ms) {
    struct head next = { .arena = &t->arena };
    struct parked_key *k = park_find(&t->park, row->key);
    TRY(t->store->ops->park_delete(t->store, row->number));
    if (!park_head_gone(&t->park, k, row->packed.len))
        return E_ok;
    TRY(t->store->ops->park_each(t->store, row->key, 0, 1, on_head, &next));
    assert(next.row.number > row->number);
    next.row.due_ms = now_ms > 0 ? now_ms : 1;
    return due_put(t, &next.row, k);
}

static enum error head_stays(struct task *t, struct parked_row *row, bool retry, int64_t now_ms) {
    const struct declared_park *park = &t->options.service->park;
    row->attempts++;
    row->reason = buf_bytes(&t->reason);
    row->due_ms = 0;
    if (retry)
        row->due_ms = park_due_ms(park, row->attempts, now_ms, (uint64_t)row->number);
    return due_put(t, row, park_find(&t->park, row->key));
}

static enum error head_retry(struct task *t, struct parked_row *row, int64_t now_ms,
                             enum taken *taken) {
    struct input in;
    enum tried tried;
    TRY(parked_unpack(row->packed, &in));
    TRY(task_try(t, &in, &tried));
    t->group_counts.retried++;
    switch (tried) {
    case TRIED_DONE:
    case TRIED_PASSED: /* a version that no longer knows its type */
        *taken = tried == TRIED_DONE ? TAKEN_HANDLED : TAKEN_PASSED;
        return head_gone(t, row, now_ms);
    case TRIED_RETRY:
    case TRIED_PARK:
        break;
    }
    *taken = TAKEN_PARKED;
    return head_stays(t, row, tried == TRIED_RETRY, now_ms);
}

/* It is gone for good: the log keeps who it was. */
static void drop_tell(const struct task *t, const struct parked_row *row) {
    char key[64], type[64], id[128];
    struct input in;
    if (t->options.replay)
        return;
    bool readable = parked_unpack(row->packed, &in) == E_ok;
    shown_copy(key, sizeof(key), row->key);
    shown_copy(type, sizeof(type), readable ? in.type : bytes_text("unreadable"));
    shown_copy(id, sizeof(id), readable ? in.id : bytes_text(""));
    event_log(EV_parked_dropped, "service=%s task=%d number=%lld key=%s type=%s id=%s",
              t->options.service->name, t->options.task, (long long)row->number, key, type, id);
}

enum error task_unpark(struct task *t, const struct input *in, enum taken *taken) {
    struct head head;
    TRY(task_park_fresh(t));
    TRY(task_enter(t));
    TRY(head_read(t, in->offset, &head));
    t->changed = t->has_unparked = true;
    if (t->options.journal_inputs)
        journal_unpark(&t->journal, in);
    if (!bytes_is_text(in->type, "drop"))
        return head_retry(t, &head.row, in->time_ms, taken);
    *taken = TAKEN_HANDLED;
    t->group_counts.dropped++;
    drop_tell(t, &head.row);
    return head_gone(t, &head.row, in->time_ms);
}

/* ---- for operators and for time */

struct unpark {
    const char *what, *by;
    int64_t now_ms;
};

static enum error key_unpark(struct task *t, struct bytes key, const struct unpark *u,
                             enum taken *taken) {
    int64_t number = 0;
    if (key.data)
        TRY(t->store->ops->park_each(t->store, key, 0, 1, on_number, &number));
    if (!number)
        return fail(E_not_found, "key %.*s is not parked", (int)key.len, (const char *)key.data);
    struct input in = {
        .kind = INPUT_UNPARK,
        .type = bytes_text(u->what),
        .source = bytes_text(u->by),
        .offset = number,
        .time_ms = u->now_ms,
    };
    return task_take(t, &in, taken);
}

enum error task_park_retry(struct task *t, struct bytes key, int64_t now_ms, enum taken *taken) {
    return key_unpark(t, key, &(struct unpark){ "retry", "operator", now_ms }, taken);
}

enum error task_park_drop(struct task *t, struct bytes key, int64_t now_ms) {
    enum taken taken;
    return key_unpark(t, key, &(struct unpark){ "drop", "operator", now_ms }, &taken);
}

enum error task_park_due(struct task *t, int64_t now_ms, size_t max, size_t *taken) {
    enum taken how;
    *taken = 0;
    TRY(task_park_fresh(t));
    for (const struct parked_key *k; *taken < max && (k = park_first_due(&t->park)); *taken += 1) {
        if (k->due_ms > now_ms)
            break;
        struct bytes key = arena_copy(&t->arena, k->key); /* k may be gone with its last input */
        TRY(key_unpark(t, key, &(struct unpark){ "retry", "timer", now_ms }, &how));
    }
    return E_ok;
}

bool task_park_next_due(struct task *t, int64_t *due_ms) {
    if (task_park_fresh(t)) /* the next group meets the same store and stops the process */
        return false;
    const struct parked_key *first = park_first_due(&t->park);
    *due_ms = first ? first->due_ms : 0;
    return first != NULL;
}

enum error task_park_each(struct task *t, struct bytes key, store_on_parked *on_row,
                          void *context) {
    return t->store->ops->park_each(t->store, key, 0, SIZE_MAX, on_row, context);
}

bool task_is_parked(struct task *t, struct bytes key) {
    return !task_park_fresh(t) && park_find(&t->park, key) != NULL;
}

struct bytes task_parked_reason(const struct task *t) {
    return buf_bytes(&t->reason);
}

struct task_parked task_parked(struct task *t) {
    if (task_park_fresh(t)) /* the next group meets the same store and stops the process */
        return (struct task_parked){ 0 };
    return (struct task_parked){ (int64_t)t->park.by_key.count, t->park.count, t->park.bytes };
}
