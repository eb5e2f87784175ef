/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replaying a history through a gateway: terminals ask, answers are judged against the fold.
 *
 * How to use it (the caller runs the processes and the loop, and reads the ledger):
 *   history_open, then open every account of history->accounts (id, card; currency BANK_CURRENCY);
 *   bank_start on the caller's loop; kill things in on_third; run the loop until on_done;
 *   feed the ledger to bank_audit(); bank_result_get, fill in killed, audited, audit and
 *   sum_of_balances; result_write.
 * One account is always at one terminal (account id modulo terminals), in file order. */
#ifndef OCTAVO_APP_DEMO_BANK_H
#define OCTAVO_APP_DEMO_BANK_H

#include "history.h"
#include "result.h"

#define BANK_CURRENCY "203" /* the Czech koruna */

struct bank;

struct bank_progress {
    int64_t done; /* orders answered for good */
    int64_t total;
    int64_t withdrawals; /* approved */
    int64_t elapsed_ms;
};

struct bank_options {
    struct loop *loop;
    const struct history *history; /* must live as long as the demo */
    const char *host;              /* default 127.0.0.1 */
    int port;
    const char *dialect;       /* default iso87 */
    int terminals;             /* default 32 */
    int rate;                  /* orders a second at most, all terminals together; 0: no limit */
    int64_t transactions_max;  /* 0: the whole history */
    int64_t deadline_ms;       /* no new order after so long; 0: none */
    int64_t stall_ms;          /* given up when nothing was answered for so long; default 60 s */
    int64_t answer_timeout_ms; /* of a terminal; default 10 s */
    /* All are called from a timer of the loop, so processes may be killed and started there; none
     * may destroy the demo. Each may be NULL but on_done. */
    void (*on_progress)(void *context, const struct bank_progress *p); /* four times a second */
    void (*on_third)(void *context, int third); /* 1 and 2: so much of input or time is over */
    void (*on_done)(void *context);
    void *context;
};

enum error bank_start(struct bank **out, const struct bank_options *options) MUST_CHECK;
void bank_set_port(struct bank *d, int port); /* the gateway came back elsewhere */
/* Holds what the terminals were promised; feed it the ledger. Owned by the demo. */
struct audit *bank_audit(struct bank *d);
void bank_result_get(struct bank *d, struct bank_result *out); /* source: the history's */
void bank_destroy(struct bank *d); /* NULL is fine; not inside a callback */

#endif
