/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What came out of a demo: one sentence first, then a table, or the same as JSON. */
#ifndef OCTAVO_APP_DEMO_RESULT_H
#define OCTAVO_APP_DEMO_RESULT_H

#include "audit.h"
#include "fold.h"
#include "terminal.h"

enum { REASONS_MAX = 8 };

struct bank_result {
    /* filled by bank_result_get */
    const char *source; /* whose data */
    int terminals;
    int64_t withdrawals; /* approved */
    int64_t deposits;    /* approved */
    int64_t declined;
    struct declined_reason {
        char code[3];
        int64_t count;
    } reasons[REASONS_MAX]; /* what does not fit is counted in `declined` only */
    size_t reason_count;
    int64_t unfinished;  /* orders without an answer when the demo gave up */
    int64_t duration_ns; /* first order -> last answer */
    int64_t p50_ns;
    int64_t p99_ns;
    struct terminals_counts counts;
    struct days_compared seen;     /* by the answers' balances */
    struct days_compared expected; /* by the fold */
    int64_t unlike_fold;           /* answers with another decision or balance than the fold's */

    /* filled by whoever ran the processes and read the ledger */
    const char *killed; /* "the processor and the broker"; NULL: nothing */
    bool audited;
    struct audit_result audit;
    int64_t sum_of_balances; /* of every account, internal ones too: must be 0 */
};

struct result_style {
    bool color; /* see result_color_wanted */
    bool json;
};

bool result_is_good(const struct bank_result *r);
/* A terminal at `fd`, and NO_COLOR not set. */
bool result_color_wanted(int fd);
/* Appends the whole summary, each line ended. */
void result_write(const struct bank_result *r, struct result_style style, struct buf *out);

void count_write(struct buf *out, int64_t count);       /* 12,431 */
void money_write(struct buf *out, int64_t minor_units); /* -1,234.50 */

#endif
