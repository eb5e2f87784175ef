// rooms: verify base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How fast the verifier's checks are: a clean history of five million records, all checks, and the
 * memory that takes. OPERATIONS from the environment for less. */
#include "verify/check.h"
#include "verify/planted_fixture.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { RECORDS = 5000000, RECORDS_OF_ONE_TENTHS = 79 };

int main(void) {
    const char *given = getenv("OPERATIONS");
    size_t records = given ? (size_t)strtoll(given, NULL, 10) : RECORDS;
    struct history h = { 0 };
    struct evidence e = { .history = &h };
    struct rusage use;
    uint64_t wrong = 0;
    planted_clean(&h, 1, records * 10 / RECORDS_OF_ONE_TENTHS);
    int64_t begin = clock_steady_ns(clock_real());
    outcomes_gather(&e.outcomes, &h);
    const struct check *tables[] = { checks, checks_accounts };
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct check *check = tables[t]; check->name; check++) {
            struct verdict v = { 0 };
            check->judge(&e, &v);
            wrong += v.wrong;
        }
    outcomes_finish(&e.outcomes);
    int64_t took = clock_steady_ns(clock_real()) - begin;
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("checker_records %zu records\n", h.count);
    (void)printf("checker_seconds %.2f s\n", (double)took / 1e9);
    (void)printf("checker_memory %ld KiB\n", use.ru_maxrss);
    history_finish(&h);
    return wrong != 0;
}
