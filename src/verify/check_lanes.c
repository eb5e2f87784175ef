/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lanes: for the first time each event comes right behind the one before; a second time it is
 * equal. */
#include "check.h"

static void first_time(const struct evidence *e, const struct history_record *r,
                       struct tally_place *last, struct verdict *v) {
    if (last->note && r->value != last->sum + 1)
        verdict_wrong(v, r->id, "%s, partition %u: %lld comes after %lld",
                      evidence_called(e, r->lane), r->process, (long long)r->value,
                      (long long)last->sum);
    last->note = 1;
    last->sum = r->value;
}

static void again(const struct evidence *e, const struct history_record *r,
                  const struct tally_place *seen, struct verdict *v) {
    if (seen->note != tally_mix(r->id, r->other))
        verdict_wrong(v, r->id, "%s, partition %u: %lld is repeated with another content",
                      evidence_called(e, r->lane), r->process, (long long)r->value);
}

void check_lanes(const struct evidence *e, struct verdict *v) {
    struct tally lanes = { 0 }, events = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_record || !r->lane)
            continue;
        uint64_t lane = tally_mix(r->lane, r->process + 1U);
        struct tally_place *seen = tally_at(&events, tally_mix(lane, (uint64_t)r->value));
        v->looked_at++;
        if (seen->note)
            again(e, r, seen, v);
        else
            first_time(e, r, tally_at(&lanes, lane), v);
        seen->note = tally_mix(r->id, r->other);
    }
    tally_finish(&lanes);
    tally_finish(&events);
}
