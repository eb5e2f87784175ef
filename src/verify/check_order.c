/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One order of a key: its entries are announced in the order in which the ledger made them. */
#include "check.h"

void check_order(const struct evidence *e, struct verdict *v) {
    struct tally last = { 0 }, seen = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_announced)
            continue;
        struct tally_place *first = tally_at(&seen, tally_mix(r->other, r->id));
        if (first->note++)
            continue; /* a repeat; lanes are judged elsewhere */
        struct tally_place *before = tally_at(&last, tally_mix(r->key, r->process + 1U));
        v->looked_at++;
        if (r->place <= before->sum)
            verdict_wrong(v, r->id, "%s: entry %lld is announced after entry %lld",
                          evidence_called(e, r->key), (long long)r->place, (long long)before->sum);
        before->sum = r->place;
    }
    tally_finish(&last);
    tally_finish(&seen);
}
