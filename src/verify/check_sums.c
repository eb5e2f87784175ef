/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Double entry: what one account gets another gives, in each entry, partition and currency. */
#include "check.h"

void check_sums(const struct evidence *e, struct verdict *v) {
    struct tally sums = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_leg)
            continue;
        uint64_t entry = tally_mix(tally_mix((uint64_t)r->place, r->process + 1U), r->lane);
        struct tally_place *sum = tally_at(&sums, entry);
        sum->sum += r->value;
        sum->note = r->id;
    }
    for (size_t i = 0; i < sums.capacity; i++) {
        const struct tally_place *sum = &sums.places[i];
        v->looked_at += sum->id != 0;
        if (sum->id && sum->sum)
            verdict_wrong(v, sum->note, "an entry of %s sums to %lld, not to 0",
                          evidence_called(e, sum->note), (long long)sum->sum);
    }
    tally_finish(&sums);
}
