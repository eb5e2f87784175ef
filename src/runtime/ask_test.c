/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/task_fixture.h"

static const char yaml[] = "system: bank\n"
                           "topics: { talk: { partitions: 4 } }\n"
                           "services:\n"
                           "  desk:\n"
                           "    handler: bank.desk\n"
                           "    tasks: 3\n"
                           "    consumes: [talk]\n"
                           "    produces: [talk]\n"
                           "    tables: { told: { columns: { text: text } } }\n"
                           "  oracle:\n"
                           "    handler: bank.oracle\n"
                           "    consumes: [talk]\n"
                           "    produces: [talk]\n";

static enum octavo_outcome on_wonder(struct octavo_step *s) {
    octavo_ask_begin(s, "talk", "question", octavo_event_key(s));
    octavo_end(s);
    octavo_event_begin(s, "talk", "wondered", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_question(struct octavo_step *s) {
    octavo_answer_begin(s, "talk", "answer", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_answer(struct octavo_step *s) {
    struct octavo_value text = octavo_text_value(octavo_event_id(s));
    octavo_row_put(s, "told", octavo_text(""), &text, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler desk[] = { { "wonder", on_wonder },
                                              { "answer", on_answer },
                                              { NULL, NULL } };
static const struct octavo_handler oracle[] = { { "question", on_question }, { NULL, NULL } };

static void open_service(struct bank *b, const char *service,
                         const struct octavo_handler *handlers) {
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(yaml)));
    bank_open(b, service, handlers);
}

static struct input heard(struct bank *b, const char *type) {
    struct input in = record(b, type, "k", "{}");
    in.topic = bytes_text("talk");
    return in;
}

/* "TYPE asker answers;" of what the last group sent. */
static void check_sent(struct bank *b, const char *wanted) {
    struct buf out = { 0 };
    struct cursor in = cursor_on(b->committed.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        buf_print(&out, "%.*s '%.*s' '%.*s';", (int)e.type.len, (const char *)e.type.data,
                  (int)e.asker.len, (const char *)e.asker.data, (int)e.answers.len,
                  (const char *)e.answers.data);
    }
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(a_question_names_its_task_and_other_events_do_not) {
    struct bank b = { 0 };
    open_service(&b, "desk", desk);
    struct input in = heard(&b, "wonder");
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    check_sent(&b, "question 'desk/2' '';wondered '' '';");
    bank_close(&b);
}

TEST(an_answer_names_who_asked_and_is_an_event_where_nobody_did) {
    struct bank b = { 0 };
    char long_name[300];
    memset(long_name, 'x', sizeof(long_name));
    open_service(&b, "oracle", oracle);
    struct input in = heard(&b, "question");
    in.asker = bytes_text("desk/1");
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    in = heard(&b, "question");
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    in = heard(&b, "question");
    in.asker = bytes_of(long_name, sizeof(long_name)); /* nobody's of ours */
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    check_sent(&b, "answer '' 'desk/1';answer '' '';answer '' '';");
    bank_close(&b);
}

TEST(only_the_task_that_is_named_takes_an_answer) {
    static const struct {
        const char *answers;
        enum taken taken;
    } cases[] = {
        { "desk/2", TAKEN_HANDLED }, { "desk/1", TAKEN_PASSED },   { "desk/22", TAKEN_PASSED },
        { "desk/", TAKEN_PASSED },   { "till/1", TAKEN_HANDLED },  { "desk", TAKEN_HANDLED },
        { "", TAKEN_HANDLED },       { "desks/1", TAKEN_HANDLED },
    };
    struct bank b = { 0 };
    open_service(&b, "desk", desk);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct position p;
        bool found;
        struct input in = heard(&b, "answer");
        in.answers = bytes_text(cases[i].answers);
        task_begin(b.task);
        CHECK_INT(take(&b, &in), cases[i].taken);
        commit(&b);
        CHECK_OK(task_position(b.task, "talk", 2, &p, &found));
        CHECK_INT(p.next_offset, (int64_t)i + 1); /* passed by, not left */
    }
    bank_close(&b);
}
