/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An input as it waits in the store, whole, so that it is taken again with its original id, type,
 * source, sequence and time. All numbers big-endian:
 *
 *   input = u8 1 (layout)  u8 kind  i64 time_ms  i32 partition  i64 offset  u64 hash  i64 sequence
 *           long topic  long type  long id  long source  long asker  long answers  long key
 *           long value
 *   kind  = 0 record  1 request  2 timer  3 effect's outcome
 *   long  = u32 length (0xffffffff: null), bytes
 *
 * Whole or not there, by the store's commit; every length is checked all the same. */
#ifndef OCTAVO_RUNTIME_PARKED_H
#define OCTAVO_RUNTIME_PARKED_H

#include "base/error.h"
#include "runtime/task.h"

void parked_pack(struct buf *to, const struct input *in);
/* All bytes borrow from `packed`. E_corrupt when it is no such input. */
enum error parked_unpack(struct bytes packed, struct input *in) MUST_CHECK;

#endif
