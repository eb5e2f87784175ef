/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Texts put together in a step: a step makes a dozen, and printf would be a tenth of its time. Each
 * returns where the next one begins; the caller has made the room. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_FIGURES_H
#define OCTAVO_SYSTEMS_ACCOUNTS_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FIGURE_CHARS = 20 }; /* of INT64_MIN */

static inline char *bytes_write(char *at, const char *data, size_t len) {
    if (len)
        memcpy(at, data, len);
    return at + len;
}

static inline char *text_write(char *at, const char *text) {
    return bytes_write(at, text, strlen(text));
}

static inline char *int_write(char *at, int64_t v) {
    char digits[FIGURE_CHARS];
    size_t first = sizeof(digits);
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        digits[--first] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        *at++ = '-';
    return bytes_write(at, digits + first, sizeof(digits) - first);
}

#endif
