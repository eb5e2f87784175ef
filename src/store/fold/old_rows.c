/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rows of a snapshot of format 1, which is read and never written.
 *
 *   u64 rows { u32 length of what follows the second length  u32 length of the id  id  columns }
 *   id     = u16 table  text key  text sub
 *   column = u8 0 (null) | u8 1, i64 | u8 2, text */
#include "base/check.h"
#include "base/cursor.h"
#include "fold_inside.h"

enum { COLUMN_IS_INT = 1, COLUMN_IS_TEXT = 2 };

static struct bytes read_text(struct cursor *in) {
    return read_bytes(in, read_u32(in));
}

/* Of the declared types, and nothing behind them. */
static bool read_columns(struct cursor *in, const struct store_table *t, struct value *values) {
    for (size_t c = 0; c < t->column_count && !in->bad; c++) {
        uint8_t kind = read_u8(in);
        values[c] = (struct value){ .kind = VALUE_NULL };
        if (kind == COLUMN_IS_INT && t->columns[c].type == COLUMN_INT)
            values[c] = (struct value){ .kind = VALUE_INT, .integer = read_int64(in) };
        else if (kind == COLUMN_IS_TEXT && t->columns[c].type == COLUMN_TEXT)
            values[c] = (struct value){ .kind = VALUE_TEXT, .text = read_text(in) };
        else if (kind != 0)
            return false;
    }
    return !in->bad && !cursor_left(in);
}

static bool read_row(struct fold_store *f, struct cursor *in, const size_t *tables, size_t count) {
    struct value values[CACHE_COLUMNS_MAX];
    uint32_t len = read_u32(in);
    uint32_t id_len = read_u32(in);
    struct bytes row = read_bytes(in, len);
    if (in->bad || id_len > row.len)
        return false;
    struct cursor id = cursor_on(bytes_part(row, 0, id_len));
    uint16_t table = read_u16(&id);
    struct row_id name = { .key = read_text(&id) };
    name.sub = read_text(&id);
    if (id.bad || cursor_left(&id) || table >= count)
        return false;
    name.table = tables[table];
    struct cursor columns = cursor_on(bytes_part(row, id_len, row.len - id_len));
    if (!read_columns(&columns, &f->tables[name.table], values))
        return false;
    cache_put(&f->rows, &name, values);
    return true;
}

bool fold_old_rows_read(struct fold_store *f, struct cursor *in, const size_t *tables,
                        size_t count) {
    uint64_t rows = read_u64(in);
    for (uint64_t left = rows; left && !in->bad; left--)
        if (!read_row(f, in, tables, count))
            return false;
    return !in->bad && f->rows.rows.count == rows; /* one twice is seen by the count */
}
