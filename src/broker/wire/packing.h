/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Writing a batch otherwise than its producer has: what a topic's compression.type and
 * message.timestamp.type ask for. */
#ifndef OCTAVO_WIRE_PACKING_H
#define OCTAVO_WIRE_PACKING_H

#include "batch.h"

/* Appends to `out` the batch with its records packed by `codec`; nothing else of it changes.
 * Unpacks at most `max_bytes`, else E_too_large. */
enum error batch_repack(const struct batch *b, enum batch_codec codec, size_t max_bytes,
                        struct buf *out) MUST_CHECK;

/* In place, `whole` being one batch: all of its records were appended now (LogAppendTime), whatever
 * times they bring. */
void batch_stamp(uint8_t *whole, size_t len, int64_t now_ms);

#endif
