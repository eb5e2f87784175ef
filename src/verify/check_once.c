/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Idempotence in the books: one entry for a request, one for its reversal, none for nobody's. */
#include "check.h"

/* A request whose posting stands in two entries would have two legs at its account under its own
 * name. Suspense takes what an account cannot give, so a reversal may have two. */
static void look_at(const struct evidence *e, const struct outcome *o, struct verdict *v) {
    v->looked_at++;
    if (!o->asked)
        verdict_wrong(v, o->id, "%s is posted, and nobody asked for it", evidence_called(e, o->id));
    else if (o->postings > 1)
        verdict_wrong(v, o->id, "%s is posted %u times", evidence_called(e, o->id), o->postings);
    else if (o->reversals && !o->reversal_asked && !o->refused)
        verdict_wrong(v, o->id, "%s was taken back by %s, and nobody asked for that",
                      evidence_called(e, o->id), evidence_called(e, o->by));
}

/* A reversal stands in one entry, whatever accounts it takes from. */
static void look_at_reversals(const struct evidence *e, struct verdict *v) {
    struct tally entries = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_leg || r->other == r->id)
            continue;
        struct tally_place *first = tally_at(&entries, tally_mix(r->id, r->key));
        if (first->note && r->code[0] == LEG_CUSTOMER)
            verdict_wrong(v, r->id, "%s is taken back %s", evidence_called(e, r->id),
                          first->sum == r->place ? "twice in one entry" : "in two entries");
        first->note = 1;
        first->sum = r->place;
    }
    tally_finish(&entries);
}

void check_once(const struct evidence *e, struct verdict *v) {
    for (size_t i = 0; i < e->outcomes.count; i++)
        if (e->outcomes.all[i].postings || e->outcomes.all[i].reversals)
            look_at(e, &e->outcomes.all[i], v);
    look_at_reversals(e, v);
}
