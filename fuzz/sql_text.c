// rooms: values connectors connectors/extract
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as a query: the interval goes into it, or it is refused; nothing is read beyond its end.
 */
#include "base/check.h"
#include "extract/sql_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf out = { 0 };
    bool has_until = false;
    char *sql = text_copy_bytes(bytes_of(data, size));
    struct source_query q = { .sql = sql, .from_ms = 0, .until_ms = 1795395600000 };
    if (sql_interval_write(&q, &out, &has_until) == E_ok)
        assert(out.len > 0 && out.data[out.len - 1] == '\n');
    buf_finish(&out);
    free(sql);
    return 0;
}
