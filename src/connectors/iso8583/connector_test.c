/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The service over real sockets: requests, answers, and clients that are no good. */
#include "connector_fixture.h"

/* The program's own goes before libc's: it sees what the connector wipes. */
static int inputs_wiped;

void explicit_bzero(void *memory, size_t len) {
    static uint8_t seen[ISO_MESSAGE_MAX];
    volatile uint8_t *byte = memory;
    size_t kept = len < sizeof seen ? len : sizeof seen;
    for (size_t i = 0; i < kept; i++)
        seen[i] = byte[i];
    while (len--)
        byte[len] = 0;
    inputs_wiped +=
        kept > 4 && memcmp(seen, "0200", 4) == 0 && memmem(seen, kept, CARD, strlen(CARD)) != NULL;
}

static void check_round_trip(const char *name) {
    struct client c;
    given_connector(name);
    client_open(&c);
    withdrawal_make("000001");
    client_send(&c);
    asked_wait(1);
    CHECK_TEXT(asked_type, "withdrawal-asked");
    CHECK(strstr(asked_key, "ATM00001-20") == asked_key);
    CHECK(memmem(asked_json.data, asked_json.len, CARD, strlen(CARD)) == NULL);
    CHECK(memmem(asked_json.data, asked_json.len, "999999******5765", 16) != NULL);
    CHECK(reply(tickets[0], "{\"code\":\"00\",\"balance\":4200,\"currency\":\"203\"}"));
    CHECK(!reply(tickets[0], "{\"code\":\"00\"}")); /* answered once */
    answer_wait(&c);
    check_answer("0210", "00");
    CHECK_BYTES(message.fields[54], bytes_text("0002203C000000004200"));
    CHECK_BYTES(message.fields[7], bytes_text("1122153000"));
    client_close(&c);
    finish();
}

TEST(a_withdrawal_is_asked_and_answered_in_iso87) {
    check_round_trip("iso87");
}

TEST(a_withdrawal_is_asked_and_answered_in_the_packed_dialect) {
    check_round_trip("iso87-bcd");
}

TEST(no_card_number_stays_in_the_input_behind_its_message) {
    check_round_trip("iso87");
    CHECK_INT(inputs_wiped, 1);
}

TEST(many_requests_of_one_connection_are_answered_in_any_order) {
    struct client c;
    char stan[12];
    given_connector("iso87");
    client_open(&c);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(stan, sizeof stan, "%06d", i + 1);
        withdrawal_make(stan);
        client_send(&c);
    }
    asked_wait(300);
    for (int i = 299; i >= 0; i--)
        CHECK(reply(tickets[i], "{\"code\":\"51\"}"));
    for (int i = 300; i > 0; i--) {
        answer_wait(&c);
        (void)snprintf(stan, sizeof stan, "%06d", i);
        check_answer("0210", "51");
        CHECK_BYTES(message.fields[11], bytes_text(stan));
    }
    client_close(&c);
    finish();
}

TEST(a_request_that_is_not_as_declared_is_a_format_error_and_not_handed_over) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    as_declared = false;
    withdrawal_make("000001");
    client_send(&c);
    answer_wait(&c);
    check_answer("0210", "30");
    CHECK_INT(asked_count, 0);
    client_close(&c);
    finish();
}

TEST(a_request_over_the_connections_share_is_answered_91) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    for (int i = 0; i < 1025; i++) {
        withdrawal_make("000001");
        client_send(&c);
    }
    answer_wait(&c);
    check_answer("0210", "91");
    CHECK_INT(asked_count, 1024);
    CHECK(reply(tickets[0], "{\"code\":\"00\"}"));
    answer_wait(&c);
    check_answer("0210", "00");
    client_close(&c);
    finish();
}

TEST(a_request_that_is_not_taken_is_answered_91) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    accepting = false;
    withdrawal_make("000001");
    client_send(&c);
    answer_wait(&c);
    check_answer("0210", "91");
    CHECK_INT((long long)event_count(EV_request_refused), 1);
    accepting = true;
    withdrawal_make("000001");
    client_send(&c);
    asked_wait(1);
    client_close(&c);
    finish();
}

