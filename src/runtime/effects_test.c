/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects performed by real threads on a receiver that fails, lies, stalls and is slow. */
#include "runtime/effects_fixture.h"

#include "base/table.h"

static struct host given(void) {
    struct host h = { 0 };
    host_prepare(&h);
    return h;
}

/* In each task `keys` keys with numbers 1..each, mixed. Keys differ between tasks. */
static void ask_many(struct host *h, const char *edge, int keys, int each) {
    char key[32];
    for (int n = 1; n <= each; n++)
        for (int k = 0; k < keys; k++)
            for (int32_t t = 0; t < HOST_TASKS; t++) {
                (void)snprintf(key, sizeof(key), "t%d-k%d", t, k);
                host_ask(h, t, edge, key, n);
            }
}

/* The numbers of every key ascend; `repeats` times one came once more. */
static void check_order(size_t wanted, size_t repeats) {
    struct happened *all;
    struct table last = { 0 };
    size_t count = receiver_saw(&all), repeated = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t before = (int64_t)(intptr_t)table_find(&last, bytes_text(all[i].key));
        CHECK(all[i].n == before || all[i].n == before + 1);
        repeated += all[i].n == before;
        (void)table_put(&last, bytes_text(all[i].key), (void *)(intptr_t)all[i].n);
    }
    CHECK_INT((long long)(count - repeated), (long long)wanted);
    CHECK_INT((long long)repeated, (long long)repeats);
    table_finish(&last);
    free(all);
}

TEST(effects_of_many_tasks_and_keys_are_each_performed_once_and_in_order) {
    struct host h = given();
    host_start(&h);
    ask_many(&h, "keyed", 10, 5);
    ask_many(&h, "blind", 3, 2);
    CHECK_INT((long long)receiver_count(), 0); /* nothing before its commit */
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)receiver_count(), HOST_TASKS * (50 + 6));
    CHECK_INT((long long)host_edge(&h, KEYED).counts.done, HOST_TASKS * 50);
    CHECK_INT((long long)host_edge(&h, BLIND).counts.done, HOST_TASKS * 6);
    CHECK_INT((long long)host_edge(&h, BLIND).account.windows, 0);
    host_end(&h);
}

/* Fails by what the effect and the attempt are, so that every run is the same. */
static void stumbling(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    uint64_t dice = (bytes_hash(r->id) ^ (uint64_t)r->attempt * 0x9e3779b97f4a7c15u) >> 33;
    if (dice % 3 == 0) {
        *happens = false;
        a->verdict = EFFECT_AGAIN;
        (void)snprintf(a->reason, sizeof(a->reason), "not now");
    }
}

TEST(failures_do_not_disturb_the_order_of_a_key) {
    struct host h = given();
    receiver.script = stumbling;
    host_start(&h);
    ask_many(&h, "natural", 8, 6);
    CHECK(host_run(&h, host_is_idle, 20));
    check_order(HOST_TASKS * 48, 0);
    CHECK(host_edge(&h, NATURAL).counts.again > 20);
    CHECK_INT((long long)host_edge(&h, NATURAL).counts.parked, 0);
    host_end(&h);
}

TEST(ten_thousand_effects_over_a_thousand_keys_happen_once_each_in_order) {
    struct host h = given();
    host_start(&h);
    ask_many(&h, "keyed", 250, 10);
    host_turn(&h);
    CHECK_INT((long long)host_pending(&h), 10000);
    CHECK(host_run(&h, host_is_idle, 0));
    check_order(10000, 0);
    host_end(&h);
}

/* ---- the breaker */

static atomic_bool edge_is_away;

static void sometimes_away(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    (void)r;
    if (!atomic_load(&edge_is_away))
        return;
    *happens = false;
    a->verdict = EFFECT_AGAIN;
    a->edge_down = true;
}

static bool breaker_is_open(struct host *h) {
    return host_edge(h, NATURAL).breaker->state == BREAKER_OPEN
           && host_edge(h, NATURAL).workers_busy == 0;
}

