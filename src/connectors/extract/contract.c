/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Columns, bounds and masks. */
#include "extract/contract.h"

#include "values/digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum mask { MASK_NONE, MASK_LAST4, MASK_HASH, MASK_EMPTY };
enum { LAST_SHOWN = 4, HASH_BYTES_SHOWN = 16 };

struct column {
    bool not_null;
    enum mask mask;
};

struct contract {
    struct contract_options options;
    int64_t min_rows, max_rows, rows;
    size_t count;           /* of a row that are written */
    struct column *columns; /* of all that the query gives */
    bool masks;             /* any of them */
    struct cell *cells;
    struct buf masked; /* of one row */
};

/* ---- lists: names between commas, blanks around them do not count */

static struct bytes trimmed(struct bytes t) {
    while (t.len && strchr(" \t\r\n", t.data[0]))
        t = bytes_part(t, 1, t.len - 1);
    while (t.len && strchr(" \t\r\n", t.data[t.len - 1]))
        t.len--;
    return t;
}

static bool item_next(struct bytes *list, struct bytes *item) {
    if (!list->len)
        return false;
    const uint8_t *comma = memchr(list->data, ',', list->len);
    size_t len = comma ? (size_t)(comma - list->data) : list->len, past = len + (comma ? 1 : 0);
    *item = trimmed(bytes_part(*list, 0, len));
    *list = bytes_part(*list, past, list->len - past);
    return true;
}

static size_t name_find(const struct bytes *names, size_t count, struct bytes name) {
    size_t nth = 0;
    while (nth < count && !bytes_equal(names[nth], name))
        nth++;
    return nth;
}

/* ---- reading */

static enum error rows_read(struct bytes text, const char *what, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || text.len > 15)
            return fail(E_config, "the extract's definition: %s is a number of rows", what);
        *out = *out * 10 + (text.data[i] - '0');
    }
    return E_ok;
}

static bool mask_read(struct bytes word, enum mask *out) {
    static const char *const names[] = { "", "last4", "hash", "empty" };
    for (*out = MASK_LAST4; *out <= MASK_EMPTY; (*out)++)
        if (bytes_is_text(word, names[*out]))
            return true;
    *out = MASK_NONE;
    return false;
}

static bool mask_item(struct bytes item, struct bytes *name, enum mask *mask) {
    const uint8_t *colon = item.len ? memchr(item.data, ':', item.len) : NULL;
    size_t len = colon ? (size_t)(colon - item.data) : item.len;
    *name = trimmed(bytes_part(item, 0, len));
    return colon && name->len
           && mask_read(trimmed(bytes_part(item, len + 1, item.len - len - 1)), mask);
}

bool contract_wants_key(struct bytes mask) {
    struct bytes item, name;
    enum mask kind;
    while (item_next(&mask, &item))
        if (mask_item(item, &name, &kind) && kind == MASK_HASH)
            return true;
    return false;
}

static enum error masks_check(struct bytes mask) {
    struct bytes item, name;
    enum mask kind;
    while (item_next(&mask, &item))
        if (!mask_item(item, &name, &kind))
            return fail(E_config, "the extract's definition: mask is COLUMN:last4, COLUMN:hash or "
                                  "COLUMN:empty, with commas between");
    return E_ok;
}

enum error contract_create(struct contract **out, const struct contract_options *options) {
    struct bytes drift = options->drift;
    if (drift.len && !bytes_is_text(drift, "fail") && !bytes_is_text(drift, "accept_add"))
        return fail(E_config, "the extract's definition: drift is fail or accept_add");
    TRY(masks_check(options->mask));
    int64_t min_rows, max_rows;
    TRY(rows_read(options->min_rows, "min_rows", &min_rows));
    TRY(rows_read(options->max_rows, "max_rows", &max_rows));
    struct contract *c = memory_get(sizeof(*c));
    c->options = *options;
    c->min_rows = min_rows;
    c->max_rows = options->max_rows.len ? max_rows : INT64_MAX;
    *out = c;
    return E_ok;
}

void contract_destroy(struct contract *c) {
    if (!c)
        return;
    free(c->columns);
    free(c->cells);
    buf_finish(&c->masked);
    free(c);
}

/* ---- beginning */

static enum error drifted(size_t nth, struct bytes wanted, struct bytes given) {
    enum error e = fail(E_config, "column %zu is \"%.*s\", and was promised to be \"%.*s\"",
                        nth + 1, (int)(given.len < 64 ? given.len : 64), (const char *)given.data,
                        (int)(wanted.len < 64 ? wanted.len : 64), (const char *)wanted.data);
    fail_try("change the query, or agree with the partner and change `columns`");
    return e;
}

