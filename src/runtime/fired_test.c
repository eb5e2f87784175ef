/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* No timer fires twice under one identity, so that its events have ids of their own. */
#include "runtime/task_fixture.h"

static int64_t due_wanted;
static char fired[64];

static enum octavo_outcome on_set(struct octavo_step *s) {
    octavo_timer_set(s, "bell", octavo_event_key(s), due_wanted);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_bell(struct octavo_step *s) {
    struct octavo_text id = octavo_event_id(s);
    (void)snprintf(fired, sizeof(fired), "%.*s", (int)id.len, id.data);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "set", on_set },
                                                  { "timer:bell", on_bell },
                                                  { NULL, NULL } };

static void set_at(struct bank *b, const char *key, int64_t due_ms) {
    due_wanted = due_ms;
    group(b, "set", key, "{}");
}

static size_t fire(struct bank *b, int64_t now_ms) {
    size_t taken;
    task_begin(b->task);
    CHECK_OK(task_take_timers(b->task, now_ms, 10, &taken));
    commit(b);
    return taken;
}

TEST(a_timer_set_again_to_a_time_that_has_fired_is_another_one) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    set_at(&b, "k", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell k 100 2");
    set_at(&b, "k", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell k 101 2");
    set_at(&b, "k", 7);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell k 102 2");
    set_at(&b, "k", 103);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell k 103 2");
    bank_close(&b);
}

TEST(what_has_fired_is_known_after_a_restart) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    set_at(&b, "k", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    bank_reopen(&b);
    set_at(&b, "k", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell k 101 2");
    bank_close(&b);
}

TEST(a_timer_that_has_not_fired_keeps_its_time_whatever_has) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    set_at(&b, "a", 100);
    set_at(&b, "b", 120);
    set_at(&b, "b", 110); /* moved: nothing has fired yet */
    CHECK_INT((long long)fire(&b, 105), 1);
    CHECK_TEXT(fired, "bell a 100 2");
    CHECK_INT((long long)fire(&b, 115), 1);
    CHECK_TEXT(fired, "bell b 110 2");
    bank_close(&b);
}

TEST(timers_of_one_name_key_and_time_in_two_tasks_are_two) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    set_at(&b, "batch", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell batch 100 2");
    b.options.task = 3;
    bank_reopen(&b); /* another store */
    set_at(&b, "batch", 100);
    CHECK_INT((long long)fire(&b, 150), 1);
    CHECK_TEXT(fired, "bell batch 100 3");
    bank_close(&b);
}
