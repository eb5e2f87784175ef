/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What must survive of transactions: each transactional id with its session, the open transaction's
 * partitions, groups and offsets. Here changes are made and logged; whether one may be made is
 * decided above. As storage.h says: each change returns the LSN of its frame, E_disk_full and E_io
 * refuse it and change nothing. */
#ifndef OCTAVO_STORAGE_TRANSACTIONS_H
#define OCTAVO_STORAGE_TRANSACTIONS_H

#include "storage/storage.h"

enum {
    TXNS_MAX = 1 << 16,        /* transactional ids */
    TXN_OFFSETS_MAX = 1 << 16, /* of one open transaction */
    TXN_GROUPS_MAX = 1 << 10,
};

enum txn_status { TXN_NEW, TXN_OPEN, TXN_COMMITTED, TXN_ABORTED }; /* values are on disk */

struct txn_session {
    int64_t producer_id;
    int16_t epoch;
    int64_t last_producer_id; /* who asked for this session by its old one; -1: nobody */
    int16_t last_epoch;
    int32_t timeout_ms;
};

struct txn_offset;

struct txn {
    char *id;
    struct txn_session session;
    enum txn_status status;
    int64_t started_ms; /* wall clock; while open, and then of the last one */
    int64_t used_ms;    /* wall clock; of the last change, or of the start that found it */
    struct partition **partitions;
    size_t partition_count;
    char **groups;
    size_t group_count;
    struct txn_offset *offsets; /* storage's */
    size_t offset_count, offset_capacity;
    uint64_t connection; /* these two are the server's, and not kept over a restart */
    int64_t deadline_ms;
};

/* NULL when absent; then valid until the next storage_poll: an id that is not used for seven days,
 * as in Kafka, is forgotten unless its transaction is open. */
struct txn *txn_find(struct storage *s, struct bytes id);
struct txn *txn_next(struct storage *s, size_t *at); /* iterate from *at = 0 */
bool txn_has_partition(const struct txn *t, const struct partition *p);
bool txn_has_group(const struct txn *t, struct bytes group);

/* A new id, or a new session of one whose transaction is not open. E_too_large over TXNS_MAX. */
enum error txn_begin_session(struct storage *s, struct bytes id, const struct txn_session *session,
                             struct txn **out, lsn_t *lsn) MUST_CHECK;
/* Opens the transaction unless it is open, and adds these. What is there already is fine. */
enum error txn_add_partitions(struct storage *s, struct txn *t, struct partition *const *partitions,
                              size_t count, lsn_t *lsn) MUST_CHECK;
enum error txn_add_group(struct storage *s, struct txn *t, struct bytes group,
                         lsn_t *lsn) MUST_CHECK; /* E_too_large over TXN_GROUPS_MAX */
/* An offset that counts once the transaction is committed. E_too_large as offset_commit, and over
 * TXN_OFFSETS_MAX. */
enum error txn_add_offset(struct storage *s, struct txn *t, const struct offset_key *key,
                          const struct committed_offset *value, lsn_t *lsn) MUST_CHECK;

struct txn_ending {
    bool commits;
    int16_t marker_epoch;
    const struct txn_session *session; /* NULL: the same as before; else this begins */
};
/* One frame: a marker in each partition that has records of it, the offsets, the session. All of it
 * shows at once, when the frame is synced, or nothing does. */
enum error txn_end(struct storage *s, struct txn *t, const struct txn_ending *ending,
                   lsn_t *lsn) MUST_CHECK;

/* Reading. */

/* The first offset of the earliest transaction that is open, at most the high watermark. */
int64_t partition_last_stable(const struct partition *p);
struct aborted_txn {
    int64_t producer_id;
    int64_t first_offset;
    int64_t last_offset; /* the marker */
    int64_t last_stable; /* once it was ended; 0: nobody knows */
};
/* Puts those with records in [from, to) into the empty `out`, as an array of struct aborted_txn in
 * order of their first offset; returns how many. */
size_t partition_aborted(const struct partition *p, int64_t from, int64_t to, struct buf *out);
/* False: an open transaction, or one that is not synced yet, may still change the offset. */
bool offset_is_stable(struct storage *s, const struct offset_key *key);

#endif