TEST(an_outage_opens_the_breaker_parks_nothing_and_deadlines_stand_still) {
    struct host h = given();
    receiver.script = sometimes_away;
    atomic_store(&edge_is_away, true);
    h.edges[NATURAL].effects.deadline_ms = 60000;
    host_start(&h);
    ask_many(&h, "natural", 20, 2);
    CHECK(host_run(&h, breaker_is_open, 20));
    int tries = atomic_load(&receiver.tries);
    for (int i = 0; i < 50; i++) { /* ten hours, probed every ten seconds or more */
        fake_clock_advance(&h.fake, 12 * 60000);
        loop_turn(h.loop, 0);
        host_turn(&h);
        CHECK(host_run(&h, breaker_is_open, 0));
        CHECK_INT(atomic_load(&receiver.tries), ++tries); /* one probe each time */
    }
    CHECK_INT((long long)host_pending(&h), HOST_TASKS * 40);
    atomic_store(&edge_is_away, false);
    CHECK(host_run(&h, host_is_idle, 500));
    check_order(HOST_TASKS * 40, 0);
    struct effects_state s = host_edge(&h, NATURAL);
    CHECK_INT(s.breaker->state, BREAKER_CLOSED);
    CHECK_INT(s.breaker->opens, 1);
    CHECK_INT((long long)(s.counts.parked + s.counts.late), 0);
    host_end(&h);
}

TEST(the_time_an_edge_was_away_is_kept_over_a_restart) {
    struct host h = given();
    receiver.script = sometimes_away;
    atomic_store(&edge_is_away, true);
    h.edges[NATURAL].effects.deadline_ms = 60000;
    host_start(&h);
    ask_many(&h, "natural", 5, 1);
    CHECK(host_run(&h, breaker_is_open, 20));
    fake_clock_advance(&h.fake, 3600000);
    CHECK_OK(effects_take(h.effects));
    for (int32_t t = 0; t < HOST_TASKS; t++)
        CHECK_OK(task_flush(h.tasks[t], 1));
    int64_t now_ms = h.fake.wall_ms;
    host_stop(&h);
    atomic_store(&edge_is_away, false);
    host_start(&h);
    fake_clock_advance(&h.fake, now_ms - h.fake.wall_ms);
    CHECK(host_run(&h, host_is_idle, 20));
    CHECK_INT((long long)host_edge(&h, NATURAL).counts.late, 0);
    CHECK_INT((long long)receiver_count(), HOST_TASKS * 5);
    host_ask(&h, 0, "natural", "new", 1); /* it has its own time and none of the outage's */
    CHECK_OK(host_commit(&h, h.tasks[0]));
    size_t at = 0;
    const struct pending *p = schedule_each(task_schedule(h.tasks[0]), &at);
    CHECK_INT(task_effect_deadline(h.tasks[0], p), h.fake.wall_ms + 60000);
    host_end(&h);
}

/* ---- how an effect ends otherwise */

static void never_now(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    (void)r;
    *happens = false;
    a->verdict = EFFECT_AGAIN;
    (void)snprintf(a->reason, sizeof(a->reason), "mailbox full");
}

static const struct pending *only_one(struct host *h) {
    size_t at = 0;
    return schedule_each(task_schedule(h->tasks[0]), &at);
}

static int32_t attempts_wanted;

static bool is_tried_so_often(struct host *h) {
    return only_one(h)->attempts == attempts_wanted && !only_one(h)->lease;
}

TEST(attempts_go_on_at_least_once_in_the_longest_wait) {
    struct host h = given();
    receiver.script = never_now;
    host_start(&h);
    host_ask(&h, 0, "natural", "k", 1);
    for (attempts_wanted = 1; attempts_wanted <= 12; attempts_wanted++) {
        CHECK(host_run(&h, is_tried_so_often, 10));
        CHECK(only_one(&h)->due_ms - h.fake.wall_ms <= 1000);
    }
    host_end(&h);
}

