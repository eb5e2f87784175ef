/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* All that a Kafka cluster holds, moved to another one: topics with their settings, records with
 * key, value, headers, timestamp and partition, and what groups have committed.
 *
 * Offsets change: a copy has no holes. Who holds one asks for it before the copy (migration_want)
 * and is told afterwards where it has gone (migration_moved).
 *
 * Everything can be done again after it was cut short, without a file of its own: a topic is made
 * with settings under which nothing leaves it (retention.ms is COPYING_RETENTION_MS, and no
 * compaction); records that are there already are held against the source's, one by one, and the
 * copy goes on behind them. A topic that holds anything else is refused and left as it is. What the
 * source has set of a topic is set last, by migration_settle.
 *
 * Blocking, one thread. Errors: E_busy: somebody still writes or reads the source; E_diverged: the
 * target holds other records; E_config, E_timed_out. */
#ifndef OCTAVO_MIGRATE_MIGRATE_H
#define OCTAVO_MIGRATE_MIGRATE_H

#include "base/bytes.h"
#include "base/error.h"

struct migration;

struct migration_topic {
    const char *name;
    int32_t partitions;
    int64_t found, copied; /* records that were there already, and that were not */
};

struct client_setting {
    const char *name, *value;
};

struct migration_options {
    const char *from, *to; /* bootstrap addresses */
    const struct client_setting
        *properties; /* of clients of the target; end with a NULL; or NULL */
    int replicas;    /* of a topic that is made; 0: the target's default */
    int wait_ms;     /* for members of groups to be gone: static ones leave by time-out */
    void (*on_topic)(void *context, const struct migration_topic *t);
    void *context;
};

struct migrated {
    int64_t offset;
    bool exact; /* the very record is there; else the next one, or the end */
};

enum error migration_open(struct migration **out,
                          const struct migration_options *options) MUST_CHECK;
void migration_close(struct migration *m); /* NULL is fine */
/* The ids of the clusters; they differ. */
const char *migration_from(const struct migration *m);
const char *migration_to(const struct migration *m);

/* Topics and groups of the source. E_busy: a group has members, or a transaction is open. */
enum error migration_look(struct migration *m) MUST_CHECK;
/* A position: up to this offset somebody has read. *found false: the source has no such partition.
 * E_diverged: it is beyond the end. After the copy only asks whether it is there. */
enum error migration_want(struct migration *m, struct bytes topic, int32_t partition,
                          int64_t offset, bool *found) MUST_CHECK;
enum error migration_copy(struct migration *m) MUST_CHECK;
/* After the copy, of an offset that was wanted. */
struct migrated migration_moved(const struct migration *m, struct bytes topic, int32_t partition,
                                int64_t offset);
enum error migration_groups(struct migration *m, int *count) MUST_CHECK; /* after the copy */
/* Needs migration_look alone, so that it can be done again when all else is done. */
enum error migration_settle(struct migration *m) MUST_CHECK;

#endif
