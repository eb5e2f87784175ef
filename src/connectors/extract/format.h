/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How rows are written: CSV as RFC 4180 has it, and JSON lines.
 *
 * CSV: a field is in quotes when it holds the delimiter, a quote or an end of line, begins or ends
 * with a blank, is the null token, or is an empty text; NULL is the null token without quotes
 * (empty if nothing is said), so that NULL and '' differ: what PostgreSQL's COPY ... CSV writes and
 * reads. JSON lines: one object a row, NULL is null, numbers are numbers, whatever their size.
 *
 * Fixed width: each field has its width in characters, blanks fill it; what is longer, or has an
 * end of line in it, is in no file.
 *
 * A zero byte and what is not UTF-8 is in no file: E_config, with the row and the column. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_FORMAT_H
#define OCTAVO_CONNECTORS_EXTRACT_FORMAT_H

#include "extract/source.h"

struct fixed_width {
    size_t characters;
    bool right;
};

enum format_kind { FORMAT_CSV, FORMAT_JSON_LINES, FORMAT_FIXED };

struct format_options {
    enum format_kind kind;
    char delimiter; /* of CSV; 0: a comma */
    bool lf;        /* lines end with LF instead of CR LF (JSON lines always do) */
    bool quote_all; /* every field but NULL is in quotes */
    bool no_header;
    struct bytes null;   /* the null token; empty: nothing between the delimiters */
    struct bytes widths; /* of fixed: "10,12r,8", in characters, r: blanks stand in front */
};

struct format {
    struct format_options options;
    struct bytes *names;        /* owned copies */
    struct fixed_width *widths; /* of fixed */
    size_t count;
    int64_t rows;
    uint8_t special[256]; /* of a byte: is it plain, does it want quotes, is it worth a look */
};

void format_init(struct format *f, const struct format_options *options);
void format_finish(struct format *f);
/* The header line, when there is one. */
enum error format_begin(struct format *f, const struct bytes *names, size_t count,
                        struct buf *out) MUST_CHECK;
enum error format_row(struct format *f, const struct cell *cells, size_t count,
                      struct buf *out) MUST_CHECK;

#endif
