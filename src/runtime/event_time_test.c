/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Timers by event time, in a task whose rows are committed. Each handler writes its name into a row
 * of the task, so that the row tells the order in which things happened. */
#include "runtime/event_time.h"

#include "runtime/task_fixture.h"

enum { ACCOUNT, TOTAL };

static void note(struct octavo_step *s, const char *what) {
    struct octavo_value story[2];
    struct buf text = { 0 };
    if (octavo_row_get(s, "account", octavo_text(""), story, 2))
        buf_put(&text, story[1].text.data, story[1].text.len);
    buf_print(&text, "%s@%lld ", what, (long long)octavo_event_time_ms(s));
    story[0] = octavo_int_value(0);
    story[1] = octavo_text_value((struct octavo_text){ (const char *)text.data, text.len });
    octavo_row_put(s, "account", octavo_text(""), story, 2);
    buf_finish(&text);
}

static enum octavo_outcome on_seen(struct octavo_step *s) {
    note(s, "seen");
    return OCTAVO_DONE;
}

static enum octavo_outcome on_set(struct octavo_step *s) {
    struct octavo_text name;
    int64_t due;
    char text[8] = "";
    CHECK(octavo_event_text(s, "name", &name) && name.len < sizeof(text));
    memcpy(text, name.data, name.len);
    note(s, "set");
    if (octavo_event_int(s, "due", &due))
        octavo_timer_set_event_time(s, text, octavo_event_key(s), due);
    else
        octavo_timer_cancel(s, text, octavo_event_key(s));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_a(struct octavo_step *s) {
    note(s, "a");
    return OCTAVO_DONE;
}

/* Goes on by itself every 10, until 50. */
static enum octavo_outcome on_b(struct octavo_step *s) {
    note(s, "b");
    if (octavo_event_time_ms(s) < 50)
        octavo_timer_set_event_time(s, "b", octavo_event_key(s), octavo_event_time_ms(s) + 10);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_ever(struct octavo_step *s) {
    octavo_timer_set_event_time(s, "ever", octavo_event_key(s), octavo_event_time_ms(s));
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = {
    { "set", on_set },   { "seen", on_seen },       { "timer:a", on_a },
    { "timer:b", on_b }, { "timer:ever", on_ever }, { NULL, NULL },
};

static void take_at(struct bank *b, const char *type, const char *json, int64_t time_ms) {
    struct input in = record(b, type, "k", json);
    in.time_ms = time_ms;
    (void)take(b, &in);
}

static void group_at(struct bank *b, const char *type, const char *json, int64_t time_ms) {
    task_begin(b->task);
    take_at(b, type, json, time_ms);
    commit(b);
}

static void check_story(struct bank *b, const char *wanted) {
    char *text = text_format("k/=0,%s;", wanted);
    check_rows(b, ACCOUNT, text);
    free(text);
}

TEST(a_timer_fires_right_after_the_record_that_passes_it_and_before_the_next) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    task_begin(b.task);
    take_at(&b, "set", "{\"name\":\"a\",\"due\":20}", 10);
    take_at(&b, "seen", "{}", 19);
    take_at(&b, "other", "{}", 20); /* one that nobody handles moves event time too */
    take_at(&b, "seen", "{}", 21);
    commit(&b);
    check_story(&b, "set@10 seen@19 a@20 seen@21 ");
    CHECK_INT((long long)task_counts(b.task).timers, 1);
    bank_close(&b);
}

TEST(timers_fire_in_the_order_of_due_name_and_key_also_those_set_meanwhile) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    task_begin(b.task);
    take_at(&b, "set", "{\"name\":\"b\",\"due\":20}", 10);
    take_at(&b, "set", "{\"name\":\"a\",\"due\":30}", 10);
    take_at(&b, "seen", "{}", 1000);
    commit(&b);
    check_story(&b, "set@10 set@10 seen@1000 b@20 a@30 b@30 b@40 b@50 ");
    bank_close(&b);
}

TEST(event_time_is_the_latest_and_never_goes_back) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    CHECK_INT(task_event_time(b.task), 0);
    group_at(&b, "seen", "{}", 50);
    group_at(&b, "set", "{\"name\":\"a\",\"due\":40}", 30); /* fires at once: it is 50 already */
    CHECK_INT(task_event_time(b.task), 50);
    check_story(&b, "seen@50 set@30 a@40 ");
    bank_close(&b);
}

TEST(event_time_and_its_timers_survive_a_restart) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group_at(&b, "set", "{\"name\":\"a\",\"due\":60}", 50);
    bank_reopen(&b);
    CHECK_INT(task_event_time(b.task), 50);
    group_at(&b, "seen", "{}", 40);
    group_at(&b, "seen", "{}", 60);
    check_story(&b, "set@50 seen@40 seen@60 a@60 ");
    bank_reopen(&b);
    group_at(&b, "seen", "{}", 70); /* once */
    check_story(&b, "set@50 seen@40 seen@60 a@60 seen@70 ");
    bank_close(&b);
}

