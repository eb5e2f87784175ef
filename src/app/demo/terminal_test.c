/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One terminal against a server that follows a script, message by message. */
#include "terminal.h"

#include "iso8583/message.h"

#include "base/test.h"
#include "net/listener.h"

#include <stdio.h>
#include <string.h>

enum { SEEN_MAX = 32, PATIENCE_MS = 10000 };

enum act {
    ANSWER,        /* 00 with a balance */
    DECLINE,       /* 51 */
    AWAY,          /* 91 */
    SILENCE,       /* no answer */
    HANG_UP,       /* close the connection */
    GARBAGE,       /* bytes that are no message */
    ANSWER_OTHERS, /* an answer to something else first, then the right one */
};

static struct loop *loop;
static struct listener *listener;
static struct terminals *terminals;
static struct iso_dialect dialect;
static struct connection *line;

static const enum act *script;
static size_t script_len;
static size_t seen_count;
static struct seen { char mti[5], stan[8], rrn[16], original[48], date[8]; } seen[SEEN_MAX];

static int orders_left;
static int finished_count;
static char finished_code[3];
static char finished_id[64];
static bool finished_has_balance;
static int64_t finished_balance;

/* ---- the server */

static void text_keep(char *out, size_t room, struct bytes text) {
    CHECK(text.len < room);
    memcpy(out, text.data ? text.data : (const uint8_t *)"", text.len);
    out[text.len] = 0;
}

static void answer(const struct iso_message *asked, const char *code, const char *stan) {
    static struct iso_message m;
    struct buf wire = { 0 };
    iso_message_init(&m);
    memcpy(m.mti, asked->mti[1] == '4' ? "0410" : "0210", 5);
    m.fields[11] = bytes_text(stan);
    m.fields[37] = asked->fields[37];
    m.fields[39] = bytes_text(code);
    if (strcmp(code, "00") == 0)
        m.fields[54] = bytes_text("0002203D000000000250");
    CHECK_OK(iso_pack(&dialect, &m, &wire));
    connection_send(line, buf_bytes(&wire));
    buf_finish(&wire);
}

static void act_on(const struct iso_message *m, const struct seen *s) {
    CHECK(seen_count <= script_len);
    switch (script[seen_count - 1]) {
    case ANSWER:
        answer(m, "00", s->stan);
        return;
    case DECLINE:
        answer(m, "51", s->stan);
        return;
    case AWAY:
        answer(m, "91", s->stan);
        return;
    case SILENCE:
        return;
    case HANG_UP:
        connection_close(line);
        return;
    case GARBAGE:
        connection_send(line, bytes_text("GARBAGE"));
        return;
    case ANSWER_OTHERS:
        answer(m, "00", "999999");
        answer(m, "51", s->stan);
        return;
    }
}

static size_t server_on_data(void *context, struct bytes data) {
    static struct iso_message m;
    struct bytes body;
    size_t used = 0;
    (void)context;
    if (iso_frame_find(&dialect, data, &body, &used) != ISO_FRAME_WHOLE)
        return 0;
    CHECK_OK(iso_unpack(&dialect, body, &m));
    CHECK(seen_count < SEEN_MAX);
    struct seen *s = &seen[seen_count++];
    memcpy(s->mti, m.mti, 5);
    text_keep(s->stan, sizeof s->stan, m.fields[11]);
    text_keep(s->rrn, sizeof s->rrn, m.fields[37]);
    text_keep(s->date, sizeof s->date, m.fields[13]);
    text_keep(s->original, sizeof s->original, m.fields[90]);
    act_on(&m, s);
    return used;
}

static void *server_on_open(void *context, struct connection *c) {
    (void)context;
    line = c;
    return c;
}

static void server_on_closed(void *context) {
    (void)context;
}

/* ---- the customer */

static enum terminal_take on_take(void *context, int terminal, struct terminal_order *out) {
    (void)context;
    (void)terminal;
    if (!orders_left)
        return TAKE_NONE;
    orders_left--;
    *out = (struct terminal_order){ .amount = 100, .card = "9999990000005765", .currency = "203" };
    return TAKE_ORDER;
}

static void on_finished(void *context, const struct terminal_finished *f) {
    (void)context;
    finished_count++;
    CHECK(f->latency_ns > 0);
    (void)snprintf(finished_code, sizeof finished_code, "%s", f->code);
    (void)snprintf(finished_id, sizeof finished_id, "%s", f->request_id);
    finished_has_balance = f->has_balance;
    finished_balance = f->balance;
}

static void given(const enum act *acts, size_t len, int orders) {
    struct listener_options options = { .handlers = { server_on_open, server_on_data,
                                                      server_on_closed } };
    struct terminals_options wanted = { .dialect = &dialect,
                                        .count = 1,
                                        .answer_timeout_ms = 60,
                                        .backoff_ms = 1,
                                        .take = on_take,
                                        .on_finished = on_finished };
    script = acts;
    script_len = len;
    orders_left = orders;
    CHECK_OK(iso_dialect_open(&dialect, NULL, "iso87"));
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_OK(listener_open(&listener, loop, &options));
    wanted.loop = loop;
    wanted.port = listener_port(listener);
    terminals_start(&terminals, &wanted);
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (terminals_busy(terminals)) {
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
    }
    CHECK_INT((long long)seen_count, (long long)len);
    CHECK_INT(finished_count, orders);
}

