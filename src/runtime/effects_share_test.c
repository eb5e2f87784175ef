/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A receiver that stalls keeps its share of the workers and no more. */
#include "runtime/effects_fixture.h"

#include "base/test.h"

enum { OTHERS = 40 };
static int stuck_wanted;

static struct host given(int32_t most) {
    struct host h = { 0 };
    host_prepare(&h);
    receiver.gate = mailbox_create(16);
    h.edges[ASKED].effects.workers = 4;
    h.edges[ASKED].effects.share_by = most ? "to" : NULL;
    h.edges[ASKED].effects.share_most = most;
    stuck_wanted = most;
    return h;
}

static size_t count_done(void) {
    char *text = receiver_text();
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    free(text);
    return count;
}

static bool others_are_done(struct host *h) {
    return host_pending(h) == HOST_TASKS && atomic_load(&receiver.tries) >= OTHERS + stuck_wanted;
}

/* In every task one for the receiver that stalls, before all others. */
static void ask_all(struct host *h) {
    host_start(h);
    for (int32_t t = 0; t < HOST_TASKS; t++)
        host_ask(h, t, "asked", "stuck", 1);
    for (int i = 0; i < OTHERS; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "k%d", i);
        host_ask(h, i % HOST_TASKS, "asked", key, 1);
    }
    host_turn(h);
}

static void unstick(void) {
    static int letter;
    for (int i = 0; i < HOST_TASKS; i++)
        CHECK(mailbox_post(receiver.gate, &letter));
}

TEST(one_receiver_that_stalls_in_every_task_takes_its_share_of_the_workers_and_others_go_on) {
    struct host h = given(1);
    ask_all(&h);
    CHECK(host_run(&h, others_are_done, 1));
    CHECK_INT(atomic_load(&receiver.tries), OTHERS + 1);
    CHECK_INT((long long)host_pending(&h), HOST_TASKS);
    CHECK_INT((long long)host_edge(&h, ASKED).workers_busy, 1);
    unstick();
    CHECK(host_run(&h, host_is_idle, 1)); /* those that stood aside had their turn */
    CHECK_INT((long long)count_done(), OTHERS + HOST_TASKS);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

TEST(a_share_of_two_is_two) {
    struct host h = given(2);
    ask_all(&h);
    CHECK(host_run(&h, others_are_done, 1));
    CHECK_INT(atomic_load(&receiver.tries), OTHERS + 2);
    unstick();
    CHECK(host_run(&h, host_is_idle, 1));
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

TEST(one_that_stands_aside_can_be_dropped_and_the_rest_have_their_turn) {
    struct host h = given(1);
    ask_all(&h);
    CHECK(host_run(&h, others_are_done, 1));
    int dropped = 0;
    for (int32_t t = 0; t < HOST_TASKS; t++) {
        struct pending *p = schedule_head(task_schedule(h.tasks[t]), ASKED, bytes_text("stuck"));
        if (p && !p->lease && dropped++ == 0)
            CHECK_OK(effects_drop(h.effects, h.tasks[t], p));
    }
    CHECK_INT(dropped, HOST_TASKS - 1);
    host_turn(&h);
    unstick();
    CHECK(host_run(&h, host_is_idle, 1));
    CHECK_INT((long long)count_done(), OTHERS + HOST_TASKS - 1);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}

static atomic_int held;

static void not_yet(const struct effect_request *r, struct effect_answer *a, bool *happens) {
    (void)r;
    if (atomic_fetch_add(&held, 1) >= 30)
        return;
    *happens = false;
    a->verdict = EFFECT_AGAIN;
    a->again_ms = 700;
    (void)snprintf(a->reason, sizeof(a->reason), "not before the morning");
}

TEST(what_is_not_to_be_tried_yet_waits_as_long_as_was_said_and_was_no_attempt) {
    struct host h = given(0);
    receiver.script = not_yet;
    host_start(&h);
    host_ask(&h, 1, "asked", "a", 1);
    host_turn(&h);
    CHECK(host_run(&h, host_is_idle, 50));
    CHECK_INT(atomic_load(&held), 31);
    CHECK_INT((long long)host_edge(&h, ASKED).counts.again, 30);
    int64_t past_ms = h.fake.wall_ms - 1790000000000; /* doubled it would have been 30 s and more */
    CHECK(past_ms >= 30 * 700 && past_ms < 30 * 900);
    mailbox_destroy(receiver.gate);
    host_end(&h);
}
