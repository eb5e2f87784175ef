/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What was promised of a file, held against what a query gives. */
#include "extract/contract.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct bytes names[4];

static struct contract *given(struct contract_options options) {
    struct contract *c;
    options.key = bytes_text("a key of this test");
    names[0] = bytes_text("id");
    names[1] = bytes_text("card");
    names[2] = bytes_text("name");
    CHECK_OK(contract_create(&c, &options));
    return c;
}

static struct cell text(const char *t) {
    return (struct cell){ t ? CELL_TEXT : CELL_NULL, bytes_text(t ? t : "") };
}

static const char *written(struct contract *c, const char *card, const char *name) {
    static struct buf out;
    const struct cell cells[] = { text("7"), text(card), text(name) }, *row;
    CHECK_OK(contract_row(c, cells, &row));
    buf_clear(&out);
    for (int i = 0; i < 3; i++) {
        if (row[i].kind == CELL_NULL)
            buf_put_text(&out, "NULL");
        buf_put_bytes(&out, row[i].text);
        buf_put_text(&out, i < 2 ? "|" : "");
    }
    return buf_text(&out);
}

static void check_begin(const char *columns, const char *drift, const char *story) {
    struct contract *c = given(
        (struct contract_options){ .columns = bytes_text(columns), .drift = bytes_text(drift) });
    size_t count = 3;
    if (!story) {
        CHECK_OK(contract_begin(c, names, &count));
    } else {
        CHECK_ERROR(contract_begin(c, names, &count), E_config);
        CHECK_STORY(story);
    }
    contract_destroy(c);
}

TEST(a_column_that_was_added_dropped_renamed_or_moved_is_never_a_silently_shifted_one) {
    check_begin("id, card, name", "", NULL);
    check_begin("", "", NULL);
    check_begin("id,card", "", "column 3 is \"name\", and was promised to be \"\"");
    check_begin("id,card,name,booked", "accept_add",
                "column 4 is \"\", and was promised to be \"booked\"");
    check_begin("id,number,name", "", "column 2 is \"card\", and was promised to be \"number\"");
    check_begin("card,id,name", "accept_add",
                "column 1 is \"id\", and was promised to be \"card\"");
}

TEST(what_was_added_behind_is_left_out_where_that_is_declared) {
    struct contract *c = given((struct contract_options){ .columns = bytes_text("id,card"),
                                                          .drift = bytes_text("accept_add") });
    size_t count = 3;
    CHECK_OK(contract_begin(c, names, &count));
    CHECK_INT((long long)count, 2);
    contract_destroy(c);
}

TEST(masks_hide_what_they_should_and_leave_null_alone) {
    size_t count = 3;
    struct contract *c =
        given((struct contract_options){ .mask = bytes_text("card:last4, name:empty") });
    CHECK_OK(contract_begin(c, names, &count));
    CHECK_TEXT(written(c, "4012888888881881", "Jana"), "7|************1881|");
    CHECK_TEXT(written(c, "1881", "Jana"), "7|****|");
    CHECK_TEXT(written(c, "", NULL), "7||NULL");
    CHECK_TEXT(written(c, "abc\xc3\xa9xyz", "Jana"), "7|*****xyz|"); /* not half an e acute */
    contract_destroy(c);
    c = given((struct contract_options){ .mask = bytes_text("name:hash,card:hash") });
    CHECK_OK(contract_begin(c, names, &count));
    char *first = text_copy(written(c, "x", "Jana"));
    CHECK_TEXT(written(c, "x", "Jana"), first);
    CHECK_INT((long long)strlen(first), 1 + 1 + 32 + 1 + 32);
    CHECK(strcmp(written(c, "x", "Jano"), first) != 0);
    CHECK(!strstr(first, "Jana"));
    free(first);
    contract_destroy(c);
}

TEST(too_few_too_many_and_null_rows_end_a_run) {
    const struct cell cells[] = { text("1"), text(NULL), text("x") }, *row;
    size_t count = 3;
    struct contract *c = given(
        (struct contract_options){ .min_rows = bytes_text("2"), .max_rows = bytes_text("3") });
    CHECK_OK(contract_begin(c, names, &count));
    CHECK_OK(contract_row(c, cells, &row));
    CHECK_ERROR(contract_end(c), E_config);
    CHECK_STORY("the query gives 1 rows, min_rows is 2");
    CHECK_OK(contract_row(c, cells, &row));
    CHECK_OK(contract_end(c));
    CHECK_OK(contract_row(c, cells, &row));
    CHECK_ERROR(contract_row(c, cells, &row), E_config);
    CHECK_STORY("more than max_rows, 3");
    contract_destroy(c);
    c = given((struct contract_options){ .not_null = bytes_text("id, card") });
    CHECK_OK(contract_begin(c, names, &count));
    CHECK_ERROR(contract_row(c, cells, &row), E_config);
    CHECK_STORY("row 1, column 2 is NULL, and not_null has it");
    contract_destroy(c);
}

static void check_wrong(struct contract_options options, const char *story) {
    struct contract *c;
    CHECK_ERROR(contract_create(&c, &options), E_config);
    CHECK_STORY(story);
}

TEST(what_cannot_be_read_of_a_contract_is_told) {
    size_t count = 3;
    check_wrong((struct contract_options){ .drift = bytes_text("warn") },
                "drift is fail or accept_add");
    check_wrong((struct contract_options){ .mask = bytes_text("card") },
                "mask is COLUMN:last4, COLUMN:hash or COLUMN:empty");
    check_wrong((struct contract_options){ .mask = bytes_text("card:last5") }, "COLUMN:last4");
    check_wrong((struct contract_options){ .min_rows = bytes_text("-1") },
                "min_rows is a number of rows");
    struct contract *c = given((struct contract_options){ .mask = bytes_text("nobody:hash") });
    CHECK_ERROR(contract_begin(c, names, &count), E_config);
    CHECK_STORY("mask names column \"nobody\", which the query does not give");
    contract_destroy(c);
    c = given((struct contract_options){ .not_null = bytes_text("nobody") });
    CHECK_ERROR(contract_begin(c, names, &count), E_config);
    CHECK_STORY("not_null names column \"nobody\"");
    contract_destroy(c);
}
