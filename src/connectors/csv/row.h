/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One row of CSV (RFC 4180): bytes to fields. A row ends with LF or CRLF, or with the file; in
 * quotes both are text, and "" is a quote. Whoever reads has at least CSV_ROW_MAX bytes at hand or
 * the end of the file, so a row that is not whole is too long. */
#ifndef OCTAVO_CONNECTORS_CSV_ROW_H
#define OCTAVO_CONNECTORS_CSV_ROW_H

#include "base/bytes.h"

enum { CSV_FIELDS_MAX = 56, CSV_ROW_MAX = 256 * 1024 };

struct csv_row {
    const char *wrong; /* NULL: the fields are good */
    size_t used;       /* bytes of the row with its end; of a wrong one too */
    size_t lines;      /* ends of lines in it, its own counted */
    size_t count;
    struct csv_field {
        size_t from, len; /* in `text` */
        bool quoted;
    } fields[CSV_FIELDS_MAX];
    struct buf text;
};

/* in: not empty. */
void csv_row_read(struct csv_row *out, struct bytes in, char delimiter);
struct bytes csv_field(const struct csv_row *r, size_t nth);
void csv_row_finish(struct csv_row *r);

#endif
