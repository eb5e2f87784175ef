/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The judge of the crash tests: what a workload asked of storage, what storage reported, and
 * whether what is found after a crash may be. It shares no code with storage. */
#ifndef OCTAVO_STORAGE_HISTORY_H
#define OCTAVO_STORAGE_HISTORY_H

#include "base/arena.h"
#include "given.h"

enum deed_kind { DEED_TOPIC, DEED_BATCH, DEED_OFFSET, DEED_TXN, DEED_MARKER };

struct deed {
    enum deed_kind kind;
    lsn_t lsn;
    bool is_lost;        /* a crash took it, and the judge agreed */
    bool is_reported;    /* it was said to be synced */
    const char *topic;   /* or the transactional id */
    const char *group;   /* of an offset */
    int32_t partition;   /* for an offset: a part of its key */
    int64_t offset;      /* a batch's base, or the committed offset */
    struct bytes whole;  /* a batch as it must be found */
    int64_t producer_id; /* -1: none */
    bool in_txn;         /* a batch of a transaction */
    bool commits;        /* a marker; those of one transaction, and its offsets, have one LSN */
};

struct history {
    struct arena memory;
    struct deed *deeds;
    size_t count, capacity;
    int64_t reported_id; /* the greatest producer id that might be in use */
    uint64_t values;     /* gives each record a value of its own */
};

struct deed *history_add(struct history *h, enum deed_kind kind, lsn_t lsn, const char *topic);
void history_report(struct history *h, lsn_t synced); /* on_synced said so */
struct history history_copy(const struct history *h); /* its old bytes are borrowed from h */
void history_finish(struct history *h);
/* Everything reported is there and equal, nothing else is, what is lost was last. Fails the test
 * otherwise; marks what is lost. */
void history_judge(struct history *h, struct given *g);

#endif
