/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Well-formed UTF-8 is table 3-7 of the Unicode standard: shortest forms, no surrogates. */
#include "utf8.h"

#include "base/check.h"

size_t utf8_sequence_len(const uint8_t *at, size_t left) {
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t len;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    if (at[0] < 0x80)
        return 1;
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        if (at[0] < forms[f].first_low || at[0] > forms[f].first_high)
            continue;
        if (left < forms[f].len || at[1] < forms[f].second_low || at[1] > forms[f].second_high)
            return 0;
        for (size_t i = 2; i < forms[f].len; i++)
            if ((at[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].len;
    }
    return 0;
}

void utf8_put(struct buf *out, uint32_t code_point) {
    assert(code_point <= 0x10ffff);
    assert((code_point & 0xfffff800) != 0xd800);
    if (code_point < 0x80) {
        buf_put_byte(out, (uint8_t)code_point);
        return;
    }
    int more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    uint32_t mark = more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0;
    buf_put_byte(out, (uint8_t)(mark | code_point >> (6 * more)));
    while (more--)
        buf_put_byte(out, (uint8_t)(0x80 | (code_point >> (6 * more) & 0x3f)));
}
