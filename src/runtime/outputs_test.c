/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a commit did, in a line: equal for equal work, another for any other. */
#include "runtime/outputs.h"

#include "runtime/task_fixture.h"
#include "values/digest.h"

enum { BYTES_MAX = 4096 };

static void credit(struct octavo_step *s, const char *sub) {
    struct octavo_value row[2];
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    if (!octavo_row_get(s, "account", octavo_text(sub), row, 2))
        row[0] = octavo_int_value(0);
    row[0].integer += amount;
    row[1] = octavo_text_value(octavo_event_type(s));
    octavo_row_put(s, "account", octavo_text(sub), row, 2);
}

static enum octavo_outcome on_credit(struct octavo_step *s) {
    struct octavo_value posting[2] = { octavo_int_value(1), octavo_text_value(octavo_text("n")) };
    credit(s, "b");
    credit(s, "a");
    (void)octavo_log_add(s, "posting", posting, 2);
    octavo_event_begin(s, "notes", "noted", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_credit_turned(struct octavo_step *s) {
    credit(s, "a");
    credit(s, "b");
    return OCTAVO_DONE;
}

static enum octavo_outcome on_close(struct octavo_step *s) {
    octavo_row_delete(s, "account", octavo_text("a"));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_ask(struct octavo_step *s) {
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_mark(struct octavo_step *s) {
    struct octavo_value row = octavo_text_value(octavo_text("x"));
    octavo_row_put(s, "asked", octavo_text(""), &row, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = {
    { "credit", on_credit }, { "turned", on_credit_turned },
    { "close", on_close },   { "ask", on_ask },
    { "mark", on_mark },     { NULL, NULL }
};

static char *outputs_of(struct bank *b, const char *type, const char *json) {
    group(b, type, "ann", json);
    return text_copy_bytes(b->committed.outputs);
}

static char *hash_of(struct bytes canonical) {
    uint8_t digest[SHA256_BYTES];
    struct buf text = { 0 };
    sha256(canonical, digest);
    for (size_t i = 0; i < 16; i++)
        buf_print(&text, "%02x", digest[i]);
    (void)buf_text(&text);
    return (char *)text.data;
}

/* The form of docs/formats/store.md, by hand. */
TEST(a_line_counts_and_hashes_what_leaves_and_what_stays) {
    static const char left[] = "e\0\0\0\5notes\0\0\0\0\0\0\0\0\0\0\0\x1aTHE-ID-OF-THIS-EVENT-HERE!"
                               "\0\0\0\5noted\0\0\0\3ann\0\0\0\2{}\0\0\0\0\0\0\3\xe8";
    static const char kept[] =
        "l\0\0\0\7posting\0\0\0\0012\0\0\0\0\0\0\0\1i\0\0\0\0\0\0\0\1t"
        "\0\0\0\1n"
        "r\0\0\0\7account\0\0\0\3ann\0\0\0\1ai\0\0\0\0\0\0\0\7t\0\0\0\6credit"
        "r\0\0\0\7account\0\0\0\3ann\0\0\0\1bi\0\0\0\0\0\0\0\7t\0\0\0\6credit";
    struct bank b = { 0 };
    struct out_event event;
    uint8_t bytes[sizeof(left)];
    bank_open(&b, "ledger", handlers);
    char *got = outputs_of(&b, "credit", "{\"amount\":7}");
    struct cursor in = cursor_on(b.committed.outbox);
    CHECK_OK(outbox_unpack(&in, &event));
    CHECK_INT((int)event.id.len, 26);
    memcpy(bytes, left, sizeof(left));
    memcpy(bytes + 22, event.id.data, 26);
    char *left_hash = hash_of(bytes_of(bytes, sizeof(left) - 1));
    char *kept_hash = hash_of(bytes_of(kept, sizeof(kept) - 1));
    char *wanted = text_format("1 0 0 3 %s %s", left_hash, kept_hash);
    CHECK_TEXT(got, wanted);
    free(left_hash);
    free(kept_hash);
    free(wanted);
    free(got);
    bank_close(&b);
}

TEST(the_order_in_which_rows_were_put_is_not_in_the_line) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    char *one = outputs_of(&b, "turned", "{\"amount\":7}");
    char *none = outputs_of(&b, "turned", "{\"amount\":0}");
    CHECK(strncmp(one, "0 0 0 2 - ", 10) == 0);
    CHECK_TEXT(one, none); /* the same rows again */
    free(one);
    free(none);
    bank_close(&b);
}

TEST(another_value_or_a_deletion_is_another_line) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    char *one = outputs_of(&b, "turned", "{\"amount\":7}");
    char *other = outputs_of(&b, "turned", "{\"amount\":1}");
    char *gone = outputs_of(&b, "close", "{}");
    CHECK(strcmp(one, other) != 0);
    CHECK(strncmp(gone, "0 0 0 1 - ", 10) == 0);
    free(one);
    free(other);
    free(gone);
    bank_close(&b);
}

static void ask(struct bank *b, const char *type) {
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text(type),
                        .id = bytes_text("R1"),
                        .key = bytes_text("R1"),
                        .json = bytes_text("{}"),
                        .time_ms = 7 };
    (void)take(b, &in);
}

/* A group that changes nothing is committed by a later one, and so is the count of its answers. */
TEST(replies_of_groups_that_waited_are_counted_in_the_commit_and_those_of_dropped_ones_are_not) {
    struct bank b = { 0 };
    bank_open(&b, "gate", handlers);
    task_begin(b.task);
    ask(&b, "ask");
    ask(&b, "ask");
    commit(&b);
    task_begin(b.task);
    ask(&b, "ask");
    ask(&b, "mark");
    task_drop(b.task);
    task_begin(b.task);
    ask(&b, "mark");
    ask(&b, "ask");
    commit(&b);
    CHECK(b.committed.outputs.len > 10);
    CHECK_BYTES(bytes_part(b.committed.outputs, 0, 10), bytes_text("0 0 3 1 - "));
    CHECK_OK(task_flush(b.task, 9));
    bank_close(&b);
}

TEST(another_body_of_an_effect_is_another_line) {
    struct outputs one = { 0 }, other = { 0 };
    struct effect_row row = { .id = bytes_text("i"),
                              .edge = bytes_text("mail"),
                              .key = bytes_text("k"),
                              .type = bytes_text("letter"),
                              .json = bytes_text("{\"n\":1}") };
    outputs_effect(&one, &row);
    row.json = bytes_text("{\"n\":2}");
    outputs_effect(&other, &row);
    struct bytes line = outputs_line(&one);
    CHECK(line.len > 8 && memcmp(line.data, "0 1 0 0 ", 8) == 0);
    CHECK(!bytes_equal(line, outputs_line(&other)));
    outputs_finish(&one);
    outputs_finish(&other);
}
