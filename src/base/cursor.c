/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The cursor: position, end and an error that sticks. */
#include "base/cursor.h"

struct cursor cursor_on(struct bytes bytes) {
    const uint8_t *end = bytes.data ? bytes.data + bytes.len : NULL; /* C forbids NULL + 0 */
    return (struct cursor){ .at = bytes.data, .end = end };
}

size_t cursor_left(const struct cursor *in) {
    return in->bad ? 0 : (size_t)(in->end - in->at);
}

static uint64_t read_be(struct cursor *in, size_t len) {
    struct bytes part = read_bytes(in, len);
    uint64_t value = 0;
    for (size_t i = 0; i < part.len; i++)
        value = value << 8 | part.data[i];
    return value;
}

uint8_t read_u8(struct cursor *in) {
    return (uint8_t)read_be(in, 1);
}

int8_t read_int8(struct cursor *in) {
    return (int8_t)read_be(in, 1);
}

int16_t read_int16(struct cursor *in) {
    return (int16_t)read_be(in, 2);
}

int32_t read_int32(struct cursor *in) {
    return (int32_t)read_be(in, 4);
}

int64_t read_int64(struct cursor *in) {
    return (int64_t)read_be(in, 8);
}

uint16_t read_u16(struct cursor *in) {
    return (uint16_t)read_be(in, 2);
}

uint32_t read_u32(struct cursor *in) {
    return (uint32_t)read_be(in, 4);
}

uint64_t read_u64(struct cursor *in) {
    return read_be(in, 8);
}

uint64_t read_uvarint(struct cursor *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_u8(in);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return in->bad ? 0 : value;
    }
    in->bad = true;
    return 0;
}

int64_t read_varint(struct cursor *in) {
    uint64_t raw = read_uvarint(in);
    return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

struct bytes read_bytes(struct cursor *in, size_t len) {
    if (in->bad || (size_t)(in->end - in->at) < len) {
        in->bad = true;
        return (struct bytes){ 0 };
    }
    struct bytes part = { in->at, len };
    in->at += len;
    return part;
}
