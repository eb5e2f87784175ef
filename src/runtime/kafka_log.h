/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A broker's log, read by offset: for those who look back (replay, trace), in no group.
 *
 * Each partition is a stream of its own that librdkafka reads ahead; going on in one costs no
 * request, going back begins its stream anew. Blocks, up to LOG_WAIT_MS when the broker is silent.
 */
#ifndef OCTAVO_RUNTIME_KAFKA_LOG_H
#define OCTAVO_RUNTIME_KAFKA_LOG_H

#include "runtime/kafka.h"

enum { LOG_WAIT_MS = 20000 };

struct kafka_log;

enum error kafka_log_open(struct kafka_log **out, const char *bootstrap) MUST_CHECK;
void kafka_log_close(struct kafka_log *l); /* NULL is fine */
/* The first record at or behind from->offset, valid until the next call for its partition. False:
 * there is none yet. E_diverged: the log begins behind that offset, or ends before it. */
enum error kafka_log_next(struct kafka_log *l, const struct kafka_part *from,
                          struct kafka_record *out, bool *found) MUST_CHECK;
/* Offsets of the first record and behind the last. */
struct kafka_bounds {
    int64_t first, end;
};
enum error kafka_log_bounds(struct kafka_log *l, const char *topic, int32_t partition,
                            struct kafka_bounds *out) MUST_CHECK;

#endif
