/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Judging what is left after a crash. Deeds are durable in LSN order, so what survives must be
 * those up to some LSN, at least all that were reported. The LSN of a lost deed may have been
 * given to another frame since, so survival is read off the content, not off LSNs. */
#include "history.h"

#include "partition.h"

#include "base/test.h"
#include "wire/control.h"

#include <stdlib.h>
#include <string.h>

struct deed *history_add(struct history *h, enum deed_kind kind, lsn_t lsn, const char *topic) {
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 64;
        h->deeds = memory_resize(h->deeds, h->capacity * sizeof(*h->deeds));
    }
    struct deed *d = &h->deeds[h->count++];
    *d = (struct deed){ .kind = kind, .lsn = lsn, .topic = topic, .producer_id = -1 };
    return d;
}

void history_report(struct history *h, lsn_t synced) {
    for (size_t i = h->count; i-- > 0 && !h->deeds[i].is_reported;)
        if (h->deeds[i].lsn <= synced)
            h->deeds[i].is_reported = true;
}

struct history history_copy(const struct history *h) {
    struct history copy = *h;
    copy.memory = (struct arena){ 0 };
    copy.capacity = h->count + 64;
    copy.deeds = memory_get(copy.capacity * sizeof(*copy.deeds));
    if (h->count)
        memcpy(copy.deeds, h->deeds, h->count * sizeof(*h->deeds));
    return copy;
}

void history_finish(struct history *h) {
    arena_finish(&h->memory);
    free(h->deeds);
    *h = (struct history){ 0 };
}

static struct partition *partition_of(struct given *g, const struct deed *d) {
    struct topic *t = topic_find(g->storage, bytes_text(d->topic));
    return t ? t->partitions[d->partition] : NULL;
}

static bool batch_survives(struct given *g, const struct deed *d) {
    struct partition *p = partition_of(g, d);
    if (!p || d->offset >= partition_high_watermark(p))
        return false;
    struct buf found = { 0 };
    CHECK_OK(partition_read(p, d->offset, 1, &found));
    CHECK_BYTES(buf_bytes(&found), d->whole);
    buf_finish(&found);
    return true;
}

/* An older commit survives if a newer one of its key does. */
static bool offset_survives(struct given *g, const struct deed *d) {
    struct committed_offset c;
    if (!offset_find(g->storage, bytes_text(d->group), bytes_text(d->topic), d->partition, &c))
        return false;
    return c.offset >= d->offset; /* the workload only commits upwards */
}

static bool marker_survives(struct given *g, const struct deed *d) {
    struct partition *p = partition_of(g, d);
    struct buf found = { 0 };
    struct batch b;
    enum control_type type;
    if (!p || d->offset >= partition_high_watermark(p))
        return false;
    CHECK_OK(partition_read(p, d->offset, 1, &found));
    struct cursor in = cursor_on(buf_bytes(&found));
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(control_read(&b, &type));
    CHECK_INT(b.base_offset, d->offset);
    CHECK_INT(b.producer_id, d->producer_id);
    CHECK_INT(type, d->commits ? CONTROL_COMMIT : CONTROL_ABORT);
    buf_finish(&found);
    return true;
}

static bool survives(struct given *g, const struct deed *d) {
    switch (d->kind) {
    case DEED_TOPIC:
        return topic_find(g->storage, bytes_text(d->topic)) != NULL;
    case DEED_BATCH:
        return batch_survives(g, d);
    case DEED_OFFSET:
        return offset_survives(g, d);
    case DEED_TXN:
        return txn_find(g->storage, bytes_text(d->topic)) != NULL;
    case DEED_MARKER:
        return marker_survives(g, d);
    }
    return false;
}

/* What was never asked for must not be found. */
static void judge_ends(struct history *h, struct given *g) {
    size_t at = 0;
    for (struct topic *t = topic_next(g->storage, &at); t; t = topic_next(g->storage, &at))
        for (int32_t i = 0; i < t->partition_count; i++) {
            int64_t end = 0;
            for (size_t k = 0; k < h->count; k++) {
                const struct deed *d = &h->deeds[k];
                if ((d->kind != DEED_BATCH && d->kind != DEED_MARKER) || d->is_lost
                    || strcmp(d->topic, t->name) != 0 || d->partition != i)
                    continue;
                if (d->kind == DEED_MARKER) {
                    CHECK_INT(d->offset, end++);
                    continue;
                }
                struct cursor in = cursor_on(d->whole);
                struct batch b;
                CHECK_OK(batch_read(&b, &in));
                CHECK_INT(b.base_offset, end);
                end = batch_last_offset(&b) + 1;
            }
            CHECK_INT(partition_high_watermark(t->partitions[i]), end);
            CHECK_INT(partition_end(t->partitions[i]), end);
        }
}

