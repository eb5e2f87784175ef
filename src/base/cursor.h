/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading big-endian bytes with a sticky error: after the first read past the end every later read
 * returns zero, so a parser is straight-line code with one check of `bad` at its end. */
#ifndef OCTAVO_BASE_CURSOR_H
#define OCTAVO_BASE_CURSOR_H

#include "base/bytes.h"

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

struct cursor cursor_on(struct bytes bytes);
size_t cursor_left(const struct cursor *in); /* 0 once bad */
uint8_t read_u8(struct cursor *in);
int8_t read_int8(struct cursor *in);
int16_t read_int16(struct cursor *in);
int32_t read_int32(struct cursor *in);
int64_t read_int64(struct cursor *in);
uint16_t read_u16(struct cursor *in);
uint32_t read_u32(struct cursor *in);
uint64_t read_u64(struct cursor *in);
uint64_t read_uvarint(struct cursor *in);               /* at most 10 bytes; longer is bad */
int64_t read_varint(struct cursor *in);                 /* zigzag */
struct bytes read_bytes(struct cursor *in, size_t len); /* borrows; empty once bad */

#endif
