/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Base-128 integers, the Kafka protocol's and the record's: seven bits a byte, least first, the top
 * bit says "more follows". Signed ones are zigzagged. Lengths and counts are 32 bits wide: more
 * than five bytes, or bits above the 32nd, make the cursor bad.
 *
 * Inline because a record is six of them and a fetch is millions of records. */
#ifndef OCTAVO_WIRE_VARINT_H
#define OCTAVO_WIRE_VARINT_H

#include "base/cursor.h"

static inline uint64_t read_uvarint_up_to(struct cursor *in, unsigned bits) {
    const uint8_t *at = in->at;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits && !in->bad && at < in->end; shift += 7) {
        uint8_t byte = *at++;
        if (bits - shift < 7 && (byte & 0x7f) >> (bits - shift))
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        in->at = at;
        return value;
    }
    in->bad = true;
    return 0;
}

static inline uint32_t read_uvarint32(struct cursor *in) {
    return (uint32_t)read_uvarint_up_to(in, 32);
}

static inline int32_t read_varint32(struct cursor *in) {
    uint32_t raw = read_uvarint32(in);
    return (int32_t)(raw >> 1 ^ (0 - (raw & 1)));
}

static inline int64_t read_varint64(struct cursor *in) {
    uint64_t raw = read_uvarint_up_to(in, 64);
    return (int64_t)(raw >> 1 ^ (0 - (raw & 1)));
}

static inline void buf_put_uvarint(struct buf *out, uint64_t value) {
    uint8_t bytes[10];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[len++] = (uint8_t)(value | 0x80);
    bytes[len++] = (uint8_t)value;
    buf_put(out, bytes, len);
}

static inline void buf_put_varint(struct buf *out, int64_t value) {
    buf_put_uvarint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

#endif
