/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Killed at every crash point of effects, again and again; the receiver outside has seen what each
 * class of effects promises. */
#include "runtime/effects_fixture.h"

#include "base/crash_point.h"
#include "base/random.h"
#include "base/table.h"
#include "runtime/ids.h"

#include <signal.h>
#include <sys/wait.h>

enum { KEYS = 5, EACH = 6, EVENTS = KEYS * EACH, KILLS = 8 };

/* ---- the process that is killed */

static int64_t next_offset(struct host *h, int32_t t) {
    struct position p;
    bool found;
    CHECK_OK(task_position(h->tasks[t], "moves", t, &p, &found));
    return found ? p.next_offset : 0;
}

static void ask_next(struct host *h, const char *edge, int32_t t, int64_t offset) {
    char key[32];
    (void)snprintf(key, sizeof(key), "t%d-k%d", t, (int)(offset % KEYS));
    h->offset = offset;
    host_ask(h, t, edge, key, offset / KEYS + 1);
}

/* What an operator does with effects that may have happened and must not happen twice. */
static void drop_parked(struct host *h) {
    for (int32_t t = 0; t < HOST_TASKS; t++) {
        struct pending *parked[KEYS * HOST_EDGES], *p;
        size_t count = 0;
        for (size_t at = 0; (p = schedule_each(task_schedule(h->tasks[t]), &at));)
            if (p->state == EFFECT_PARKED && !p->settling)
                parked[count++] = p;
        for (size_t i = 0; i < count; i++)
            CHECK_OK(effects_drop(h->effects, h->tasks[t], parked[i]));
    }
}

static bool feed(struct host *h, const char *edge, int64_t *next) {
    bool fed = false;
    for (int32_t t = 0; t < HOST_TASKS; t++)
        for (int i = 0; i < 4 && next[t] < EVENTS; i++, fed = true)
            ask_next(h, edge, t, next[t]++);
    return fed;
}

static void serve(struct host *h, const char *edge) {
    int64_t next[HOST_TASKS], until_ms = clock_steady_ms(clock_real()) + HOST_WAIT_MS;
    h->clock = clock_real();
    h->sync = true;
    host_start(h);
    for (int32_t t = 0; t < HOST_TASKS; t++)
        next[t] = next_offset(h, t);
    while (feed(h, edge, next) || host_pending(h)) {
        CHECK(clock_steady_ms(clock_real()) < until_ms);
        drop_parked(h);
        host_turn(h);
        loop_turn(h->loop, 5);
    }
    host_stop(h);
}

static int64_t windows_of(const struct host *h) {
    int64_t windows = 0;
    for (size_t e = 0; e < HOST_EDGES; e++)
        windows += host_edge(h, e).account.windows;
    return windows;
}

