/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Written and read once for every window that a point has touched, so by hand. */
#include "part.h"

#include "sketch.h"

#include <string.h>

enum { NUMBER_CHARS = 24, SUM_CHARS = 31 };
#define COUNT_MOST                                                                                 \
    ((int64_t)1000000000000000) /* a point each millisecond for thirty thousand years */

/* ---- writing */

void line_put_text(struct line *out, struct octavo_text text) {
    if (text.len)
        memcpy(out->data + out->len, text.data, text.len);
    out->len += text.len;
}

void line_put_number(struct line *out, int64_t number, char behind) {
    char digits[NUMBER_CHARS];
    size_t at = sizeof(digits);
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    digits[--at] = behind;
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        digits[--at] = '-';
    line_put_text(out, (struct octavo_text){ digits + at, sizeof(digits) - at });
}

/* The sum, which a word may not hold, as decimal_write has it without a point. */
static void sum_put(struct line *out, wide sum) {
    char text[DECIMAL_CHARS];
    if (sum == (int64_t)sum) {
        line_put_number(out, (int64_t)sum, ' ');
        return;
    }
    line_put_text(out, decimal_write(text, sum * MILLIONTHS));
    line_put_text(out, octavo_text(" "));
}

static void several_put(struct line *out, const struct rollup *r) {
    char squares[SQUARES_CHARS];
    sum_put(out, r->sum);
    line_put_number(out, r->min, ' ');
    line_put_number(out, r->max, ' ');
    line_put_number(out, r->first, ' ');
    line_put_number(out, r->first_ms, ' ');
    line_put_number(out, r->last, ' ');
    line_put_number(out, r->last_ms, ' ');
    line_put_text(out, squares_write(squares, &r->squares));
    line_put_text(out, octavo_text(" "));
}

void part_put(struct line *out, const struct part *part) {
    const struct rollup *r = &part->rollup;
    line_put_text(out, octavo_text(rollup_levels[part->level].name));
    line_put_text(out, octavo_text(" "));
    line_put_number(out, part->begin_ms, ' ');
    line_put_number(out, r->count, ' ');
    if (r->count == 1) {
        line_put_number(out, r->last, ' ');
        line_put_number(out, r->last_ms, ' ');
    } else {
        several_put(out, r);
        line_put_text(out, octavo_text("~"));
        line_put_text(out, part->sketch);
        line_put_text(out, octavo_text(" "));
    }
    line_put_text(out, part->metric);
    line_put_text(out, octavo_text(";"));
}

/* ---- reading */

static bool word_cut(struct octavo_text *text, struct octavo_text *word) {
    const char *space = text->len ? memchr(text->data, ' ', text->len) : NULL;
    if (!space)
        return false;
    *word = (struct octavo_text){ text->data, (size_t)(space - text->data) };
    *text = (struct octavo_text){ space + 1, text->len - word->len - 1 };
    return word->len > 0;
}

bool number_take(struct octavo_text *text, int64_t *out) {
    struct octavo_text word;
    bool below = text->len && text->data[0] == '-';
    int64_t number = 0;
    if (!word_cut(text, &word) || word.len == below)
        return false;
    for (size_t i = below; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (word.data[i] - '0');
    }
    *out = below ? -number : number;
    return true;
}

static bool sum_take(struct octavo_text *text, wide *out) {
    struct octavo_text word;
    if (!word_cut(text, &word) || word.len > SUM_CHARS || !decimal_read_wide(word, out))
        return false;
    *out /= MILLIONTHS;
    return true;
}

static bool squares_take(struct octavo_text *text, struct squares *out) {
    struct octavo_text word;
    return word_cut(text, &word) && squares_read(word, out);
}

/* A value that no point has would be a row that cannot be read again. */
static bool value_take(struct octavo_text *text, int64_t *out) {
    return number_take(text, out) && *out <= DECIMAL_MOST && *out >= -DECIMAL_MOST;
}

static bool one_take(struct octavo_text *text, struct rollup *r) {
    int64_t value, time_ms;
    if (!value_take(text, &value) || !number_take(text, &time_ms))
        return false;
    *r = (struct rollup){ 0 };
    rollup_add(r, value, time_ms);
    return true;
}

static bool several_take(struct octavo_text *text, struct rollup *r) {
    return sum_take(text, &r->sum) && value_take(text, &r->min) && value_take(text, &r->max)
           && value_take(text, &r->first) && number_take(text, &r->first_ms)
           && value_take(text, &r->last) && number_take(text, &r->last_ms)
           && squares_take(text, &r->squares);
}

/* What was told before there were sketches has none. */
static bool sketch_take(struct octavo_text *text, struct octavo_text *out) {
    if (!text->len || text->data[0] != '~')
        return true;
    if (!word_cut(text, out))
        return false;
    out->data++;
    out->len--;
    return out->len <= SKETCH_CHARS;
}

static bool level_take(struct octavo_text *text, int *level) {
    struct octavo_text name;
    if (!word_cut(text, &name))
        return false;
    for (*level = 0; *level < LEVELS; ++*level)
        if (octavo_text_is(name, rollup_levels[*level].name))
            return true;
    return false;
}

bool part_take(struct octavo_text *parts, struct part *out) {
    const char *end = parts->len ? memchr(parts->data, ';', parts->len) : NULL;
    struct octavo_text one = { parts->data, end ? (size_t)(end - parts->data) : 0 };
    *out = (struct part){ 0 };
    if (!end || !level_take(&one, &out->level) || !number_take(&one, &out->begin_ms)
        || !number_take(&one, &out->rollup.count) || out->rollup.count < 1
        || out->rollup.count > COUNT_MOST)
        return false;
    bool good = out->rollup.count == 1
                    ? one_take(&one, &out->rollup)
                    : several_take(&one, &out->rollup) && sketch_take(&one, &out->sketch);
    if (!good || !one.len)
        return false;
    out->metric = one;
    *parts = (struct octavo_text){ end + 1, parts->len - (size_t)(end + 1 - parts->data) };
    return true;
}
