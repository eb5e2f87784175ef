/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold that dies at any moment and begins again at its snapshot: its rows, and what its readers
 * take from it, are as if nothing had happened. */
#include "runtime/fold_fixture.h"
#include "runtime/folds.h"
#include "runtime/service_state.h"

/* ---- disturbed */

/* The process is gone: what was sent may have arrived, in order, and nobody was told. */
static void crash(struct shop *s, struct random *r) {
    relay(s, random_below(r, (uint32_t)s->unacked_count + 1), false);
    unacked_forget(s);
    task_close(s->task);
    shop_open(s);
}

static size_t run_disturbed(struct shop *s, const struct record *log, struct random *r) {
    size_t crashes = 0;
    while (next_offset(s) < RECORDS) {
        size_t at = next_offset(s), to = at + 1 + random_below(r, 12);
        group_take(s, log, at, to < RECORDS ? to : RECORDS);
        if (random_below(r, 2))
            relay(s, random_below(r, (uint32_t)s->unacked_count + 1), true);
        if (random_below(r, 4) == 0 && task_all_acked(s->task))
            save(s);
        if (random_below(r, 12) == 0) {
            crash(s, r);
            crashes++;
        }
    }
    relay(s, s->unacked_count, true);
    return crashes;
}

TEST(after_any_crash_rows_ids_and_sequences_are_those_of_an_undisturbed_run) {
    static struct record log[RECORDS];
    struct random r = random_seeded(test_seed());
    size_t crashes = 0;
    for (int round = 0; round < 3; round++)
        for (int32_t task = 0; task < TASKS; task++) {
            char a[24], b[24];
            (void)snprintf(a, sizeof(a), "a%d", round);
            (void)snprintf(b, sizeof(b), "b%d", round);
            log_make(&r, log);
            struct shop calm = given_shop("counter", a, task);
            struct shop shaken = given_shop("counter", b, task);
            run_undisturbed(&calm, log);
            crashes += run_disturbed(&shaken, log, &r);
            check_same(&calm, &shaken);
            shop_close(&calm);
            shop_close(&shaken);
        }
    CHECK(crashes > 15);
}

/* Rows of a service that commits are the same fold, so the two kinds of store agree. */
TEST(a_fold_comes_out_as_the_same_handlers_do_in_a_store_that_commits) {
    static struct record log[RECORDS];
    struct random r = random_seeded(test_seed());
    log_make(&r, log);
    for (size_t i = 0; i < RECORDS; i++) /* a store that commits would park these */
        if (log[i].json[2] != 'a' || strcmp(log[i].type, "spoil") == 0)
            (void)snprintf(log[i].type, sizeof(log[i].type), "other");
    struct shop fold = given_shop("counter", "fold", 1);
    struct shop rows = given_shop("keeper", "rows", 1);
    struct buf left = { 0 }, right = { 0 };
    run_undisturbed(&fold, log);
    run_undisturbed(&rows, log);
    save(&fold);
    rows_print(&fold, &left);
    rows_print(&rows, &right);
    CHECK_TEXT(buf_text(&left), buf_text(&right));
    CHECK(fold.receiver->count == rows.receiver->count);
    for (size_t i = 0; i < fold.receiver->count; i++) {
        CHECK_BYTES(fold.receiver->events[i].event.value, rows.receiver->events[i].event.value);
        CHECK_INT(fold.receiver->events[i].event.sequence, rows.receiver->events[i].event.sequence);
    }
    buf_finish(&left);
    buf_finish(&right);
    shop_close(&fold);
    shop_close(&rows);
}

TEST(a_step_that_is_refused_leaves_nothing_in_a_fold) {
    static struct record log[RECORDS];
    struct random r = random_seeded(test_seed());
    log_make(&r, log);
    struct shop spoilt = given_shop("counter", "spoilt", 1);
    struct shop calm = given_shop("counter", "calm", 1);
    run_undisturbed(&spoilt, log);
    CHECK(task_counts(spoilt.task).poison > 10);
    for (size_t i = 0; i < RECORDS; i++)
        if (strcmp(log[i].type, "spoil") == 0)
            (void)snprintf(log[i].type, sizeof(log[i].type), "other");
    run_undisturbed(&calm, log);
    check_same(&spoilt, &calm);
    shop_close(&spoilt);
    shop_close(&calm);
}

