/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What became of each transaction: as its terminal heard it, and as the ledger has it. Several
 * checks look at the same, so it is gathered once. */
#ifndef OCTAVO_VERIFY_OUTCOMES_H
#define OCTAVO_VERIFY_OUTCOMES_H

#include "history.h"
#include "tally.h"

struct outcome {
    uint64_t id;
    uint64_t key;       /* the account that was asked for */
    int64_t value;      /* what it should get */
    int64_t moved;      /* what accounts got, but the machines' cash: 0 when all was taken back */
    int64_t moved_key;  /* of it, the account that was asked for */
    uint32_t postings;  /* entries under its own name */
    uint32_t reversals; /* entries that take it back */
    uint64_t by;        /* the reversal that did it */
    char code[2];       /* the first answer that is not 91 */
    bool asked, approved, refused, declined, other_answer;
    bool reversal_asked, reversed;
};

struct outcomes {
    struct outcome *all;
    size_t count, capacity;
    struct tally index; /* sum: place in `all` */
};

/* Of a leg: what account it is. */
enum { LEG_CUSTOMER = 'a', LEG_CASH = 'c', LEG_INTERNAL = 'i' };

void outcomes_gather(struct outcomes *o, const struct history *h);
void outcomes_finish(struct outcomes *o);
/* What the outside world knows of it: nothing but one of these. */
enum outcome_is {
    OUTCOME_unknown,
    OUTCOME_approved,
    OUTCOME_declined,
    OUTCOME_refused,
    OUTCOME_reversed
};
enum outcome_is outcome_is(const struct outcome *o);

#endif
