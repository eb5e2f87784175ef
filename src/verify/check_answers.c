/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One request, one answer, however often it is asked; and no request without an end. */
#include "check.h"

void check_answers(const struct evidence *e, struct verdict *v) {
    for (size_t i = 0; i < e->outcomes.count; i++) {
        const struct outcome *o = &e->outcomes.all[i];
        if (!o->asked)
            continue;
        v->looked_at++;
        if (o->other_answer)
            verdict_wrong(v, o->id, "%s was answered %.2s, and otherwise when it was repeated",
                          evidence_called(e, o->id), o->code);
        else if (outcome_is(o) == OUTCOME_unknown)
            verdict_wrong(v, o->id, "%s never came to an end%s", evidence_called(e, o->id),
                          o->reversal_asked ? ": its reversal was not acknowledged" : "");
    }
}
