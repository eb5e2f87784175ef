/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which transactions have records in a partition: the open ones hold back the last stable offset,
 * of the aborted ones a read_committed reader is told.
 *
 * Both lists follow appends, not settles: what they say of records that are not settled yet nobody
 * asks, as the last stable offset ends at the high watermark. An ended transaction stays in the
 * list of open ones until its marker is settled, or its records would show before its end does. */
#include "partition.h"

#include "base/check.h"
#include "producer_state.h"
#include "wire/control.h"

#include <stdlib.h>

static struct open_txn *find_open(const struct partition *p, int64_t producer_id) {
    for (size_t i = 0; i < p->open_count; i++)
        if (p->open[i].producer_id == producer_id && p->open[i].marker < 0)
            return &p->open[i];
    return NULL;
}

bool partition_has_open(const struct partition *p, int64_t producer_id) {
    return find_open(p, producer_id) != NULL;
}

void partition_note_open(struct partition *p, int64_t producer_id, int64_t offset) {
    if (find_open(p, producer_id))
        return;
    if (p->open_count == p->open_capacity) {
        p->open_capacity = p->open_capacity ? 2 * p->open_capacity : 4;
        p->open = memory_resize(p->open, p->open_capacity * sizeof(*p->open));
    }
    assert(!p->open_count || p->open[p->open_count - 1].first_offset < offset);
    p->open[p->open_count++] = (struct open_txn){ producer_id, offset, -1 };
}

void partition_add_aborted(struct partition *p, const struct aborted_txn *t) {
    if (p->aborted_count == p->aborted_capacity) {
        p->aborted_capacity = p->aborted_capacity ? 2 * p->aborted_capacity : 4;
        p->aborted = memory_resize(p->aborted, p->aborted_capacity * sizeof(*p->aborted));
    }
    p->aborted[p->aborted_count++] = *t;
}

/* As it will be when the marker is settled, of those that are open now. */
static int64_t stable_behind(const struct partition *p, int64_t marker) {
    for (size_t i = 0; i < p->open_count; i++)
        if (p->open[i].marker < 0)
            return p->open[i].first_offset;
    return marker + 1;
}

void partition_note_end(struct partition *p, const struct control *control, int64_t marker) {
    struct open_txn *t = find_open(p, control->producer_id);
    producer_fence(&p->producers, control->producer_id, control->producer_epoch);
    if (!t)
        return;
    t->marker = marker;
    if (control->type == CONTROL_ABORT)
        partition_add_aborted(p, &(struct aborted_txn){ control->producer_id, t->first_offset,
                                                        marker, stable_behind(p, marker) });
}

void partition_forget_ended(struct partition *p) {
    size_t kept = 0;
    for (size_t i = 0; i < p->open_count; i++)
        if (p->open[i].marker < 0 || p->open[i].marker >= p->high_watermark)
            p->open[kept++] = p->open[i];
    p->open_count = kept;
}

/* Not below the log's start: of an open transaction, too, records may be deleted. */
int64_t partition_last_stable(const struct partition *p) {
    if (!p->open_count || p->open[0].first_offset >= p->high_watermark)
        return p->high_watermark;
    int64_t first = p->open[0].first_offset;
    return first < p->log_start ? p->log_start : first;
}

/* The first one that ends at or behind `offset`. */
static size_t aborted_from(const struct partition *p, int64_t offset) {
    size_t low = 0, high = p->aborted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->aborted[middle].last_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int by_first(const void *a, const void *b) {
    const struct aborted_txn *x = a, *y = b;
    return (x->first_offset > y->first_offset) - (x->first_offset < y->first_offset);
}

size_t partition_aborted(const struct partition *p, int64_t from, int64_t to, struct buf *out) {
    assert(!out->len);
    for (size_t i = aborted_from(p, from); i < p->aborted_count; i++)
        if (p->aborted[i].first_offset < to)
            buf_put(out, &p->aborted[i], sizeof(p->aborted[i]));
    size_t count = out->len / sizeof(struct aborted_txn);
    if (count)
        qsort(out->data, count, sizeof(struct aborted_txn), by_first);
    return count;
}
