/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sums by limbs with their carries; digits by nineteen at a time. */
#include "squares.h"

#include <math.h>
#include <string.h>

typedef unsigned __int128 wide_unsigned; /* no name of C17's own */

enum { LIMBS = 3, DIGITS_AT_ONCE = 18 };
#define DIGITS_UNIT UINT64_C(1000000000000000000)

static void limbs_add(struct squares *s, const uint64_t add[LIMBS]) {
    wide_unsigned carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (wide_unsigned)s->limbs[i] + add[i];
        s->limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

void squares_add(struct squares *s, int64_t millionths) {
    uint64_t size = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
    wide_unsigned square = (wide_unsigned)size * size;
    limbs_add(s, (uint64_t[LIMBS]){ (uint64_t)square, (uint64_t)(square >> 64), 0 });
}

void squares_merge(struct squares *s, const struct squares *other) {
    limbs_add(s, other->limbs);
}

/* ---- digits */

static uint64_t limbs_divide(uint64_t limbs[LIMBS]) {
    wide_unsigned rest = 0;
    for (int i = LIMBS; i-- > 0;) {
        rest = rest << 64 | limbs[i];
        limbs[i] = (uint64_t)(rest / DIGITS_UNIT);
        rest %= DIGITS_UNIT;
    }
    return (uint64_t)rest;
}

static bool are_zero(const uint64_t limbs[LIMBS]) {
    return !(limbs[0] | limbs[1] | limbs[2]);
}

struct octavo_text squares_write(char out[SQUARES_CHARS], const struct squares *s) {
    uint64_t left[LIMBS];
    size_t at = SQUARES_CHARS;
    memcpy(left, s->limbs, sizeof(left));
    do {
        uint64_t part = limbs_divide(left);
        bool last = are_zero(left);
        for (int i = 0; i < DIGITS_AT_ONCE && (part || !last); i++, part /= 10)
            out[--at] = (char)('0' + part % 10);
    } while (!are_zero(left));
    if (at == SQUARES_CHARS)
        out[--at] = '0';
    return (struct octavo_text){ out + at, SQUARES_CHARS - at };
}

static bool digit_take(struct squares *s, unsigned digit) {
    wide_unsigned carry = digit;
    for (int i = 0; i < LIMBS; i++) {
        carry += (wide_unsigned)s->limbs[i] * 10;
        s->limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return carry == 0;
}

bool squares_read(struct octavo_text text, struct squares *out) {
    uint64_t first = 0; /* most are no longer than this */
    size_t i = 0;
    *out = (struct squares){ 0 };
    for (; i < text.len && i < DIGITS_AT_ONCE; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        first = first * 10 + (uint64_t)(text.data[i] - '0');
    }
    out->limbs[0] = first;
    for (; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9'
            || !digit_take(out, (unsigned)(text.data[i] - '0')))
            return false;
    return text.len > 0;
}

/* ---- variance */

static long double as_real(const struct squares *s) {
    return ((long double)s->limbs[2] * 0x1p64L + (long double)s->limbs[1]) * 0x1p64L
           + (long double)s->limbs[0];
}

static void limbs_negate(uint64_t limbs[LIMBS]) {
    wide_unsigned carry = 1;
    for (int i = 0; i < LIMBS; i++) {
        carry += ~limbs[i];
        limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

/* s - a * b, modulo 2^192. */
static void product_subtract(struct squares *s, int64_t a, wide b) {
    uint64_t factor = a < 0 ? -(uint64_t)a : (uint64_t)a, product[LIMBS];
    wide_unsigned size = b < 0 ? -(wide_unsigned)b : (wide_unsigned)b;
    wide_unsigned low = (wide_unsigned)factor * (uint64_t)size;
    wide_unsigned high = (wide_unsigned)factor * (uint64_t)(size >> 64) + (uint64_t)(low >> 64);
    product[0] = (uint64_t)low;
    product[1] = (uint64_t)high;
    product[2] = (uint64_t)(high >> 64);
    if ((a < 0) == (b < 0))
        limbs_negate(product);
    limbs_add(s, product);
}

/* About a whole number next to the mean, q, nothing is lost by the difference of two that are
 * nearly equal: the sum of (value - q)^2 = squares - q * (2 * sum - count * q) is done in whole
 * numbers. */
double squares_variance(const struct squares *s, wide sum, int64_t count) {
    struct squares about = *s;
    if (count < 2)
        return 0;
    int64_t q = (int64_t)(sum / count);
    product_subtract(&about, q, 2 * sum - (wide)count * q);
    long double rest = (long double)(sum - (wide)count * q);
    long double above = as_real(&about) - rest * rest / (long double)count;
    return above > 0 ? (double)(above / (long double)(count - 1) / 1e12L) : 0;
}
