/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A binary heap whose members know their places, so that any of them can be taken out. */
#include "fold_timers.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static bool is_before(const struct fold_timer *a, const struct fold_timer *b) {
    if (a->row.due_ms != b->row.due_ms)
        return a->row.due_ms < b->row.due_ms;
    int order = bytes_compare(a->row.name, b->row.name);
    return order ? order < 0 : bytes_compare(a->row.key, b->row.key) < 0;
}

static void heap_set(struct fold_timers *t, size_t at, struct fold_timer *timer) {
    t->heap[at] = timer;
    timer->at = at;
}

static void heap_rise(struct fold_timers *t, size_t at) {
    struct fold_timer *timer = t->heap[at];
    for (; at && is_before(timer, t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_set(t, at, t->heap[(at - 1) / 2]);
    heap_set(t, at, timer);
}

static void heap_sink(struct fold_timers *t, size_t at) {
    struct fold_timer *timer = t->heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child + 1 < t->count && is_before(t->heap[child + 1], t->heap[child]))
            child++;
        if (child >= t->count || !is_before(t->heap[child], timer))
            break;
        heap_set(t, at, t->heap[child]);
        at = child;
    }
    heap_set(t, at, timer);
}

static void heap_add(struct fold_timers *t, struct fold_timer *timer) {
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 64;
        t->heap = memory_resize(t->heap, t->capacity * sizeof(*t->heap));
    }
    heap_set(t, t->count++, timer);
    heap_rise(t, timer->at);
}

static void heap_take(struct fold_timers *t, const struct fold_timer *timer) {
    size_t at = timer->at;
    struct fold_timer *last = t->heap[--t->count];
    if (last == timer)
        return;
    heap_set(t, at, last);
    heap_rise(t, at);
    heap_sink(t, last->at);
}

static struct bytes id_of(struct fold_timers *t, struct bytes name, struct bytes key) {
    buf_clear(&t->id);
    buf_put_be32(&t->id, (uint32_t)name.len);
    buf_put_bytes(&t->id, name);
    buf_put_bytes(&t->id, key);
    return buf_bytes(&t->id);
}

static struct fold_timer *timer_make(const struct timer_row *row) {
    struct fold_timer *timer = memory_get(sizeof(*timer) + row->name.len + row->key.len);
    uint8_t *text = (uint8_t *)(timer + 1);
    timer->row = *row;
    timer->row.name = bytes_of(text, row->name.len);
    timer->row.key = bytes_of(text + row->name.len, row->key.len);
    if (row->name.len)
        memcpy(text, row->name.data, row->name.len);
    if (row->key.len)
        memcpy(text + row->name.len, row->key.data, row->key.len);
    return timer;
}

/* The new one is made first: `row` may be of the old one. */
void fold_timers_put(struct fold_timers *t, const struct timer_row *row) {
    struct fold_timer *timer = timer_make(row);
    struct fold_timer *old =
        table_put(&t->by_name, id_of(t, timer->row.name, timer->row.key), timer);
    if (old)
        heap_take(t, old);
    free(old);
    heap_add(t, timer);
}

void fold_timers_delete(struct fold_timers *t, struct bytes name, struct bytes key) {
    struct fold_timer *timer = table_remove(&t->by_name, id_of(t, name, key));
    if (timer)
        heap_take(t, timer);
    free(timer);
}

const struct timer_row *fold_timers_first(const struct fold_timers *t) {
    return t->count ? &t->heap[0]->row : NULL;
}

/* Taken out of the heap one by one, and put back. */
void fold_timers_due(struct fold_timers *t, int64_t now_ms, size_t max, store_on_timer *on_timer,
                     void *context) {
    struct fold_timer **out = NULL;
    size_t count = 0, capacity = 0;
    while (count < max && t->count && t->heap[0]->row.due_ms <= now_ms) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            out = memory_resize(out, capacity * sizeof(*out));
        }
        out[count++] = t->heap[0];
        heap_take(t, t->heap[0]);
    }
    for (size_t i = 0; i < count; i++)
        on_timer(context, &out[i]->row);
    for (size_t i = 0; i < count; i++)
        heap_add(t, out[i]);
    free(out);
}

void fold_timers_finish(struct fold_timers *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->heap[i]);
    free(t->heap);
    table_finish(&t->by_name);
    buf_finish(&t->id);
    *t = (struct fold_timers){ 0 };
}
