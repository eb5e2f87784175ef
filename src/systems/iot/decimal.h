/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Readings as whole millionths, so that sums are exact and do not depend on an order. */
#ifndef OCTAVO_SYSTEMS_IOT_DECIMAL_H
#define OCTAVO_SYSTEMS_IOT_DECIMAL_H

#include "octavo.h"

typedef __int128 wide; /* no name of C17's own */

enum { MILLIONTHS = 1000000, DECIMAL_CHARS = 48 };
#define DECIMAL_MOST ((int64_t)1000000000000 * MILLIONTHS) /* 10^12 */

/* A number as JSON writes them; rounded half away from zero. False: it is none, or beyond 10^12. */
bool decimal_read(struct octavo_text text, int64_t *millionths);
/* What decimal_write has written, of any size. */
bool decimal_read_wide(struct octavo_text text, wide *millionths);
/* "-21.5"; no zeros at the end. */
struct octavo_text decimal_write(char out[DECIMAL_CHARS], wide millionths);

#endif
