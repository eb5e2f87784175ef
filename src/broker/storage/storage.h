/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker's durable state: one write-ahead log (WAL), the partitions settled from it, and the
 * small tables that must survive: topics, committed offsets, producer ids and sequences.
 *
 * Threads: everything here is called by the broker's loop thread. Two threads of storage's own do
 * the file work (the log thread; the checkpoint thread) and answer through a mailbox: the owner
 * watches storage_fd() and calls storage_poll(), which advances the synced LSN, makes appended
 * batches readable, and calls on_synced. With `.threads = false` (tests, simulation) the same work
 * is done inside storage_poll(), in the same order.
 *
 * Promises: what was appended is durable once on_synced has reported an LSN at or above its LSN.
 * Nothing above the synced LSN is ever read. The first failed write or sync calls on_failed and
 * every change after it is refused with E_io: the process stops, nothing is retried.
 * A full disk is no failure: changes are refused with E_disk_full while there is no room, reads go
 * on, and storage tries again once a second when it is called.
 *
 * Each call that changes something returns the LSN of its frame; frames are durable in LSN order.
 */
#ifndef OCTAVO_STORAGE_STORAGE_H
#define OCTAVO_STORAGE_STORAGE_H

#include "base/clock.h"
#include "base/disk.h"
#include "storage/topic_settings.h"
#include "wire/batch.h"

typedef uint64_t lsn_t; /* log sequence number of a WAL frame, from 1, contiguous */

struct storage;
struct partition;
struct wal_lost; /* wal_recovery.h */

struct storage_options {
    struct disk *disk;
    struct clock *clock;
    const char *dir;              /* made if absent; locked by FILE "lock" while open */
    bool threads;                 /* false: file work happens inside storage_poll */
    int64_t wal_first_bytes;      /* default 4 MiB */
    int64_t wal_file_bytes;       /* default 64 MiB, zeroed in the background, recycled */
    int64_t segment_bytes;        /* default 1 GiB */
    int64_t index_interval_bytes; /* default 4096 */
    int64_t checkpoint_bytes;     /* WAL bytes between checkpoints; default 128 MiB */
    int64_t housekeeping_ms;      /* between looks at retention and compaction; default 1000 */
    /* May be NULL. Once for each batch that became readable, and when the log's start moves, before
     * on_synced tells of them. */
    void (*on_moved)(void *context, struct partition *p);
    /* Of a repair, else NULL: a log that is damaged where it was synced is cut instead of refused,
     * and this is told of everything behind. */
    void (*on_lost)(void *context, struct storage *s, const struct wal_lost *lost);
    void (*on_synced)(void *context, lsn_t synced);
    void (*on_failed)(void *context); /* error_story() tells why */
    void *context;
};

/* E_locked: another broker has the directory. E_corrupt: damage at or below a synced LSN; the
 * story names file and offset. Opening recovers: replays the WAL over the checkpoint. */
enum error storage_open(struct storage **out, const struct storage_options *options) MUST_CHECK;
/* Clean stop: waits until all is synced, writes a checkpoint, unlocks. NULL is fine. Calls nobody
 * back, and must not be called from a callback. */
void storage_close(struct storage *s);
int storage_fd(struct storage *s);
void storage_poll(struct storage *s);
/* Hands everything appended since the last call to the log thread as one group. Call it once per
 * loop turn, after the turn's requests: that is the natural group commit. */
void storage_flush(struct storage *s);
lsn_t storage_synced_lsn(const struct storage *s);
lsn_t storage_appended_lsn(const struct storage *s);
const char *storage_cluster_id(const struct storage *s); /* 22 characters, base64 of a uuid */

/* Topics. Names are checked by the caller. */
struct topic {
    char *name;
    int32_t partition_count;
    struct partition **partitions; /* [partition_count] */
    struct topic_settings settings;
};
enum error topic_create(struct storage *s, const char *name, int32_t partition_count,
                        lsn_t *lsn) MUST_CHECK; /* E_exists; E_too_large over the partition limit.
                                                   Visible at once, durable at lsn */
enum error topic_create_with(struct storage *s, const char *name, int32_t partition_count,
                             const struct topic_settings *settings, lsn_t *lsn) MUST_CHECK;
/* Replaces all settings, by a copy. */
enum error topic_configure(struct storage *s, struct topic *t,
                           const struct topic_settings *settings, lsn_t *lsn) MUST_CHECK;
/* E_exists: it has as many already; E_too_large over the partition limit. As topic_create. */
enum error topic_grow(struct storage *s, struct topic *t, int32_t partition_count,
                      lsn_t *lsn) MUST_CHECK;
/* The topic, its records and what groups have committed for it are gone at once, durably at *lsn;
 * its partitions may be asked (they are deleted, and take nothing more) until that is synced. Open
 * transactions go on without it. */
enum error topic_delete(struct storage *s, struct topic *t, lsn_t *lsn) MUST_CHECK;
/* Settings that were given to the broker itself, or to all brokers: what holds for topics that say
 * nothing. Under the topics' names. storage_configure replaces all of a level, by a copy, and is
 * durable when it returns; when it fails nothing has changed. */
