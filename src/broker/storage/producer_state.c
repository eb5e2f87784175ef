/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Idempotent producers (KIP-98): a batch carries the producer's id, epoch and first sequence.
 *
 * Within an epoch sequences are contiguous and wrap from 2^31-1 to 0. A client may have five
 * requests in flight and resend all of them, so the last five batches answer "that one is already
 * at this offset" (KAFKA-5494). A new epoch starts at 0; a producer never seen, or forgotten, may
 * start anywhere. */
#include "producer_state.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static int32_t sequence_after(int32_t sequence, int32_t count) {
    int64_t next = (int64_t)sequence + count;
    return (int32_t)(next > INT32_MAX ? next - INT32_MAX - 1 : next);
}

static struct bytes key_of(const int64_t *id) {
    return bytes_of(id, sizeof(*id));
}

static const struct producer_batch *find_repeated(const struct producer_state *p, int32_t first,
                                                  int32_t last) {
    for (int i = 0; i < p->batch_count; i++)
        if (p->batches[i].first_sequence == first && p->batches[i].last_sequence == last)
            return &p->batches[i];
    return NULL;
}

static enum error check_order(const struct producer_state *p, const struct batch *b) {
    int32_t wanted = 0;
    if (b->producer_epoch == p->epoch && p->batch_count)
        wanted = sequence_after(p->batches[p->batch_count - 1].last_sequence, 1);
    if (b->base_sequence != wanted)
        return fail(E_diverged, "producer %lld sent sequence %d, %d is next",
                    (long long)b->producer_id, b->base_sequence, wanted);
    return E_ok;
}

enum error producer_check_named(const struct batch *b) {
    if (b->producer_id >= 0 && (b->producer_epoch < 0 || b->base_sequence < 0))
        return fail(E_malformed, "a batch of producer %lld without epoch or sequence",
                    (long long)b->producer_id);
    return E_ok;
}

enum error producer_check(const struct table *producers, const struct batch *b,
                          const struct producer_batch **repeated) {
    *repeated = NULL;
    TRY(producer_check_named(b));
    if (b->producer_id < 0)
        return E_ok;
    const struct producer_state *p = table_find(producers, key_of(&b->producer_id));
    if (!p)
        return E_ok;
    if (b->producer_epoch < p->epoch)
        return fail(E_fenced, "producer %lld has epoch %d, the batch %d", (long long)p->id,
                    p->epoch, b->producer_epoch);
    if (b->producer_epoch == p->epoch)
        *repeated = find_repeated(p, b->base_sequence,
                                  sequence_after(b->base_sequence, b->last_offset_delta));
    return *repeated ? E_ok : check_order(p, b);
}

static int by_used(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* So many producers are a runaway client: the half that was idle longest is forgotten. */
static void forget_half(struct table *producers) {
    int64_t *used = memory_get(producers->count * sizeof(*used));
    size_t at = 0, count = 0;
    struct bytes key;
    void *value;
    while (table_next(producers, &at, &key, &value))
        used[count++] = ((struct producer_state *)value)->used_ms;
    qsort(used, count, sizeof(*used), by_used);
    producers_expire(producers, used[count / 2] + 1);
    free(used);
}

static struct producer_state *get_state(struct table *producers, int64_t id) {
    struct producer_state *p = table_find(producers, key_of(&id));
    if (p)
        return p;
    if (producers->count >= PRODUCERS_MAX)
        forget_half(producers);
    p = memory_get(sizeof(*p));
    p->id = id;
    (void)table_put(producers, key_of(&id), p);
    return p;
}

void producer_note(struct table *producers, const struct batch *b, int64_t base_offset, lsn_t lsn,
                   int64_t now_ms) {
    if (b->producer_id < 0)
        return;
    struct producer_state *p = get_state(producers, b->producer_id);
    if (b->producer_epoch != p->epoch)
        p->batch_count = 0;
    if (p->batch_count == PRODUCER_BATCHES)
        memmove(p->batches, p->batches + 1, (size_t)--p->batch_count * sizeof(p->batches[0]));
    p->epoch = b->producer_epoch;
    p->used_ms = now_ms;
    p->batches[p->batch_count++] = (struct producer_batch){
        b->base_sequence, sequence_after(b->base_sequence, b->last_offset_delta), base_offset, lsn
    };
}

void producer_fence(struct table *producers, int64_t id, int16_t epoch) {
    struct producer_state *p = table_find(producers, key_of(&id));
    if (!p || epoch <= p->epoch)
        return;
    p->epoch = epoch;
    p->batch_count = 0;
}

void producer_put(struct table *producers, const struct producer_state *state) {
    *get_state(producers, state->id) = *state;
}

void producers_expire(struct table *producers, int64_t before_ms) {
    struct table left = { 0 };
    size_t at = 0;
    struct bytes key;
    void *value;
    while (table_next(producers, &at, &key, &value)) {
        struct producer_state *p = value;
        if (p->used_ms >= before_ms)
            (void)table_put(&left, key, p);
        else
            free(p);
    }
    table_finish(producers);
    *producers = left;
}

void producers_finish(struct table *producers) {
    size_t at = 0;
    struct bytes key;
    void *value;
    while (table_next(producers, &at, &key, &value))
        free(value);
    table_finish(producers);
}
