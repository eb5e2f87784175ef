/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Bytes are looked at eight at a time: each must be met wherever it stands. */
#include "extract/format.h"

#include "base/test.h"

#include <string.h>

TEST(every_byte_is_met_at_every_place_of_a_field) {
    struct format_options options = { .delimiter = ';', .no_header = true, .lf = true };
    struct bytes name = bytes_text("a");
    struct buf out = { 0 };
    struct format f;
    format_init(&f, &options);
    CHECK_OK(format_begin(&f, &name, 1, &out));
    for (int byte = 0; byte < 256; byte++)
        for (size_t at = 0; at < 27; at++) {
            char text[28] = "abcdefghijklmnopqrstuvwxyz,";
            text[at] = (char)byte;
            struct cell cell = { CELL_TEXT, bytes_of(text, 27) };
            bool edge = (byte == ' ' || byte == '\t') && (at == 0 || at == 26);
            buf_clear(&out);
            if (byte == 0 || byte >= 0x80) {
                CHECK_ERROR(format_row(&f, &cell, 1, &out), E_config);
                continue;
            }
            CHECK_OK(format_row(&f, &cell, 1, &out));
            bool quoted = byte && strchr("\"\r\n;", byte);
            CHECK_INT(out.data[0] == '"' && out.len > 29, quoted || edge);
        }
    format_finish(&f);
    buf_finish(&out);
}
