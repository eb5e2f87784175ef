/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A sum of squares of millionths, exact: 192 bits hold 10^21 of the largest there are. So a
 * variance depends on no order either, and two parts of a window are one by adding. */
#ifndef OCTAVO_SYSTEMS_IOT_SQUARES_H
#define OCTAVO_SYSTEMS_IOT_SQUARES_H

#include "decimal.h"

enum { SQUARES_CHARS = 64 };

struct squares {
    uint64_t limbs[3]; /* the lowest first; units of 10^-12 */
};

void squares_add(struct squares *s, int64_t millionths);
void squares_merge(struct squares *s, const struct squares *other);
/* Digits, not closed by a zero. */
struct octavo_text squares_write(char out[SQUARES_CHARS], const struct squares *s);
/* False: no digits, or more than fit. */
bool squares_read(struct octavo_text text, struct squares *out);
/* (count * squares - sum * sum) / (count * (count - 1)) in whole units; 0 of less than two. */
double squares_variance(const struct squares *s, wide sum, int64_t count);

#endif
