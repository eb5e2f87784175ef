// rooms: schema
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A schema and a value, with a line's end between: whatever they are, it ends, and soon. */
#include "schema/schema.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    struct schema *schema;
    struct buf why = { 0 };
    if (!schema_read(&schema, "fuzz", bytes_of(data, len))) {
        schema_check_formats(schema);
        if (end)
            (void)schema_accepts_text(schema, bytes_of(end + 1, size - len - 1), &why);
        schema_destroy(schema);
    }
    buf_finish(&why);
    return 0;
}
