// rooms: values connectors connectors/extract
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any text as every list of a contract and as a row of two columns: it is read, or told; a row that
 * comes out has the columns that were promised. */
#include "base/check.h"
#include "extract/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes text = bytes_of(data, size), names[] = { bytes_text("a"), bytes_text("b") };
    size_t split = size ? data[0] % (size + 1) : 0, count = 2;
    struct contract_options options = {
        .columns = bytes_part(text, 0, split / 2),
        .not_null = bytes_part(text, split / 2, split - split / 2),
        .mask = bytes_part(text, split, size - split),
        .key = bytes_text("a key of this target"),
    };
    const struct cell cells[] = { { CELL_TEXT, text }, { CELL_NULL, { NULL, 0 } } }, *row;
    struct contract *c = NULL;
    if (contract_create(&c, &options) == E_ok && contract_begin(c, names, &count) == E_ok
        && contract_row(c, cells, &row) == E_ok) {
        assert(count <= 2);
        assert(row[0].kind == CELL_TEXT);
    }
    contract_destroy(c);
    return 0;
}
