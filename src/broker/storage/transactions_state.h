/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of transactions: what calls, replay and checkpoint have in common. Changes memory and
 * nothing else. */
#ifndef OCTAVO_STORAGE_TRANSACTIONS_STATE_H
#define OCTAVO_STORAGE_TRANSACTIONS_STATE_H

#include "storage_state.h"
#include "transactions.h"

enum { TXN_ID_BYTES_MAX = 32767 };

struct txn_offset {
    char *group;
    char *topic;
    int32_t partition;
    struct committed_offset value; /* metadata: an own copy */
};

struct txn *txn_create(struct storage *s, struct bytes id); /* with no session yet */
void txn_open_at(struct txn *t, int64_t started_ms); /* begins a transaction unless one is open */
void txn_take_partition(struct txn *t, struct partition *p); /* unless it has it */
void txn_take_group(struct txn *t, struct bytes group);      /* the same */
void txn_take_offset(struct storage *s, struct txn *t, const struct offset_key *key,
                     const struct committed_offset *value);
/* The markers are placed: the offsets count or are forgotten, the transaction is ended. */
void txn_settle_end(struct storage *s, struct txn *t, const struct txn_ending *ending, lsn_t lsn);
bool txn_session_is_sound(const struct txn_session *session);

/* Bytes of a session in frames and checkpoints. */
void put_session(struct buf *out, const struct txn_session *session);
struct txn_session read_session(struct cursor *in);

#endif
