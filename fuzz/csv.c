// rooms: connectors/csv
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as rows of CSV: each takes some, fields lie within what was read, none is longer than
 * its row. */
#include "csv/row.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct csv_row row;
    struct bytes left = bytes_of(data, size);
    while (left.len) {
        csv_row_read(&row, left, ',');
        assert(row.used > 0 && row.used <= left.len && row.lines > 0);
        assert(row.count <= CSV_FIELDS_MAX && (row.wrong || row.text.len <= row.used));
        for (size_t i = 0; i < row.count; i++)
            assert(row.fields[i].from + row.fields[i].len <= row.text.len);
        left = bytes_part(left, row.used, left.len - row.used);
    }
    return 0;
}
