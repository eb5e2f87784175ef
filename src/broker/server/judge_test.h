/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The judge of the simulation (simulation_test.c): what clients asked, what they were told, what
 * readers saw, and what is there at the end. It knows nothing of a broker: times, ids and bytes are
 * the clients'. Each value is sent once, so that it names its record.
 *
 * An answer that did not come is no failure: what was asked may have happened. */
#ifndef OCTAVO_SERVER_JUDGE_TEST_H
#define OCTAVO_SERVER_JUDGE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JUDGE_PARTITIONS = 3, JUDGE_GROUPS = 2, NO_TXN = -1 };

enum outcome { UNKNOWN, DONE, REFUSED };

struct sent {
    int producer;
    int partition;
    int txn; /* index, or NO_TXN */
    enum outcome outcome;
    int64_t offset; /* as acknowledged */
};

/* A record as a reader saw it. */
struct seen {
    int partition;
    int64_t offset;
    int value;
    bool committed; /* it read committed records only */
};

/* A group's offset as it was asked for; outside of transactions one after the other. */
struct told_offset {
    int group;
    int64_t offset;
    int txn;
    enum outcome outcome;
};

struct judge {
    struct sent *sent; /* by value */
    size_t sent_count, sent_capacity;
    enum outcome *txns; /* DONE: committed, REFUSED: aborted */
    size_t txn_count, txn_capacity;
    struct seen *seen; /* while it ran */
    size_t seen_count, seen_capacity;
    struct told_offset *offsets;
    size_t offset_count, offset_capacity;
    /* At the end, in the order of partition and offset: all records; which of them are committed.
     */
    struct seen *found;
    size_t found_count, found_capacity;
    int64_t found_offsets[JUDGE_GROUPS]; /* -1: none */
};

int judge_send(struct judge *j, const struct sent *s); /* returns the value */
int judge_txn(struct judge *j);
size_t judge_offset(struct judge *j, const struct told_offset *o);
void judge_see(struct judge *j, const struct seen *s);
void judge_find(struct judge *j, const struct seen *s);
/* NULL: all is as it may be; else the name of what is not: "lost", "duplicate", "reordered",
 * "aborted read", "torn transaction", "offset conflict", "refused yet there", "lost offset" and
 * the like. `story` says of what. */
const char *judge_verdict(const struct judge *j, char story[256]);
void judge_finish(struct judge *j);

#endif