static struct record move_of(const char *key, const char *json, int64_t time_ms) {
    struct record r = { .time_ms = time_ms };
    (void)snprintf(r.type, sizeof(r.type), "move");
    (void)snprintf(r.key, sizeof(r.key), "%s", key);
    (void)snprintf(r.json, sizeof(r.json), "%s", json);
    (void)snprintf(r.id, sizeof(r.id), "i%lld", (long long)time_ms);
    return r;
}

TEST(a_fold_counts_poison_and_passes_it_by) {
    struct shop s = given_shop("counter", "fold", 1);
    struct record log[] = { move_of("k", "no json", 1), move_of("k", "{}", 2),
                            move_of("k", "{\"amount\":3}", 3), move_of("k", "no json", 4) };
    for (size_t i = 0; i < 3; i++)
        group_take(&s, log, i, i + 1);
    CHECK_INT((long long)task_counts(s.task).poison, 2);
    CHECK_INT((long long)task_counts(s.task).handled, 1);
    CHECK_INT((long long)next_offset(&s), 3);
    relay(&s, s.unacked_count, true);
    save(&s);
    CHECK(!task_has_unsaved(s.task));
    group_take(&s, log, 3, 4); /* nothing is committed for it, and it need not be read again */
    CHECK(task_has_unsaved(s.task));
    shop_close(&s);
}

TEST(a_snapshot_is_taken_only_when_all_that_was_sent_is_acknowledged) {
    struct shop s = given_shop("counter", "fold", 1);
    struct record log[] = { move_of("k", "{\"amount\":5}", 1) };
    CHECK(!task_has_unsaved(s.task));
    group_take(&s, log, 0, 1);
    CHECK(task_has_unsaved(s.task));
    CHECK(!task_all_acked(s.task));
    relay(&s, 1, true);
    CHECK(task_all_acked(s.task));
    save(&s);
    CHECK(!task_has_unsaved(s.task));
    shop_close(&s);
}

static enum error shop_again(struct shop *s, const char *version) {
    task_close(s->task);
    s->task = NULL;
    unacked_forget(s);
    s->options.version = version;
    return task_open(&s->task, &s->options);
}

TEST(a_fold_that_was_killed_goes_on_as_it_was_and_one_that_stopped_as_it_likes) {
    struct shop s = given_shop("counter", "fold", 1);
    struct record log[] = { move_of("k", "{\"amount\":5}", 1) };
    struct declared_setting setting = { "window", "60" };
    struct declared_service service = *s.options.service;
    service.settings = &setting;
    service.setting_count = 1;
    s.options.service = &service;
    CHECK_ERROR(shop_again(&s, NULL), E_diverged); /* it has not stopped */
    setting = (struct declared_setting){ 0 };
    service.setting_count = 0;
    CHECK_ERROR(shop_again(&s, "2"), E_diverged); /* another version */
    CHECK_OK(shop_again(&s, NULL));
    task_set_cluster(s.task, "cluster-1");
    group_take(&s, log, 0, 1);
    relay(&s, 1, true);
    save(&s);
    CHECK_OK(task_rest(s.task, true));
    CHECK_OK(shop_again(&s, "2"));
    shop_close(&s);
}

static enum octavo_outcome on_wall(struct octavo_step *s) {
    octavo_timer_set(s, "close", octavo_event_key(s), 1);
    return OCTAVO_DONE;
}

TEST(a_fold_that_sets_a_timer_on_the_wall_clock_is_a_mistake) {
    static const struct octavo_handler wall[] = { { "move", on_wall }, { NULL, NULL } };
    struct shop s = given_shop("counter", "fold", 1);
    task_close(s.task);
    s.options.handlers = wall;
    shop_open(&s);
    struct input in = { .kind = INPUT_RECORD,
                        .type = bytes_text("move"),
                        .id = bytes_text("1"),
                        .key = bytes_text("k"),
                        .json = bytes_text("{}"),
                        .topic = bytes_text("moves"),
                        .partition = 1 };
    enum taken taken;
    task_begin(s.task);
    CHECK_ERROR(task_take(s.task, &in, &taken), E_handler);
    CHECK_STORY("use octavo_timer_set_event_time");
    task_drop(s.task);
    shop_close(&s);
}

