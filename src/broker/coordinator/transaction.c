/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What Kafka's transaction coordinator decides (KIP-98, KIP-360), for a broker that is alone.
 *
 * Versions of EndTxn that librdkafka sends do not say which transaction they end: one that was held
 * up on its way could end the session's next transaction (KAFKA-17754). Here all requests of a
 * session come to one server, which knows the order of its connections. A client that sends a
 * request again does so on a new connection; so what arrives on an older connection than the newest
 * that spoke for the session has been given up by its sender and is fenced. Produce and
 * TxnOffsetCommit go over connections of their own and are held by sequence, phase and generation.
 *
 * A session that ran out of time is fenced as by a new one: whoever was late must not commit the
 * second half of what was aborted. */
#include "transaction.h"

static struct transaction_verdict refuse(enum transaction_code code) {
    return (struct transaction_verdict){ .code = code };
}

static void abort_open(const struct transaction_facts *f, struct transaction_verdict *v) {
    v->ends = f->phase == PHASE_OPEN;
    v->commits = false;
    v->marker_epoch = (int16_t)(f->epoch + 1); /* EPOCH_LAST leaves room for it */
}

/* The session behind the current one. Epochs that are used up begin again with another id. */
static void renew(const struct transaction_facts *f, struct transaction_verdict *v) {
    bool is_used_up = f->epoch >= EPOCH_LAST;
    v->renews = true;
    v->producer_id = is_used_up ? -1 : f->producer_id;
    v->epoch = is_used_up ? 0 : (int16_t)(f->epoch + 1);
    v->last_producer_id = -1;
    v->last_epoch = -1;
}

static struct transaction_verdict decide_init(const struct transaction_facts *f,
                                              const struct transaction_event *e) {
    struct transaction_verdict v = { .last_producer_id = -1, .last_epoch = -1 };
    bool goes_on = f->is_known && e->producer_id >= 0;
    if (e->timeout_ms < 1 || e->timeout_ms > TRANSACTION_TIMEOUT_MAX_MS)
        return refuse(TRANSACTION_INVALID_TIMEOUT);
    if (!f->is_known) {
        v.renews = true;
        v.producer_id = -1;
        return v;
    }
    if (goes_on && f->phase == PHASE_NEW && e->producer_id == f->last_producer_id
        && e->epoch == f->last_epoch)
        return v; /* the answer was lost: this session is the one it asked for */
    if (goes_on && (e->producer_id != f->producer_id || e->epoch != f->epoch))
        return refuse(TRANSACTION_FENCED);
    abort_open(f, &v);
    renew(f, &v);
    if (goes_on) {
        v.last_producer_id = e->producer_id;
        v.last_epoch = e->epoch;
    }
    return v;
}

static enum transaction_code check_session(const struct transaction_facts *f,
                                           const struct transaction_event *e) {
    if (!f->is_known || e->producer_id != f->producer_id)
        return TRANSACTION_INVALID_MAPPING;
    return e->epoch == f->epoch ? TRANSACTION_OK : TRANSACTION_FENCED;
}

static enum transaction_code check_speaker(const struct transaction_facts *f,
                                           const struct transaction_event *e) {
    enum transaction_code code = check_session(f, e);
    if (!code && e->connection < f->connection)
        return TRANSACTION_FENCED;
    return code;
}

static struct transaction_verdict decide_add(const struct transaction_facts *f,
                                             const struct transaction_event *e) {
    struct transaction_verdict v = { .code = check_speaker(f, e) };
    v.opens = !v.code && f->phase != PHASE_OPEN;
    return v;
}

static struct transaction_verdict decide_part(const struct transaction_facts *f,
                                              const struct transaction_event *e) {
    enum transaction_code code = check_session(f, e);
    if (code == TRANSACTION_FENCED)
        return refuse(TRANSACTION_INVALID_EPOCH);
    if (!code && (f->phase != PHASE_OPEN || !e->is_added))
        return refuse(TRANSACTION_INVALID_STATE);
    return refuse(code);
}

/* Ended before, the same way: its answer was lost. */
static bool is_repeat(const struct transaction_facts *f, bool commits) {
    return f->phase == (commits ? PHASE_COMMITTED : PHASE_ABORTED);
}

static struct transaction_verdict decide_end(const struct transaction_facts *f,
                                             const struct transaction_event *e) {
    enum transaction_code code = check_speaker(f, e);
    if (code || is_repeat(f, e->commits))
        return refuse(code);
    if (f->phase != PHASE_OPEN)
        return refuse(TRANSACTION_INVALID_STATE);
    return (struct transaction_verdict){ .ends = true,
                                         .commits = e->commits,
                                         .marker_epoch = f->epoch };
}

static struct transaction_verdict decide_time(const struct transaction_facts *f, int64_t now_ms) {
    struct transaction_verdict v = { 0 };
    if (!f->is_known || f->phase != PHASE_OPEN || now_ms < f->deadline_ms)
        return v;
    abort_open(f, &v);
    renew(f, &v);
    return v;
}

struct transaction_verdict transaction_decide(const struct transaction_facts *facts,
                                              const struct transaction_event *event,
                                              int64_t now_ms) {
    switch (event->kind) {
    case TRANSACTION_INIT:
        return decide_init(facts, event);
    case TRANSACTION_ADD:
        return decide_add(facts, event);
    case TRANSACTION_PRODUCE:
    case TRANSACTION_OFFSETS:
        return decide_part(facts, event);
    case TRANSACTION_END:
        return decide_end(facts, event);
    case TRANSACTION_TIME:
        return decide_time(facts, now_ms);
    }
    return refuse(TRANSACTION_INVALID_STATE);
}
