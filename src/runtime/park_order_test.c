/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/park_order.h"

#include "runtime/task_fixture.h"

static bool mended;

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_text what;
    bool wrong = octavo_event_text(s, "wrong", &what);
    return wrong && !mended
               ? octavo_refuse(s, OCTAVO_PARK, "%.*s is wrong", (int)what.len, what.data)
               : OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = { { "add", on_add }, { NULL, NULL } };

static void give(struct bank *b, const char *key, const char *json) {
    struct input in = record(b, "add", key, json);
    task_begin(b->task);
    CHECK_INT(take(b, &in), TAKEN_PARKED);
    commit(b);
}

static struct park_done order(struct bank *b, struct park_order o) {
    struct park_done done = { 0 };
    task_begin(b->task);
    CHECK_OK(park_order_run(b->task, &o, &done));
    commit(b);
    return done;
}

static void open_with_three(struct bank *b) {
    mended = false;
    bank_open(b, "ledger", ledger);
    give(b, "ann", "{\"wrong\":\"this\"}");
    give(b, "ann", "{\"wrong\":\"that\"}");
    give(b, "bob", "no json");
}

TEST(an_order_names_a_key_or_all_of_them_and_tells_what_became_of_each) {
    struct bank b = { 0 };
    open_with_three(&b);
    struct park_done done = order(&b, (struct park_order){ .key = bytes_text("ann"), .now_ms = 1 });
    CHECK_INT(done.keys, 1);
    CHECK_INT(done.done, 0);
    CHECK_TEXT(done.reason, "this is wrong");
    done = order(&b, (struct park_order){ .key = bytes_text("nobody"), .now_ms = 1 });
    CHECK_INT(done.keys, 0);
    mended = true;
    done = order(&b, (struct park_order){ .now_ms = 1 });
    CHECK_INT(done.keys, 2);
    CHECK_INT(done.done, 1);
    CHECK(strstr(done.reason, "its value is no event"));
    CHECK_INT(task_parked(b.task).inputs, 2); /* that, which is due now, and bob's */
    bank_close(&b);
}

TEST(an_order_to_drop_forgets_the_head_alone) {
    struct bank b = { 0 };
    int64_t due;
    open_with_three(&b);
    struct park_order drop = { .drop = true, .key = bytes_text("ann"), .now_ms = 77 };
    struct park_done done = order(&b, drop);
    CHECK_INT(done.keys, 1);
    CHECK_INT(done.done, 1);
    CHECK_TEXT(done.reason, "");
    CHECK_INT(task_parked(b.task).inputs, 2);
    CHECK(task_park_next_due(b.task, &due));
    CHECK_INT(due, 77);
    bank_close(&b);
}

static void on_head(void *context, const struct parked_row *row) {
    int64_t *number = context;
    *number = *number ? *number : row->number;
}

TEST(an_order_to_drop_that_is_given_twice_as_its_answer_was_lost_drops_one) {
    struct bank b = { 0 };
    int64_t head = 0;
    open_with_three(&b);
    CHECK_OK(task_park_each(b.task, bytes_text("ann"), on_head, &head));
    CHECK(head > 0);
    struct park_order drop = {
        .drop = true, .key = bytes_text("ann"), .number = head, .now_ms = 77
    };
    CHECK_INT(order(&b, drop).done, 1);
    struct park_done again = order(&b, drop);
    CHECK_INT(again.keys, 0);
    CHECK_INT(again.done, 0);
    CHECK_INT(task_parked(b.task).inputs, 2);
    bank_close(&b);
}
