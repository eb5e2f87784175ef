/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The tables of promises, those of every system first, and what all checks have in common. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

const struct check checks[] = {
    { "lanes", "each lane counts without a gap, and what is repeated is equal",
      ANSWER(3) | ANSWER(6), check_lanes },
    { "places", "a key is in one partition, an id at one place", ANSWER(4) | ANSWER(7),
      check_places },
    { "committed", "what a group has committed is done", ANSWER(4) | ANSWER(5), check_committed },
    { "effects", "effects are done once, and those of a run without faults if there was one",
      ANSWER(2) | ANSWER(3) | ANSWER(8), check_effects },
    { NULL, NULL, 0, NULL },
};

const struct check checks_accounts[] = {
    { "acknowledged", "an approved answer is in the ledger, with its account and amount",
      ANSWER(1) | ANSWER(5), check_acknowledged },
    { "unmoved", "a 91, a decline and what was taken back leave no money moved",
      ANSWER(1) | ANSWER(5), check_unmoved },
    { "answers", "a repeated request gets the same answer, and each came to an end",
      ANSWER(1) | ANSWER(3), check_answers },
    { "once", "no request is posted twice, none that nobody made", ANSWER(3), check_once },
    { "sums", "every posting sums to zero in its partition and currency", ANSWER(5), check_sums },
    { "balances", "balances are the fold of their postings", ANSWER(5), check_balances },
    { "overdraft", "no account was ever below zero", ANSWER(6), check_overdraft },
    { "order", "what happened to a key stands in one order, and readers see that one", ANSWER(6),
      check_order },
    { "announced", "each entry has its event, each event its entry",
      ANSWER(2) | ANSWER(5) | ANSWER(8), check_announced },
    { NULL, NULL, 0, NULL },
};

void verdict_wrong(struct verdict *v, uint64_t id, const char *format, ...) {
    va_list list;
    if (v->wrong++)
        return;
    va_start(list, format);
    (void)vsnprintf(v->first, sizeof(v->first), format, list);
    va_end(list);
    v->id = id;
}

const char *evidence_called(const struct evidence *e, uint64_t hash) {
    return history_called(e->history, hash);
}