static void finish(void) {
    terminals_destroy(terminals);
    listener_close(listener);
    loop_destroy(loop);
}

#define GIVEN(orders, ...)                                                                         \
    do {                                                                                           \
        static const enum act acts[] = { __VA_ARGS__ };                                            \
        given(acts, sizeof acts / sizeof *acts, orders);                                           \
    } while (0)

static void check_mtis(const char *wanted) {
    struct buf all = { 0 };
    for (size_t i = 0; i < seen_count; i++)
        buf_print(&all, "%s%s", i ? " " : "", seen[i].mti);
    CHECK_TEXT(buf_text(&all), wanted);
    buf_finish(&all);
}

TEST(an_answer_ends_the_order_with_code_balance_and_identity) {
    GIVEN(1, ANSWER);
    check_mtis("0200");
    CHECK_TEXT(finished_code, "00");
    CHECK(finished_has_balance);
    CHECK_INT(finished_balance, -250);
    CHECK(strstr(finished_id, "ATM00000-") == finished_id);
    CHECK(strstr(finished_id, seen[0].rrn) != NULL);
    CHECK(strstr(finished_id, "-000001-") != NULL);
    CHECK_INT(terminals_counts(terminals)->repeats, 0);
    finish();
}

TEST(each_order_is_a_transaction_of_its_own) {
    GIVEN(3, ANSWER, DECLINE, ANSWER);
    check_mtis("0200 0200 0200");
    CHECK(strcmp(seen[0].stan, seen[1].stan) != 0 && strcmp(seen[1].stan, seen[2].stan) != 0);
    CHECK(strcmp(seen[0].rrn, seen[1].rrn) != 0);
    finish();
}

TEST(after_a_lost_connection_the_same_request_is_repeated) {
    GIVEN(1, HANG_UP, HANG_UP, DECLINE);
    check_mtis("0200 0201 0201");
    CHECK_TEXT(seen[1].stan, seen[0].stan);
    CHECK_TEXT(seen[2].rrn, seen[0].rrn);
    CHECK_TEXT(seen[2].date, seen[0].date);
    CHECK_TEXT(finished_code, "51");
    CHECK(!finished_has_balance);
    CHECK_INT(terminals_counts(terminals)->repeats, 2);
    CHECK_INT(terminals_counts(terminals)->transactions, 1);
    finish();
}

TEST(without_an_answer_the_request_is_taken_back_and_asked_anew) {
    GIVEN(1, SILENCE, SILENCE, HANG_UP, AWAY, ANSWER, ANSWER);
    check_mtis("0200 0400 0401 0401 0401 0200");
    for (size_t i = 1; i < 5; i++) {
        CHECK_TEXT(seen[i].stan, seen[1].stan);
        CHECK_TEXT(seen[i].rrn, seen[0].rrn);
        CHECK_BYTES(bytes_of(seen[i].original, 4), bytes_text("0200"));
        CHECK_BYTES(bytes_of(seen[i].original + 4, 6), bytes_text(seen[0].stan));
    }
    CHECK(strcmp(seen[1].stan, seen[0].stan) != 0);
    CHECK(strcmp(seen[5].stan, seen[1].stan) != 0);
    CHECK(strstr(finished_id, seen[5].rrn) != NULL);
    CHECK_INT(terminals_counts(terminals)->reversals, 1);
    CHECK_INT(terminals_counts(terminals)->transactions, 2);
    finish();
}

TEST(told_91_it_asks_anew_and_reverses_nothing) {
    GIVEN(1, AWAY, AWAY, ANSWER);
    check_mtis("0200 0200 0200");
    CHECK(strcmp(seen[0].stan, seen[1].stan) != 0);
    CHECK_INT(terminals_counts(terminals)->refused_91, 2);
    CHECK_INT(terminals_counts(terminals)->reversals, 0);
    finish();
}

TEST(an_answer_to_something_else_is_counted_and_ignored) {
    GIVEN(1, ANSWER_OTHERS);
    CHECK_TEXT(finished_code, "51");
    CHECK_INT(terminals_counts(terminals)->late_answers, 1);
    finish();
}

TEST(an_answer_that_cannot_be_read_costs_the_connection_and_is_counted) {
    GIVEN(1, GARBAGE, ANSWER);
    check_mtis("0200 0201");
    CHECK_INT(terminals_counts(terminals)->answers_unreadable, 1);
    finish();
}

TEST(a_refused_reversal_is_counted_and_not_asked_for_ever) {
    GIVEN(1, SILENCE, DECLINE, ANSWER);
    check_mtis("0200 0400 0200");
    CHECK_INT(terminals_counts(terminals)->reversals_refused, 1);
    finish();
}
