/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Base64, strict: one text for each content, so that what is compared as text is compared. */
#include "values/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(struct buf *out, struct bytes data) {
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t three = (uint32_t)data.data[i] << 16;
        three |= left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        three |= left > 2 ? data.data[i + 2] : 0;
        for (size_t digit = 0; digit < 4; digit++)
            buf_put_byte(out, digit <= left ? (uint8_t)alphabet[three >> (18 - 6 * digit) & 63]
                                            : (uint8_t)'=');
    }
}

static int digit_value(uint8_t c) {
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Four digits, of which `count` count. False: one is none, or a bit is set that nobody reads. */
static bool read_group(const uint8_t *group, size_t count, struct buf *out) {
    uint32_t three = 0;
    for (size_t i = 0; i < count; i++) {
        int value = digit_value(group[i]);
        if (value < 0)
            return false;
        three |= (uint32_t)value << (18 - 6 * i);
    }
    for (size_t i = 0; i + 1 < count; i++)
        buf_put_byte(out, (uint8_t)(three >> (16 - 8 * i)));
    return !(three & (count == 2 ? 0xffffu : count == 3 ? 0xffu : 0));
}

bool base64_read(struct bytes text, struct buf *out) {
    size_t before = out->len;
    bool good = text.len % 4 == 0;
    for (size_t i = 0; good && i < text.len; i += 4) {
        size_t count = 4;
        if (i + 4 == text.len && text.data[i + 3] == '=')
            count = text.data[i + 2] == '=' ? 2 : 3;
        good = read_group(text.data + i, count, out);
    }
    if (!good)
        out->len = before;
    return good;
}
