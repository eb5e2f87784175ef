/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects from the step that asks for them to the outcome that ends them; nobody performs them. */
#include "runtime/task_effects.h"

#include "runtime/task_fixture.h"

static const char mailer_yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4 } }\n"
    "services:\n"
    "  mailer:\n"
    "    handler: bank.mailer\n"
    "    consumes: [moves]\n"
    "    produces: [moves]\n"
    "    edges:\n"
    "      mail: { url: \"double:m\", class: blind, blind: at_least_once, deadline: 1h }\n"
    "      book: { url: \"double:b\", class: keyed }\n"
    "      door: \"double:d\"\n"
    "    tasks: 3\n"
    "    tables: { told: { columns: { text: text } } }\n";

enum { MAIL, BOOK, DOOR };

static char asked_id[64];

static enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_text id;
    octavo_event_begin(s, "moves", "moved", octavo_event_key(s));
    octavo_end(s);
    octavo_effect_begin(s, "mail", "letter");
    id = octavo_effect_id(s);
    (void)snprintf(asked_id, sizeof(asked_id), "%.*s", (int)id.len, id.data);
    octavo_put_text(s, "to", octavo_event_key(s));
    octavo_end(s);
    octavo_effect_begin(s, "book", "entry");
    octavo_put_int(s, "amount", 7);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_booked(struct octavo_step *s) {
    struct octavo_value text = octavo_text_value(octavo_event_json(s));
    octavo_row_put(s, "told", octavo_event_id(s), &text, 1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_wrong_edge(struct octavo_step *s) {
    octavo_effect_begin(s, "door", "letter");
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_no_begin(struct octavo_step *s) {
    (void)octavo_effect_id(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler mailer[] = {
    { "move", on_move },
    { "effect:book", on_booked },
    { "wrong", on_wrong_edge },
    { "early", on_no_begin },
    { NULL, NULL },
};

static void mailer_open(struct bank *b) {
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(mailer_yaml)));
    bank_open(b, "mailer", mailer);
}

static struct pending *head(struct bank *b, size_t edge, const char *key) {
    return schedule_head(task_schedule(b->task), edge, bytes_text(key));
}

/* The head's outcome, in a group of its own. */
static void settle(struct bank *b, struct pending *p, struct outcome outcome) {
    outcome.at_ms = 7000;
    if (!outcome.reason)
        outcome.reason = "";
    task_begin(b->task);
    CHECK_OK(task_effect_settle(b->task, p, &outcome));
    commit(b);
}

TEST(an_effect_is_there_after_the_commit_of_its_step_and_after_a_restart) {
    struct bank b = { 0 };
    mailer_open(&b);
    task_begin(b.task);
    take_record(&b, "move", "a", "{}");
    CHECK(!head(&b, MAIL, "a"));
    commit(&b);
    CHECK_INT((long long)schedule_count(task_schedule(b.task)), 2);
    for (int i = 0; i < 2; i++) {
        struct pending *p = head(&b, MAIL, "a");
        CHECK(p);
        CHECK_BYTES(p->id, bytes_text(asked_id));
        CHECK_BYTES(p->type, bytes_text("letter"));
        CHECK_BYTES(p->json, bytes_text("{\"to\":\"a\"}"));
        CHECK_INT(p->time_ms, 1000);
        CHECK_INT(p->requested_ms, 5000);
        CHECK_INT(task_effect_deadline(b.task, p), 5000 + 3600000);
        bank_reopen(&b);
    }
    bank_close(&b);
}

TEST(a_dropped_group_leaves_no_effect_and_the_next_has_the_same_id) {
    struct bank b = { 0 };
    char first[64];
    mailer_open(&b);
    task_begin(b.task);
    struct input in = record(&b, "move", "a", "{}");
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    (void)snprintf(first, sizeof(first), "%s", asked_id);
    task_drop(b.task);
    CHECK_INT((long long)schedule_count(task_schedule(b.task)), 0);
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_HANDLED);
    commit(&b);
    CHECK_TEXT(asked_id, first);
    CHECK_INT((long long)schedule_count(task_schedule(b.task)), 2);
    bank_reopen(&b);
    CHECK_INT((long long)schedule_count(task_schedule(b.task)), 2);
    bank_close(&b);
}

TEST(an_outcome_comes_to_its_handler_and_ends_the_effect) {
    struct bank b = { 0 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    settle(&b, head(&b, BOOK, "a"),
           (struct outcome){ "done", NULL, bytes_text("{\"line\":3}"), 0 });
    CHECK(!head(&b, BOOK, "a"));
    char *rows = rows_of(&b, 0);
    CHECK(strstr(rows, "\"outcome\":\"done\",\"line\":3}"));
    CHECK(strncmp(rows, "a/", 2) == 0); /* a row of the effect's key */
    free(rows);
    CHECK_INT((long long)task_counts(b.task).outcomes, 1);
    bank_reopen(&b);
    CHECK(!head(&b, BOOK, "a"));
    CHECK(head(&b, MAIL, "a"));
    bank_close(&b);
}

TEST(without_a_handler_done_ends_and_a_refusal_parks_for_an_operator) {
    struct bank b = { 0 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    settle(&b, head(&b, MAIL, "a"), (struct outcome){ .outcome = "done" });
    CHECK(!head(&b, MAIL, "a"));
    group(&b, "move", "a", "{}");
    group(&b, "move", "a", "{}");
    settle(&b, head(&b, MAIL, "a"),
           (struct outcome){ .outcome = "refused", .reason = "no such address" });
    for (int i = 0; i < 2; i++) {
        struct pending *p = head(&b, MAIL, "a");
        CHECK_INT(p->state, EFFECT_PARKED);
        CHECK_TEXT(p->reason, "no such address");
        CHECK(!schedule_next(task_schedule(b.task), MAIL, INT64_MAX)); /* the second waits too */
        bank_reopen(&b);
    }
    task_begin(b.task);
    CHECK_OK(task_effect_retry(b.task, head(&b, MAIL, "a"), 9000));
    commit(&b);
    schedule_again(task_schedule(b.task), head(&b, MAIL, "a"), 0);
    CHECK(schedule_next(task_schedule(b.task), MAIL, 0));
    CHECK_INT(head(&b, MAIL, "a")->deadline_ms, 9000 + 3600000);
    settle(&b, head(&b, MAIL, "a"), (struct outcome){ .outcome = "dropped" });
    CHECK(schedule_next(task_schedule(b.task), MAIL, 0)); /* and the second comes next */
    bank_close(&b);
}

TEST(an_outcome_in_a_dropped_group_never_was) {
    struct bank b = { 0 };
    struct outcome done = { "done", "", { 0 }, 7000 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    task_begin(b.task);
    CHECK_OK(task_effect_settle(b.task, head(&b, BOOK, "a"), &done));
    task_drop(b.task);
    CHECK(head(&b, BOOK, "a"));
    settle(&b, head(&b, BOOK, "a"), done);
    CHECK(!head(&b, BOOK, "a"));
    bank_close(&b);
}

TEST(an_outcome_for_which_nothing_waits_is_no_outcome) {
    struct bank b = { 0 };
    enum taken taken;
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    struct input in = { .kind = INPUT_OUTCOME, .type = bytes_text("effect:book") };
    in.id = bytes_text("nobody");
    in.key = bytes_text("a");
    in.json = bytes_text("{\"outcome\":\"done\"}");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_diverged);
    CHECK_STORY("an outcome of effect nobody, for which nothing waits");
    task_drop(b.task);
    in.json = bytes_text("{}");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_malformed);
    task_drop(b.task);
    bank_close(&b);
}

static void journal_print(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                          struct bytes outputs) {
    (void)id;
    (void)at_ms;
    (void)outputs;
    buf_put_bytes(context, inputs);
    buf_put_byte(context, '\n');
}

TEST(outcomes_and_an_operators_commands_stand_in_the_journal) {
    struct bank b = { 0 };
    struct buf lines = { 0 };
    mailer_open(&b);
    group(&b, "move", "k", "{}");
    settle(&b, head(&b, MAIL, "k"), (struct outcome){ .outcome = "late", .reason = "its time" });
    task_begin(b.task);
    CHECK_OK(task_effect_retry(b.task, head(&b, MAIL, "k"), 9000));
    commit(&b);
    task_close(b.task);
    struct store_options options = {
        .url = b.url, .system = "bank", .service = "mailer", .generation = 1, .task = 2
    };
    struct store *store;
    CHECK_OK(sqlite_store_kind.open(&store, &options));
    CHECK_OK(store->ops->journal_each(store, 0, 10, journal_print, &lines));
    store->ops->close(store);
    char *wanted = text_format("[{\"outcome\":\"late\",\"effect\":\"%s\",\"edge\":\"mail\",\"key\":"
                               "\"k\",\"at\":7000,\"json\":{\"effect\":\"%s\",\"outcome\":\"late\","
                               "\"reason\":\"its time\"}}]\n"
                               "[{\"command\":\"effect-retry\",\"effect\":\"%s\",\"at\":9000}]\n",
                               asked_id, asked_id, asked_id);
    CHECK_TEXT(strchr(buf_text(&lines), '\n') + 1, wanted);
    free(wanted);
    buf_finish(&lines);
    b.task = NULL;
    bank_close(&b);
}

TEST(an_intent_survives_a_restart_and_tells_when_it_was_made) {
    struct bank b = { 0 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    for (int attempt = 1; attempt <= 3; attempt++) {
        task_begin(b.task);
        CHECK_OK(task_effect_intent(b.task, head(&b, MAIL, "a"), 6000 + attempt));
        commit(&b);
        bank_reopen(&b);
        struct pending *p = head(&b, MAIL, "a");
        CHECK_INT(p->state, EFFECT_TRIED);
        CHECK_INT(p->attempts, attempt);
        CHECK_INT(p->tried_ms, 6001); /* the first time it may have happened */
        CHECK(schedule_next(task_schedule(b.task), MAIL, 0) == p);
    }
    bank_close(&b);
}

TEST(what_is_counted_and_what_failed_go_with_the_next_commit) {
    struct bank b = { 0 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    task_account_window(b.task, MAIL, 30);
    task_account_window(b.task, MAIL, 12);
    task_account(b.task, MAIL)->away_ms = 100;
    struct pending *p = head(&b, MAIL, "a");
    p->attempts = 4;
    pending_set_reason(p, "connection refused");
    task_effect_changed(b.task, p);
    CHECK_OK(task_flush(b.task, 6000));
    bank_reopen(&b);
    CHECK_INT(task_account(b.task, MAIL)->windows, 2);
    CHECK_INT(task_account(b.task, MAIL)->longest_ms, 30);
    CHECK_INT(task_account(b.task, MAIL)->sum_ms, 42);
    p = head(&b, MAIL, "a");
    CHECK_INT(p->attempts, 4);
    CHECK_TEXT(p->reason, "connection refused");
    CHECK_INT(task_effect_deadline(b.task, p), 5000 + 3600000 + 100);
    bank_close(&b);
}

TEST(what_a_receiver_tells_cannot_say_another_outcome) {
    static const char *const told[] = { "{\"outcome\":\"refused\"}", "{\"effect\":\"x\"}",
                                        "{\"a\":[1]}", "{ }" };
    struct bank b = { 0 };
    mailer_open(&b);
    for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
        group(&b, "move", "a", "{}");
        settle(&b, head(&b, BOOK, "a"), (struct outcome){ "done", "fine", bytes_text(told[i]), 0 });
    }
    char *rows = rows_of(&b, 0);
    const char *at = rows;
    for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
        at = strstr(at, "\"outcome\":\"done\",\"reason\":\"fine\"};");
        CHECK(at++);
    }
    free(rows);
    bank_close(&b);
}

TEST(a_handler_that_misuses_effects_is_told_of_its_mistake) {
    struct bank b = { 0 };
    enum taken taken;
    mailer_open(&b);
    struct input in = record(&b, "wrong", "a", "{}");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
    CHECK_STORY("edge \"door\" is not declared with a class of effects");
    task_drop(b.task);
    in = record(&b, "early", "a", "{}");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
    CHECK_STORY("octavo_effect_id outside an effect");
    task_drop(b.task);
    bank_close(&b);
}

TEST(an_edge_that_effects_wait_for_must_stay_declared) {
    struct bank b = { 0 };
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    task_close(b.task);
    b.declaration->services[0].edges[BOOK].name = "ledger";
    CHECK_ERROR(task_open(&b.task, &b.options), E_config);
    CHECK_STORY("waits for edge book, which is not declared");
    CHECK_STORY("until its effects are done");
    bank_close(&b);
}

TEST(a_large_effect_is_read_from_the_store_when_its_turn_comes) {
    struct bank b = { 0 };
    struct buf memory = { 0 };
    struct effect_content content;
    mailer_open(&b);
    group(&b, "move", "a", "{}");
    struct pending *p = head(&b, MAIL, "a");
    p->type = p->json = (struct bytes){ 0 }; /* as the schedule does beyond its budget */
    CHECK_OK(task_effect_content(b.task, p, &memory, &content));
    CHECK_BYTES(content.type, bytes_text("letter"));
    CHECK_BYTES(content.json, bytes_text("{\"to\":\"a\"}"));
    buf_finish(&memory);
    bank_close(&b);
}