enum settings_level { SETTINGS_OF_BROKER, SETTINGS_OF_ALL, SETTINGS_LEVELS };
const struct topic_settings *storage_settings(const struct storage *s, enum settings_level level);
const struct topic_defaults *storage_defaults(const struct storage *s);
enum error storage_configure(struct storage *s, enum settings_level level,
                             const struct topic_settings *settings) MUST_CHECK;
struct topic *topic_find(struct storage *s, struct bytes name); /* NULL when absent */
struct topic *topic_next(struct storage *s, size_t *at);        /* iterate from *at = 0 */

/* Partitions. */
struct appended {
    int64_t base_offset;
    lsn_t lsn;
    bool repeated; /* an exact duplicate of a recent batch: base_offset is the first one's */
};
/* Checks the producer's sequence (the last 5 batches per producer id and partition are remembered,
 * KIP-98/KAFKA-5494), assigns offsets and queues the batch. The bytes are copied and patched.
 * E_diverged: a sequence gap (OUT_OF_ORDER_SEQUENCE); E_fenced: an older epoch; E_refused: a plain
 * batch of a producer whose transaction is open here; E_disk_full. */
enum error partition_append(struct partition *p, const struct batch *batch,
                            struct appended *out) MUST_CHECK;
int32_t partition_index(const struct partition *p);
bool partition_is_deleted(const struct partition *p);
const struct topic_settings *partition_settings(const struct partition *p);
int32_t partition_leader_epoch(const struct partition *p);
int64_t partition_log_start(const struct partition *p);
/* Records below the offset are gone from now on, durably at *lsn; one below the start changes
 * nothing. E_not_found above the high watermark. */
enum error partition_delete_records(struct partition *p, int64_t offset, lsn_t *lsn) MUST_CHECK;
int64_t partition_high_watermark(const struct partition *p); /* first offset not readable */
int64_t partition_end(const struct partition *p);            /* first offset not yet assigned */
int64_t partition_size_bytes(const struct partition *p);     /* of the batches that are readable */
/* A place for the owner: who waits for the high watermark. Storage only keeps it; NULL at first. */
void *partition_watchers(const struct partition *p);
void partition_set_watchers(struct partition *p, void *watchers);
/* Appends whole batches to `out` from the one that holds `offset`: at most max_bytes, but at least
 * one batch if there is any (KIP-74). At the high watermark nothing is appended.
 * E_not_found when offset is outside [log start, high watermark]. */
enum error partition_read(struct partition *p, int64_t offset, size_t max_bytes,
                          struct buf *out) MUST_CHECK;
/* The same as a piece of a file, without reading it, where that is worth it: at least `least` bytes
 * of whole batches below `end_offset`. Else len is 0, and partition_read is to be asked. */
struct partition_piece {
    int fd; /* the caller's to close */
    int64_t position;
    size_t len;
    int64_t next_offset; /* behind the piece */
};
struct piece_limits {
    size_t least, most;
    int64_t end_offset;
};
enum error partition_piece(struct partition *p, int64_t offset, const struct piece_limits *limits,
                           struct partition_piece *out) MUST_CHECK;
/* First record with a timestamp at or after the given one; offset -1 if there is none. */
enum error partition_find_time(struct partition *p, int64_t timestamp_ms, int64_t *offset,
                               int64_t *found_ms) MUST_CHECK;
enum error partition_find_max_time(struct partition *p, int64_t *offset,
                                   int64_t *found_ms) MUST_CHECK;

/* Committed offsets of consumer groups: last value per (group, topic, partition). */
struct offset_key {
    struct bytes group;
    struct bytes topic;
    int32_t partition;
};
struct committed_offset {
    int64_t offset;
    int32_t leader_epoch; /* -1: unknown */
    const char *metadata; /* never NULL; valid until the next call that changes offsets */
    int64_t commit_ms;
};
enum error offset_commit(struct storage *s, struct bytes group, struct bytes topic,
                         int32_t partition, const struct committed_offset *value,
                         lsn_t *lsn) MUST_CHECK;
bool offset_find(struct storage *s, struct bytes group, struct bytes topic, int32_t partition,
                 struct committed_offset *out);
/* Iterates the offsets of one group from *at = 0. */
bool offset_next(struct storage *s, struct bytes group, size_t *at, struct bytes *topic,
                 int32_t *partition, struct committed_offset *out);

/* The offset is no more: as if nobody had committed it. An offset of -1 in the log says so. */
enum error offset_forget(struct storage *s, const struct offset_key *key, lsn_t *lsn) MUST_CHECK;
enum error offset_forget_group(struct storage *s, struct bytes group, lsn_t *lsn) MUST_CHECK;
/* Groups that have offsets, from *at = 0; the name lives as long as the group's offsets. */
bool offset_next_group(struct storage *s, size_t *at, struct bytes *group);

/* A producer id never seen before, also over crashes: ids come from durable blocks of 1000.
 * The id may be used once `lsn` is synced (0: already). */
enum error producer_id_next(struct storage *s, int64_t *id, lsn_t *lsn) MUST_CHECK;

#endif
