/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Money stays where it was when the answer says so: 91, a decline, a reversal that was
 * acknowledged. */
#include "check.h"

void check_unmoved(const struct evidence *e, struct verdict *v) {
    static const char *const why[] = { "", "", "declined", "answered 91", "reversed" };
    for (size_t i = 0; i < e->outcomes.count; i++) {
        const struct outcome *o = &e->outcomes.all[i];
        enum outcome_is is = outcome_is(o);
        if (is != OUTCOME_declined && is != OUTCOME_refused && is != OUTCOME_reversed)
            continue;
        v->looked_at++;
        if (o->moved)
            verdict_wrong(v, o->id, "%s was %s, and %lld stay moved", evidence_called(e, o->id),
                          why[is], (long long)o->moved);
    }
}
