/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* After a star only the newest has to be gone back to: an older one could not match what it cannot.
 */
#include "glob.h"

/* One character of the pattern at *p against c; *p goes behind it. */
static bool class_matches(struct bytes pattern, size_t *p, uint8_t c) {
    bool negated = *p < pattern.len && pattern.data[*p] == '^';
    bool found = false;
    *p += negated;
    while (*p < pattern.len && pattern.data[*p] != ']') {
        if (pattern.data[*p] == '\\' && *p + 1 < pattern.len)
            (*p)++;
        uint8_t low = pattern.data[(*p)++], high = low;
        if (*p + 1 < pattern.len && pattern.data[*p] == '-' && pattern.data[*p + 1] != ']') {
            high = pattern.data[*p + 1];
            *p += 2;
        }
        found = found || (low <= c && c <= high) || (high <= c && c <= low);
    }
    if (*p < pattern.len)
        (*p)++; /* the bracket */
    return found != negated;
}

static bool one_matches(struct bytes pattern, size_t *p, uint8_t c) {
    uint8_t wanted = pattern.data[(*p)++];
    if (wanted == '?')
        return true;
    if (wanted == '[')
        return class_matches(pattern, p, c);
    if (wanted == '\\' && *p < pattern.len)
        wanted = pattern.data[(*p)++];
    return wanted == c;
}

bool glob_matches(struct bytes pattern, struct bytes text) {
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        if (p < pattern.len && one_matches(pattern, &p, text.data[t])) {
            t++;
            continue;
        }
        if (star == SIZE_MAX)
            return false;
        p = star;
        t = ++star_text;
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}
