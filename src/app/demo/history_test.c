/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading Berka's file, the invented bank, days and card numbers. */
#include "history.h"

#include "base/test.h"

#include <string.h>

#define HEADER                                                                                     \
    "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";"          \
    "\"k_symbol\";\"bank\";\"account\"\r\n"

static struct history *h;

static void given(const char *rows) {
    struct buf text = { 0 };
    buf_put_text(&text, HEADER);
    buf_put_text(&text, rows);
    h = history_create("test");
    CHECK_OK(berka_read(h, "trans.csv", buf_bytes(&text), 0));
    history_close(h);
    buf_finish(&text);
}

TEST(credits_are_deposits_debits_withdrawals_and_crowns_haler) {
    given("1;2378;930101;\"PRIJEM\";\"VKLAD\";700.00;700.00;\"\";;\r\n"
          "2;576;930102;\"VYDAJ\";\"VYBER\";0.10;-0.10;\"\";;\r\n"
          "3;2378;930103;\"VYBER\";\"VYBER\";12.3;687.7;\"\";;\n");
    CHECK_INT(h->movement_count, 3);
    CHECK_INT(h->account_count, 2);
    CHECK_INT(h->accounts[0].id, 2378);
    CHECK(h->movements[0].deposit && !h->movements[1].deposit && !h->movements[2].deposit);
    CHECK_INT(h->movements[0].amount, 70000);
    CHECK_INT(h->movements[0].date, 930101);
    CHECK_INT(h->movements[0].next, 2);
    CHECK_INT(h->movements[1].balance, -10);
    CHECK_INT(h->movements[1].next, HISTORY_NONE);
    CHECK_INT(h->movements[2].amount, 1230);
    CHECK_INT(h->movements[2].balance, 68770);
    history_destroy(h);
}

TEST(a_day_closes_with_the_movement_nothing_starts_from) {
    given("1;1;930101;PRIJEM;;100.00;100.00;;;\n"
          "2;1;930102;VYDAJ;;30.00;120.00;;;\n" /* booked second */
          "3;1;930102;PRIJEM;;50.00;150.00;;;\n"
          "4;1;930103;PRIJEM;;1.00;121.00;;;\n");
    CHECK_INT(h->day_count, 3);
    CHECK_INT(h->days[0].closing, 10000);
    CHECK_INT(h->days[1].closing, 12000);
    CHECK_INT(h->days[1].last, 2);
    CHECK_INT(h->days[2].closing, 12100);
    history_destroy(h);
}

TEST(a_day_that_cannot_be_ordered_closes_with_its_last_line) {
    given("1;1;930101;PRIJEM;;1.00;500.00;;;\n2;1;930101;PRIJEM;;1.00;900.00;;;\n");
    CHECK_INT(h->day_count, 1);
    CHECK_INT(h->days[0].closing, 90000);
    history_destroy(h);
}

static void check_wrong(const char *text, const char *story) {
    h = history_create("test");
    CHECK_ERROR(berka_read(h, "trans.csv", bytes_text(text), 0), E_malformed);
    CHECK_STORY(story);
    history_destroy(h);
}

TEST(a_line_that_cannot_be_read_is_named) {
    check_wrong("", "there is no movement in it");
    check_wrong(HEADER, "there is no movement in it");
    check_wrong("a;b;c;d;e;f;g;h;i;j\n", "trans.csv:1: this is not the header");
    check_wrong(HEADER "1;2;3\n", "trans.csv:2: fewer than ten fields");
    check_wrong(HEADER "1;2;3;4;5;6;7;8;9;10;11\n", "trans.csv:2: more than ten fields");
    check_wrong(HEADER "1;x;930101;PRIJEM;;1.00;1.00;;;\n", "trans.csv:2: account_id");
    check_wrong(HEADER "1;0;930101;PRIJEM;;1.00;1.00;;;\n", "trans.csv:2: account_id");
    check_wrong(HEADER "1;1;soon;PRIJEM;;1.00;1.00;;;\n", "trans.csv:2: date");
    check_wrong(HEADER "1;1;930101;PRIJEN;;1.00;1.00;;;\n", "trans.csv:2: type");
    check_wrong(HEADER "1;1;930101;PRIJEM;;0.00;1.00;;;\n", "trans.csv:2: amount");
    check_wrong(HEADER "1;1;930101;PRIJEM;;-1.00;1.00;;;\n", "trans.csv:2: amount");
    check_wrong(HEADER "1;1;930101;PRIJEM;;1.001;1.00;;;\n", "trans.csv:2: amount");
    check_wrong(HEADER "1;1;930101;PRIJEM;;1e3;1.00;;;\n", "trans.csv:2: amount");
    check_wrong(HEADER "1;1;930101;PRIJEM;;99999999999999999999;1.00;;;\n", "trans.csv:2: amount");
    check_wrong(HEADER "1;1;930101;PRIJEM;;1.00;;;;\n", "trans.csv:2: balance");
}

TEST(test_cards_begin_with_999999_and_pass_the_luhn_check) {
    char card[CARD_DIGITS + 1];
    card_of_account(576, card);
    CHECK_TEXT(card, "9999990000005765");
    card_of_account(999999999, card);
    CHECK_INT((long long)strlen(card), 16);
}

TEST(a_missing_file_is_replaced_by_an_invented_bank_that_says_so) {
    struct history *other;
    struct history_options options = { .folder = test_dir(), .seed = 7 };
    CHECK_OK(history_open(&h, &options));
    CHECK(h->invented);
    CHECK(strstr(h->source, "an invented bank (no berka/trans.csv in ") == h->source);
    CHECK_OK(history_open(&other, &options));
    CHECK_INT(h->movement_count, other->movement_count);
    CHECK(h->movement_count > 10000 && h->account_count > 300);
    for (int32_t i = 0; i < h->movement_count; i++) {
        CHECK_INT(h->movements[i].amount, other->movements[i].amount);
        CHECK(h->movements[i].amount > 0 && h->movements[i].balance >= 0);
    }
    history_destroy(other);
    history_destroy(h);
}

TEST(a_file_that_is_there_but_broken_is_an_error) {
    struct buf path = { 0 };
    struct history_options options = { .folder = test_dir() };
    buf_print(&path, "%s/berka", test_dir());
    CHECK_OK(disk_make_dir(disk_real(), buf_text(&path)));
    buf_put_text(&path, "/trans.csv");
    CHECK_OK(disk_replace(disk_real(), buf_text(&path), bytes_text("nonsense\n")));
    CHECK_ERROR(history_open(&h, &options), E_malformed);
    CHECK_STORY("/berka/trans.csv:1: fewer than ten fields");
    CHECK(h == NULL);
    buf_finish(&path);
}

TEST(only_so_many_movements_are_read) {
    struct history_options options = { .folder = test_dir(), .movements_max = 100 };
    CHECK_OK(history_open(&h, &options));
    CHECK_INT(h->movement_count, 100);
    history_destroy(h);
}
