/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two sums for each request id: promised and posted. */
#include "audit.h"

#include <stdlib.h>

struct audited {
    int64_t promised;
    int64_t posted;
};

static struct audited *audited_get(struct audit *a, struct bytes id) {
    struct audited *found = table_find(&a->requests, id);
    if (found)
        return found;
    found = memory_get(sizeof *found);
    (void)table_put(&a->requests, id, found);
    return found;
}

void audit_approved(struct audit *a, const char *request_id, int64_t amount) {
    audited_get(a, bytes_text(request_id))->promised += amount;
}

void audit_entry(struct audit *a, struct bytes request_id, int64_t amount) {
    audited_get(a, request_id)->posted += amount;
    a->sum += amount;
}

/* Is there less in the ledger than was promised? Both may be below zero. */
static bool is_less(const struct audited *r) {
    return r->promised > 0 ? r->posted < r->promised : r->posted > r->promised;
}

struct audit_result audit_conclude(const struct audit *a) {
    struct audit_result result = { 0 };
    struct bytes id;
    void *value;
    for (size_t at = 0; table_next(&a->requests, &at, &id, &value);) {
        const struct audited *r = value;
        if (r->posted == r->promised)
            continue;
        if (!r->promised)
            result.stray++;
        else if (is_less(r))
            result.lost++;
        else
            result.repeated++;
    }
    return result;
}

void audit_finish(struct audit *a) {
    struct bytes id;
    void *value;
    for (size_t at = 0; table_next(&a->requests, &at, &id, &value);)
        free(value);
    table_finish(&a->requests);
    *a = (struct audit){ 0 };
}
