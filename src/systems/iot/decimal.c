/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Digits are collected as a whole number of at most 38 digits, then moved by powers of ten. */
#include "decimal.h"

enum { DIGITS_MAX = 36, EXPONENT_MAX = 400, PLACES = 6 };
enum { UNIT_DIGITS = 18 };
#define DIGITS_UNIT ((unsigned __int128)1000000000000000000)
enum {
    PLAIN_DIGITS = 11
}; /* with all PLACES behind them they are far from 2^63, and below 10^12 */

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

/* What nearly every device writes: no exponent, and digits that a word holds. */
static bool plain_read(struct octavo_text text, int64_t *millionths) {
    size_t at = text.len && text.data[0] == '-', begun = at;
    int64_t digits = 0;
    int places = -1;
    for (; at < text.len; at++) {
        char c = text.data[at];
        if (c == '.' && places < 0 && at > begun) {
            places = 0;
            continue;
        }
        if (c < '0' || c > '9' || places == PLACES || (places < 0 && at - begun > PLAIN_DIGITS))
            return false;
        digits = digits * 10 + (c - '0');
        places += places >= 0;
    }
    if (at == begun || places == 0)
        return false;
    for (int i = places < 0 ? 0 : places; i < PLACES; i++)
        digits *= 10;
    *millionths = begun ? -digits : digits;
    return true;
}

bool decimal_read(struct octavo_text text, int64_t *millionths) {
    if (plain_read(text, millionths))
        return true;
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
    int64_t plain;
    if (plain_read(text, &plain)) {
        *millionths = plain;
        return true;
    }
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

/* The last eighteen digits and what is before them: a word is divided quickly, two are not. */
static uint64_t digits_cut(unsigned __int128 *left) {
    uint64_t part = (uint64_t)(*left % DIGITS_UNIT);
    *left /= DIGITS_UNIT;
    return part;
}

struct octavo_text decimal_write(char out[DECIMAL_CHARS], wide millionths) {
    size_t at = DECIMAL_CHARS; /* from the last digit to the first */
    bool below = millionths < 0, begun = false;
    unsigned __int128 left = below ? -(unsigned __int128)millionths : (unsigned __int128)millionths;
    uint64_t part = digits_cut(&left);
    for (int place = 0; left || part || place <= PLACES; place++, part /= 10) {
        if (place && place % UNIT_DIGITS == 0)
            part = digits_cut(&left);
        char digit = (char)('0' + (int)(part % 10));
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