TEST(a_repeat_that_is_not_taken_is_not_told_91_because_its_first_copy_may_live) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    accepting = false;
    withdrawal_make("000001");
    memcpy(message.mti, "0201", 5);
    client_send(&c);
    closed_wait(&c);
    CHECK_INT((long long)c.received.len, 0);
    client_close(&c);
    client_open(&c);
    withdrawal_make("000002");
    memcpy(message.mti, "0401", 5);
    message_put(90, "020000000111221530000000000000000000000000");
    client_send(&c);
    answer_wait(&c);
    check_answer("0410", "91"); /* a reversal may be told so: it comes again until it is taken */
    client_close(&c);
    finish();
}

TEST(a_ticket_dies_with_its_connection_and_no_other) {
    struct client a, b;
    given_connector("iso87");
    client_open(&a);
    client_open(&b);
    withdrawal_make("000001");
    client_send(&a);
    asked_wait(1);
    withdrawal_make("000002");
    client_send(&b);
    asked_wait(2);
    client_close(&a);
    for (int i = 0; i < 20; i++) /* the connector sees the end in its own turn */
        loop_turn(loop, 10);
    CHECK(!reply(tickets[0], "{\"code\":\"00\"}"));
    CHECK(reply(tickets[1], "{\"code\":\"00\"}"));
    answer_wait(&b);
    check_answer("0210", "00");
    client_close(&b);
    finish();
}

/* Sends what `message` is now; the code comes back and the connection stays. */
static void check_code(struct client *c, const char *code) {
    client_send(c);
    answer_wait(c);
    CHECK_BYTES(message.fields[39], bytes_text(code));
    CHECK_INT(asked_count, 0);
}

TEST(bad_content_is_answered_and_the_connection_goes_on) {
    struct client c;
    given_connector("iso87");
    client_open(&c);
    withdrawal_make("000001");
    message_put(4, "000000000000");
    check_code(&c, "13");
    withdrawal_make("000001");
    message_put(49, "CZK");
    check_code(&c, "30");
    withdrawal_make("000001");
    message.fields[41].data = NULL;
    check_code(&c, "30");
    withdrawal_make("000001");
    memcpy(message.mti, "0500", 5);
    check_code(&c, "12");
    withdrawal_make("000001");
    message_put(3, "330000");
    check_code(&c, "12");
    client_close(&c);
    finish();
}

static void raw_send(struct client *c, const char *data, size_t len) {
    connection_send(c->connection, bytes_of(data, len));
}

TEST(malformed_fields_behind_a_readable_type_are_answered_30) {
    static const struct {
        const char *bytes;
        size_t len;
        const char *code;
    } bad[] = {
        { "\0\x0c"
          "0200"
          "\0\0\0\0\0\0\0\0",
          14, "30" }, /* nothing in it */
        { "\0\x18"
          "0200"
          "\x10\0\0\0\0\0\0\0"
          "-00000000100",
          26, "13" }, /* a negative amount */
        { "\0\x0f"
          "0200"
          "\x10\0\0\0\0\0\0\0"
          "000",
          17, "30" }, /* ends early */
        { "\0\x0f"
          "0200"
          "\0\0\0\0\0\0\0\0"
          "123",
          17, "30" }, /* goes on */
        { "\0\x0e"
          "0200"
          "\x40\0\0\0\0\0\0\0"
          "99",
          16, "30" }, /* a length too large */
        { "\0\x06"
          "0200"
          "\x40\0",
          8, "30" }, /* half a bitmap */
        { "\0\x0c"
          "0200"
          "\x80\0\0\0\0\0\0\0",
          14, "30" }, /* no second bitmap */
        { "\0\x14"
          "0200"
          "\x80\0\0\0\0\0\0\0"
          "\x80\0\0\0\0\0\0\0",
          22, "30" }, /* field 65 */
        { "\0\x04"
          "0200",
          6, "30" }, /* no bitmap */
    };
    struct client c;
    given_connector("iso87");
    client_open(&c);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        raw_send(&c, bad[i].bytes, bad[i].len);
        answer_wait(&c);
        check_answer("0210", bad[i].code);
    }
    CHECK_INT((long long)event_count(EV_request_malformed), 0);
    client_close(&c);
    finish();
}

