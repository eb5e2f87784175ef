/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects in doubt when their time is over or they are taken back, and whose turn it is. */
#include "runtime/effects_fixture.h"

#include "runtime/effects_inside.h"

static struct host given(void) {
    struct host h = { 0 };
    host_prepare(&h);
    return h;
}

static bool one_parked(struct host *h) {
    size_t parked = 0;
    for (size_t e = 0; e < HOST_EDGES; e++)
        parked += host_edge(h, e).waiting.parked;
    return parked > 0;
}

static void on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                       struct bytes outputs) {
    (void)id;
    (void)at_ms;
    (void)outputs;
    buf_put_bytes(context, inputs);
}

/* Whether the journal of the task, which is closed, has the text. */
static bool journal_has(struct host *h, int32_t task, const char *text) {
    struct store_options options = {
        .url = h->url, .system = "bank", .service = "mailer", .generation = 1, .task = task
    };
    struct buf lines = { 0 };
    struct store *store;
    CHECK_OK(sqlite_store_kind.look(&store, &options));
    CHECK_OK(store->ops->journal_each(store, 0, 1000, on_journal, &lines));
    store->ops->close(store);
    bool has = strstr(buf_text(&lines), text) != NULL;
    buf_finish(&lines);
    return has;
}

static void nobody_answers(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    (void)r;
    *happens = false;
    a->verdict = EFFECT_UNKNOWN;
    (void)snprintf(a->reason, sizeof(a->reason), "connection lost");
}

static void nobody_is_there(const struct effect_request *r, struct effect_answer *a,
                            bool *happens) {
    (void)r;
    *happens = false;
    a->verdict = EFFECT_AGAIN;
    (void)snprintf(a->reason, sizeof(a->reason), "busy");
}

static void check_ends_as(const char *outcome) {
    struct host h = given();
    char *text = text_format("\"outcome\":\"%s\"", outcome);
    h.edges[BLIND].effects.deadline_ms = 5000;
    host_start(&h);
    host_ask(&h, 1, "blind", "a", 1);
    CHECK(host_run(&h, one_parked, 100));
    CHECK(h.fake.wall_ms >= 1790000005000);
    host_stop(&h);
    CHECK(journal_has(&h, 1, text));
    free(text);
    host_start(&h);
    host_end(&h);
}

TEST(what_may_have_happened_ends_as_unknown_when_its_time_is_over) {
    receiver.script = nobody_answers;
    check_ends_as("unknown");
}

TEST(what_has_not_happened_for_sure_ends_as_late) {
    receiver.script = nobody_is_there;
    check_ends_as("late");
}

/* As a worker gives it back that has not begun it. */
static void take_back(struct host *h, struct pending *p, bool was_doubtful) {
    struct job *job = memory_get(sizeof(*job));
    struct holding *owner = h->effects->holdings;
    while (owner->task != h->tasks[0])
        owner = owner->next;
    *job = (struct job){ .kind = JOB_ASK,
                         .owner = owner->serial,
                         .number = p->number,
                         .edge = ASKED,
                         .lease = p->lease = 77,
                         .was_doubtful = was_doubtful,
                         .memory = memory_get(1) };
    schedule_out(task_schedule(h->tasks[0]), p);
    effects_recalled(h->effects, job);
}

TEST(what_is_taken_back_is_in_doubt_if_it_was_before) {
    struct host h = given();
    host_start(&h);
    host_ask(&h, 0, "asked", "a", 1);
    CHECK_OK(host_commit(&h, h.tasks[0]));
    struct pending *p = host_head(&h, 0, ASKED, "a");
    p->state = EFFECT_TRIED;
    take_back(&h, p, true);
    CHECK_INT(p->state, EFFECT_TRIED);
    take_back(&h, p, false);
    CHECK_INT(p->state, EFFECT_WAITING);
    CHECK(host_run(&h, host_is_idle, 0));
    host_end(&h);
}

TEST(a_task_with_many_effects_leaves_others_their_turn) {
    struct host h = given();
    struct happened *all;
    char key[32];
    size_t at = 0;
    h.edges[BLIND].effects.workers = 1;
    host_start(&h);
    for (int32_t t = 0; t < HOST_TASKS; t++) {
        for (int i = 0; i < (t == 2 ? 1 : 20); i++) {
            (void)snprintf(key, sizeof(key), "t%d-%d", t, i);
            host_ask(&h, t, "blind", key, 1);
        }
    }
    CHECK(host_run(&h, host_is_idle, 0));
    size_t count = receiver_saw(&all);
    CHECK_INT((long long)count, 61);
    while (strcmp(all[at].key, "t2-0") != 0)
        at++;
    CHECK(at < HOST_TASKS);
    free(all);
    host_end(&h);
}

/* ---- over a restart */

static bool is_tried_three_times(struct host *h) {
    struct pending *p = host_head(h, 0, KEYED, "a");
    return p && p->attempts >= 3 && !p->lease;
}

TEST(a_keyed_effect_goes_on_over_a_restart_with_its_id_its_attempts_and_its_deadline) {
    struct host h = given();
    struct happened *all;
    char id[64];
    receiver.script = nobody_is_there;
    h.edges[KEYED].effects.deadline_ms = 60000;
    host_start(&h);
    host_ask(&h, 0, "keyed", "a", 1);
    host_ask(&h, 0, "keyed", "a", 2);
    CHECK(host_run(&h, is_tried_three_times, 50));
    struct pending *p = host_head(&h, 0, KEYED, "a");
    int64_t deadline_ms = p->deadline_ms;
    (void)snprintf(id, sizeof(id), "%.*s", (int)p->id.len, (const char *)p->id.data);
    for (int32_t t = 0; t < HOST_TASKS; t++)
        CHECK_OK(task_flush(h.tasks[t], 5000));
    host_stop(&h);
    receiver.script = NULL;
    host_start(&h);
    p = host_head(&h, 0, KEYED, "a");
    CHECK(p->attempts >= 3);
    CHECK_INT(p->deadline_ms, deadline_ms);
    CHECK(host_run(&h, host_is_idle, 50));
    CHECK_INT((long long)receiver_saw(&all), 2);
    CHECK_TEXT(all[0].id, id);
    CHECK_INT(all[1].n, 2);
    free(all);
    host_end(&h);
}
