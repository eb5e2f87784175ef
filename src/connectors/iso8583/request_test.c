/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Requests: what is handed over, and every code that is answered at once. */
#include "request.h"

#include "base/test.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <string.h>

#define CARD "9999990000005765"

/* 2026-11-22 12:00:00 UTC */
static struct request_options options = { { (const uint8_t *)"key", 3 }, 1795348800000 };
static struct iso_message message;
static struct request request;
static struct buf json;

static void message_put(int number, const char *text) {
    message.fields[number] = text ? bytes_text(text) : (struct bytes){ NULL, 0 };
}

static void given(const char *mti) {
    iso_message_init(&message);
    memcpy(message.mti, mti, 5);
    message_put(2, CARD);
    message_put(3, "010000");
    message_put(4, "000000123450");
    message_put(11, "000001");
    message_put(13, "1122");
    message_put(35, CARD "=2812101");
    message_put(37, "ABCDEF000001");
    message_put(41, "ATM00001");
    message_put(49, "203");
    message_put(52, "PINBLOCK");
    buf_clear(&json);
}

static const char *read_it(void) {
    return request_read(&message, &options, &request, &json);
}

static void check_code(const char *wanted) {
    const char *code = read_it();
    CHECK_TEXT(code ? code : "handed over", wanted);
    CHECK_INT((long long)json.len, 0);
}

static void check_json_text(const struct json *j, const char *name, const char *wanted) {
    struct bytes value;
    CHECK(json_get_text(j, name, &value));
    CHECK_BYTES(value, bytes_text(wanted));
}

TEST(a_withdrawal_becomes_a_request_with_its_own_identity) {
    char token[CARD_TOKEN_CHARS + 1];
    struct json j;
    int64_t amount = 0;
    given("0200");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, "withdrawal-asked");
    CHECK_TEXT(request.id, "ATM00001-20261122-000001-ABCDEF000001");
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    card_token(bytes_text("key"), bytes_text(CARD), token);
    check_json_text(&j, "request", request.id);
    check_json_text(&j, "card", token);
    check_json_text(&j, "card_masked", "999999******5765");
    check_json_text(&j, "currency", "203");
    check_json_text(&j, "terminal", "ATM00001");
    check_json_text(&j, "stan", "000001");
    check_json_text(&j, "rrn", "ABCDEF000001");
    check_json_text(&j, "date", "20261122");
    CHECK(json_get_int(&j, "amount", &amount));
    CHECK_INT(amount, 123450);
    CHECK(!json_has(&j, "original"));
    json_finish(&j);
}

