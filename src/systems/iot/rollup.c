/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numbers are rows' texts, so that whoever opens the store with sqlite3 reads what a device said.
 */
#include "rollup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rollup_level rollup_levels[LEVELS] = {
    { "1s", 1000 }, { "1m", 60000 }, { "15m", 900000 }, { "1h", 3600000 }, { "1d", 86400000 },
};

double rollup_mean(const struct rollup *r) {
    return r->count ? (double)r->sum / MILLIONTHS / (double)r->count : 0;
}

double rollup_variance(const struct rollup *r) {
    return squares_variance(&r->squares, r->sum, r->count);
}

/* A part of one point is the smallest part there is. */
void rollup_add(struct rollup *r, int64_t millionths, int64_t time_ms) {
    struct rollup one = { 1,          millionths, millionths, millionths, millionths,
                          millionths, time_ms,    time_ms,    { { 0 } } };
    squares_add(&one.squares, millionths);
    rollup_merge(r, &one);
}

void rollup_merge(struct rollup *r, const struct rollup *later) {
    if (!r->count) {
        *r = *later;
        return;
    }
    if (!later->count)
        return;
    r->count += later->count;
    r->sum += later->sum;
    squares_merge(&r->squares, &later->squares);
    r->min = later->min < r->min ? later->min : r->min;
    r->max = later->max > r->max ? later->max : r->max;
    if (later->first_ms < r->first_ms) {
        r->first = later->first;
        r->first_ms = later->first_ms;
    }
    if (later->last_ms >= r->last_ms) {
        r->last = later->last;
        r->last_ms = later->last_ms;
    }
}

int64_t rollup_begin(int level, int64_t time_ms) {
    int64_t length = rollup_levels[level].length_ms, into = time_ms % length;
    return time_ms - into - (into < 0 ? length : 0);
}

/* ---- names */

struct octavo_text rollup_sub(char out[ROLLUP_SUB_CHARS], struct octavo_text metric, int level,
                              int64_t time_ms) {
    int len = snprintf(out, ROLLUP_SUB_CHARS, "%.*s/%s/%lld", (int)metric.len, metric.data,
                       rollup_levels[level].name, (long long)rollup_begin(level, time_ms));
    return (struct octavo_text){ out, len < ROLLUP_SUB_CHARS ? (size_t)len : ROLLUP_SUB_CHARS - 1 };
}

/* The last part of it behind a slash, which goes. */
static bool last_take(struct octavo_text *left, struct octavo_text *out) {
    for (size_t at = left->len; at-- > 0;)
        if (left->data[at] == '/') {
            *out = (struct octavo_text){ left->data + at + 1, left->len - at - 1 };
            left->len = at;
            return out->len > 0;
        }
    return false;
}

bool rollup_sub_read(struct octavo_text sub, struct octavo_text *metric, int *level,
                     int64_t *begin_ms) {
    struct octavo_text begin, name;
    char digits[24] = "";
    *metric = sub;
    if (!last_take(metric, &begin) || !last_take(metric, &name) || begin.len >= sizeof(digits))
        return false;
    memcpy(digits, begin.data, begin.len);
    *begin_ms = strtoll(digits, NULL, 10);
    for (*level = 0; *level < LEVELS; (*level)++)
        if (octavo_text_is(name, rollup_levels[*level].name))
            return true;
    return false;
}

/* ---- rows */

static struct octavo_value decimal_value(char out[DECIMAL_CHARS], wide millionths) {
    return octavo_text_value(decimal_write(out, millionths));
}

void rollup_to_row(const struct rollup *r, struct rollup_text *text, struct octavo_value *row) {
    row[ROLLUP_COUNT] = octavo_int_value(r->count);
    row[ROLLUP_SUM] = decimal_value(text->sum, r->sum);
    row[ROLLUP_MIN] = decimal_value(text->min, r->min);
    row[ROLLUP_MAX] = decimal_value(text->max, r->max);
    row[ROLLUP_FIRST] = decimal_value(text->first, r->first);
    row[ROLLUP_FIRST_TIME] = octavo_int_value(r->first_ms);
    row[ROLLUP_LAST] = decimal_value(text->last, r->last);
    row[ROLLUP_LAST_TIME] = octavo_int_value(r->last_ms);
    row[ROLLUP_SQUARES] = octavo_text_value(squares_write(text->squares, &r->squares));
}

bool rollup_from_row(struct rollup *r, const struct octavo_value *row) {
    *r = (struct rollup){
        .count = row[ROLLUP_COUNT].integer,
        .first_ms = row[ROLLUP_FIRST_TIME].integer,
        .last_ms = row[ROLLUP_LAST_TIME].integer,
    };
    return squares_read(row[ROLLUP_SQUARES].text, &r->squares)
           && decimal_read_wide(row[ROLLUP_SUM].text, &r->sum)
           && decimal_read(row[ROLLUP_MIN].text, &r->min)
           && decimal_read(row[ROLLUP_MAX].text, &r->max)
           && decimal_read(row[ROLLUP_FIRST].text, &r->first)
           && decimal_read(row[ROLLUP_LAST].text, &r->last);
}
