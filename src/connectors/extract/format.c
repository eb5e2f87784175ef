/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows as lines. One pass over each field decides whether it is good and whether it needs quotes.
 */
#include "extract/format.h"

#include "values/json.h"
#include "values/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_PLAIN, BYTE_QUOTED, BYTE_LOOK };

static void special_init(struct format *f) {
    static const char quoted[] = "\"\r\n";
    f->special[0] = BYTE_LOOK;
    for (int i = 0x80; i < 256; i++)
        f->special[i] = BYTE_LOOK;
    for (size_t i = 0; quoted[i]; i++)
        f->special[(uint8_t)quoted[i]] = BYTE_QUOTED;
    f->special[(uint8_t)f->options.delimiter] = BYTE_QUOTED;
}

void format_init(struct format *f, const struct format_options *options) {
    *f = (struct format){ .options = *options };
    if (!f->options.delimiter)
        f->options.delimiter = ',';
    special_init(f);
}

void format_finish(struct format *f) {
    for (size_t i = 0; i < f->count; i++)
        free((void *)f->names[i].data);
    free(f->names);
    free(f->widths);
    *f = (struct format){ 0 };
}

/* ---- what cannot be written */

static enum error field_wrong(const struct format *f, size_t column, const char *what) {
    char name[65] = "";
    size_t len = f->names[column].len < 64 ? f->names[column].len : 64;
    memcpy(name, f->names[column].data, len);
    return fail(E_config, "row %" PRId64 ", column %s: %s", f->rows + 1, name, what);
}

/* Eight bytes at once: none is below a blank, above ASCII, a quote or the delimiter. A byte that is
 * borrows into its highest bit; what is told to be plain is. */
static bool eight_are_plain(const struct format *f, const uint8_t *at) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    uint64_t quote = word ^ (ones * '"'), delimiter = word ^ (ones * (uint8_t)f->options.delimiter);
    return ((word | (word - ones * ' ') | (quote - ones) | (delimiter - ones)) & (ones * 0x80))
           == 0;
}

/* What a text needs: quotes or not. False: it cannot be written at all, *wrong says why. Nearly all
 * bytes are plain, and cost one look into the table. */
static bool text_judge(const struct format *f, struct bytes t, bool *quotes, const char **wrong) {
    bool needs = t.len == 0 || t.data[0] == ' ' || t.data[t.len - 1] == ' ' || t.data[0] == '\t'
                 || t.data[t.len - 1] == '\t';
    for (size_t i = 0; i < t.len; i++) {
        while (t.len - i > 8 && eight_are_plain(f, t.data + i))
            i += 8;
        uint8_t special = f->special[t.data[i]];
        if (special == BYTE_PLAIN)
            continue;
        needs = needs || special == BYTE_QUOTED;
        size_t len = special == BYTE_LOOK ? utf8_sequence_len(t.data + i, t.len - i) : 1;
        if (len == 0 || t.data[i] == 0) {
            *wrong = t.data[i] ? "a text that is not UTF-8" : "a zero byte";
            return false;
        }
        i += len - 1;
    }
    *quotes = needs;
    return true;
}

/* ---- CSV */

static void quoted_put(struct buf *out, struct bytes t) {
    buf_put_byte(out, '"');
    while (t.len) {
        const uint8_t *quote = memchr(t.data, '"', t.len);
        size_t len = quote ? (size_t)(quote - t.data) + 1 : t.len;
        buf_put(out, t.data, len);
        if (quote)
            buf_put_byte(out, '"');
        t = bytes_part(t, len, t.len - len);
    }
    buf_put_byte(out, '"');
}

static enum error field_put(const struct format *f, size_t column, struct bytes t,
                            struct buf *out) {
    bool quotes;
    const char *wrong;
    if (t.len > SOURCE_FIELD_MAX)
        return field_wrong(f, column, "a text over 16 MiB");
    if (!text_judge(f, t, &quotes, &wrong))
        return field_wrong(f, column, wrong);
    if (quotes || f->options.quote_all || bytes_equal(t, f->options.null))
        quoted_put(out, t);
    else
        buf_put_bytes(out, t);
    return E_ok;
}

static void line_end(const struct format *f, struct buf *out) {
    buf_put_text(out, f->options.lf ? "\n" : "\r\n");
}

static enum error csv_header(struct format *f, struct buf *out) {
    for (size_t i = 0; i < f->count; i++) {
        if (i)
            buf_put_byte(out, (uint8_t)f->options.delimiter);
        TRY(field_put(f, i, f->names[i], out));
    }
    line_end(f, out);
    return E_ok;
}

static enum error csv_row(struct format *f, const struct cell *cells, struct buf *out) {
    for (size_t i = 0; i < f->count; i++) {
        if (i)
            buf_put_byte(out, (uint8_t)f->options.delimiter);
        if (cells[i].kind == CELL_NULL)
            buf_put_bytes(out, f->options.null);
        else
            TRY(field_put(f, i, cells[i].text, out));
    }
    line_end(f, out);
    return E_ok;
}

/* ---- JSON lines */

/* Digits that begin at `from`, at least one; *at goes behind them. */
static bool digits_pass(struct bytes t, size_t from, size_t *at) {
    for (*at = from; *at < t.len && t.data[*at] >= '0' && t.data[*at] <= '9';)
        ++*at;
    return *at > from;
}

static bool byte_is(struct bytes t, size_t at, const char *one_of) {
    return at < t.len && t.data[at] && strchr(one_of, t.data[at]);
}

