/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A quantile sketch: how many values of a window fell into which bucket. A power of two is cut into
 * 16 buckets, so a quantile is within 1/32 of the value; whole numbers decide, so a sketch depends
 * on no order and two of them are one by adding.
 *
 *   BUCKET:COUNT,BUCKET:COUNT       ascending; 0 is the value 0, buckets of values below it are
 *                                   negative
 *
 * Bucket 1 + 16 * E + S holds the whole millionths from (16 + S) * 2^(E - 4) up to the next. */
#ifndef OCTAVO_SYSTEMS_IOT_SKETCH_H
#define OCTAVO_SYSTEMS_IOT_SKETCH_H

#include "decimal.h"

/* What telemetry-processor holds of a window: when it is full the window is told, and begins anew.
 */
enum { SKETCH_BUCKETS = 8, SKETCH_CHARS = SKETCH_BUCKETS * 17, SKETCH_TEXT_CHARS = 48 * 1024 };

struct sketch {
    int32_t used;
    int16_t bucket[SKETCH_BUCKETS]; /* ascending */
    uint32_t count[SKETCH_BUCKETS];
};

int sketch_bucket(int64_t millionths);
/* False: it is full, and stays as it is. */
bool sketch_add(struct sketch *s, int bucket);
struct octavo_text sketch_write(char out[SKETCH_CHARS], const struct sketch *s);
struct octavo_text sketch_of_one(char out[SKETCH_CHARS], int64_t millionths);

/* The sum of two texts. False: one of them is no sketch. */
bool sketch_merge(struct octavo_text a, struct octavo_text b, char out[SKETCH_TEXT_CHARS],
                  size_t *len);
/* The value that the share `part` (0.95) of all values is not above, in whole units; how many
 * values there are goes to *total. Of no values, or what is no sketch: 0 and *total 0. */
double sketch_quantile(struct octavo_text text, double part, int64_t *total);

#endif
