/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The summary's words, numbers and marks. */
#include "result.h"

#include "base/test.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

static struct bank_result good_result(void) {
    return (struct bank_result){
        .source = "a test",
        .terminals = 32,
        .withdrawals = 12431,
        .deposits = 8573,
        .declined = 41,
        .reasons = { { "51", 40 }, { "14", 1 } },
        .reason_count = 2,
        .duration_ns = 10000000000,
        .p50_ns = 3149000,
        .p99_ns = 18360000,
        .counts = { .transactions = 21050, .repeats = 7, .reversals = 3, .refused_91 = 2 },
        .seen = { 39960, 23370, 39307 },
        .expected = { 39960, 23370, 39307 },
        .killed = "the processor and the broker",
        .audited = true,
    };
}

static void check_written(const struct bank_result *r, struct result_style style,
                          const char *wanted) {
    struct buf out = { 0 };
    result_write(r, style, &out);
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void check_says(const struct bank_result *r, struct result_style style, const char *part) {
    struct buf out = { 0 };
    result_write(r, style, &out);
    if (!strstr(buf_text(&out), part))
        CHECK_TEXT(buf_text(&out), part);
    buf_finish(&out);
}

TEST(the_summary_opens_with_a_sentence_and_goes_on_with_a_table) {
    struct bank_result r = good_result();
    CHECK(result_is_good(&r));
    check_written(
        &r, (struct result_style){ 0 },
        "12,431 withdrawals; I killed the processor and the broker; lost 0, repeated 0, the books "
        "balance to 0.00\n\n"
        "  approved              21,004 (12,431 withdrawals, 8,573 deposits)\n"
        "  declined              41 (51 not enough money: 40, 14 unknown card: 1)\n"
        "  repeats suppressed    7\n"
        "  reversals             3\n"
        "  answered 91, retried  2\n"
        "  throughput            2,104 transactions/s from 32 terminals\n"
        "  answer                p50 3.1 ms, p99 18.4 ms\n"
        "  sum of all balances   0\n"
        "  account-days equal    23,370 of 39,960 to the source's running balance; an independent "
        "fold expects 23,370\n"
        "                        (within 1.00: 39,307; the source rounds and lets some accounts go "
        "below 0)\n"
        "  data                  a test\n");
}

TEST(what_must_not_be_is_said_without_colour_too) {
    struct bank_result r = good_result();
    r.audit = (struct audit_result){ 1, 2, 3 };
    r.sum_of_balances = -123456;
    r.unlike_fold = 1234;
    CHECK(!result_is_good(&r));
    check_says(&r, (struct result_style){ 0 },
               "lost 1, repeated 2, the books balance to -1,234.56\n");
    check_says(&r, (struct result_style){ 0 }, "  moved, not approved   3  <- must be 0\n");
    check_says(&r, (struct result_style){ 0 }, "  unlike the fold       1,234  <- must be 0\n");
    check_says(&r, (struct result_style){ .color = true }, "\033[31m  moved, not approved");
    check_says(&r, (struct result_style){ .color = true }, "\033[1;31m12,431 withdrawals; ");
}

TEST(nothing_is_claimed_that_was_not_looked_at) {
    struct bank_result r = good_result();
    r.killed = NULL;
    r.audited = false;
    r.withdrawals = 1;
    CHECK(!result_is_good(&r));
    check_says(&r, (struct result_style){ 0 },
               "1 withdrawal; nothing was killed; the ledger was not read\n");
}

static void check_good_needs(void (*spoil)(struct bank_result *r)) {
    struct bank_result r = good_result();
    spoil(&r);
    CHECK(!result_is_good(&r));
}

static void spoil_lost(struct bank_result *r) {
    r->audit.lost = 1;
}

static void spoil_repeated(struct bank_result *r) {
    r->audit.repeated = 1;
}

static void spoil_stray(struct bank_result *r) {
    r->audit.stray = 1;
}

static void spoil_sum(struct bank_result *r) {
    r->sum_of_balances = 1;
}

static void spoil_unfinished(struct bank_result *r) {
    r->unfinished = 1;
}

static void spoil_days(struct bank_result *r) {
    r->seen.equal--;
}

TEST(one_wrong_number_makes_the_result_bad) {
    check_good_needs(spoil_lost);
    check_good_needs(spoil_repeated);
    check_good_needs(spoil_stray);
    check_good_needs(spoil_sum);
    check_good_needs(spoil_unfinished);
    check_good_needs(spoil_days);
}

TEST(json_says_the_same_numbers) {
    struct bank_result r = good_result();
    struct buf out = { 0 };
    struct json j;
    int64_t value = 0;
    result_write(&r, (struct result_style){ .json = true }, &out);
    CHECK_OK(json_read(&j, buf_bytes(&out)));
    CHECK(json_get_int(&j, "withdrawals", &value) && value == 12431);
    CHECK(json_get_int(&j, "declined_51", &value) && value == 40);
    CHECK(json_get_int(&j, "p99_us", &value) && value == 18360);
    CHECK(json_get_int(&j, "days_equal_expected", &value) && value == 23370);
    CHECK(json_get_int(&j, "sum_of_balances", &value) && value == 0);
    json_finish(&j);
    buf_finish(&out);
}

TEST(numbers_have_commas_and_money_two_decimals) {
    struct buf out = { 0 };
    count_write(&out, 0);
    buf_put_byte(&out, ' ');
    count_write(&out, -1000);
    buf_put_byte(&out, ' ');
    count_write(&out, INT64_MIN);
    buf_put_byte(&out, ' ');
    money_write(&out, 5);
    buf_put_byte(&out, ' ');
    money_write(&out, -100000);
    CHECK_TEXT(buf_text(&out), "0 -1,000 -9,223,372,036,854,775,808 0.05 -1,000.00");
    buf_finish(&out);
}

TEST(no_color_is_honoured) {
    CHECK_INT(setenv("NO_COLOR", "1", 1), 0);
    CHECK(!result_color_wanted(1));
    CHECK_INT(unsetenv("NO_COLOR"), 0);
    CHECK(!result_color_wanted(-1)); /* no terminal */
}
