/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions: storage keeps the facts, the coordinator decides, here both meet.
 *
 * A transaction's start is kept as wall time, since only that means something after a restart; its
 * deadline is steady time, so that a clock that is set does not end it. After a start it gets what
 * is left of its timeout by the wall clock, at most all of it. The server's deadline is a lower
 * bound: a transaction that ends leaves it, and a tick that comes too early puts it right. */
#include "transactions.h"

#include "base/check.h"
#include "base/event.h"
#include "server_inside.h"

enum { RETRY_MS = 1000 };

static enum transaction_phase phase_of(enum txn_status status) {
    switch (status) {
    case TXN_NEW:
        return PHASE_NEW;
    case TXN_OPEN:
        return PHASE_OPEN;
    case TXN_COMMITTED:
        return PHASE_COMMITTED;
    case TXN_ABORTED:
        return PHASE_ABORTED;
    }
    return PHASE_NEW;
}

static struct transaction_facts facts_of(const struct txn *t) {
    if (!t)
        return (struct transaction_facts){ 0 };
    return (struct transaction_facts){
        .is_known = true,
        .phase = phase_of(t->status),
        .producer_id = t->session.producer_id,
        .epoch = t->session.epoch,
        .last_producer_id = t->session.last_producer_id,
        .last_epoch = t->session.last_epoch,
        .connection = t->connection,
        .deadline_ms = t->deadline_ms,
    };
}

struct transaction transaction_ask(struct request *r, struct bytes id,
                                   const struct transaction_event *event) {
    struct transaction t = { .txn = txn_find(r->server->storage, id) };
    struct transaction_facts facts = facts_of(t.txn);
    struct transaction_event at = *event;
    at.connection = r->client->number;
    t.verdict = transaction_decide(&facts, &at, server_now_ms(r->server));
    return t;
}

enum kafka_error transaction_code(const struct request *r, enum transaction_code code,
                                  int16_t fenced_from) {
    if (code == TRANSACTION_FENCED && r->header.api_version < fenced_from)
        return KAFKA_INVALID_PRODUCER_EPOCH;
    return (enum kafka_error)code;
}

/* ---- the clock */

static void expect(struct server *s, int64_t deadline_ms) {
    if (deadline_ms >= s->txn_deadline_ms)
        return;
    s->txn_deadline_ms = deadline_ms;
    loop_timer_start(s->txn_timer, deadline_ms - server_now_ms(s));
}

static void run_clock(struct server *s, struct txn *t) {
    int64_t gone_ms = clock_wall_ms(loop_clock(s->loop)) - t->started_ms;
    int64_t left_ms = t->session.timeout_ms - (gone_ms > 0 ? gone_ms : 0);
    t->deadline_ms = server_now_ms(s) + (left_ms > 0 ? left_ms : 0);
    expect(s, t->deadline_ms);
}

void transaction_opened(struct request *r, struct transaction *t) {
    t->txn->connection = r->client->number;
    if (t->verdict.opens)
        run_clock(r->server, t->txn);
}

/* ---- sessions and ends */

/* The session that the verdict begins, with a producer id of its own if need be. */
static enum error session_of(struct server *s, const struct transaction_verdict *v,
                             int32_t timeout_ms, struct txn_session *out, lsn_t *lsn) {
    *out = (struct txn_session){ .producer_id = v->producer_id,
                                 .epoch = v->epoch,
                                 .last_producer_id = v->last_producer_id,
                                 .last_epoch = v->last_epoch,
                                 .timeout_ms = timeout_ms };
    *lsn = 0;
    return v->producer_id < 0 ? producer_id_next(s->storage, &out->producer_id, lsn) : E_ok;
}

static enum error end(struct server *s, struct txn *t, const struct txn_ending *ending,
                      lsn_t *lsn) {
    TRY(txn_end(s->storage, t, ending, lsn));
    server_expect_sync(s);
    return E_ok;
}

enum error transaction_begin(struct request *r, struct bytes id, struct transaction *t,
                             int32_t timeout_ms, lsn_t *lsn) {
    struct server *s = r->server;
    const struct transaction_verdict *v = &t->verdict;
    struct txn_session session;
    *lsn = storage_appended_lsn(s->storage); /* what is told again may not be synced yet */
    if (v->renews)
        TRY(session_of(s, v, timeout_ms, &session, lsn));
    if (v->ends)
        TRY(end(s, t->txn,
                &(struct txn_ending){ v->commits, v->marker_epoch, v->renews ? &session : NULL },
                lsn));
    else if (v->renews)
        TRY(txn_begin_session(s->storage, id, &session, &t->txn, lsn));
    t->txn->connection = r->client->number;
    return E_ok;
}

enum error transaction_end(struct request *r, struct transaction *t, lsn_t *lsn) {
    const struct transaction_verdict *v = &t->verdict;
    *lsn = storage_appended_lsn(r->server->storage);
    t->txn->connection = r->client->number;
    if (!v->ends)
        return E_ok;
    return end(r->server, t->txn, &(struct txn_ending){ v->commits, v->marker_epoch, NULL }, lsn);
}

/* ---- running out of time */

static enum error time_out(struct server *s, struct txn *t, const struct transaction_verdict *v) {
    struct txn_session session;
    lsn_t lsn;
    assert(v->renews);
    TRY(session_of(s, v, t->session.timeout_ms, &session, &lsn));
    TRY(end(s, t, &(struct txn_ending){ v->commits, v->marker_epoch, &session }, &lsn));
    event_log(EV_transaction_timed_out, "id=%s timeout_ms=%d", t->id, session.timeout_ms);
    return E_ok;
}

static void look_at(struct server *s, struct txn *t) {
    struct transaction_facts facts = facts_of(t);
    struct transaction_event event = { .kind = TRANSACTION_TIME };
    struct transaction_verdict v = transaction_decide(&facts, &event, server_now_ms(s));
    if (v.ends && time_out(s, t, &v))
        expect(s, server_now_ms(s) + RETRY_MS); /* a full disk: its deadline stands */
    else if (!v.ends && t->status == TXN_OPEN)
        expect(s, t->deadline_ms);
}

void transactions_on_time(void *server) {
    struct server *s = server;
    struct txn *t;
    s->txn_deadline_ms = INT64_MAX;
    for (size_t at = 0; (t = txn_next(s->storage, &at));)
        look_at(s, t);
}

void transactions_start(struct server *s) {
    struct txn *t;
    for (size_t at = 0; (t = txn_next(s->storage, &at));)
        if (t->status == TXN_OPEN)
            run_clock(s, t);
}
