/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What storage's tests begin with: a storage on a small disk in memory, without threads. */
#ifndef OCTAVO_STORAGE_GIVEN_H
#define OCTAVO_STORAGE_GIVEN_H

#include "base/memory_disk.h"
#include "storage/storage.h"

struct given {
    struct disk *disk;
    struct fake_clock clock;
    struct storage_options options;
    struct storage *storage;
    lsn_t told;   /* the last on_synced */
    int failures; /* on_failed calls */
};

/* Small files everywhere, so that a few batches roll, recycle and checkpoint. Not opened yet. */
void given_disk(struct given *g);
enum error given_open(struct given *g) MUST_CHECK;
void given_close(struct given *g); /* a clean stop, if the disk lets it */
void given_kill(struct given *g);  /* as kill -9: nothing more is written, the page cache stays */
void given_finish(struct given *g);

struct produced {
    const char *value;
    int64_t timestamp_ms;
    int64_t producer_id; /* 0: none, so that the zero of this struct is a plain batch */
    int16_t epoch;
    int32_t sequence;
    int32_t records; /* 0: one */
};
enum error given_append(struct given *g, const char *topic, int32_t partition,
                        const struct produced *what, struct appended *out) MUST_CHECK;
/* Appends one plain record, which must succeed, and says its offset. */
int64_t given_record(struct given *g, const char *topic, int32_t partition, const char *value);
void given_sync(struct given *g); /* flush and poll until all is synced, or it has failed */
void given_topic(struct given *g, const char *name, int32_t partitions);
struct partition *given_partition(struct given *g, const char *topic, int32_t partition);
/* All values of the partition from its start, joined by spaces; valid until the next call. */
const char *given_values(struct given *g, const char *topic, int32_t partition);
/* "value-0" to "value-<count-1>" in partition 0 of "orders", synced now and then; and are they? */
void given_filled(struct given *g, int count);
void given_check_filled(struct given *g, int count);

#endif