static bool one_parked(struct host *h) {
    size_t parked = 0;
    for (size_t e = 0; e < HOST_EDGES; e++)
        parked += host_edge(h, e).waiting.parked;
    return parked > 0;
}

static bool one_is_left_and_parked(struct host *h) {
    return host_pending(h) == 1 && one_parked(h);
}

TEST(an_effect_past_its_deadline_ends_as_late_and_its_key_waits_for_an_operator) {
    struct host h = given();
    receiver.script = never_now;
    h.edges[NATURAL].effects.deadline_ms = 5000;
    host_start(&h);
    host_ask(&h, 1, "natural", "a", 1);
    host_ask(&h, 1, "natural", "a", 2);
    CHECK(host_run(&h, one_parked, 100));
    struct pending *p = host_head(&h, 1, NATURAL, "a");
    CHECK_INT(p->state, EFFECT_PARKED);
    CHECK_TEXT(p->reason, "mailbox full");
    CHECK(p->attempts > 5);
    CHECK(h.fake.wall_ms >= 1790000005000);
    CHECK_INT((long long)host_edge(&h, NATURAL).counts.late, 1);
    receiver.script = NULL;
    host_begin(&h, h.tasks[1]);
    CHECK_OK(effects_retry(h.effects, h.tasks[1], p));
    CHECK(host_run(&h, one_is_left_and_parked, 0)); /* it waited as long, and is later still */
    host_begin(&h, h.tasks[1]);
    CHECK_OK(effects_retry(h.effects, h.tasks[1], host_head(&h, 1, NATURAL, "a")));
    CHECK(host_run(&h, host_is_idle, 0));
    check_order(2, 0);
    host_end(&h);
}

static void refusing(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    if (request_n(r) != 1)
        return;
    *happens = false;
    a->verdict = EFFECT_REFUSED;
    (void)snprintf(a->reason, sizeof(a->reason), "no such\naccount \x01");
}

TEST(a_refused_effect_is_dropped_by_an_operator_and_the_next_goes_on) {
    struct host h = given();
    receiver.script = refusing;
    host_start(&h);
    host_ask(&h, 2, "blind", "a", 1);
    host_ask(&h, 2, "blind", "a", 2);
    host_ask(&h, 2, "blind", "b", 3);
    CHECK(host_run(&h, one_parked, 0));
    struct pending *p = host_head(&h, 2, BLIND, "a");
    CHECK_TEXT(p->reason, "no such?account ?"); /* nothing that could move a terminal */
    host_begin(&h, h.tasks[2]);
    CHECK_OK(effects_drop(h.effects, h.tasks[2], p));
    CHECK_ERROR(effects_drop(h.effects, h.tasks[2], p), E_busy); /* in the same group */
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)receiver_count(), 2);
    host_end(&h);
}

TEST(a_refusal_that_has_a_handler_parks_nothing) {
    struct host h = given();
    receiver.script = refusing;
    host_start(&h);
    host_ask(&h, 0, "asked", "a", 1);
    host_ask(&h, 0, "asked", "a", 2);
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)host_edge(&h, ASKED).counts.refused, 1);
    CHECK_INT((long long)host_edge(&h, ASKED).counts.parked, 0);
    CHECK_INT((long long)task_counts(h.tasks[0]).handled, 4);
    host_end(&h);
}

/* ---- what may have happened */

/* The first attempt happens, or not, and nobody is told. */
static void broken_line(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    if (r->attempt > 1)
        return;
    *happens = request_n(r) % 2 == 1;
    a->verdict = EFFECT_UNKNOWN;
    (void)snprintf(a->reason, sizeof(a->reason), "connection lost");
}

TEST(a_keyed_effect_in_doubt_is_sent_again_with_the_same_id) {
    struct host h = given();
    struct happened *all;
    receiver.script = broken_line;
    host_start(&h);
    ask_many(&h, "keyed", 3, 4);
    CHECK(host_run(&h, host_is_idle, 20));
    check_order(HOST_TASKS * 12, HOST_TASKS * 6);
    size_t count = receiver_saw(&all);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(all[i].key, all[j].key) == 0)
                CHECK((all[i].n == all[j].n) == (strcmp(all[i].id, all[j].id) == 0));
    free(all);
    host_end(&h);
}

