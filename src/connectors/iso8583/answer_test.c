/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Answers: what comes back, and what never does. */
#include "answer.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct iso_message asked;
static struct iso_message answer;
static struct iso_dialect dialect;

static void given(const char *mti) {
    iso_message_init(&asked);
    memcpy(asked.mti, mti, 5);
    asked.fields[2] = bytes_text("9999990000005765");
    asked.fields[3] = bytes_text("010000");
    asked.fields[4] = bytes_text("000000123450");
    asked.fields[11] = bytes_text("000001");
    asked.fields[35] = bytes_text("9999990000005765=2812101");
    asked.fields[37] = bytes_text("ABCDEF000001");
    asked.fields[41] = bytes_text("ATM00001");
    asked.fields[49] = bytes_text("203");
    asked.fields[52] = bytes_text("PINBLOCK");
}

static struct kept *decided(const char *json) {
    struct kept *kept = answer_keep(&asked, "an-id");
    answer_decided(kept, bytes_text(json), &answer);
    return kept;
}

static void check_field(int number, const char *wanted) {
    CHECK_BYTES(answer.fields[number], bytes_text(wanted));
}

static void check_packs(void) {
    struct buf wire = { 0 };
    CHECK_OK(iso_dialect_open(&dialect, NULL, "iso87"));
    CHECK_OK(iso_pack(&dialect, &answer, &wire));
    CHECK(memmem(wire.data, wire.len, "999999", 6) == NULL);
    buf_finish(&wire);
}

TEST(an_approval_carries_code_and_balance_and_no_card) {
    given("0201");
    struct kept *kept = decided("{\"code\":\"00\",\"balance\":50000,\"currency\":\"203\"}");
    CHECK_TEXT(answer.mti, "0210");
    check_field(39, "00");
    check_field(54, "0002203C000000050000");
    check_field(4, "000000123450");
    check_field(11, "000001");
    check_field(41, "ATM00001");
    CHECK_INT((long long)answer.fields[38].len, 6);
    CHECK(!answer.fields[2].data && !answer.fields[35].data && !answer.fields[52].data);
    check_packs();
    free(kept);
}

TEST(a_repeat_gets_the_same_approval_and_another_request_another) {
    given("0200");
    struct kept *first = answer_keep(&asked, "a"), *second = answer_keep(&asked, "b");
    char approval[7] = "";
    answer_decided(first, bytes_text("{\"code\":\"00\"}"), &answer);
    memcpy(approval, answer.fields[38].data, 6);
    answer_decided(first, bytes_text("{\"code\":\"00\"}"), &answer);
    check_field(38, approval);
    answer_decided(second, bytes_text("{\"code\":\"00\"}"), &answer);
    CHECK(!bytes_equal(answer.fields[38], bytes_text(approval)));
    answer_decided(second, bytes_text("{\"code\":\"00\",\"approval\":\"X1Y2Z3\"}"), &answer);
    check_field(38, "X1Y2Z3");
    free(first);
    free(second);
}

TEST(a_decline_has_a_balance_and_no_approval) {
    given("0200");
    struct kept *kept = decided("{\"code\":\"51\",\"balance\":-250}");
    check_field(39, "51");
    check_field(54, "0002203D000000000250");
    CHECK(!answer.fields[38].data);
    check_packs();
    free(kept);
}

TEST(a_balance_that_does_not_fit_is_left_out) {
    static const char *const replies[] = {
        "{\"code\":\"00\",\"balance\":1000000000000}",
        "{\"code\":\"00\",\"balance\":-9223372036854775808}",
        "{\"code\":\"00\",\"balance\":9223372036854775807}",
        "{\"code\":\"00\",\"balance\":1,\"currency\":\"crowns\"}",
        "{\"code\":\"00\",\"balance\":\"1\"}",
    };
    given("0200");
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct kept *kept = decided(replies[i]);
        check_field(39, "00");
        CHECK(!answer.fields[54].data);
        check_packs();
        free(kept);
    }
}

TEST(a_reply_that_cannot_be_told_is_answered_96) {
    static const char *const replies[] = { "",
                                           "{",
                                           "{}",
                                           "[]",
                                           "{\"code\":0}",
                                           "{\"code\":\"0\"}",
                                           "{\"code\":\"5 \"}",
                                           "{\"code\":\"051\"}" };
    given("0200");
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct kept *kept = decided(replies[i]);
        check_field(39, "96");
        check_packs();
        free(kept);
    }
}

TEST(answers_have_the_type_of_their_request) {
    static const char *const types[][2] = { { "0200", "0210" }, { "0201", "0210" },
                                            { "0400", "0410" }, { "0401", "0410" },
                                            { "0420", "0430" }, { "0421", "0430" },
                                            { "0800", "0810" }, { "1200", "1210" } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        given(types[i][0]);
        CHECK(answer_is_due(&asked));
        answer_at_once(&asked, "30", &answer);
        CHECK_TEXT(answer.mti, types[i][1]);
        check_field(39, "30");
        check_packs();
    }
    given("0210");
    CHECK(!answer_is_due(&asked));
    given("0240");
    CHECK(!answer_is_due(&asked));
}

TEST(a_dialect_without_a_needed_field_is_refused) {
    CHECK_OK(iso_dialect_open(&dialect, NULL, "iso87-bcd"));
    CHECK_OK(answer_dialect_check(&dialect));
    dialect.fields[39].length = 3;
    CHECK_ERROR(answer_dialect_check(&dialect), E_config);
    CHECK_STORY("dialect iso87-bcd has no usable field 39");
    dialect.fields[39].length = 2;
    dialect.fields[54].length = 19;
    CHECK_ERROR(answer_dialect_check(&dialect), E_config);
    dialect.fields[54].length = 120;
    dialect.fields[2].known = dialect.fields[35].known = false;
    CHECK_ERROR(answer_dialect_check(&dialect), E_config);
}
