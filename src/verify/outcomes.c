/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One pass over the history. */
#include "outcomes.h"

#include <stdlib.h>
#include <string.h>

static struct outcome *outcome_at(struct outcomes *o, uint64_t id) {
    struct tally_place *place = tally_at(&o->index, id);
    if (place->note)
        return &o->all[place->sum];
    if (o->count == o->capacity) {
        o->capacity = o->capacity ? o->capacity * 2 : 1024;
        o->all = memory_resize(o->all, o->capacity * sizeof(*o->all));
    }
    place->note = 1;
    place->sum = (int64_t)o->count;
    o->all[o->count] = (struct outcome){ .id = id };
    return &o->all[o->count++];
}

static void request_take(struct outcomes *o, const struct history_record *r) {
    struct outcome *of = outcome_at(o, r->id);
    of->asked = true;
    of->key = r->key;
    of->value = r->value;
    if (r->kind != HISTORY_ok && r->kind != HISTORY_fail)
        return;
    if (memcmp(r->code, "91", 2) == 0) {
        of->refused = true;
        return;
    }
    if (!of->code[0])
        memcpy(of->code, r->code, 2);
    else if (memcmp(of->code, r->code, 2) != 0)
        of->other_answer = true;
    if (r->kind == HISTORY_ok)
        of->approved = true;
    else
        of->declined = true;
}

static void reversal_take(struct outcomes *o, const struct history_record *r) {
    struct outcome *of = outcome_at(o, r->other);
    of->reversal_asked = true;
    of->reversed |= r->kind == HISTORY_ok;
}

static void leg_take(struct outcomes *o, const struct history_record *r) {
    struct outcome *of = outcome_at(o, r->id);
    if (r->code[0] == LEG_CASH)
        return;
    of->moved += r->value;
    if (r->key == of->key)
        of->moved_key += r->value;
    if (r->other == r->id)
        of->postings++;
    else {
        of->by = r->other;
        of->reversals++;
    }
}

void outcomes_gather(struct outcomes *o, const struct history *h) {
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation == HISTORY_withdrawal || r->operation == HISTORY_deposit)
            request_take(o, r);
        else if (r->operation == HISTORY_reversal)
            reversal_take(o, r);
        else if (r->operation == HISTORY_leg)
            leg_take(o, r);
    }
}

void outcomes_finish(struct outcomes *o) {
    free(o->all);
    tally_finish(&o->index);
    *o = (struct outcomes){ 0 };
}

enum outcome_is outcome_is(const struct outcome *o) {
    if (o->reversed)
        return OUTCOME_reversed;
    if (o->reversal_asked)
        return OUTCOME_unknown; /* its terminal never got the acknowledgement */
    if (o->approved)
        return OUTCOME_approved;
    if (o->refused)
        return OUTCOME_refused;
    return o->declined ? OUTCOME_declined : OUTCOME_unknown;
}