TEST(an_unreadable_message_is_one_log_line_and_a_closed_connection) {
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        { "\0\0", 2 },                    /* no length */
        { "\x10\x01", 2 },                /* over 4 KiB */
        { "GET / HTTP/1.1\r\n\r\n", 18 }, /* another protocol */
        { "\0\x04"
          "02x0",
          6 }, /* no type */
        { "\0\x02"
          "02",
          4 }, /* half a type */
        { "\0\x0c"
          "0210"
          "\0\0\0\0\0\0\0\0",
          14 }, /* an answer */
    };
    struct client good;
    given_connector("iso87");
    client_open(&good);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct client c;
        client_open(&c);
        raw_send(&c, bad[i].bytes, bad[i].len);
        closed_wait(&c);
        CHECK_INT((long long)c.received.len, 0);
        CHECK_INT((long long)event_count(EV_request_malformed), (long long)i + 1);
        client_close(&c);
    }
    withdrawal_make("000001");
    client_send(&good);
    asked_wait(1); /* nobody else is harmed */
    client_close(&good);
    finish();
}

TEST(log_lines_about_bad_clients_are_limited) {
    given_connector("iso87");
    for (int i = 0; i < 200; i++) {
        struct client c;
        client_open(&c);
        raw_send(&c, "\0\0", 2);
        closed_wait(&c);
        client_close(&c);
    }
    CHECK(event_count(EV_request_malformed) >= 10);
    CHECK(event_count(EV_request_malformed) < 100);
    finish();
}

TEST(slow_and_silent_clients_are_closed_and_their_place_is_free_again) {
    struct client slow, silent, good;
    given_connector("iso87&partial_ms=50&first_byte_ms=50&connections_max=2");
    client_open(&slow);
    client_open(&silent);
    raw_send(&slow,
             "\0\x20"
             "02",
             4);
    closed_wait(&slow);
    closed_wait(&silent);
    client_open(&good);
    withdrawal_make("000001");
    client_send(&good);
    asked_wait(1);
    CHECK(reply(tickets[0], "{\"code\":\"00\"}"));
    answer_wait(&good);
    check_answer("0210", "00");
    client_close(&slow);
    client_close(&silent);
    client_close(&good);
    finish();
}

TEST(a_message_that_comes_byte_by_byte_is_one_message) {
    struct client c;
    struct buf wire = { 0 };
    given_connector("iso87-bcd");
    client_open(&c);
    withdrawal_make("000001");
    CHECK_OK(iso_pack(&dialect, &message, &wire));
    for (size_t i = 0; i < wire.len; i++) {
        connection_send(c.connection, bytes_of(wire.data + i, 1));
        loop_turn(loop, 1);
        loop_turn(loop, 1);
    }
    asked_wait(1);
    buf_finish(&wire);
    client_close(&c);
    finish();
}

static void check_refused(const char *url, const char *secret, const char *story) {
    struct connector *c = NULL;
    struct connector_options options = { .loop = loop,
                                         .url = url,
                                         .secret = secret,
                                         .secret_len = secret ? 1 : 0,
                                         .on_request = on_request };
    CHECK(iso8583_connector.open(&c, &options) != E_ok);
    CHECK(c == NULL);
    CHECK_STORY(story);
}

TEST(an_edge_that_cannot_be_opened_says_why) {
    CHECK_OK(loop_create(&loop, clock_real()));
    check_refused("iso8583://127.0.0.1:0", NULL, "needs a secret for its card tokens");
    check_refused("iso8583://127.0.0.1:0?dialect=x", "k", "there is no dialect named \"x\"");
    check_refused("iso8583://127.0.0.1", "k", "it has no port");
    check_refused("iso8583://192.0.2.8:0", "k", "while opening iso8583://192.0.2.8:0");
    loop_destroy(loop);
}