/* ---- when a service takes snapshots */

static void on_turn(void *context) {
    ++*(int *)context;
}

TEST(a_fold_takes_nothing_in_while_a_snapshot_waits_and_goes_on_when_it_waits_for_long) {
    struct shop shop = given_shop("counter", "fold", 1);
    struct record log[] = { move_of("k", "{\"amount\":5}", 1), move_of("k", "{\"amount\":5}", 2) };
    struct fake_clock now;
    struct slot slot = { .task = shop.task };
    struct service s = { .options = { .declared = shop.options.service }, .slots = &slot };
    int turns = 0;
    fake_clock_init(&now, 1790000000000);
    s.clock = &now.clock;
    CHECK_OK(loop_create(&s.options.loop, s.clock));
    s.turn_timer = loop_timer_create(s.options.loop, on_turn, &turns);
    fake_clock_advance(&now, 5000);
    folds_begin(&s, &slot);
    group_take(&shop, log, 0, 1);
    CHECK(!folds_drain(&s));
    CHECK_OK(folds_turn(&s)); /* due, and not acknowledged */
    CHECK(folds_drain(&s));
    fake_clock_advance(&now, 1000);
    CHECK_OK(folds_turn(&s));
    CHECK(folds_drain(&s));
    fake_clock_advance(&now, 1);
    CHECK_OK(folds_turn(&s)); /* the broker does not answer */
    CHECK(!folds_drain(&s));
    CHECK(!slot.fold.saving);
    fake_clock_advance(&now, 1000);
    CHECK_OK(folds_turn(&s)); /* once more */
    CHECK(folds_drain(&s));
    relay(&shop, 1, true);
    CHECK_OK(folds_turn(&s));
    CHECK(!folds_drain(&s));
    CHECK(slot.fold.saving);
    CHECK_OK(folds_keep(&s, &slot));
    CHECK(!task_has_unsaved(shop.task));
    loop_timer_destroy(s.turn_timer);
    loop_destroy(s.options.loop);
    shop_close(&shop);
}

/* ---- over its memory */

static enum error moves_take(struct shop *s, int from, int to) {
    struct committed done;
    enum error e = E_ok;
    task_begin(s->task);
    for (int at = from; at < to && !e; at++) {
        char key[16], id[16];
        enum taken taken;
        (void)snprintf(key, sizeof(key), "k%d", at);
        (void)snprintf(id, sizeof(id), "id-%d", at);
        struct input in = { .kind = INPUT_RECORD,
                            .type = bytes_text("move"),
                            .id = bytes_text(id),
                            .key = bytes_text(key),
                            .json = bytes_text("{\"amount\":3}"), /* sends nothing */
                            .topic = bytes_text("moves"),
                            .partition = s->options.task,
                            .offset = at };
        in.hash = record_hash(in.key, in.json, in.time_ms);
        e = task_take(s->task, &in, &taken);
    }
    if (e)
        task_drop(s->task);
    else
        e = task_commit(s->task, 5000, &done);
    return e;
}

TEST(a_fold_over_its_memory_refuses_the_next_group_with_what_to_do) {
    enum { GROUP = 500, MOVES_MAX = 200 * GROUP };
    struct shop s = given_shop("counter", "big", 0);
    struct declared_service small = *s.options.service;
    enum error e = E_ok;
    int at = 0;
    small.memory_max = 1 << 20;
    task_close(s.task);
    s.options.service = &small;
    shop_open(&s);
    for (; at < MOVES_MAX && !e; at += GROUP)
        e = moves_take(&s, at, at + GROUP);
    CHECK_ERROR(e, E_config);
    CHECK_STORY("the rows of counter take 1 MB, its memory_max is 1");
    CHECK_STORY("try: raise memory_max");
    CHECK(at > 2 * GROUP && at < MOVES_MAX);
    CHECK_ERROR(moves_take(&s, at, at + 1), E_config);
    shop_close(&s);
}
