/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bucket is the highest bit of the number and the four bits behind it. */
#include "sketch.h"

#include "part.h"

#include <math.h>
#include <string.h>

enum { CUTS = 16, CUT_BITS = 4, BUCKET_MOST = 1 + 63 * CUTS + CUTS - 1 };
#define COUNT_MOST ((int64_t)1000000000000000)

int sketch_bucket(int64_t millionths) {
    uint64_t m = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
    if (!m)
        return 0;
    int high = 63 - __builtin_clzll(m);
    uint64_t cut = high < CUT_BITS ? m << (CUT_BITS - high) : m >> (high - CUT_BITS);
    int bucket = 1 + high * CUTS + (int)(cut % CUTS);
    return millionths < 0 ? -bucket : bucket;
}

bool sketch_add(struct sketch *s, int bucket) {
    int at = 0;
    while (at < s->used && s->bucket[at] < bucket)
        at++;
    if (at < s->used && s->bucket[at] == bucket) {
        s->count[at]++;
        return true;
    }
    if (s->used == SKETCH_BUCKETS)
        return false;
    for (int i = s->used++; i > at; i--) {
        s->bucket[i] = s->bucket[i - 1];
        s->count[i] = s->count[i - 1];
    }
    s->bucket[at] = (int16_t)bucket;
    s->count[at] = 1;
    return true;
}

static void one_put(struct line *out, int64_t bucket, int64_t count) {
    if (out->len)
        line_put_text(out, octavo_text(","));
    line_put_number(out, bucket, ':');
    line_put_number(out, count, ',');
    out->len--; /* nothing is behind the last */
}

struct octavo_text sketch_write(char out[SKETCH_CHARS], const struct sketch *s) {
    struct line line = { out, 0 };
    for (int i = 0; i < s->used; i++)
        one_put(&line, s->bucket[i], s->count[i]);
    return (struct octavo_text){ line.data, line.len };
}

struct octavo_text sketch_of_one(char out[SKETCH_CHARS], int64_t millionths) {
    struct sketch s = { 0 };
    (void)sketch_add(&s, sketch_bucket(millionths));
    return sketch_write(out, &s);
}

/* ---- texts */

struct entry {
    int64_t bucket, count;
    bool there;
};

static bool digits_take(struct octavo_text *text, char end, int64_t *out) {
    bool below = text->len && text->data[0] == '-';
    size_t at = below;
    int64_t number = 0;
    for (; at < text->len && text->data[at] != end; at++) {
        if (text->data[at] < '0' || text->data[at] > '9' || number > COUNT_MOST)
            return false;
        number = number * 10 + (text->data[at] - '0');
    }
    if (at == below)
        return false;
    *out = below ? -number : number;
    text->data += at < text->len ? at + 1 : at;
    text->len -= at < text->len ? at + 1 : at;
    return true;
}

/* The next of it; each is above the one before. */
static bool entry_take(struct octavo_text *left, struct entry *e) {
    int64_t before = e->there ? e->bucket : -BUCKET_MOST - 1;
    e->there = left->len > 0;
    if (!e->there)
        return true;
    return digits_take(left, ':', &e->bucket) && digits_take(left, ',', &e->count)
           && e->bucket > before && e->bucket <= BUCKET_MOST && e->count > 0
           && e->count <= COUNT_MOST;
}

bool sketch_merge(struct octavo_text a, struct octavo_text b, char out[SKETCH_TEXT_CHARS],
                  size_t *len) {
    struct line line = { out, 0 };
    struct entry x = { .there = false }, y = { .there = false };
    if (!entry_take(&a, &x) || !entry_take(&b, &y))
        return false;
    while (x.there || y.there) {
        bool from_x = x.there && (!y.there || x.bucket <= y.bucket);
        bool from_y = y.there && (!x.there || y.bucket <= x.bucket);
        int64_t count = (from_x ? x.count : 0) + (from_y ? y.count : 0);
        one_put(&line, from_x ? x.bucket : y.bucket, count);
        if ((from_x && !entry_take(&a, &x)) || (from_y && !entry_take(&b, &y)))
            return false;
    }
    *len = line.len;
    return true;
}

/* The middle of a bucket, in whole units. */
static double value_of(int64_t bucket) {
    int64_t at = bucket < 0 ? -bucket - 1 : bucket - 1;
    if (!bucket)
        return 0;
    int high = (int)(at / CUTS);
    double low = ldexp((double)(CUTS + at % CUTS), high - CUT_BITS);
    double width = high < CUT_BITS ? 0 : ldexp(1, high - CUT_BITS) - 1;
    double value = (low + width / 2) / MILLIONTHS;
    return bucket < 0 ? -value : value;
}

double sketch_quantile(struct octavo_text text, double part, int64_t *total) {
    struct octavo_text left = text;
    struct entry e = { .there = false };
    *total = 0;
    do {
        if (!entry_take(&left, &e)) {
            *total = 0;
            return 0;
        }
        *total += e.there ? e.count : 0;
    } while (e.there);
    int64_t rank = (int64_t)ceil(part * (double)*total), passed = 0;
    rank = rank < 1 ? 1 : rank;
    e.there = false;
    while (text.len && entry_take(&text, &e)) {
        passed += e.count;
        if (passed >= rank)
            return value_of(e.bucket);
    }
    return 0;
}
