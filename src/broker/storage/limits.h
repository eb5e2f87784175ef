/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How large a number read from disk may be.
 *
 * Each limit is more than a broker counts in a thousand years, and far enough below the end of its
 * type that one can be added, or a batch's offsets, without a wrap. What is larger is damage: no
 * frame, or E_corrupt. Where such a number grows it is held at the limit too, so that nothing is
 * ever written that the next start would refuse. */
#ifndef OCTAVO_STORAGE_LIMITS_H
#define OCTAVO_STORAGE_LIMITS_H

#include <stdint.h>

#define LSN_MAX ((uint64_t)INT64_MAX)
#define TERM_MAX ((uint64_t)INT64_MAX)
#define FILE_SEQUENCE_MAX ((uint64_t)INT64_MAX)
#define LOG_OFFSET_MAX (INT64_MAX / 2)
#define WALL_MS_MAX (INT64_MAX / 2)

#endif
