/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A balance is what its postings add up to, and entries count from 1 without a gap. */
#include "check.h"

static uint64_t account_of(const struct history_record *r) {
    return tally_mix(tally_mix(r->key, r->lane), r->process + 1U);
}

static void fold(const struct evidence *e, struct tally *balances, struct tally *entries) {
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_leg)
            continue;
        struct tally_place *balance = tally_at(balances, account_of(r));
        balance->sum += r->value;
        balance->note = r->key;
        struct tally_place *last = tally_at(entries, r->process + 1U);
        if (r->place > last->sum)
            last->sum = r->place;
        (void)tally_at(entries, tally_mix((uint64_t)r->place, r->process + 1U));
    }
}

static void entries_check(const struct history *h, struct tally *entries, struct verdict *v) {
    uint32_t tasks = 0;
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_leg && h->records[i].process + 1 > tasks)
            tasks = h->records[i].process + 1;
    for (uint32_t task = 0; task < tasks; task++) {
        const struct tally_place *last = tally_find(entries, task + 1U);
        for (int64_t entry = 1; last && entry <= last->sum; entry++)
            if (!tally_find(entries, tally_mix((uint64_t)entry, task + 1U)))
                verdict_wrong(v, 0, "entry %lld of task %u is not there, %lld is", (long long)entry,
                              task, (long long)last->sum);
    }
}

void check_balances(const struct evidence *e, struct verdict *v) {
    struct tally balances = { 0 }, entries = { 0 };
    fold(e, &balances, &entries);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_balance)
            continue;
        struct tally_place *sum = tally_at(&balances, account_of(r));
        v->looked_at++;
        if (sum->sum != r->value)
            verdict_wrong(v, 0, "%s has %lld, its postings add up to %lld",
                          evidence_called(e, r->key), (long long)r->value, (long long)sum->sum);
        sum->sum = 0;
    }
    for (size_t i = 0; i < balances.capacity; i++)
        if (balances.places[i].id && balances.places[i].sum)
            verdict_wrong(v, 0, "the postings of %s add up to %lld, no balance says so",
                          evidence_called(e, balances.places[i].note),
                          (long long)balances.places[i].sum);
    entries_check(e->history, &entries, v);
    tally_finish(&balances);
    tally_finish(&entries);
}
