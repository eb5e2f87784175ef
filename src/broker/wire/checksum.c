/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CRC-32C in two ways: the processor's instruction, eight bytes at a time, or eight tables.
 *
 * The tables are "slicing by eight": table k holds what a byte becomes after k more bytes have
 * followed it, so that eight bytes cost eight look-ups and no shift. They are filled before main.
 */
#include "checksum.h"

#include <string.h>

enum { POLYNOMIAL_SLICES = 8 };

static const uint32_t polynomial = 0x82f63b78;  /* 0x1edc6f41, bits reversed */
static uint32_t tables[POLYNOMIAL_SLICES][256]; /* written once, before any thread starts */

__attribute__((constructor)) static void tables_fill(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        tables[0][byte] = crc;
    }
    for (int slice = 1; slice < POLYNOMIAL_SLICES; slice++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = before >> 8 ^ tables[0][before & 0xff];
        }
}

static uint32_t eight_bytes(uint32_t crc, const uint8_t *p) {
    uint32_t low =
        crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
    return tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff]
           ^ tables[4][low >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]]
           ^ tables[0][p[7]];
}

uint32_t crc32c_by_table(uint32_t crc, struct bytes bytes) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.len;
    crc = ~crc;
    for (; left >= 8; at += 8, left -= 8)
        crc = eight_bytes(crc, at);
    for (; left > 0; at++, left--)
        crc = crc >> 8 ^ tables[0][(crc ^ *at) & 0xff];
    return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, struct bytes bytes) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.len;
    uint64_t wide = (uint32_t)~crc;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; left > 0; at++, left--)
        narrow = __builtin_ia32_crc32qi(narrow, *at);
    return ~narrow;
}

uint32_t crc32c_more(uint32_t crc, struct bytes bytes) {
    if (__builtin_cpu_supports("sse4.2"))
        return by_instruction(crc, bytes);
    return crc32c_by_table(crc, bytes);
}
#else
uint32_t crc32c_more(uint32_t crc, struct bytes bytes) {
    return crc32c_by_table(crc, bytes);
}
#endif

uint32_t crc32c(struct bytes bytes) {
    return crc32c_more(0, bytes);
}
