/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions as a pure decision: what is known of a transactional id and what happens go in, what
 * is to be done comes out. Who keeps the facts (storage) and who runs the clock (the server) is not
 * known here.
 *
 * A session is a producer id with an epoch; each InitProducerId begins a new one and so fences the
 * one before, whose open transaction is aborted in the same log record. Ending a transaction is
 * that one record too, so there is no state between "open" and "ended", and nobody ever has to be
 * told CONCURRENT_TRANSACTIONS. */
#ifndef OCTAVO_COORDINATOR_TRANSACTION_H
#define OCTAVO_COORDINATOR_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

/* Kafka's error codes, as the wire knows them. */
enum transaction_code {
    TRANSACTION_OK = 0,
    TRANSACTION_INVALID_EPOCH = 47, /* said to a Produce or TxnOffsetCommit of a fenced session */
    TRANSACTION_INVALID_STATE = 48,
    TRANSACTION_INVALID_MAPPING = 49, /* the id is not known, or has another producer id */
    TRANSACTION_INVALID_TIMEOUT = 50,
    TRANSACTION_FENCED = 90, /* said to every other request of a fenced session */
};

enum transaction_phase { PHASE_NEW, PHASE_OPEN, PHASE_COMMITTED, PHASE_ABORTED };

enum { TRANSACTION_TIMEOUT_MAX_MS = 15 * 60 * 1000, EPOCH_LAST = INT16_MAX - 1 };

struct transaction_facts {
    bool is_known; /* false: nothing else counts */
    enum transaction_phase phase;
    int64_t producer_id;
    int16_t epoch;
    int64_t last_producer_id; /* who asked for this session by its old one; -1: nobody */
    int16_t last_epoch;
    uint64_t connection; /* the newest that spoke for the session; 0: none since the start */
    int64_t deadline_ms; /* while open */
};

enum transaction_event_kind {
    TRANSACTION_INIT,    /* InitProducerId */
    TRANSACTION_ADD,     /* AddPartitionsToTxn, AddOffsetsToTxn */
    TRANSACTION_PRODUCE, /* a transactional batch */
    TRANSACTION_OFFSETS, /* TxnOffsetCommit */
    TRANSACTION_END,     /* EndTxn */
    TRANSACTION_TIME,    /* its deadline may have come */
};

struct transaction_event {
    enum transaction_event_kind kind;
    int64_t producer_id; /* init: -1 if the client names no session to go on from */
    int16_t epoch;
    uint64_t connection; /* counts up over the server's life; not of produce and offsets */
    int32_t timeout_ms;  /* init */
    bool is_added;       /* produce, offsets: the partition or group is part of the transaction */
    bool commits;        /* end */
};

/* In this order: end the open transaction, and begin the session, in one record if both; or open a
 * transaction. With an error code nothing is to be done. */
struct transaction_verdict {
    enum transaction_code code;
    bool ends;
    bool commits;
    int16_t marker_epoch; /* what the markers carry, so that readers of the log see the fence */
    bool renews;
    int64_t producer_id; /* of the new session; -1: one never used before */
    int16_t epoch;
    int64_t last_producer_id;
    int16_t last_epoch;
    bool opens;
};

struct transaction_verdict transaction_decide(const struct transaction_facts *facts,
                                              const struct transaction_event *event,
                                              int64_t now_ms);

#endif
