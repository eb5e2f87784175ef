/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The clients of the simulation (simulation_test.c): each is a small state machine with at most one
 * request on its way, that tells the judge what it asked and what it was told. */
#ifndef OCTAVO_SERVER_ACTORS_TEST_H
#define OCTAVO_SERVER_ACTORS_TEST_H

#include "base/random.h"
#include "judge_test.h"
#include "peer_test.h"

enum {
    PLAIN,
    IDEMPOTENT,
    TXN_A,
    TXN_B,
    READS_ALL,
    READS_COMMITTED,
    MEMBER,
    ACTORS,
    TXN_TIMEOUT_MS = 9000,
    SESSION_MS = 8000,
    PATIENCE_TURNS = 40,
};

enum txn_state { TXN_NEW, TXN_READY, TXN_ADDED, TXN_OFFSETS, TXN_OPEN };

struct actor {
    int kind;
    struct peer peer;
    int16_t waits; /* for the answer to this API; -1: idle */
    int64_t id;    /* of the producer; -1: none */
    int16_t epoch;
    int32_t sequences[JUDGE_PARTITIONS];
    int value;      /* of the batch on its way; -1: none */
    bool again;     /* it is sent once more */
    bool commits;   /* the EndTxn on its way */
    int txn;        /* of the judge; NO_TXN */
    uint32_t added; /* partitions of the transaction, as bits */
    uint32_t adding;
    enum txn_state state;
    int64_t offset; /* of a reader, in the partition `partition`; of a member, the next to commit */
    int32_t partition;
    size_t told; /* of the judge's offsets */
    char member[64];
    int32_t generation;
    bool synced; /* the member has its assignment */
};

struct sim {
    struct random random;
    struct judge judge;
    struct actor actors[ACTORS];
    int64_t txn_offset;
    uint64_t hash; /* of all that happened */
    int answers;
    struct buf held; /* a late EndTxn, on a connection of its own */
    struct peer held_peer;
};

/* What must have happened in some of many seeds, else the run proves little. */
struct happened {
    int64_t crashes, cuts, syncs_failed, commits, aborts, ends_unknown, held_ends, retries, offsets;
};
extern struct happened happened;

extern struct sim sim;

bool chance(uint64_t of); /* one in so many, by the seed */
void turn(void);          /* of the broker's loop; never waits */

void actor_connect(struct actor *a);
void peer_drop(struct peer *p); /* the client's end: what the broker had to say is not heard */
bool answer_came(struct peer *p, struct bytes *frame);
void frame_decode(int16_t key, struct bytes frame, void *response);
void actor_send(struct actor *a, int16_t key, const void *request);

void id_ask(struct actor *a);
void actor_next(struct actor *a); /* asks for what it wants next */
void actor_answered(struct actor *a, struct bytes frame);
void actor_lost(struct actor *a); /* the answer will not come */
void held_release(void);          /* a late EndTxn arrives */

/* What a read of a partition gave; `final` ones are for the judge's end. */
struct reading {
    const struct fetch_response_partition *got;
    int partition;
    bool committed; /* only those are told of */
    bool final;
    bool hidden; /* the batch at hand is of an aborted transaction */
};
int64_t records_read(struct reading *read, int64_t from); /* returns the offset behind them */

#endif