TEST(a_repeat_is_the_same_request_and_a_deposit_is_a_deposit) {
    char first[REQUEST_ID_CHARS + 1];
    given("0200");
    CHECK(read_it() == NULL);
    memcpy(first, request.id, sizeof first);
    given("0201");
    message_put(3, "210000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, first);
    CHECK_TEXT(request.type, "deposit-asked");
}

TEST(no_card_number_pin_block_or_track_is_handed_over) {
    given("0200");
    CHECK(read_it() == NULL);
    CHECK(memmem(json.data, json.len, CARD, strlen(CARD)) == NULL);
    CHECK(memmem(json.data, json.len, "2812101", 7) == NULL);
    CHECK(memmem(json.data, json.len, "PINBLOCK", 8) == NULL);
    CHECK(strstr(request.id, CARD) == NULL);
}

TEST(the_card_may_stand_in_track_2_alone) {
    given("0200");
    message_put(2, NULL);
    CHECK(read_it() == NULL);
    given("0200");
    message_put(2, NULL);
    message_put(35, CARD "D2812101");
    CHECK(read_it() == NULL);
    given("0200");
    message_put(2, NULL);
    message_put(35, CARD);
    check_code("30");
    given("0200");
    message_put(35, "9999990000005773=2812101");
    check_code("30"); /* two different cards */
}

TEST(a_reversal_names_its_original) {
    struct json j;
    given("0420");
    message_put(11, "000002");
    message_put(90, "020000000111221530000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, "reversal-advice-asked");
    CHECK_TEXT(request.id, "ATM00001-20261122-000002-ABCDEF000001");
    CHECK_TEXT(request.original, "ATM00001-20261122-000001-ABCDEF000001");
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    check_json_text(&j, "original", request.original);
    json_finish(&j);
}

TEST(a_reversal_with_its_originals_number_is_still_another_request) {
    given("0401");
    message_put(90, "020100000111221530000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.original, "ATM00001-20261122-000001-ABCDEF000001");
    CHECK_TEXT(request.id, "ATM00001-20261122-000001-ABCDEF000001-R");
}

TEST(a_reversal_of_a_reversal_is_refused) {
    given("0400");
    message_put(90, "040000000111221530000000000000000000000000");
    check_code("12");
    given("0400");
    message_put(90, "042100000111221530000000000000000000000000");
    check_code("12");
    given("0400");
    check_code("30");
}

static void check_json_int(const char *name, int64_t wanted) {
    struct json j;
    int64_t value = -1;
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    (void)json_get_int(&j, name, &value);
    CHECK_INT(value, wanted);
    json_finish(&j);
}

TEST(a_partial_reversal_says_how_much_came_out) {
    given("0400");
    message_put(90, "020000000111221530000000000000000000000000");
    message_put(95, "000000010000000000000000000000000000000000");
    CHECK(read_it() == NULL);
    check_json_int("actual", 10000);
    check_json_int("amount", 123450);
    given("0420");
    message_put(90, "020000000111221530000000000000000000000000");
    message_put(95, "000000000000000000000000000000000000000000");
    CHECK(read_it() == NULL);
    check_json_int("actual", -1); /* nothing came out: all of it is reversed */
    given("0400");
    message_put(90, "020000000111221530000000000000000000000000");
    message_put(95, "0000000A0000000000000000000000000000000000");
    check_code("30");
}

static void check_becomes(const char *mti, const char *processing, const char *type) {
    given(mti);
    message_put(3, processing);
    message_put(103, "4711");
    message_put(90, NULL);
    if (mti[1] == '4')
        message_put(90, "010000000311221530000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, type);
}

TEST(each_message_becomes_what_its_type_and_processing_code_say) {
    check_becomes("0100", "000000", "authorization-asked");
    check_becomes("0101", "010000", "authorization-asked");
    check_becomes("0100", "310000", "balance-asked");
    check_becomes("0120", "010000", "withdrawal-advice-asked");
    check_becomes("0200", "003000", "withdrawal-asked");
    check_becomes("0201", "312000", "balance-asked");
    check_becomes("0200", "401020", "transfer-asked");
    check_becomes("0220", "010000", "withdrawal-advice-asked");
    check_becomes("0221", "210000", "deposit-advice-asked");
    check_becomes("0401", "400000", "reversal-asked");
    check_becomes("0421", "010000", "reversal-advice-asked");
}

TEST(a_balance_inquiry_has_no_amount_and_a_transfer_names_who_gets_it) {
    struct json j;
    given("0200");
    message_put(3, "310000");
    message_put(4, NULL);
    CHECK(read_it() == NULL);
    check_json_int("amount", 0);
    given("0200");
    message_put(3, "400000");
    check_code("30");
    message_put(103, "     ");
    check_code("30");
    message_put(103, "x" CARD); /* a card is no account */
    check_code("30");
    message_put(103, "4711      ");
    CHECK(read_it() == NULL);
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    check_json_text(&j, "to", "4711");
    json_finish(&j);
}

TEST(an_advice_is_another_request_than_the_one_whose_numbers_it_carries) {
    char first[REQUEST_ID_CHARS + 1];
    given("0220");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, "ATM00001-20261122-000001-ABCDEF000001-A");
    memcpy(first, request.id, sizeof first);
    given("0221");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, first);
    given("0420"); /* of that advice */
    message_put(11, "000002");
    message_put(90, "022000000111221530000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.original, first);
}

TEST(an_advice_that_names_an_original_completes_it) {
    given("0220");
    message_put(11, "000002");
    message_put(90, "010000000111221530000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, "completion-asked");
    CHECK_TEXT(request.original, "ATM00001-20261122-000001-ABCDEF000001");
    CHECK_TEXT(request.id, "ATM00001-20261122-000002-ABCDEF000001-A");
    given("0220"); /* zeros name nothing */
    message_put(90, "000000000000000000000000000000000000000000");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, "withdrawal-advice-asked");
    CHECK_TEXT(request.original, "");
}

static void check_set_aside(const char *reason, const char *id) {
    struct json j;
    buf_clear(&json);
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.type, "set-aside-asked");
    CHECK(strncmp(request.id, id, strlen(id)) == 0);
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    check_json_text(&j, "reason", reason);
    check_json_text(&j, "request", request.id);
    CHECK(memmem(json.data, json.len, CARD, strlen(CARD)) == NULL);
    json_finish(&j);
}

TEST(an_advice_cannot_be_refused_so_what_is_wrong_with_it_is_set_aside) {
    char first[REQUEST_ID_CHARS + 1];
    given("0220");
    message_put(4, "000000000000");
    check_set_aside("13", "ATM00001-20261122-000001-ABCDEF000001-S");
    given("0420");
    message_put(90, "040000000111221530000000000000000000000000");
    check_set_aside("12", "ATM00001-20261122-000001-ABCDEF000001-S");
    given("0220");
    message_put(41, CARD); /* nothing unchecked goes along */
    message_put(37, NULL);
    check_set_aside("30", "unreadable-");
    memcpy(first, request.id, sizeof first);
    memcpy(message.mti, "0221", 5);
    message_put(7, "1123000000");
    check_set_aside("30", "unreadable-");
    CHECK_TEXT(request.id, first);
    message_put(11, "000002");
    check_set_aside("30", "unreadable-");
    CHECK(strcmp(request.id, first) != 0);
    given("0120");
    message.broken = true;
    check_set_aside("30", "ATM00001-20261122-000001-ABCDEF000001-S");
}

static void check_day(int64_t now_ms, const char *mmdd, const char *wanted) {
    struct json j;
    options.now_ms = now_ms;
    given("0200");
    message_put(13, mmdd);
    CHECK(read_it() == NULL);
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    check_json_text(&j, "date", wanted);
    json_finish(&j);
    options.now_ms = 1795348800000;
}

TEST(the_year_is_the_one_that_puts_the_day_nearest_to_its_arrival) {
    const int64_t new_year = 1798761600000; /* 2027-01-01 00:00 UTC */
    const int64_t leap_day = 1835395200000; /* 2028-02-29 00:00 UTC */
    check_day(new_year + 1000, "1231", "20261231");
    check_day(new_year - 1000, "0101", "20270101");
    check_day(new_year + 1000, "0101", "20270101");
    check_day(leap_day, "0229", "20280229");
    check_day(leap_day + 86400000, "0229", "20280229"); /* a clock that is a day behind */
    check_day(leap_day - 86400000, "0229", "20280229"); /* or ahead */
    check_day(leap_day, "0301", "20280301");
}

TEST(the_terminals_own_time_and_the_settlement_day_go_along) {
    struct json j;
    given("0200");
    message_put(12, "235959");
    message_put(15, "1123");
    CHECK(read_it() == NULL);
    CHECK_OK(json_read(&j, buf_bytes(&json)));
    check_json_text(&j, "local", "20261122235959");
    check_json_text(&j, "settlement", "20261123");
    json_finish(&j);
    message_put(12, "240000");
    buf_clear(&json);
    check_code("30");
    given("0200");
    message_put(15, "1132");
    check_code("30");
}

TEST(the_same_number_on_the_next_day_or_after_its_wrap_is_a_new_request) {
    given("0200");
    message_put(13, "1123");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, "ATM00001-20261123-000001-ABCDEF000001");
    given("0200");
    message_put(37, "ABCDEF999999"); /* 999,999 numbers later, on the same day */
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, "ATM00001-20261122-000001-ABCDEF999999");
}

