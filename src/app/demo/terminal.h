/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Many simulated cash machines on one loop, each with a connection and one request outstanding.
 *
 * A terminal never forgets what it asked. When the connection is lost it repeats the request (0201,
 * same identity). When no answer comes in time it takes the request back (0400, then 0401 until
 * that is acknowledged) and asks again as a new transaction. When it is told 91 nothing was
 * moved, and it asks again as a new transaction too. So every order ends with exactly one answer
 * that counts, whatever is killed meanwhile. */
#ifndef OCTAVO_APP_DEMO_TERMINAL_H
#define OCTAVO_APP_DEMO_TERMINAL_H

#include "iso8583/dialect.h"
#include "net/loop.h"

struct terminals;

/* What a customer wants; copied. */
struct terminal_order {
    bool deposit;
    int64_t amount;   /* minor units */
    char card[20];    /* a test card number */
    char currency[4]; /* "203" */
    uint64_t tag;     /* given back */
};

/* How it ended. Valid during the call. */
struct terminal_finished {
    int terminal;
    uint64_t tag;
    const char *request_id; /* of the answer that counts: TERMINAL-YYYYMMDD-STAN-RRN */
    const char *code;       /* field 39 */
    bool has_balance;       /* field 54 was there */
    int64_t balance;
    int64_t latency_ns; /* first sending of the request that was answered -> its answer */
};

enum terminal_take {
    TAKE_ORDER, /* *out is filled */
    TAKE_LATER, /* ask again in a moment */
    TAKE_NONE,  /* this terminal is done */
};

struct terminals_options {
    struct loop *loop;
    const char *host; /* default 127.0.0.1 */
    int port;
    const struct iso_dialect *dialect; /* must live as long as the terminals */
    int count;
    int64_t answer_timeout_ms; /* default 10 s */
    int64_t backoff_ms;        /* default 20 ms, doubled up to 64 times that */
    enum terminal_take (*take)(void *context, int terminal, struct terminal_order *out);
    void (*on_finished)(void *context, const struct terminal_finished *f);
    void *context;
};

/* What happened on the way; for the summary. */
struct terminals_counts {
    int64_t transactions; /* new identities asked for */
    int64_t repeats;      /* requests sent again with the same identity */
    int64_t reversals;    /* identities taken back */
    int64_t refused_91;
    int64_t connections_lost;
    int64_t late_answers;       /* to something no longer waited for */
    int64_t reversals_refused;  /* neither acknowledged nor to be retried: must stay 0 */
    int64_t answers_unreadable; /* must stay 0 */
};

void terminals_start(struct terminals **out, const struct terminals_options *options);
/* Another port for the next connections, when the gateway came back elsewhere. */
void terminals_set_port(struct terminals *t, int port);
/* Terminals that still have an order in hand or may get one. */
int terminals_busy(const struct terminals *t);
const struct terminals_counts *terminals_counts(const struct terminals *t);
void terminals_destroy(struct terminals *t); /* drops what is outstanding; NULL is fine; not from
                                                inside a callback */

#endif
