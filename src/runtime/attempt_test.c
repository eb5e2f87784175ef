/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/attempt.h"

#include "runtime/step.h"
#include "runtime/task_fixture.h"
#include "runtime/task_inside.h"

enum { ACCOUNT, TOTAL, POSTING };

/* Everything a step can do, for the event's key; "amount" says how much. */
static void do_all(struct octavo_step *s) {
    struct octavo_value account[2], total[1], posting[2];
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    account[0].integer += amount;
    account[1] = octavo_text_value(octavo_event_id(s));
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    if (!octavo_row_get(s, "total", octavo_text(""), total, 1))
        total[0] = octavo_int_value(0);
    total[0].integer += amount;
    octavo_row_put(s, "total", octavo_text(""), total, 1);
    octavo_row_delete(s, "account", octavo_text("old"));
    posting[0] = octavo_int_value(amount);
    posting[1] = octavo_text_value(octavo_event_id(s));
    (void)octavo_log_add(s, "posting", posting, 2);
    octavo_event_begin(s, "notes", "noted", octavo_event_key(s));
    octavo_put_int(s, "balance", account[0].integer);
    octavo_end(s);
    octavo_event_begin(s, "moves", "moved", octavo_text("elsewhere"));
    octavo_end(s);
    octavo_timer_cancel(s, "late", octavo_event_key(s));
    octavo_timer_set(s, "soon", octavo_event_key(s), octavo_event_time_ms(s) + amount);
}

static enum octavo_outcome on_all(struct octavo_step *s) {
    do_all(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_all_and_park(struct octavo_step *s) {
    do_all(s);
    return OCTAVO_PARK;
}

static enum octavo_outcome on_keep(struct octavo_step *s) {
    struct octavo_value account[2] = { octavo_int_value(7), octavo_text_value(octavo_text("x")) };
    octavo_row_put(s, "account", octavo_text("old"), account, 2);
    octavo_timer_set(s, "late", octavo_event_key(s), 9000);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = {
    { "all", on_all }, { "park", on_all_and_park }, { "keep", on_keep }, { NULL, NULL }
};

/* The step alone, so that nothing is parked. */
static void run_undone(struct bank *b, const char *key, const char *json) {
    enum step_verdict verdict;
    struct input in = record(b, "park", key, json);
    struct octavo_step step = {
        .task = b->task, .in = &in, .value = &b->task->value, .reason = &b->task->reason
    };
    CHECK_OK(step_run(&step, &handlers[1], &verdict));
    CHECK_INT(verdict, STEP_PARK);
    json_finish(&step.json);
}

static char *outbox_of(const struct committed *done) {
    struct buf out = { 0 };
    struct cursor in = cursor_on(done->outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        buf_print(&out, "%.*s/%d:%lld:%.*s ", (int)e.topic.len, (const char *)e.topic.data,
                  e.partition, (long long)e.sequence, (int)e.value.len, (const char *)e.value.data);
    }
    (void)buf_text(&out);
    return (char *)out.data;
}

static void check_outbox(struct bank *b, const char *wanted) {
    char *got = outbox_of(&b->committed);
    CHECK_TEXT(got, wanted);
    free(got);
}

TEST(a_step_that_is_undone_leaves_nothing_and_the_group_goes_on) {
    struct bank b = { 0 };
    int64_t due;
    bank_open(&b, "ledger", handlers);
    group(&b, "keep", "ann", "{}");
    task_begin(b.task);
    take_record(&b, "all", "ann", "{\"amount\":5}");
    run_undone(&b, "ann", "{\"amount\":100}");
    run_undone(&b, "bob", "{\"amount\":100}");
    take_record(&b, "all", "ann", "{\"amount\":2}");
    commit(&b);
    check_rows(&b, ACCOUNT, "ann/=7,in-4;");
    check_rows(&b, TOTAL, "2/=7;");
    check_rows(&b, POSTING, "2/1=5,in-1;2/2=2,in-4;");
    check_outbox(&b, "notes/0:1:{\"balance\":5} moves/1:1:{} notes/0:2:{\"balance\":7} "
                     "moves/1:2:{} ");
    CHECK(task_next_timer(b.task, &due));
    CHECK_INT(due, 1004 + 2);
    CHECK_INT((int64_t)task_counts(b.task).events, 4);
    bank_close(&b);
}

TEST(an_undone_step_as_the_first_of_a_lane_and_of_a_row_leaves_both_unknown) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    task_begin(b.task);
    run_undone(&b, "ann", "{\"amount\":100}");
    commit(&b);
    CHECK_INT((int64_t)task_counts(b.task).commits, 0);
    group(&b, "all", "ann", "{\"amount\":3}");
    check_rows(&b, ACCOUNT, "ann/=3,in-1;");
    check_rows(&b, POSTING, "2/1=3,in-1;");
    check_outbox(&b, "notes/0:1:{\"balance\":3} moves/1:1:{} ");
    bank_close(&b);
}

TEST(an_undone_step_gives_a_row_back_that_an_earlier_step_of_the_group_deleted) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    group(&b, "keep", "ann", "{}");
    task_begin(b.task);
    run_undone(&b, "ann", "{\"amount\":1}");
    commit(&b);
    check_rows(&b, ACCOUNT, "ann/old=7,x;");
    task_begin(b.task);
    take_record(&b, "all", "ann", "{\"amount\":1}");
    run_undone(&b, "ann", "{\"amount\":1}");
    commit(&b);
    check_rows(&b, ACCOUNT, "ann/=1,in-2;");
    bank_reopen(&b);
    group(&b, "all", "ann", "{\"amount\":1}");
    check_rows(&b, ACCOUNT, "ann/=2,in-4;");
    bank_close(&b);
}
