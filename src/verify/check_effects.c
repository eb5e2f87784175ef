/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A run without faults says what should have come out: the same effects and events by their ids,
 * each once, with the same content. */
#include "check.h"

enum { EXPECTED = 1, DONE = 2, MAY_BE_LOST = 4 };

static uint64_t effect_of(const struct history_record *r) {
    return tally_mix(r->id, r->key);
}

static void done_take(const struct evidence *e, const struct history_record *r,
                      struct tally *effects, struct verdict *v) {
    struct tally_place *effect = tally_at(effects, effect_of(r));
    const char *what = evidence_called(e, r->id), *where = evidence_called(e, r->key);
    uint64_t wrong = v->wrong;
    v->looked_at++;
    if (effect->sum & DONE && r->value)
        verdict_wrong(v, r->id, "%s: effect %s is done a second time", where, what);
    else if (!(effect->sum & EXPECTED))
        verdict_wrong(v, r->id,
                      "%s: %s comes out, and not without faults: an id that does not "
                      "follow from the input, or done twice",
                      where, what);
    else if (effect->note != r->other)
        verdict_wrong(v, r->id,
                      "%s: %s has another content than without faults: what a handler "
                      "says must follow from its event and rows alone",
                      where, what);
    effect->sum |= DONE;
    if (v->wrong && !wrong)
        v->time_ns = r->time_ns;
}

void check_effects(const struct evidence *e, struct verdict *v) {
    struct tally effects = { 0 };
    const struct history *h = e->history;
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_expected) {
            struct tally_place *effect = tally_at(&effects, effect_of(&h->records[i]));
            effect->sum |= h->records[i].value ? EXPECTED | MAY_BE_LOST : EXPECTED;
            effect->note = h->records[i].other;
        }
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_effect)
            done_take(e, &h->records[i], &effects, v);
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation == HISTORY_expected
            && !(tally_at(&effects, effect_of(r))->sum & (DONE | MAY_BE_LOST)))
            verdict_wrong(v, r->id, "%s: %s does not come out: it is lost",
                          evidence_called(e, r->key), evidence_called(e, r->id));
    }
    tally_finish(&effects);
}