/* What the deeds say of a partition's transactions: the last stable offset, the aborted ones. */
struct txns_told {
    struct open_txn open[8];
    size_t open_count;
    struct buf aborted; /* "producer:first-last " in order of the markers */
};

static void tell(struct txns_told *told, const struct deed *d) {
    size_t at = 0;
    while (at < told->open_count && told->open[at].producer_id != d->producer_id)
        at++;
    if (d->kind == DEED_BATCH && at == told->open_count) {
        CHECK(at < 8);
        told->open[told->open_count++] = (struct open_txn){ d->producer_id, d->offset, -1 };
    } else if (d->kind == DEED_MARKER) {
        CHECK(at < told->open_count);
        if (!d->commits)
            buf_print(&told->aborted, "%lld:%lld-%lld ", (long long)d->producer_id,
                      (long long)told->open[at].first_offset, (long long)d->offset);
        memmove(&told->open[at], &told->open[at + 1],
                (--told->open_count - at) * sizeof(told->open[0]));
    }
}

static void compare_txns(struct partition *p, struct txns_told *told) {
    struct buf found = { 0 };
    CHECK_INT(partition_last_stable(p),
              told->open_count ? told->open[0].first_offset : partition_high_watermark(p));
    for (size_t i = 0; i < p->aborted_count; i++)
        buf_print(&found, "%lld:%lld-%lld ", (long long)p->aborted[i].producer_id,
                  (long long)p->aborted[i].first_offset, (long long)p->aborted[i].last_offset);
    CHECK_TEXT(buf_text(&found), buf_text(&told->aborted));
    buf_finish(&found);
}

static void judge_txns(struct history *h, struct given *g) {
    size_t at = 0;
    for (struct topic *t = topic_next(g->storage, &at); t; t = topic_next(g->storage, &at))
        for (int32_t i = 0; i < t->partition_count; i++) {
            struct txns_told told = { 0 };
            for (size_t k = 0; k < h->count; k++) {
                const struct deed *d = &h->deeds[k];
                if (!d->is_lost && strcmp(d->topic, t->name) == 0 && d->partition == i
                    && (d->kind == DEED_MARKER || (d->kind == DEED_BATCH && d->in_txn)))
                    tell(&told, d);
            }
            compare_txns(t->partitions[i], &told);
            buf_finish(&told.aborted);
        }
}

/* The newest batch of each producer is still known as a repeat. */
static void judge_repeats(struct history *h, struct given *g) {
    for (size_t i = h->count; i-- > 0;) {
        const struct deed *d = &h->deeds[i];
        struct cursor in = cursor_on(d->whole);
        struct batch b;
        struct appended a;
        if (d->kind != DEED_BATCH || d->producer_id < 0 || d->is_lost)
            continue;
        CHECK_OK(batch_read(&b, &in));
        CHECK_OK(partition_append(partition_of(g, d), &b, &a));
        CHECK(a.repeated);
        CHECK_INT(a.base_offset, d->offset);
        return;
    }
}

static void judge_producer_ids(struct history *h, struct given *g) {
    int64_t id;
    lsn_t lsn;
    CHECK_OK(producer_id_next(g->storage, &id, &lsn));
    CHECK(id > h->reported_id);
    given_sync(g);
    if (lsn <= storage_synced_lsn(g->storage)) /* else the power has failed meanwhile */
        h->reported_id = id;
}

void history_judge(struct history *h, struct given *g) {
    lsn_t least_lost = UINT64_MAX, most_kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        struct deed *d = &h->deeds[i];
        if (d->is_lost)
            continue;
        if (survives(g, d)) {
            most_kept = d->lsn;
            d->is_reported = true; /* it is durable now, and must stay */
            continue;
        }
        if (d->is_reported)
            test_failed(__FILE__, __LINE__, "lsn %llu was reported synced and is lost",
                        (unsigned long long)d->lsn);
        d->is_lost = true;
        least_lost = d->lsn < least_lost ? d->lsn : least_lost;
    }
    if (most_kept >= least_lost)
        test_failed(__FILE__, __LINE__, "lsn %llu is lost, %llu behind it is not",
                    (unsigned long long)least_lost, (unsigned long long)most_kept);
    judge_ends(h, g);
    judge_txns(h, g);
    judge_repeats(h, g);
    judge_producer_ids(h, g);
}