static enum error columns_check(const struct contract *c, const struct bytes *names,
                                size_t *count) {
    struct bytes list = c->options.columns, wanted;
    size_t nth = 0;
    if (!list.len)
        return E_ok;
    for (; item_next(&list, &wanted); nth++)
        if (nth >= *count || !bytes_equal(names[nth], wanted))
            return drifted(nth, wanted, nth < *count ? names[nth] : bytes_text(""));
    if (nth < *count && !bytes_is_text(c->options.drift, "accept_add"))
        return drifted(nth, bytes_text(""), names[nth]);
    *count = nth;
    return E_ok;
}

static enum error unknown(const char *what, struct bytes name) {
    return fail(E_config, "%s names column \"%.*s\", which the query does not give", what,
                (int)(name.len < 64 ? name.len : 64), (const char *)name.data);
}

static enum error columns_mark(struct contract *c, const struct bytes *names) {
    struct bytes list = c->options.not_null, item, name;
    enum mask mask;
    while (item_next(&list, &item)) {
        size_t nth = name_find(names, c->count, item);
        if (nth == c->count)
            return unknown("not_null", item);
        c->columns[nth].not_null = true;
    }
    list = c->options.mask;
    while (item_next(&list, &item) && mask_item(item, &name, &mask)) {
        size_t nth = name_find(names, c->count, name);
        if (nth == c->count)
            return unknown("mask", name);
        c->columns[nth].mask = mask;
        c->masks = true;
    }
    return E_ok;
}

enum error contract_begin(struct contract *c, const struct bytes *names, size_t *count) {
    TRY(columns_check(c, names, count));
    c->count = *count;
    c->columns = memory_get(*count * sizeof(*c->columns));
    c->cells = memory_get(*count * sizeof(*c->cells));
    return columns_mark(c, names);
}

/* ---- rows */

static void mask_put(struct contract *c, enum mask mask, struct bytes t) {
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    size_t shown = t.len > LAST_SHOWN ? t.len - LAST_SHOWN : t.len;
    switch (mask) {
    case MASK_NONE:
    case MASK_EMPTY:
        return;
    case MASK_LAST4: /* what is no longer than what is shown is all hidden */
        while (shown < t.len && (t.data[shown] & 0xc0) == 0x80)
            shown++; /* not into the middle of a character */
        for (size_t i = 0; i < shown; i++)
            buf_put_byte(&c->masked, '*');
        buf_put_bytes(&c->masked, bytes_part(t, shown, t.len - shown));
        return;
    case MASK_HASH:
        hmac_sha256(c->options.key, t, digest);
        sha256_hex(digest, hex);
        buf_put(&c->masked, hex, 2 * HASH_BYTES_SHOWN);
        return;
    }
}

/* Lengths first: the buffer moves while it grows. */
static void row_mask(struct contract *c, const struct cell *cells) {
    size_t at = 0;
    buf_clear(&c->masked);
    for (size_t i = 0; i < c->count; i++) {
        size_t before = c->masked.len;
        c->cells[i] = cells[i];
        if (!c->columns[i].mask || cells[i].kind == CELL_NULL)
            continue;
        mask_put(c, c->columns[i].mask, cells[i].text);
        c->cells[i] = (struct cell){ CELL_TEXT, { NULL, c->masked.len - before } };
    }
    for (size_t i = 0; i < c->count; i++)
        if (c->columns[i].mask && cells[i].kind != CELL_NULL) {
            c->cells[i].text = bytes_part(buf_bytes(&c->masked), at, c->cells[i].text.len);
            at += c->cells[i].text.len;
        }
}

enum error contract_row(struct contract *c, const struct cell *cells, const struct cell **out) {
    if (++c->rows > c->max_rows)
        return fail(E_config, "the query gives more than max_rows, %" PRId64, c->max_rows);
    for (size_t i = 0; c->options.not_null.len && i < c->count; i++)
        if (c->columns[i].not_null && cells[i].kind == CELL_NULL)
            return fail(E_config, "row %" PRId64 ", column %zu is NULL, and not_null has it",
                        c->rows, i + 1);
    *out = cells;
    if (c->masks) {
        row_mask(c, cells);
        *out = c->cells;
    }
    return E_ok;
}

enum error contract_end(const struct contract *c) {
    if (c->rows >= c->min_rows)
        return E_ok;
    return fail(E_config, "the query gives %" PRId64 " rows, min_rows is %" PRId64, c->rows,
                c->min_rows);
}
