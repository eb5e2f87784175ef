/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is said about the line itself, and what a terminal brings that was away. */
#include "connector_fixture.h"

TEST(sign_on_and_echo_are_answered_directly) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    iso_message_init(&message);
    memcpy(message.mti, "0800", 5);
    message_put(7, "1122153000");
    message_put(11, "000009");
    message_put(70, "301");
    client_send(&c);
    answer_wait(&c);
    check_answer("0810", "00");
    CHECK_BYTES(message.fields[70], bytes_text("301"));
    CHECK_BYTES(message.fields[11], bytes_text("000009"));
    CHECK_INT(asked_count, 0);
    client_close(&c);
    finish();
}

TEST(who_has_signed_off_is_answered_91_until_it_signs_on_again) {
    struct client c, other;
    given_connector("iso87");
    client_open(&c);
    client_open(&other);
    network_send(&c, "002");
    check_answer("0810", "00");
    withdrawal_send(&c, "000001");
    answer_wait(&c);
    check_answer("0210", "91");
    network_send(&c, "161"); /* keys are not changed by messages */
    check_answer("0810", "12");
    network_send(&c, "301");
    check_answer("0810", "00");
    withdrawal_send(&other, "000002"); /* another line */
    asked_wait(1);
    network_send(&c, "001");
    withdrawal_send(&c, "000003");
    asked_wait(2);
    client_close(&c);
    client_close(&other);
    finish();
}

/* In the middle of a text: the zero that ends `with` is not written. */
static void write_over(char *at, const char *with) {
    CHECK(at != NULL);
    while (*with)
        *at++ = *with++;
}

TEST(a_dialect_may_require_a_sign_on_first) {
    struct client c;
    char parameters[256];
    char *path = text_format("%s/strict.dialect", test_dir());
    struct bytes text = iso_dialect_shipped("iso87");
    char *strict = text_format("%.*s", (int)text.len, (const char *)text.data);
    write_over(strstr(strict, "sign-on  optional"), "sign-on  required");
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(strict)));
    (void)snprintf(parameters, sizeof parameters, "%s", path);
    given_connector(parameters);
    client_open(&c);
    withdrawal_send(&c, "000001");
    answer_wait(&c);
    check_answer("0210", "91");
    CHECK_INT(asked_count, 0);
    network_send(&c, "001");
    check_answer("0810", "00");
    withdrawal_send(&c, "000001");
    asked_wait(1);
    client_close(&c);
    client_open(&c); /* the next line has to sign on by itself */
    withdrawal_send(&c, "000002");
    answer_wait(&c);
    check_answer("0210", "91");
    client_close(&c);
    finish();
    free(strict);
    free(path);
}

TEST(advices_of_one_terminal_wait_at_the_line_and_delay_nobody) {
    struct client c, other;
    char stan[12];
    given_connector("iso87");
    client_open(&c);
    client_open(&other);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(stan, sizeof stan, "%06d", i + 1);
        withdrawal_make(stan);
        memcpy(message.mti, "0220", 5);
        client_send(&c);
    }
    asked_wait(64);
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 1);
    CHECK_INT(asked_count, 64); /* the others are not read yet */
    withdrawal_send(&other, "000001");
    asked_wait(65);
    CHECK_TEXT(asked_type, "withdrawal-asked");
    for (int done = 0; done < 300;) {
        for (; done < asked_count - 1 && done < 300; done++)
            CHECK(reply(tickets[done < 64 ? done : done + 1], "{\"code\":\"00\"}"));
        loop_turn(loop, 1);
    }
    for (int i = 0; i < 300; i++) {
        answer_wait(&c);
        check_answer("0230", "00");
    }
    client_close(&c);
    client_close(&other);
    finish();
}

TEST(an_advice_with_a_bad_amount_is_handed_over_to_be_set_aside) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    withdrawal_make("000001");
    memcpy(message.mti, "0221", 5);
    message_put(4, "000000000000");
    client_send(&c);
    asked_wait(1);
    CHECK_TEXT(asked_type, "set-aside-asked");
    CHECK(reply(tickets[0], "{\"code\":\"00\"}"));
    answer_wait(&c);
    check_answer("0230", "00");
    client_close(&c);
    finish();
}

TEST(a_balance_inquiry_is_told_both_balances) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    withdrawal_make("000001");
    message_put(3, "310000");
    message.fields[4].data = NULL;
    client_send(&c);
    asked_wait(1);
    CHECK_TEXT(asked_type, "balance-asked");
    CHECK(reply(tickets[0], "{\"code\":\"00\",\"balance\":4200,\"available\":-100,"
                            "\"currency\":\"203\"}"));
    answer_wait(&c);
    check_answer("0210", "00");
    CHECK_BYTES(message.fields[54], bytes_text("0001203C0000000042000002203D000000000100"));
    client_close(&c);
    finish();
}
