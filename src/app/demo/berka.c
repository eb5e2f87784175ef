/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Berka's trans.csv: ';' between ten fields, text in quotes, one header line, CRLF.
 *
 *   trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account
 *   695247;2378;930101;"PRIJEM";"VKLAD";700.00;700.00;"";;
 *
 * PRIJEM is money in; VYDAJ and VYBER are money out. Amounts have two decimals and are read as
 * integers: no floating point comes near money. */
#include "history.h"

#include <string.h>

enum { FIELDS = 10, ACCOUNT = 1, DATE, TYPE, OPERATION, AMOUNT, BALANCE };

struct row {
    const char *file;
    int number;
    struct bytes fields[FIELDS];
};

static enum error row_wrong(const struct row *r, const char *what) {
    return fail(E_malformed, "%s:%d: %s", r->file, r->number, what);
}

static struct bytes without_quotes(struct bytes field) {
    bool quoted = field.len >= 2 && field.data[0] == '"' && field.data[field.len - 1] == '"';
    return quoted ? bytes_part(field, 1, field.len - 2) : field;
}

static enum error row_split(struct row *r, struct bytes line) {
    size_t count = 0;
    size_t from = 0;
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    for (size_t i = 0; i <= line.len; i++) {
        if (i < line.len && line.data[i] != ';')
            continue;
        if (count == FIELDS)
            return row_wrong(r, "more than ten fields");
        r->fields[count++] = without_quotes(bytes_part(line, from, i - from));
        from = i + 1;
    }
    return count == FIELDS ? E_ok : row_wrong(r, "fewer than ten fields");
}

/* Digits, and behind a point up to `decimals` more; the value in the smallest unit. */
static bool number_read(struct bytes text, int decimals, int64_t *out) {
    bool negative = text.len && text.data[0] == '-';
    bool digits = false;
    int left = -1; /* decimals still to come, once behind the point */
    *out = 0;
    for (size_t i = negative ? 1 : 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '.' && left < 0 && decimals) {
            left = decimals;
            continue;
        }
        if (c < '0' || c > '9' || left == 0 || *out > INT64_MAX / 1000)
            return false;
        *out = *out * 10 + (c - '0');
        digits = true;
        left -= left > 0;
    }
    for (left = left < 0 ? decimals : left; left > 0; left--)
        *out *= 10;
    *out = negative ? -*out : *out;
    return digits;
}

static bool type_read(struct bytes type, bool *deposit) {
    *deposit = bytes_is_text(type, "PRIJEM");
    return *deposit || bytes_is_text(type, "VYDAJ") || bytes_is_text(type, "VYBER");
}

static enum error row_add(struct history *h, const struct row *r) {
    struct movement m = { 0 };
    int64_t account = 0;
    int64_t date = 0;
    if (!number_read(r->fields[ACCOUNT], 0, &account) || account < 1 || account > 999999999)
        return row_wrong(r, "account_id is no number from 1 to 999999999");
    if (!number_read(r->fields[DATE], 0, &date) || date < 101 || date > 991231)
        return row_wrong(r, "date is not YYMMDD");
    if (!type_read(r->fields[TYPE], &m.deposit))
        return row_wrong(r, "type is not PRIJEM, VYDAJ or VYBER");
    if (!number_read(r->fields[AMOUNT], 2, &m.amount) || m.amount < 1 || m.amount > 999999999999)
        return row_wrong(r, "amount is no sum above 0");
    if (!number_read(r->fields[BALANCE], 2, &m.balance))
        return row_wrong(r, "balance is no sum");
    m.date = (int32_t)date;
    history_add(h, account, &m);
    return E_ok;
}

static enum error header_check(const struct row *r) {
    if (bytes_is_text(r->fields[ACCOUNT], "account_id") && bytes_is_text(r->fields[DATE], "date")
        && bytes_is_text(r->fields[TYPE], "type") && bytes_is_text(r->fields[AMOUNT], "amount")
        && bytes_is_text(r->fields[BALANCE], "balance"))
        return E_ok;
    return row_wrong(r, "this is not the header of Berka's trans.csv");
}

enum error berka_read(struct history *h, const char *name, struct bytes text,
                      int32_t movements_max) {
    struct row r = { .file = name };
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        r.number++;
        TRY(row_split(&r, bytes_part(text, at, len)));
        TRY(r.number == 1 ? header_check(&r) : row_add(h, &r));
        if (h->movement_count == INT32_MAX / 4
            || (movements_max && h->movement_count == movements_max))
            break;
        at += len + 1;
    }
    return h->movement_count ? E_ok : fail(E_malformed, "%s: there is no movement in it", name);
}
