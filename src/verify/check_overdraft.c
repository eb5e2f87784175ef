/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* No customer's account below zero after any entry, in the order of entries. */
#include "check.h"

void check_overdraft(const struct evidence *e, struct verdict *v) {
    struct tally running = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_leg || r->code[0] != LEG_CUSTOMER)
            continue;
        struct tally_place *balance = tally_at(&running, tally_mix(r->key, r->process + 1U));
        v->looked_at++;
        balance->sum += r->value;
        if (balance->sum < 0 && r->value < 0)
            verdict_wrong(v, r->id, "%s has %lld after %s", evidence_called(e, r->key),
                          (long long)balance->sum, evidence_called(e, r->id));
    }
    tally_finish(&running);
}
