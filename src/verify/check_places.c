/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where things are: all records of a key in one partition, an id at one place of one lane. */
#include "check.h"

void check_places(const struct evidence *e, struct verdict *v) {
    struct tally partitions = { 0 }, ids = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_record)
            continue;
        v->looked_at++;
        if (r->key) {
            struct tally_place *home = tally_at(&partitions, r->key);
            if (home->note && home->sum != (int64_t)r->process)
                verdict_wrong(v, r->id, "key %s is in partition %lld and in %u",
                              evidence_called(e, r->key), (long long)home->sum, r->process);
            home->note = 1;
            home->sum = (int64_t)r->process;
        }
        if (!r->lane || !r->id)
            continue;
        uint64_t place = tally_mix(tally_mix(r->lane, r->process + 1U), (uint64_t)r->value);
        struct tally_place *id = tally_at(&ids, r->id);
        if (id->note && id->note != place)
            verdict_wrong(v, r->id, "event %s stands at two places", evidence_called(e, r->id));
        id->note = place;
    }
    tally_finish(&partitions);
    tally_finish(&ids);
}
