/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A run without faults says what should have come out: the same effects and events by their ids,
 * each once, with the same content. Where there was none, an effect must at least not be repeated.
 */
#include "check.h"

enum { EXPECTED = 1, DONE = 2, MAY_BE_LOST = 4 };

static uint64_t effect_of(const struct history_record *r) {
    return tally_mix(r->id, r->key);
}

struct effects {
    const struct evidence *evidence;
    struct tally seen;
    bool has_reference;
};

static void done_take(struct effects *all, const struct history_record *r, struct verdict *v) {
    const struct evidence *e = all->evidence;
    struct tally_place *effect = tally_at(&all->seen, effect_of(r));
    const char *what = evidence_called(e, r->id), *where = evidence_called(e, r->key);
    uint64_t wrong = v->wrong;
    v->looked_at++;
    if (effect->sum & DONE && r->value)
        verdict_wrong(v, r->id, "%s: effect %s is done a second time", where, what);
    else if (!all->has_reference)
        effect->note = r->other;
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

static void expected_take(struct effects *all) {
    const struct history *h = all->evidence->history;
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation != HISTORY_expected)
            continue;
        all->has_reference = true;
        if (r->kind == HISTORY_info) /* it was made, and this alone says nothing came of it */
            continue;
        struct tally_place *effect = tally_at(&all->seen, effect_of(r));
        effect->sum |= r->value ? EXPECTED | MAY_BE_LOST : EXPECTED;
        effect->note = r->other;
    }
}

void check_effects(const struct evidence *e, struct verdict *v) {
    struct effects all = { .evidence = e };
    const struct history *h = e->history;
    expected_take(&all);
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_effect)
            done_take(&all, &h->records[i], v);
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation == HISTORY_expected && r->kind != HISTORY_info
            && !(tally_at(&all.seen, effect_of(r))->sum & (DONE | MAY_BE_LOST)))
            verdict_wrong(v, r->id, "%s: %s does not come out: it is lost",
                          evidence_called(e, r->key), evidence_called(e, r->id));
    }
    tally_finish(&all.seen);
}
