// rooms: connectors/iso8583
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as a dialect file: refused with a line, or a dialect. */
#include "iso8583/dialect.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct iso_dialect dialect;
    if (iso_dialect_read(&dialect, "fuzz", bytes_of(data, size)) == E_ok)
        assert(dialect.header_size >= 2);
    return 0;
}