TEST(a_queryable_effect_in_doubt_is_asked_about_and_happens_once) {
    struct host h = given();
    receiver.script = broken_line;
    host_start(&h);
    ask_many(&h, "asked", 3, 4);
    CHECK(host_run(&h, host_is_idle, 20));
    check_order(HOST_TASKS * 12, 0);
    CHECK_INT(atomic_load(&receiver.asks), HOST_TASKS * 12);
    CHECK_INT((long long)host_edge(&h, ASKED).account.windows, 0);
    host_end(&h);
}

TEST(a_blind_effect_in_doubt_happens_again_within_the_windows_that_are_counted) {
    struct host h = given();
    receiver.script = broken_line;
    host_start(&h);
    ask_many(&h, "blind", 3, 4);
    CHECK(host_run(&h, host_is_idle, 20));
    check_order(HOST_TASKS * 12, HOST_TASKS * 6);
    struct edge_account a = host_edge(&h, BLIND).account;
    CHECK_INT(a.windows, HOST_TASKS * 12); /* an upper bound: half of them did happen twice */
    CHECK(a.longest_ms >= 50);
    CHECK(a.sum_ms >= a.windows * 50);
    host_end(&h);
}

TEST(a_blind_effect_at_most_once_is_never_sent_again_and_an_operator_decides) {
    struct host h = given();
    receiver.script = broken_line;
    host_start(&h);
    host_ask(&h, 3, "once", "a", 1);
    host_ask(&h, 3, "once", "a", 2);
    CHECK(host_run(&h, one_parked, 0));
    CHECK_TEXT(host_head(&h, 3, ONCE, "a")->reason, "connection lost");
    CHECK_INT((long long)receiver_count(), 1);
    CHECK_INT(host_edge(&h, ONCE).account.windows, 1);
    host_begin(&h, h.tasks[3]);
    CHECK_OK(effects_drop(h.effects, h.tasks[3], host_head(&h, 3, ONCE, "a")));
    receiver.script = NULL;
    CHECK(host_run(&h, host_is_idle, 0));
    check_order(2, 0);
    host_end(&h);
}

TEST(after_a_restart_an_intent_means_in_doubt) {
    struct host h = given();
    host_start(&h);
    host_ask(&h, 0, "asked", "a", 1);
    host_ask(&h, 0, "blind", "a", 2);
    host_ask(&h, 0, "once", "a", 3);
    CHECK_OK(host_commit(&h, h.tasks[0]));
    host_begin(&h, h.tasks[0]);
    for (size_t edge = ASKED; edge <= ONCE; edge++)
        CHECK_OK(task_effect_intent(h.tasks[0], host_head(&h, 0, edge, "a"), h.fake.wall_ms));
    CHECK_OK(host_commit(&h, h.tasks[0]));
    host_stop(&h);
    host_start(&h);
    CHECK(host_run(&h, one_is_left_and_parked, 20));
    CHECK_INT((long long)host_edge(&h, ONCE).waiting.parked, 1);
    CHECK_INT((long long)receiver_count(), 2);
    CHECK_INT(atomic_load(&receiver.asks), 1);
    CHECK_INT(host_edge(&h, BLIND).account.windows, 1);
    CHECK_INT(host_edge(&h, ONCE).account.windows, 1);
    host_end(&h);
}

/* ---- slow and stuck workers */

static void stick(struct host *h) {
    receiver.gate = mailbox_create(8);
    h->edges[NATURAL].effects.timeout_ms = 2000;
    h->edges[BLIND].effects.timeout_ms = 2000;
}

static void unstick(void) {
    static int letter;
    CHECK(mailbox_post(receiver.gate, &letter));
}

static bool only_stuck_left(struct host *h) {
    return host_pending(h) == 2 && receiver_count() == HOST_TASKS * 20 - 2u;
}

