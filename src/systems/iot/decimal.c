/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Digits are collected as a whole number of at most 38 digits, then moved by powers of ten. */
#include "decimal.h"

enum { DIGITS_MAX = 36, EXPONENT_MAX = 400, PLACES = 6 };

struct reading {
    const char *at, *end;
    wide digits;
    int count;    /* of digits, leading zeros apart */
    int exponent; /* of ten, that the digits are to be multiplied by */
    bool any;
};

static bool sign_take(struct reading *r, char sign) {
    if (r->at == r->end || *r->at != sign)
        return false;
    r->at++;
    return true;
}

/* Digits beyond DIGITS_MAX are below what is kept of any number that is not too large. */
static void digits_take(struct reading *r, bool fraction) {
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        r->any = true;
        if (r->count == DIGITS_MAX) {
            r->exponent += !fraction;
            continue;
        }
        r->digits = r->digits * 10 + (*r->at - '0');
        r->count += r->digits != 0;
        r->exponent -= fraction;
    }
}

static bool exponent_take(struct reading *r) {
    if (!sign_take(r, 'e') && !sign_take(r, 'E'))
        return true;
    bool below = sign_take(r, '-');
    if (!below)
        (void)sign_take(r, '+');
    int exponent = 0;
    const char *from = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        if (exponent <= EXPONENT_MAX)
            exponent = exponent * 10 + (*r->at - '0');
    r->exponent += below ? -exponent : exponent;
    return r->at > from;
}

/* The digits as millionths; false: too large. */
static bool scale(struct reading *r) {
    r->exponent += PLACES;
    while (r->exponent > 0 && r->digits && r->digits <= DECIMAL_MOST) {
        r->digits *= 10;
        r->exponent--;
    }
    for (; r->exponent < -1 && r->digits; r->exponent++)
        r->digits /= 10;
    if (r->exponent == -1)
        r->digits = (r->digits + 5) / 10;
    return r->digits <= DECIMAL_MOST;
}

bool decimal_read(struct octavo_text text, int64_t *millionths) {
    struct reading r = { .at = text.data, .end = text.data + text.len };
    bool below = sign_take(&r, '-');
    digits_take(&r, false);
    if (sign_take(&r, '.'))
        digits_take(&r, true);
    if (!r.any || !exponent_take(&r) || r.at != r.end || !scale(&r))
        return false;
    *millionths = below ? -(int64_t)r.digits : (int64_t)r.digits;
    return true;
}

bool decimal_read_wide(struct octavo_text text, wide *millionths) {
    struct reading r = { .at = text.data, .end = text.data + text.len };
    bool below = sign_take(&r, '-');
    digits_take(&r, false);
    if (sign_take(&r, '.'))
        digits_take(&r, true);
    if (!r.any || r.at != r.end || r.exponent < -PLACES || r.exponent > 0)
        return false;
    for (; r.exponent > -PLACES; r.exponent--)
        r.digits *= 10;
    *millionths = below ? -r.digits : r.digits;
    return true;
}

struct octavo_text decimal_write(char out[DECIMAL_CHARS], wide millionths) {
    size_t at = DECIMAL_CHARS; /* from the last digit to the first */
    bool below = millionths < 0, begun = false;
    unsigned __int128 left = below ? -(unsigned __int128)millionths : (unsigned __int128)millionths;
    for (int place = 0; left || place <= PLACES; place++, left /= 10) {
        char digit = (char)('0' + (int)(left % 10));
        if (place == PLACES && begun)
            out[--at] = '.';
        begun = begun || digit != '0' || place >= PLACES;
        if (begun)
            out[--at] = digit;
    }
    if (below)
        out[--at] = '-';
    return (struct octavo_text){ out + at, DECIMAL_CHARS - at };
}
