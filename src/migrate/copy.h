/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One partition at a time: what is there is compared, the rest is written behind it. */
#ifndef OCTAVO_MIGRATE_COPY_H
#define OCTAVO_MIGRATE_COPY_H

#include "cluster.h"
#include "points.h"

/* The writing side, for all partitions. */
struct copier {
    struct cluster *from, *to;
    rd_kafka_t *writer;
    struct copy *copy; /* the one that is being made */
};

struct copy {
    const char *topic;
    int32_t partition;
    struct points *points;
    int64_t found, copied;
    int64_t end;      /* behind the last record at the target */
    enum error error; /* of a delivery */
    char reason[256];
};

enum error copier_open(struct copier *c, struct cluster *from, struct cluster *to) MUST_CHECK;
void copier_close(struct copier *c);
/* Fills found and copied, and the points. E_diverged: the target holds something else. */
enum error copier_run(struct copier *c, struct copy *copy) MUST_CHECK;

#endif
