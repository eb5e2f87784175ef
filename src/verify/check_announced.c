/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Money and its event are one: each entry of a ledger is announced, and nothing else is. */
#include "check.h"

enum { IN_LEDGER = 1, ANNOUNCED = 2 };

static uint64_t entry_of(const struct history_record *r) {
    return tally_mix(tally_mix(r->id, r->other), r->process + 1U);
}

void check_announced(const struct evidence *e, struct verdict *v) {
    struct tally entries = { 0 }, events = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_leg)
            tally_at(&entries, entry_of(r))->note |= IN_LEDGER;
        if (r->operation != HISTORY_announced)
            continue;
        struct tally_place *entry = tally_at(&entries, entry_of(r));
        struct tally_place *event = tally_at(&events, tally_mix(entry_of(r), r->lane));
        entry->note |= ANNOUNCED;
        if (!event->note++ && entry->sum++)
            verdict_wrong(v, r->id, "%s is announced by two events", evidence_called(e, r->id));
    }
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_leg && r->operation != HISTORY_announced)
            continue;
        struct tally_place *entry = tally_at(&entries, entry_of(r));
        if (entry->sum < 0)
            continue;
        v->looked_at++;
        if (entry->note != (IN_LEDGER | ANNOUNCED))
            verdict_wrong(v, r->id,
                          entry->note == IN_LEDGER ? "%s is in the ledger, and no event tells of it"
                                                   : "an event tells of %s, and no ledger has it",
                          evidence_called(e, r->id));
        entry->sum = -1;
    }
    tally_finish(&entries);
    tally_finish(&events);
}