TEST(a_dropped_group_takes_event_time_back) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group_at(&b, "set", "{\"name\":\"a\",\"due\":60}", 50);
    task_begin(b.task);
    take_at(&b, "seen", "{}", 100);
    task_drop(b.task);
    CHECK_INT(task_event_time(b.task), 50);
    b.offset--;
    group_at(&b, "seen", "{}", 100);
    check_story(&b, "set@50 seen@100 a@60 ");
    bank_close(&b);
}

TEST(a_timer_is_moved_and_cancelled_and_the_clocks_share_its_name) {
    struct bank b = { 0 };
    int64_t due;
    size_t taken;
    bank_open(&b, "ledger", handlers);
    group_at(&b, "set", "{\"name\":\"a\",\"due\":20}", 10);
    group_at(&b, "set", "{\"name\":\"a\",\"due\":30}", 11);
    group_at(&b, "seen", "{}", 25);
    CHECK(!task_next_timer(b.task, &due)); /* the wall clock knows nothing of it */
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, INT64_MAX, 10, &taken));
    CHECK(taken == 0);
    commit(&b);
    group_at(&b, "set", "{\"name\":\"a\"}", 26);
    group_at(&b, "seen", "{}", 40);
    check_story(&b, "set@10 set@11 seen@25 set@26 seen@40 ");
    bank_close(&b);
}

TEST(a_timer_that_sets_itself_at_its_own_time_is_a_mistake) {
    struct bank b = { 0 };
    enum taken taken;
    bank_open(&b, "ledger", handlers);
    struct input in = record(&b, "set", "k", "{\"name\":\"ever\",\"due\":5}");
    task_begin(b.task);
    CHECK_ERROR(task_take(b.task, &in, &taken), E_handler);
    CHECK_STORY("is set by one that is due no earlier");
    task_drop(b.task);
    bank_close(&b);
}

static void on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                       struct bytes outputs) {
    (void)id;
    (void)at_ms;
    (void)outputs;
    buf_put_bytes(context, inputs);
}

/* It is derived from the records, so a replay derives it again. */
TEST(a_timer_of_event_time_has_no_entry_in_the_journal) {
    struct bank b = { 0 };
    struct buf text = { 0 };
    struct store *look = NULL;
    struct store_options options = { .url = "", .system = "bank", .service = "ledger" };
    bank_open(&b, "ledger", handlers);
    task_begin(b.task);
    take_at(&b, "set", "{\"name\":\"a\",\"due\":20}", 10);
    take_at(&b, "seen", "{}", 30);
    take_at(&b, "seen", "{}", 31);
    commit(&b);
    options.url = b.url;
    options.generation = 1;
    options.task = 2;
    CHECK_OK(sqlite_store_kind.look(&look, &options));
    CHECK_OK(look->ops->journal_each(look, 0, 10, on_journal, &text));
    CHECK_TEXT(buf_text(&text), "[{\"topic\":\"moves\",\"partition\":2,\"from\":0,\"to\":2}]");
    look->ops->close(look);
    buf_finish(&text);
    bank_close(&b);
}

/* ---- times of the future */

enum { NOW_MS = 1790000000, DAY_MS = 86400000 };

static void group_now(struct bank *b, const char *type, const char *json, int64_t time_ms) {
    task_set_now(b->task, NOW_MS);
    group_at(b, type, json, time_ms);
}

TEST(a_time_far_ahead_of_the_clock_is_taken_as_now_and_fires_nobodys_timer) {
    struct bank b = { 0 };
    char set[64];
    bank_open(&b, "ledger", handlers);
    (void)snprintf(set, sizeof(set), "{\"name\":\"a\",\"due\":%d}", NOW_MS + 60000);
    group_now(&b, "set", set, NOW_MS - 5000);
    group_now(&b, "seen", "{}", NOW_MS + 365LL * DAY_MS);
    group_now(&b, "seen", "{}", INT64_MAX);
    check_story(&b, "set@1789995000 seen@1790000000 seen@1790000000 ");
    CHECK_INT(task_event_time(b.task), NOW_MS);
    bank_reopen(&b);
    CHECK_INT(task_event_time(b.task), NOW_MS);
    group_now(&b, "seen", "{}", NOW_MS + EVENT_AHEAD_MS); /* a clock may be wrong by so much */
    check_story(&b, "set@1789995000 seen@1790000000 seen@1790000000 seen@1793600000 "
                    "a@1790060000 ");
    bank_close(&b);
}

TEST(a_task_that_was_told_no_time_believes_every_record) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group_at(&b, "seen", "{}", NOW_MS + 365LL * DAY_MS);
    CHECK_INT(task_event_time(b.task), NOW_MS + 365LL * DAY_MS);
    bank_close(&b);
}