/* RFC 8259's grammar: what databases write is not always one, as .50 and Infinity. */
static bool is_json_number(struct bytes t) {
    size_t from = byte_is(t, 0, "-"), at;
    if (!digits_pass(t, from, &at) || (t.data[from] == '0' && at > from + 1))
        return false;
    if (byte_is(t, at, ".") && !digits_pass(t, at + 1, &at))
        return false;
    if (byte_is(t, at, "eE") && !digits_pass(t, at + 1 + byte_is(t, at + 1, "+-"), &at))
        return false;
    return at == t.len;
}

static enum error json_row(struct format *f, const struct cell *cells, struct buf *out) {
    bool quotes;
    const char *wrong;
    for (size_t i = 0; i < f->count; i++) {
        struct bytes t = cells[i].text;
        buf_put_byte(out, i ? ',' : '{');
        json_text_write(out, f->names[i]);
        buf_put_byte(out, ':');
        if (cells[i].kind == CELL_NULL) {
            buf_put_text(out, "null");
            continue;
        }
        if (t.len > SOURCE_FIELD_MAX)
            return field_wrong(f, i, "a text over 16 MiB");
        if (!text_judge(f, t, &quotes, &wrong))
            return field_wrong(f, i, wrong);
        if (cells[i].kind == CELL_NUMBER && is_json_number(t))
            buf_put_bytes(out, t);
        else
            json_text_write(out, t);
    }
    buf_put_text(out, "}\n");
    return E_ok;
}

/* ---- fixed width */

/* "12r": *at goes behind it and its comma. */
static bool width_read(struct bytes text, size_t *at, struct fixed_width *out) {
    size_t digits = 0;
    *out = (struct fixed_width){ 0 };
    while (*at < text.len && text.data[*at] == ' ')
        ++*at;
    for (; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at, digits++)
        out->characters = out->characters * 10 + (size_t)(text.data[*at] - '0');
    out->right = *at < text.len && text.data[*at] == 'r';
    *at += out->right;
    bool ends = *at == text.len || text.data[*at] == ',';
    *at += *at < text.len;
    return ends && digits > 0 && digits < 6 && out->characters > 0;
}

static enum error widths_read(struct format *f) {
    struct bytes text = f->options.widths;
    size_t at = 0, count = 0;
    f->widths = memory_get(f->count * sizeof(*f->widths));
    while (at < text.len && count < f->count)
        if (!width_read(text, &at, &f->widths[count++]))
            return fail(E_config, "the extract's definition: widths are such as 10,12r,8");
    if (count == f->count && at >= text.len)
        return E_ok;
    return fail(E_config,
                "the extract's definition: widths has another count than the query's %zu "
                "columns",
                f->count);
}

static size_t characters_of(struct bytes t) {
    size_t count = 0;
    for (size_t i = 0; i < t.len; i++)
        count += (t.data[i] & 0xc0) != 0x80;
    return count;
}

static void blanks_put(struct buf *out, size_t count) {
    while (count--)
        buf_put_byte(out, ' ');
}

static enum error fixed_put(const struct format *f, size_t column, struct bytes t,
                            struct buf *out) {
    const struct fixed_width *width = &f->widths[column];
    const char *wrong;
    bool quotes;
    if (t.len > SOURCE_FIELD_MAX)
        return field_wrong(f, column, "a text over 16 MiB");
    if (!text_judge(f, t, &quotes, &wrong))
        return field_wrong(f, column, wrong);
    if (t.len && (memchr(t.data, '\n', t.len) || memchr(t.data, '\r', t.len)))
        return field_wrong(f, column, "an end of line in a line of fixed width");
    size_t characters = characters_of(t);
    if (characters > width->characters)
        return field_wrong(f, column, "a text that is longer than its width");
    blanks_put(out, width->right ? width->characters - characters : 0);
    buf_put_bytes(out, t);
    blanks_put(out, width->right ? 0 : width->characters - characters);
    return E_ok;
}

static enum error fixed_row(struct format *f, const struct cell *cells, struct buf *out) {
    for (size_t i = 0; i < f->count; i++)
        TRY(fixed_put(f, i, cells[i].kind == CELL_NULL ? f->options.null : cells[i].text, out));
    line_end(f, out);
    return E_ok;
}

static enum error fixed_begin(struct format *f, struct buf *out) {
    TRY(widths_read(f));
    for (size_t i = 0; !f->options.no_header && i < f->count; i++)
        TRY(fixed_put(f, i, f->names[i], out));
    if (!f->options.no_header)
        line_end(f, out);
    return E_ok;
}

/* ---- all */

enum error format_begin(struct format *f, const struct bytes *names, size_t count,
                        struct buf *out) {
    f->names = memory_get(count * sizeof(*f->names));
    f->count = count;
    for (size_t i = 0; i < count; i++)
        f->names[i] = bytes_of(text_copy_bytes(names[i]), names[i].len);
    if (f->options.kind == FORMAT_FIXED)
        return fixed_begin(f, out);
    if (f->options.kind == FORMAT_JSON_LINES || f->options.no_header)
        return E_ok;
    return csv_header(f, out);
}

static enum error row_put(struct format *f, const struct cell *cells, struct buf *out) {
    switch (f->options.kind) {
    case FORMAT_CSV:
        return csv_row(f, cells, out);
    case FORMAT_JSON_LINES:
        return json_row(f, cells, out);
    case FORMAT_FIXED:
        return fixed_row(f, cells, out);
    }
    return E_ok;
}

/* A source whose columns change while it answers has given another row than was begun. */
enum error format_row(struct format *f, const struct cell *cells, size_t count, struct buf *out) {
    if (count != f->count)
        return fail(E_config, "row %" PRId64 " has %zu columns, the first had %zu", f->rows + 1,
                    count, f->count);
    TRY(row_put(f, cells, out));
    f->rows++;
    return E_ok;
}
