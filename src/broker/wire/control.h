/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Control batches (KIP-98): the marker that ends a transaction in a partition. */
#ifndef OCTAVO_WIRE_CONTROL_H
#define OCTAVO_WIRE_CONTROL_H

#include "batch.h"

enum control_type { CONTROL_ABORT = 0, CONTROL_COMMIT = 1 }; /* values are on the wire */

enum { CONTROL_BATCH_BYTES = 78 };

struct control {
    enum control_type type;
    int64_t producer_id;
    int16_t producer_epoch;
    int64_t timestamp_ms;
};

/* Begins `w` and ends it: the batch is in w->batch until buf_finish(&w->out). */
void control_write(struct batch_writer *w, const struct control *control);
/* E_malformed: no control batch, or of a type that is not known. */
enum error control_read(const struct batch *batch, enum control_type *out) MUST_CHECK;

#endif
