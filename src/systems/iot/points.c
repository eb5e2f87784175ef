/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A point is three texts; a window of sequences is one word of bits, slid forward by what comes. */
#include "points.h"

#include <string.h>

enum { TIME_DIGITS = 18 };

/* ---- points */

static bool piece_take(struct octavo_text *left, char sign, struct octavo_text *out) {
    const char *found = left->len ? memchr(left->data, sign, left->len) : NULL;
    if (!found)
        return false;
    *out = (struct octavo_text){ left->data, (size_t)(found - left->data) };
    *left = (struct octavo_text){ found + 1, left->len - out->len - 1 };
    return true;
}

static bool whole_read(struct octavo_text t, int64_t *out) {
    bool below = t.len && t.data[0] == '-';
    *out = 0;
    if (t.len == below || t.len > TIME_DIGITS)
        return false;
    for (size_t i = below; i < t.len; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
        *out = *out * 10 + (t.data[i] - '0');
    }
    if (below)
        *out = -*out;
    return true;
}

bool point_take(struct octavo_text *points, struct point *out) {
    struct octavo_text left = *points, one, time;
    if (!piece_take(&left, ';', &one)) {
        one = left;
        left.len = 0;
    }
    if (!piece_take(&one, ' ', &time) || !whole_read(time, &out->time_ms)
        || !piece_take(&one, ' ', &out->value))
        return false;
    out->metric = one;
    if (!out->value.len || !out->metric.len)
        return false;
    *points = left;
    return true;
}

bool point_clock_judge(struct point *p, int64_t received_ms) {
    if (p->time_ms <= received_ms + CLOCK_AHEAD_MS && p->time_ms >= received_ms - CLOCK_BEHIND_MS)
        return true;
    p->time_ms = received_ms;
    return false;
}

/* ---- repeats */

/* `behind`: HIGH - sequence, not below zero. */
static bool bit_take(int64_t *bits, int64_t behind) {
    uint64_t bit = (uint64_t)1 << behind;
    bool was = (uint64_t)*bits & bit;
    *bits = (int64_t)((uint64_t)*bits | bit);
    return was;
}

static void window_slide(int64_t *high, int64_t *bits, int64_t sequence) {
    int64_t ahead = sequence - *high;
    bool far = *high < 0 || ahead >= SEQUENCES_KNOWN;
    *bits = far ? 1 : (int64_t)((uint64_t)*bits << ahead | 1);
    *high = sequence;
}

static void boot_begin(int64_t seen[SEEN_COLUMNS], int64_t boot, int64_t sequence) {
    for (int i = 0; i < SEEN_OLD_BOOT; i++)
        seen[SEEN_OLD_BOOT + i] = seen[i];
    seen[SEEN_BOOT] = boot;
    seen[SEEN_HIGH] = sequence;
    seen[SEEN_BITS] = 1;
}

/* Of the boot before, only what is missing is taken. */
static bool old_is_repeat(int64_t seen[SEEN_COLUMNS], int64_t sequence) {
    int64_t behind = seen[SEEN_OLD_HIGH] - sequence;
    if (behind >= 0)
        return behind >= SEQUENCES_KNOWN || bit_take(&seen[SEEN_OLD_BITS], behind);
    window_slide(&seen[SEEN_OLD_HIGH], &seen[SEEN_OLD_BITS], sequence);
    return false;
}

bool message_is_repeat(int64_t seen[SEEN_COLUMNS], bool has_boot, int64_t boot, int64_t sequence) {
    bool first = seen[SEEN_HIGH] < 0;
    if (!first && boot != seen[SEEN_BOOT] && seen[SEEN_OLD_HIGH] >= 0
        && boot == seen[SEEN_OLD_BOOT])
        return old_is_repeat(seen, sequence);
    if (first || boot != seen[SEEN_BOOT]) {
        boot_begin(seen, boot, sequence);
        return false;
    }
    if (sequence > seen[SEEN_HIGH]) {
        window_slide(&seen[SEEN_HIGH], &seen[SEEN_BITS], sequence);
        return false;
    }
    int64_t behind = seen[SEEN_HIGH] - sequence;
    if (behind < SEQUENCES_KNOWN)
        return bit_take(&seen[SEEN_BITS], behind);
    if (has_boot)
        return true;
    boot_begin(seen, boot, sequence);
    return false;
}

bool event_is_repeat(struct octavo_step *s, struct octavo_value *row) {
    int64_t seen[SEEN_COLUMNS], boot = 0, sequence;
    if (!octavo_event_int(s, "seq", &sequence) || sequence < 0)
        return false;
    bool has_boot = octavo_event_int(s, "boot", &boot);
    for (int i = 0; i < SEEN_COLUMNS; i++)
        seen[i] = row[i].integer;
    bool repeat = message_is_repeat(seen, has_boot, boot, sequence);
    for (int i = 0; i < SEEN_COLUMNS; i++)
        row[i] = octavo_int_value(seen[i]);
    return repeat;
}

void seen_clear(struct octavo_value *row) {
    for (int i = 0; i < SEEN_COLUMNS; i++)
        row[i] = octavo_int_value(i == SEEN_HIGH || i == SEEN_OLD_HIGH ? -1 : 0);
}