/* True: it was killed. False: it came to its end. */
static bool serve_in_child(struct host *h, const char *edge, const char *crash) {
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_OK(crash_point_arm(crash));
        serve(h, edge);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        CHECK_INT(WTERMSIG(status), SIGKILL);
    else
        CHECK_INT(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

/* ---- what is left when all is done */

struct seen {
    size_t distinct, repeats;
    int64_t windows, ended;
};

static void check_id(const struct happened *a) {
    char input[40], id[DERIVED_ID_CHARS + 1];
    struct buf scratch = { 0 };
    int task = a->key[1] - '0', k = a->key[4] - '0';
    (void)snprintf(input, sizeof(input), "in-%d-%lld", task, (a->n - 1) * KEYS + k);
    struct id_seed seed = { "bank", "mailer", bytes_text(input) };
    id_derive(&scratch, &seed, 1, id);
    CHECK_TEXT(a->id, id);
    buf_finish(&scratch);
}

/* Every id is the one of a run without faults, and a key never goes back. */
static void check_log(struct seen *s, bool gaps) {
    struct happened *all;
    struct table last = { 0 };
    size_t count = receiver_saw(&all);
    for (size_t i = 0; i < count; i++) {
        int64_t before = (int64_t)(intptr_t)table_find(&last, bytes_text(all[i].key));
        check_id(&all[i]);
        CHECK(all[i].n >= before);
        CHECK(gaps || all[i].n <= before + 1);
        if (all[i].n == before)
            s->repeats++;
        else
            s->distinct++;
        (void)table_put(&last, bytes_text(all[i].key), (void *)(intptr_t)all[i].n);
    }
    table_finish(&last);
    free(all);
}

static void ended_count(void *context, struct bytes key, struct bytes sub,
                        const struct value *values, size_t count) {
    struct table *ids = context;
    (void)key;
    (void)sub;
    (void)count;
    CHECK(bytes_is_text(values[1].text, "done"));
    CHECK(!table_put(ids, values[0].text, ids)); /* nobody hears of an outcome twice */
}

static void check_store(struct host *h, struct seen *s) {
    host_start(h);
    CHECK_INT((long long)host_pending(h), 0);
    s->windows = windows_of(h);
    host_stop(h);
    struct table ids = { 0 };
    struct store_options options = {
        .url = h->url, .system = "bank", .service = "mailer", .generation = 1
    };
    struct store_table table = h->declaration->services[0].tables[0].table;
    options.tables = &table;
    options.table_count = 1;
    for (options.task = 0; options.task < HOST_TASKS; options.task++)
        CHECK_OK(sqlite_store_kind.read(&options, 0, NULL, ended_count, &ids));
    s->ended = (int64_t)ids.count;
    table_finish(&ids);
}

static struct seen killed_at(const char *edge, const char *point, bool gaps) {
    struct random r = random_seeded(test_seed());
    struct host h = { 0 };
    struct seen s = { 0 };
    int kills = 0;
    host_prepare(&h);
    for (int i = 0; i < KILLS; i++) {
        char *crash = text_format("%s:%d", point, 1 + (int)random_below(&r, 6));
        kills += serve_in_child(&h, edge, crash);
        free(crash);
    }
    CHECK(kills >= 2); /* it was reached */
    CHECK(!serve_in_child(&h, edge, NULL));
    check_log(&s, gaps);
    check_store(&h, &s);
    declaration_destroy(h.declaration);
    free(h.url);
    return s;
}

static void check_every_effect_once_for_one_that_dedupes(const char *edge, const char *point) {
    struct seen s = killed_at(edge, point, false);
    CHECK_INT((long long)s.distinct, HOST_TASKS * EVENTS);
    CHECK_INT(s.ended, strcmp(edge, "keyed") == 0 ? HOST_TASKS * EVENTS : 0);
}

TEST(keyed_effects_survive_a_kill_after_one_was_performed) {
    check_every_effect_once_for_one_that_dedupes("keyed", "effect_after_perform");
}

TEST(keyed_effects_survive_a_kill_before_an_outcome_is_committed) {
    check_every_effect_once_for_one_that_dedupes("keyed", "effect_before_outcome");
}

TEST(keyed_effects_survive_a_kill_after_an_outcome_is_committed) {
    check_every_effect_once_for_one_that_dedupes("keyed", "effect_after_outcome");
}

TEST(keyed_effects_survive_a_kill_after_the_commit_that_asks_for_them) {
    check_every_effect_once_for_one_that_dedupes("keyed", "step_after_commit");
}

TEST(natural_effects_survive_a_kill_after_one_was_performed) {
    check_every_effect_once_for_one_that_dedupes("natural", "effect_after_perform");
}

TEST(natural_effects_survive_a_kill_before_an_outcome_is_committed) {
    check_every_effect_once_for_one_that_dedupes("natural", "effect_before_outcome");
}

TEST(natural_effects_survive_a_kill_after_an_outcome_is_committed) {
    check_every_effect_once_for_one_that_dedupes("natural", "effect_after_outcome");
}

static const char *const points[] = { "effect_before_intent", "effect_after_intent",
                                      "effect_after_perform", "effect_before_outcome",
                                      "effect_after_outcome" };

static void check_queryable(size_t point) {
    struct seen s = killed_at("asked", points[point], false);
    CHECK_INT((long long)s.distinct, HOST_TASKS * EVENTS);
    CHECK_INT((long long)s.repeats, 0);
    CHECK_INT(s.ended, HOST_TASKS * EVENTS);
    CHECK_INT(s.windows, 0);
}

TEST(queryable_effects_happen_exactly_once_killed_before_an_intent) {
    check_queryable(0);
}

TEST(queryable_effects_happen_exactly_once_killed_after_an_intent) {
    check_queryable(1);
}

TEST(queryable_effects_happen_exactly_once_killed_after_one_was_performed) {
    check_queryable(2);
}

TEST(queryable_effects_happen_exactly_once_killed_before_an_outcome) {
    check_queryable(3);
}

TEST(queryable_effects_happen_exactly_once_killed_after_an_outcome) {
    check_queryable(4);
}

static void check_blind(size_t point) {
    struct seen s = killed_at("blind", points[point], false);
    CHECK_INT((long long)s.distinct, HOST_TASKS * EVENTS);
    CHECK((int64_t)s.repeats <= s.windows);
    CHECK(point != 2 || s.repeats > 0); /* performed and forgotten: it does repeat */
}

TEST(blind_effects_repeat_within_their_windows_killed_before_an_intent) {
    check_blind(0);
}

TEST(blind_effects_repeat_within_their_windows_killed_after_an_intent) {
    check_blind(1);
}

TEST(blind_effects_repeat_within_their_windows_killed_after_one_was_performed) {
    check_blind(2);
}

TEST(blind_effects_repeat_within_their_windows_killed_before_an_outcome) {
    check_blind(3);
}

TEST(blind_effects_repeat_within_their_windows_killed_after_an_outcome) {
    check_blind(4);
}

static void check_at_most_once(size_t point) {
    struct seen s = killed_at("once", points[point], true);
    CHECK_INT((long long)s.repeats, 0);
    CHECK(HOST_TASKS * EVENTS - (int64_t)s.distinct <= s.windows);
}

TEST(effects_at_most_once_are_lost_within_their_windows_killed_after_an_intent) {
    check_at_most_once(1);
}

TEST(effects_at_most_once_are_lost_within_their_windows_killed_after_one_was_performed) {
    check_at_most_once(2);
}

TEST(effects_at_most_once_are_lost_within_their_windows_killed_before_an_outcome) {
    check_at_most_once(3);
}
