/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Bytes are looked at eight at a time: each must be met wherever it stands. What a database calls a
 * number is one of JSON only by JSON's own grammar. */
#include "extract/format.h"

#include "base/test.h"

#include <stdlib.h>
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

static void check_json(const char *number, const char *wanted) {
    struct format_options options = { .kind = FORMAT_JSON_LINES };
    struct bytes name = bytes_text("a");
    struct cell cell = { CELL_NUMBER, bytes_text(number) };
    struct buf out = { 0 };
    struct format f;
    format_init(&f, &options);
    CHECK_OK(format_begin(&f, &name, 1, &out));
    CHECK_OK(format_row(&f, &cell, 1, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    format_finish(&f);
    buf_finish(&out);
}

TEST(a_number_of_a_json_line_is_one_by_its_whole_grammar_and_else_a_text) {
    static const char *const good[] = { "0",    "-0",   "7",      "-12",    "10.50",        "-0.5",
                                        "1e-7", "1E+3", "2.5e10", "0.0e00", "12345678901.1" };
    static const char *const bad[] = { "",    "-",     ".50",   "-.5", "5.",       "1.e3",
                                       "01",  "-00",   "+1",    "1e",  "1e+",      "1.2.3",
                                       "1,5", "1 000", " 1",    "1 ",  "0x10",     "--1",
                                       "1-2", "$1",    "1e5.0", "NaN", "Infinity", "-Infinity" };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        char *line = text_format("{\"a\":%s}\n", good[i]);
        check_json(good[i], line);
        free(line);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char *line = text_format("{\"a\":\"%s\"}\n", bad[i]);
        check_json(bad[i], line);
        free(line);
    }
}
