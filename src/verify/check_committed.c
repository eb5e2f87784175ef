/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The position that a group has committed at the broker is a mirror: never ahead of the store. */
#include "check.h"

void check_committed(const struct evidence *e, struct verdict *v) {
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_position)
            continue;
        v->looked_at++;
        if (r->value > r->place) {
            verdict_wrong(v, 0, "%s-%u: %lld is committed, and done is %lld",
                          evidence_called(e, r->lane), r->process, (long long)r->value,
                          (long long)r->place);
            if (v->wrong == 1)
                v->time_ns = r->time_ns;
        }
    }
}
