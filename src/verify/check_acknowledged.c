/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Nothing acknowledged is lost: who heard 00 finds it in the books, to the minor unit. */
#include "check.h"

void check_acknowledged(const struct evidence *e, struct verdict *v) {
    for (size_t i = 0; i < e->outcomes.count; i++) {
        const struct outcome *o = &e->outcomes.all[i];
        if (outcome_is(o) != OUTCOME_approved)
            continue;
        v->looked_at++;
        if (o->moved_key != o->value || o->moved != o->value)
            verdict_wrong(v, o->id,
                          "%s was approved for %lld at %s; its ledger moved %lld, %lld there",
                          evidence_called(e, o->id), (long long)o->value,
                          evidence_called(e, o->key), (long long)o->moved, (long long)o->moved_key);
    }
}
