/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The audit: what terminals were told, against what the ledger did.
 *
 * Whoever runs the demo reads the ledger and feeds every entry to the customer's account here, with
 * the id of the request that caused it; a reversal's entry with the id of what it takes back.
 *
 *   lost      approved to a customer, but not (wholly) in the ledger
 *   repeated  approved once, in the ledger more than once
 *   stray     in the ledger, never approved to anyone: money moved behind a 91 or a time-out */
#ifndef OCTAVO_APP_DEMO_AUDIT_H
#define OCTAVO_APP_DEMO_AUDIT_H

#include "base/table.h"

struct audit {
    struct table requests; /* id -> struct audited */
    int64_t sum;           /* of all entries fed */
};

struct audit_result {
    int64_t lost;
    int64_t repeated;
    int64_t stray;
};

/* A customer was told that this amount moved: above 0 in, below 0 out. */
void audit_approved(struct audit *a, const char *request_id, int64_t amount);
/* The ledger says that this amount moved. */
void audit_entry(struct audit *a, struct bytes request_id, int64_t amount);
struct audit_result audit_conclude(const struct audit *a);
void audit_finish(struct audit *a);

#endif
