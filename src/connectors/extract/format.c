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

void format_init(struct format *f, const struct format_options *options) {
    *f = (struct format){ .options = *options };
    if (!f->options.delimiter)
        f->options.delimiter = ',';
}

void format_finish(struct format *f) {
    for (size_t i = 0; i < f->count; i++)
        free((void *)f->names[i].data);
    free(f->names);
    *f = (struct format){ 0 };
}

/* ---- what cannot be written */

static enum error field_wrong(const struct format *f, size_t column, const char *what) {
    char name[65] = "";
    size_t len = f->names[column].len < 64 ? f->names[column].len : 64;
    memcpy(name, f->names[column].data, len);
    return fail(E_config, "row %" PRId64 ", column %s: %s", f->rows + 1, name, what);
}

/* What a text needs: quotes or not. False: it cannot be written at all, *wrong says why. */
static bool text_judge(const struct format *f, struct bytes t, bool *quotes, const char **wrong) {
    bool needs = t.len == 0 || t.data[0] == ' ' || t.data[t.len - 1] == ' ' || t.data[0] == '\t'
                 || t.data[t.len - 1] == '\t';
    for (size_t i = 0; i < t.len;) {
        uint8_t c = t.data[i];
        size_t len = c < 0x80 ? 1 : utf8_sequence_len(t.data + i, t.len - i);
        if (len == 0 || c == 0) {
            *wrong = c ? "a text that is not UTF-8" : "a zero byte";
            return false;
        }
        needs = needs || c == '"' || c == '\n' || c == '\r' || c == (uint8_t)f->options.delimiter;
        i += len;
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

static bool is_json_number(struct bytes t) {
    return t.len > 0 && (t.data[t.len - 1] <= '9'); /* not Infinity, not NaN */
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

/* ---- both */

enum error format_begin(struct format *f, const struct bytes *names, size_t count,
                        struct buf *out) {
    f->names = memory_get(count * sizeof(*f->names));
    f->count = count;
    for (size_t i = 0; i < count; i++)
        f->names[i] = bytes_of(text_copy_bytes(names[i]), names[i].len);
    if (f->options.kind == FORMAT_JSON_LINES || f->options.no_header)
        return E_ok;
    return csv_header(f, out);
}

/* A source whose columns change while it answers has given another row than was begun. */
enum error format_row(struct format *f, const struct cell *cells, size_t count, struct buf *out) {
    if (count != f->count)
        return fail(E_config, "row %" PRId64 " has %zu columns, the first had %zu", f->rows + 1,
                    count, f->count);
    TRY(f->options.kind == FORMAT_CSV ? csv_row(f, cells, out) : json_row(f, cells, out));
    f->rows++;
    return E_ok;
}