static bool has_stalled(struct host *h) {
    return host_edge(h, NATURAL).counts.stalled + host_edge(h, BLIND).counts.stalled > 0;
}

TEST(a_stalled_worker_holds_up_its_key_only_and_its_late_answer_is_taken) {
    struct host h = given();
    stick(&h);
    h.edges[NATURAL].effects.workers = 2;
    host_start(&h);
    host_ask(&h, 1, "natural", "stuck", 1);
    host_ask(&h, 1, "natural", "stuck", 2);
    for (int i = 0; i < HOST_TASKS * 20 - 2; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "k%d", i);
        host_ask(&h, i % HOST_TASKS, "natural", key, 1);
    }
    host_turn(&h);
    CHECK(host_run(&h, has_stalled, 500)); /* its other jobs are taken back */
    CHECK(host_run(&h, only_stuck_left, 10));
    CHECK_INT((long long)host_edge(&h, NATURAL).workers_stalled, 1);
    CHECK_INT((long long)host_edge(&h, NATURAL).counts.stalled, 1);
    unstick();
    unstick(); /* for the one behind it */
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)host_edge(&h, NATURAL).counts.fenced, 0);
    CHECK_INT((long long)receiver_count(), HOST_TASKS * 20);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

static bool one_is_fenced(struct host *h) {
    return host_edge(h, BLIND).counts.fenced == 1;
}

