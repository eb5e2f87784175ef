/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Trailers count and add up, exactly. */
#include "extract/trailer.h"

#include "base/test.h"

static struct trailer trailer;

static enum error begin(const char *text) {
    static struct bytes names[2];
    names[0] = bytes_text("id");
    names[1] = bytes_text("amount");
    TRY(trailer_init(&trailer, bytes_text(text)));
    return trailer_begin(&trailer, names, 2);
}

static enum error row(const char *amount) {
    struct cell cells[2] = { { CELL_NUMBER, bytes_text("1") },
                             { amount ? CELL_NUMBER : CELL_NULL,
                               bytes_text(amount ? amount : "") } };
    return trailer_row(&trailer, cells);
}

static void check(int64_t rows, const char *wanted) {
    struct buf out = { 0 };
    trailer_write(&trailer, rows, &out);
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(a_trailer_counts_rows_and_adds_columns_up_exactly) {
    CHECK_OK(begin("TRL;{rows};{sum:amount};{sum:id}"));
    static const char *const amounts[] = { "0.1", "0.2", "-12.305", NULL, "7" };
    for (size_t i = 0; i < 5; i++)
        CHECK_OK(row(amounts[i]));
    check(5, "TRL;5;-5.005;5");
    CHECK_OK(begin("{sum:amount}"));
    check(0, "0");
    CHECK_OK(row("9999999999999999999.999999999"));
    CHECK_OK(row("0.000000001"));
    check(2, "10000000000000000000.000000000");
    CHECK_OK(begin("the end"));
    check(2, "the end");
}

static void check_wrong(const char *text, const char *what) {
    CHECK_ERROR(begin(text), E_config);
    CHECK_STORY(what);
}

TEST(what_cannot_be_counted_or_added_up_is_told) {
    check_wrong("{columns}", "knows {rows} and at most 8");
    check_wrong("{rows", "begins no word");
    check_wrong("a\nb", "end of line");
    check_wrong("{sum:nobody}", "column nobody, which the query does not give");
    static const char *const bad[] = {
        "",         "-",     ".5", "1e3",          "NaN",
        "Infinity", "1.2.3", "x",  "0.1234567890", "12345678901234567890123456789"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        CHECK_OK(begin("{sum:amount}"));
        CHECK_ERROR(row(bad[i]), E_config);
        CHECK_STORY("column amount is added up");
    }
}
