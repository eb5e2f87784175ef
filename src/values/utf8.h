/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* UTF-8 as the JSON reader and writer both judge it. */
#ifndef OCTAVO_VALUES_UTF8_H
#define OCTAVO_VALUES_UTF8_H

#include "base/bytes.h"

/* The length of the well-formed sequence at `at`, 0 when there is none; `left` is at least 1. */
size_t utf8_sequence_len(const uint8_t *at, size_t left);
void utf8_put(struct buf *out, uint32_t code_point); /* a scalar value, so no surrogate */

#endif