TEST(an_operator_may_retry_what_is_stalled_and_that_is_a_window) {
    struct host h = given();
    stick(&h);
    host_start(&h);
    host_ask(&h, 1, "blind", "stuck", 1);
    host_turn(&h);
    struct pending *p = host_head(&h, 1, BLIND, "stuck");
    host_begin(&h, h.tasks[1]);
    CHECK_ERROR(effects_retry(h.effects, h.tasks[1], p), E_busy);
    CHECK_STORY("is being tried");
    CHECK(host_run(&h, has_stalled, 500));
    host_begin(&h, h.tasks[1]);
    CHECK_OK(effects_retry(h.effects, h.tasks[1], p));
    unstick();
    unstick();
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK(host_run(&h, one_is_fenced, 0)); /* of the two answers */
    CHECK_INT((long long)receiver_count(), 2);
    CHECK(host_edge(&h, BLIND).account.windows >= 1);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

/* ---- tasks that come and go */

static bool one_is_tried(struct host *h) {
    (void)h;
    return atomic_load(&receiver.tries) > 0;
}

TEST(a_task_that_is_given_up_leaves_its_effects_in_the_store_and_drops_late_answers) {
    struct host h = given();
    stick(&h);
    h.clock = clock_real();
    host_start(&h);
    host_ask(&h, 1, "blind", "stuck", 1);
    CHECK(host_run(&h, one_is_tried, 0));
    CHECK_OK(effects_drain(h.effects, h.tasks[1], 1));
    CHECK_OK(task_flush(h.tasks[1], 5000));
    CHECK_INT(host_edge(&h, BLIND).account.windows, 1); /* it may still happen */
    effects_remove_task(h.effects, h.tasks[1]);
    task_close(h.tasks[1]);
    h.tasks[1] = NULL;
    host_open_task(&h, 1); /* another owner */
    unstick();
    unstick();
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK(host_run(&h, one_is_fenced, 0));
    CHECK_INT((long long)receiver_count(), 2);
    CHECK_INT(host_edge(&h, BLIND).account.windows, 2);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

TEST(a_stop_waits_for_what_workers_are_at_and_takes_back_the_rest) {
    struct host h = given();
    stick(&h);
    h.edges[NATURAL].effects.workers = 1;
    host_start(&h);
    host_ask(&h, 1, "natural", "stuck", 1);
    host_ask(&h, 1, "natural", "a", 1);
    host_ask(&h, 2, "natural", "b", 1);
    CHECK(host_run(&h, one_is_tried, 0));
    unstick();
    CHECK_OK(effects_drain(h.effects, NULL, HOST_WAIT_MS));
    size_t left = host_pending(&h), happened = receiver_count();
    CHECK(left <= 2); /* the one it was at, at least, is done */
    CHECK_INT((long long)(left + happened), 3);
    host_stop(&h);
    host_start(&h);
    CHECK(host_run(&h, host_is_idle, 0));
    CHECK_INT((long long)receiver_count(), 3);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

TEST(what_is_taken_back_before_a_worker_was_at_it_was_no_attempt) {
    struct host h = given();
    stick(&h);
    h.edges[NATURAL].effects.workers = 1;
    host_start(&h);
    host_ask(&h, 1, "natural", "stuck", 1);
    host_ask(&h, 1, "natural", "a", 1);
    CHECK(host_run(&h, one_is_tried, 0));
    CHECK_INT(host_head(&h, 1, NATURAL, "a")->attempts, 1);
    CHECK_OK(effects_drain(h.effects, NULL, 0));
    CHECK_INT(host_head(&h, 1, NATURAL, "a")->attempts, 0);
    CHECK_INT(host_head(&h, 1, NATURAL, "stuck")->attempts, 1);
    unstick();
    CHECK(host_run(&h, host_is_idle, 0));
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

TEST(intents_of_many_effects_share_a_commit) {
    struct host h = given();
    h.edges[BLIND].effects.workers = 16;
    host_start(&h);
    for (int i = 0; i < 16; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "k%d", i);
        host_ask(&h, i % HOST_TASKS, "blind", key, 1);
    }
    for (int32_t t = 0; t < HOST_TASKS; t++)
        CHECK_OK(host_commit(&h, h.tasks[t]));
    h.commits = 0;
    CHECK_OK(effects_dispatch(h.effects));
    CHECK_INT((long long)h.commits, HOST_TASKS);
    CHECK(host_run(&h, host_is_idle, 0));
    host_end(&h);
}

TEST(too_many_effects_that_wait_are_said_to_be_full_until_half_are_gone) {
    struct host h = given();
    host_start(&h);
    struct schedule *s = task_schedule(h.tasks[2]);
    struct effect_row row = { .state = EFFECT_PARKED, .id = bytes_text("x") };
    row.key = bytes_text("a");
    CHECK(!effects_are_full(h.effects));
    for (row.number = 1; row.number <= EFFECTS_MOST + 1; row.number++)
        (void)schedule_add(s, KEYED, &row);
    CHECK(effects_are_full(h.effects));
    for (int64_t n = 1; n <= EFFECTS_MOST - EFFECTS_LOW + 1; n++)
        schedule_remove(s, schedule_find(s, n));
    CHECK(effects_are_full(h.effects));
    CHECK(effects_were_full(h.effects));
    schedule_remove(s, schedule_find(s, EFFECTS_MOST));
    CHECK(!effects_are_full(h.effects));
    CHECK(!effects_were_full(h.effects));
    host_end(&h);
}

TEST(an_edge_that_no_sink_can_keep_is_refused_at_the_start) {
    struct host h = given();
    CHECK_OK(loop_create(&h.loop, clock_real()));
    h.edges[KEYED].url = "nowhere:x";
    CHECK_ERROR(host_open_effects(&h), E_config);
    CHECK_STORY("edge keyed: no sink for nowhere:x");
    h.edges[KEYED].url = "natural:x";
    h.edges[KEYED].effects.class = CLASS_BLIND;
    CHECK_ERROR(host_open_effects(&h), E_config);
    CHECK_STORY("edge keyed: a natural sink cannot do effects of class blind");
    CHECK_STORY("declare one of the classes it can: keyed, natural");
    h.edges[KEYED].url = "keyed:never";
    h.edges[KEYED].effects.class = CLASS_KEYED;
    CHECK_ERROR(host_open_effects(&h), E_config);
    CHECK_STORY("there is no such place");
    CHECK_STORY("while opening edge keyed");
    host_end(&h);
}
