/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/step.h"

#include "runtime/ids.h"
#include "runtime/task_fixture.h"

/* ---- what a handler does wrong */

static enum octavo_outcome on_undeclared_table(struct octavo_step *s) {
    struct octavo_value v[2];
    CHECK(!octavo_row_get(s, "acount", octavo_text(""), v, 2));
    octavo_row_put(s, "also wrong", octavo_text(""), v, 2); /* only the first fault is told */
    return OCTAVO_DONE;
}

static enum octavo_outcome on_column_count(struct octavo_step *s) {
    struct octavo_value v[3] = { octavo_int_value(1), octavo_int_value(1), octavo_int_value(1) };
    octavo_row_put(s, "account", octavo_text(""), v, 3);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_column_type(struct octavo_step *s) {
    struct octavo_value v[2] = { octavo_text_value(octavo_text("5")), octavo_int_value(1) };
    octavo_row_put(s, "account", octavo_text(""), v, 2);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_row_of_log(struct octavo_step *s) {
    struct octavo_value v[2];
    (void)octavo_row_get(s, "posting", octavo_text(""), v, 2);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_log_of_rows(struct octavo_step *s) {
    struct octavo_value v[2] = { octavo_int_value(1), octavo_text_value(octavo_text("")) };
    CHECK_INT(octavo_log_add(s, "account", v, 2), 0);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_unended(struct octavo_step *s) {
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    octavo_put_int(s, "a", 1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_nested(struct octavo_step *s) {
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    octavo_end(s);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_end_alone(struct octavo_step *s) {
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_put_alone(struct octavo_step *s) {
    octavo_put_text(s, "a", octavo_text("b"));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_put_twice(struct octavo_step *s) {
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    octavo_put_int(s, "a", 1);
    octavo_put_text(s, "a", octavo_text("b"));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_many_fields(struct octavo_step *s) {
    char name[16];
    octavo_event_begin(s, "notes", "noted", octavo_text("k"));
    for (int i = 0; i < 65; i++) {
        (void)snprintf(name, sizeof(name), "f%d", i); /* names need not outlive the call */
        octavo_put_int(s, name, i);
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_other_topic(struct octavo_step *s) {
    octavo_event_begin(s, "elsewhere", "noted", octavo_text("k"));
    octavo_put_int(s, "a", 1);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_reply(struct octavo_step *s) {
    octavo_reply_begin(s, octavo_text("k"));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_timer_without_name(struct octavo_step *s) {
    octavo_timer_set(s, "", octavo_text("k"), 1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_no_outcome(struct octavo_step *s) {
    (void)s;
    return (enum octavo_outcome)9;
}

static enum octavo_outcome on_stop(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_STOP, "the %s are broken", "books");
}

static enum octavo_outcome on_silent_stop(struct octavo_step *s) {
    (void)s;
    return OCTAVO_STOP;
}

static const struct {
    struct octavo_handler handler;
    const char *story;
} wrong[] = {
    { { "a", on_undeclared_table }, "table \"acount\" is not declared" },
    { { "b", on_column_count }, "table \"account\" has 2 columns, not 3" },
    { { "c", on_column_type }, "column \"balance\" of table \"account\" is an int" },
    { { "d", on_row_of_log }, "table \"posting\" is a log" },
    { { "e", on_log_of_rows }, "table \"account\" is not a log" },
    { { "f", on_unended }, "an event or reply is begun and not ended" },
    { { "g", on_nested }, "an event is begun before octavo_end of the one before" },
    { { "h", on_end_alone }, "octavo_end without a begin" },
    { { "i", on_put_alone }, "field \"a\" is put outside an event or reply" },
    { { "j", on_put_twice }, "field \"a\" is put twice" },
    { { "k", on_many_fields }, "an event or reply has more than 64 fields" },
    { { "l", on_other_topic }, "topic \"elsewhere\" is not among the declared `produces`" },
    { { "o", on_reply }, "a reply, in a service that has no edge" },
    { { "p", on_timer_without_name }, "a timer's name is empty" },
    { { "q", on_no_outcome }, "9 is no outcome" },
    { { "r", on_stop }, "it must not go on: the books are broken" },
    { { "s", on_silent_stop }, "it must not go on: it gave no reason" },
};

enum { WRONG_COUNT = sizeof(wrong) / sizeof(wrong[0]) };

TEST(a_handlers_mistake_is_a_story_that_names_it_and_nothing_is_kept) {
    struct octavo_handler handlers[WRONG_COUNT + 1] = { 0 };
    struct bank b = { 0 };
    enum taken taken;
    for (size_t i = 0; i < WRONG_COUNT; i++)
        handlers[i] = wrong[i].handler;
    bank_open(&b, "ledger", handlers);
    for (size_t i = 0; i < WRONG_COUNT; i++) {
        struct input in = record(&b, wrong[i].handler.type, "anna", "{}");
        task_begin(b.task);
        CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
        CHECK_STORY(wrong[i].story);
        CHECK_STORY("of moves/2");
        CHECK(!strstr(error_story(), "also wrong"));
        task_drop(b.task);
    }
    CHECK_OK(task_flush(b.task, 1));
    CHECK_INT((long long)task_counts(b.task).commits, 0);
    check_rows(&b, 0, "");
    bank_close(&b);
}

TEST(a_story_shows_no_bytes_that_a_terminal_would_obey) {
    static const struct octavo_handler handlers[] = { { "\x1b[2J\n", on_stop }, { NULL, NULL } };
    struct bank b = { 0 };
    enum taken taken;
    bank_open(&b, "ledger", handlers);
    struct input in = record(&b, "\x1b[2J\n", "anna", "{}");
    in.id = bytes_text("\x07id\r");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
    CHECK_STORY("bank.ledger: ?[2J? ?id?: ");
    task_drop(b.task);
    bank_close(&b);
}

/* ---- what a handler sees */

static enum octavo_outcome on_seen(struct octavo_step *s) {
    struct octavo_text text;
    int64_t number;
    CHECK(octavo_text_is(octavo_event_type(s), "seen"));
    CHECK(octavo_text_is(octavo_event_id(s), "in-0"));
    CHECK(octavo_text_is(octavo_event_key(s), "anna"));
    CHECK_INT(octavo_event_time_ms(s), 1000);
    CHECK_INT(octavo_task(s), 2);
    CHECK(octavo_event_text(s, "t", &text));
    CHECK(octavo_text_is(text, "x\xc3\xa9\n"));
    CHECK(octavo_event_int(s, "n", &number));
    CHECK_INT(number, INT64_MIN);
    CHECK(!octavo_event_int(s, "t", &number));
    CHECK(!octavo_event_text(s, "n", &text));
    CHECK(!octavo_event_int(s, "absent", &number));
    CHECK(octavo_text_is(octavo_event_json(s),
                         "{\"t\":\"x\xc3\xa9\\n\",\"n\":-9223372036854775808}"));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_tombstone(struct octavo_step *s) {
    struct octavo_text text;
    int64_t number;
    CHECK(!octavo_event_text(s, "t", &text));
    CHECK(!octavo_event_int(s, "t", &number));
    return OCTAVO_DONE;
}

TEST(a_handler_sees_its_event_and_a_tombstone_has_no_fields) {
    static const struct octavo_handler handlers[] = { { "seen", on_seen },
                                                      { "gone", on_tombstone },
                                                      { NULL, NULL } };
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group(&b, "seen", "anna", "{\"t\":\"x\xc3\xa9\\n\",\"n\":-9223372036854775808}");
    struct input tombstone = record(&b, "gone", "anna", "");
    tombstone.json = (struct bytes){ 0 };
    task_begin(b.task);
    CHECK_INT(take(&b, &tombstone), TAKEN_HANDLED);
    commit(&b);
    bank_close(&b);
}

/* Values got stay what they were after the row is put again. */
static enum octavo_outcome on_aliases(struct octavo_step *s) {
    struct octavo_value was[2], is[2];
    if (!octavo_row_get(s, "account", octavo_text(""), was, 2)) {
        is[0] = octavo_int_value(1);
        is[1] = octavo_text_value(octavo_text("a name"));
        octavo_row_put(s, "account", octavo_text(""), is, 2);
        return OCTAVO_DONE;
    }
    memcpy(is, was, sizeof(is));
    is[0].integer++;
    octavo_row_put(s, "account", octavo_text(""), is, 2); /* its own text, put back */
    is[1] = octavo_text_value(octavo_text("quite another and longer name"));
    octavo_row_put(s, "account", octavo_text(""), is, 2);
    CHECK(octavo_text_is(was[1].text, "a name"));
    octavo_row_delete(s, "account", octavo_text(""));
    CHECK(octavo_text_is(was[1].text, "a name"));
    CHECK(!octavo_row_get(s, "account", octavo_text(""), is, 2));
    CHECK_INT(is[0].kind, OCTAVO_NULL);
    is[0] = (struct octavo_value){ .kind = OCTAVO_NULL };
    is[1] = was[1];
    octavo_row_put(s, "account", octavo_text("a sub"), is, 2);
    return OCTAVO_DONE;
}

TEST(values_stay_valid_until_the_handler_returns) {
    static const struct octavo_handler handlers[] = { { "aliases", on_aliases }, { NULL, NULL } };
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group(&b, "aliases", "anna", "{}");
    group(&b, "aliases", "anna", "{}");
    check_rows(&b, 0, "anna/a sub=,a name;");
    bank_close(&b);
}

/* ---- ids */

static enum octavo_outcome on_two(struct octavo_step *s) {
    for (int i = 0; i < 2; i++) {
        octavo_event_begin(s, "notes", "noted", octavo_text("k"));
        octavo_end(s);
    }
    return OCTAVO_DONE;
}

TEST(two_events_of_a_step_have_two_ids) {
    static const struct octavo_handler handlers[] = { { "two", on_two }, { NULL, NULL } };
    struct out_event one, other;
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group(&b, "two", "anna", "{}");
    struct cursor in = cursor_on(b.committed.outbox);
    CHECK_OK(outbox_unpack(&in, &one));
    CHECK_OK(outbox_unpack(&in, &other));
    CHECK_INT((long long)one.id.len, DERIVED_ID_CHARS);
    CHECK(!bytes_equal(one.id, other.id));
    bank_close(&b);
}

TEST(ids_are_26_digits_that_depend_on_all_they_are_made_of) {
    struct buf scratch = { 0 };
    struct id_seed seed = { "bank", "ledger", bytes_text("in-1") };
    char first[DERIVED_ID_CHARS + 1], id[DERIVED_ID_CHARS + 1];
    id_derive(&scratch, &seed, 1, first);
    CHECK_INT((long long)strlen(first), 26);
    CHECK_INT((long long)strspn(first, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
    id_derive(&scratch, &seed, 1, id);
    CHECK_TEXT(id, first);
    id_derive(&scratch, &seed, 2, id);
    CHECK(strcmp(id, first) != 0);
    seed.service = "ledge";
    seed.input_id = bytes_text("rin-1"); /* the parts do not run into each other */
    id_derive(&scratch, &seed, 1, id);
    CHECK(strcmp(id, first) != 0);
    buf_finish(&scratch);
}

/* printf 'bank\0ledger\0in-1\0001' | sha256sum, its first 130 bits by hand */
TEST(ids_are_the_sha_256_in_crockfords_base32) {
    struct buf scratch = { 0 };
    struct id_seed seed = { "bank", "ledger", bytes_text("in-1") };
    char id[DERIVED_ID_CHARS + 1];
    id_derive(&scratch, &seed, 1, id);
    CHECK_TEXT(id, "SNZAFPQFB1NXEBJ0R4R1YNT6CE");
    buf_finish(&scratch);
}

TEST(a_records_hash_tells_null_from_empty_and_key_from_value) {
    struct bytes null = { 0 }, empty = bytes_text(""), a = bytes_text("a");
    uint64_t hashes[] = { record_hash(null, a, 1),    record_hash(empty, a, 1),
                          record_hash(a, null, 1),    record_hash(a, empty, 1),
                          record_hash(a, a, 1),       record_hash(a, a, 2),
                          record_hash(null, null, 1), record_hash(empty, bytes_of("a\0", 2), 1) };
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
        for (size_t j = 0; j < i; j++)
            CHECK(hashes[i] != hashes[j]);
    CHECK(record_hash(a, bytes_text("123456789"), 7)
          == UINT64_C(0x2e479d1c3cb6fa5d)); /* it is a format */
}
