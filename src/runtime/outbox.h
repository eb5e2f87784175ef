/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An outgoing event as it waits in the outbox, and its packed form (docs/formats/store.md).
 *
 * The commit has fixed everything: destination partition, lane sequence, id. The relay only sends.
 */
#ifndef OCTAVO_RUNTIME_OUTBOX_H
#define OCTAVO_RUNTIME_OUTBOX_H

#include "base/cursor.h"
#include "base/error.h"

struct out_event {
    struct bytes topic;
    int32_t partition;
    struct bytes source; /* ce_source: /octavo/SYSTEM/SERVICE/GENERATION/TASK/INCARNATION */
    int64_t sequence;    /* contiguous from 1 in (source, topic, partition) */
    struct bytes id;     /* ce_id */
    struct bytes type;   /* ce_type */
    struct bytes key;
    struct bytes value;          /* flat JSON; data NULL: a tombstone */
    int64_t time_ms;             /* the record's timestamp */
    struct bytes asker, answers; /* "SERVICE/TASK": octavo-asker, octavo-answers; len 0: none */
    struct bytes traceparent;    /* len 0: not traced */
};

void outbox_pack(struct buf *to, const struct out_event *e);
/* Reads the next event; all bytes borrow from the packed row. E_corrupt when it is no such row. */
enum error outbox_unpack(struct cursor *in, struct out_event *e) MUST_CHECK;

/* Kafka's default partitioner for keyed records: murmur2 (seed 0x9747b28c), positive, modulo. */
int32_t partition_of_key(struct bytes key, int32_t partition_count);

#endif
