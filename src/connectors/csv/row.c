/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A wrong row is passed over to the end of its line, so that the next one is read as itself. */
#include "csv/row.h"

#include <string.h>

enum { LINES_MAX = 1000 }; /* else each line with a lone quote would cost a whole piece */

struct reading {
    struct csv_row *row;
    const uint8_t *at, *end;
    char delimiter;
};

static void wrong(struct reading *r, const char *what) {
    if (!r->row->wrong)
        r->row->wrong = what;
}

static bool is_end(const struct reading *r) {
    return r->at == r->end || *r->at == '\n'
           || (*r->at == '\r' && (r->at + 1 == r->end || r->at[1] == '\n'));
}

static void quoted_read(struct reading *r) {
    for (r->at++; r->at < r->end; r->at++) {
        bool is_quote = *r->at == '"';
        if (is_quote && (r->at + 1 == r->end || r->at[1] != '"')) {
            r->at++;
            return;
        }
        r->at += is_quote;
        r->row->lines += *r->at == '\n';
        if (r->row->lines > LINES_MAX)
            break;
        buf_put_byte(&r->row->text, *r->at);
    }
    wrong(r, "a quote is not closed");
}

static void field_read(struct reading *r) {
    struct csv_field field = { .from = r->row->text.len };
    field.quoted = r->at < r->end && *r->at == '"';
    if (field.quoted)
        quoted_read(r);
    for (; !is_end(r) && *r->at != (uint8_t)r->delimiter; r->at++) {
        if (field.quoted || *r->at == '"')
            wrong(r, "a quote stands in the middle of a field");
        buf_put_byte(&r->row->text, *r->at);
    }
    field.len = r->row->text.len - field.from;
    if (r->row->count == CSV_FIELDS_MAX)
        wrong(r, "it has over 56 fields");
    else
        r->row->fields[r->row->count++] = field;
}

/* The row as its first line, where it cannot be read. */
static void line_skip(struct reading *r, struct bytes in) {
    const uint8_t *newline = in.len ? memchr(in.data, '\n', in.len) : NULL;
    r->at = newline ? newline : r->end;
    r->row->lines = 0;
    r->row->count = 0;
}

void csv_row_read(struct csv_row *out, struct bytes in, char delimiter) {
    struct reading r = { out, in.data, in.data + in.len, delimiter };
    if (in.len > CSV_ROW_MAX)
        r.end = in.data + CSV_ROW_MAX;
    bool cut = in.len > CSV_ROW_MAX;
    out->wrong = NULL;
    out->count = out->lines = 0;
    buf_clear(&out->text);
    field_read(&r);
    while (!is_end(&r)) {
        r.at++; /* the delimiter */
        field_read(&r);
    }
    if (cut && r.at == r.end)
        wrong(&r, "it has over 256 KiB, or a quote is not closed");
    if (out->wrong)
        line_skip(&r, bytes_of(in.data, (size_t)(r.end - in.data)));
    r.at += r.at < r.end && *r.at == '\r';
    r.at += r.at < r.end && *r.at == '\n';
    out->lines++;
    out->used = (size_t)(r.at - in.data);
}

struct bytes csv_field(const struct csv_row *r, size_t nth) {
    return bytes_of(r->text.data ? r->text.data + r->fields[nth].from : (const uint8_t *)"",
                    r->fields[nth].len);
}

void csv_row_finish(struct csv_row *r) {
    buf_finish(&r->text);
}
