/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Decompression with a bound: what record batches need, for the four codecs of Kafka. */
#ifndef OCTAVO_WIRE_COMPRESSION_H
#define OCTAVO_WIRE_COMPRESSION_H

#include "batch.h"

/* Appends to `out` what `packed` holds. Stops at the byte that would pass `max_bytes` with
 * E_too_large; damaged input is E_malformed. On an error `out` holds anything. */
enum error decompress(enum batch_codec codec, struct bytes packed, size_t max_bytes,
                      struct buf *out) MUST_CHECK;

#endif