TEST(an_unknown_transaction_is_answered_12) {
    static const char *const types[] = { "0500", "1200", "0202", "0402", "0820", "0222", "0300" };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        given(types[i]);
        check_code("12");
    }
    given("0200");
    message_put(3, "330000");
    check_code("12");
    given("0200");
    message_put(41, "http:1");
    check_code("30");
}

TEST(a_missing_field_is_answered_30) {
    static const int required[] = { 3, 4, 11, 13, 37, 41, 49 };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        given("0200");
        message_put(required[i], NULL);
        check_code("30");
    }
    given("0200");
    message_put(2, NULL);
    message_put(35, NULL);
    check_code("30");
}

static void check_field(int number, const char *text, const char *code) {
    given("0200");
    message_put(number, text);
    check_code(code);
}

TEST(a_field_that_cannot_be_is_answered_with_its_code) {
    check_field(4, "000000000000", "13");
    check_field(4, "1000000000000", "13"); /* a dialect with a longer field */
    check_field(4, "99999999999999999999999999", "13");
    check_field(4, "-00000000001", "13");
    check_field(11, "00001", "30");
    check_field(13, "1322", "30");
    check_field(13, "1131", "30");
    check_field(13, "0229", "30"); /* no leap year near 2026 */
    check_field(13, "0000", "30");
    check_field(37, "            ", "30");
    check_field(41, "        ", "30");
    check_field(49, "CZK", "30");
    check_field(49, "20", "30");
    given("0200");
    message_put(35, NULL);
    message_put(2, "99999900000");
    check_code("14");
}

TEST(a_field_with_wrong_characters_is_answered_30_but_the_amount_13) {
    given("0200");
    message.bad_field = 49;
    check_code("30");
    message.bad_field = 4;
    check_code("13");
    message.broken = true;
    check_code("30");
}

TEST(blanks_behind_terminal_and_rrn_are_no_part_of_the_identity) {
    given("0200");
    message_put(41, "ATM1    ");
    message_put(37, "ABC         ");
    CHECK(read_it() == NULL);
    CHECK_TEXT(request.id, "ATM1-20261122-000001-ABC");
}
