/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Sums are whole numbers of 10^-9, 128 bits wide: no float ever touches money. */
#include "extract/trailer.h"

#include <string.h>

enum { DIGITS_MOST = 28 };

/* The word between braces at the begin of the text; empty: there is none. */
static struct bytes word_at(struct bytes text) {
    const uint8_t *end = text.len && text.data[0] == '{' ? memchr(text.data, '}', text.len) : NULL;
    return end ? bytes_part(text, 1, (size_t)(end - text.data) - 1) : bytes_of(NULL, 0);
}

static bool is_sum(struct bytes word) {
    return word.len > 4 && memcmp(word.data, "sum:", 4) == 0;
}

enum error trailer_init(struct trailer *t, struct bytes text) {
    *t = (struct trailer){ .text = text };
    for (size_t i = 0; i < text.len; i++) {
        struct bytes word = word_at(bytes_part(text, i, text.len - i));
        if (text.data[i] < ' ' || (text.data[i] == '{' && !word.len))
            return fail(E_config, "the trailer has a { that begins no word, or an end of line");
        if (!word.len || bytes_is_text(word, "rows"))
            continue;
        if (!is_sum(word) || t->count == TRAILER_SUMS_MAX)
            return fail(E_config, "the trailer knows {rows} and at most 8 {sum:COLUMN}");
        t->sums[t->count++].column = bytes_part(word, 4, word.len - 4);
    }
    return E_ok;
}

enum error trailer_begin(struct trailer *t, const struct bytes *names, size_t count) {
    for (size_t s = 0; s < t->count; s++) {
        size_t nth = 0;
        while (nth < count && !bytes_equal(names[nth], t->sums[s].column))
            nth++;
        if (nth == count)
            return fail(E_config, "the trailer adds up column %.*s, which the query does not give",
                        (int)t->sums[s].column.len, (const char *)t->sums[s].column.data);
        t->sums[s].nth = nth;
    }
    return E_ok;
}

/* [-]digits[.digits] in units of 10^-9. */
static bool decimal_read(struct bytes text, __int128 *out, int *decimals) {
    size_t at = text.len && text.data[0] == '-' ? 1 : 0, digits = 0;
    bool point = false;
    *out = 0;
    *decimals = 0;
    for (size_t i = at; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > DIGITS_MOST
            || (point && ++*decimals > TRAILER_DECIMALS))
            return false;
        *out = *out * 10 + (c - '0');
    }
    for (int i = *decimals; i < TRAILER_DECIMALS; i++)
        *out *= 10;
    *out = at ? -*out : *out;
    return digits > 0;
}

enum error trailer_row(struct trailer *t, const struct cell *cells) {
    for (size_t s = 0; s < t->count; s++) {
        struct trailer_sum *sum = &t->sums[s];
        __int128 value;
        int decimals;
        if (cells[sum->nth].kind == CELL_NULL)
            continue;
        if (!decimal_read(cells[sum->nth].text, &value, &decimals)
            || __builtin_add_overflow(sum->value, value, &sum->value))
            return fail(E_config,
                        "column %.*s is added up, and has what is no number of up to 28 digits, 9 "
                        "of them decimals",
                        (int)sum->column.len, (const char *)sum->column.data);
        sum->decimals = decimals > sum->decimals ? decimals : sum->decimals;
    }
    return E_ok;
}

static void sum_write(const struct trailer_sum *sum, struct buf *out) {
    char digits[48];
    size_t at = sizeof(digits);
    unsigned __int128 value =
        sum->value < 0 ? -(unsigned __int128)sum->value : (unsigned __int128)sum->value;
    for (int i = 0; i < TRAILER_DECIMALS - sum->decimals; i++)
        value /= 10; /* zeros: no more decimals were met */
    for (int i = 0; value || i <= sum->decimals; i++) {
        if (i == sum->decimals && i)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    buf_put_text(out, sum->value < 0 ? "-" : "");
    buf_put(out, digits + at, sizeof(digits) - at);
}

void trailer_write(const struct trailer *t, int64_t rows, struct buf *out) {
    size_t nth = 0;
    for (size_t i = 0; i < t->text.len; i++) {
        struct bytes word = word_at(bytes_part(t->text, i, t->text.len - i));
        if (!word.len) {
            buf_put_byte(out, t->text.data[i]);
            continue;
        }
        if (is_sum(word))
            sum_write(&t->sums[nth++], out);
        else
            buf_put_decimal(out, rows);
        i += word.len + 1;
    }
}
