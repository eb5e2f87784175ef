/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The loop: timers by the given clock, jobs at the end of a turn, watched descriptors, signals. */
#include "net/loop.h"

#include "base/mailbox.h"
#include "base/test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char said[256];

static void say(void *context) {
    (void)strncat(said, context, sizeof(said) - strlen(said) - 1);
}

static struct loop *fake_loop(struct fake_clock *fake) {
    struct loop *l;
    fake_clock_init(fake, 1000000);
    CHECK_OK(loop_create(&l, &fake->clock));
    return l;
}

TEST(timers_fire_in_the_order_of_their_times) {
    struct fake_clock fake;
    struct loop *l = fake_loop(&fake);
    struct loop_timer *late = loop_timer_create(l, say, "late ");
    struct loop_timer *soon = loop_timer_create(l, say, "soon ");
    struct loop_timer *soon_too = loop_timer_create(l, say, "soon_too ");
    loop_timer_start(late, 600 * 1000);
    loop_timer_start(soon, 10);
    loop_timer_start(soon_too, 10);
    loop_turn(l, 0);
    CHECK_TEXT(said, "");
    fake_clock_advance(&fake, 10);
    loop_turn(l, 0);
    CHECK_TEXT(said, "soon soon_too ");
    fake_clock_advance(&fake, 600 * 1000);
    loop_turn(l, 0);
    loop_turn(l, 0);
    CHECK_TEXT(said, "soon soon_too late ");
    loop_timer_destroy(late);
    loop_timer_destroy(soon);
    loop_timer_destroy(soon_too);
    loop_destroy(l);
}

TEST(a_timer_cancelled_or_moved_does_not_fire_at_its_old_time) {
    struct fake_clock fake;
    struct loop *l = fake_loop(&fake);
    struct loop_timer *cancelled = loop_timer_create(l, say, "cancelled ");
    struct loop_timer *moved = loop_timer_create(l, say, "moved ");
    loop_timer_start(cancelled, 10);
    loop_timer_start(moved, 10);
    loop_timer_cancel(cancelled);
    loop_timer_start(moved, 30);
    fake_clock_advance(&fake, 20);
    loop_turn(l, 0);
    CHECK_TEXT(said, "");
    fake_clock_advance(&fake, 20);
    loop_turn(l, 0);
    CHECK_TEXT(said, "moved ");
    loop_timer_destroy(cancelled);
    loop_timer_destroy(moved);
    loop_destroy(l);
}

enum { MANY = 500 };
static int64_t fired_ms[MANY];
static int fired_count;
static struct fake_clock many_clock;

static void note_time(void *context) {
    (void)context;
    fired_ms[fired_count++] = clock_steady_ms(&many_clock.clock);
}

TEST(many_timers_started_and_cancelled_at_random_fire_at_their_times) {
    struct loop *l = fake_loop(&many_clock);
    struct loop_timer *timers[MANY];
    int wanted[101] = { 0 }, got[101] = { 0 };
    uint64_t state = test_seed();
    for (int i = 0; i < MANY; i++) {
        timers[i] = loop_timer_create(l, note_time, NULL);
        state = state * 6364136223846793005u + 1442695040888963407u;
        int after_ms = 1 + (int)(state >> 33) % 100;
        loop_timer_start(timers[i], after_ms);
        if (state >> 63)
            loop_timer_cancel(timers[i]);
        else
            wanted[after_ms]++;
    }
    for (int ms = 0; ms < 100; ms++) {
        fake_clock_advance(&many_clock, 1);
        loop_turn(l, 0);
    }
    for (int i = 0; i < fired_count; i++)
        got[fired_ms[i]]++;
    CHECK(memcmp(wanted, got, sizeof(wanted)) == 0);
    for (int i = 0; i < MANY; i++)
        loop_timer_destroy(timers[i]);
    loop_destroy(l);
}

static struct loop_timer *repeating;

static void fire_again_at_once(void *context) {
    say(context);
    loop_timer_start(repeating, 0);
}

TEST(a_timer_that_starts_itself_again_does_not_hold_the_turn) {
    struct fake_clock fake;
    struct loop *l = fake_loop(&fake);
    repeating = loop_timer_create(l, fire_again_at_once, "x");
    loop_timer_start(repeating, 0);
    loop_turn(l, 0);
    CHECK_TEXT(said, "x");
    loop_turn(l, 0);
    CHECK_TEXT(said, "xx");
    loop_timer_destroy(repeating);
    loop_destroy(l);
}

static struct loop *job_loop;
static struct loop_job first_job, second_job;

static void ask_second(void *context) {
    say(context);
    loop_after_turn(job_loop, &second_job);
}

static void ask_self(void *context) {
    say(context);
    loop_after_turn(job_loop, &first_job);
}

TEST(a_job_runs_once_a_turn_and_may_ask_for_another) {
    struct fake_clock fake;
    job_loop = fake_loop(&fake);
    first_job = (struct loop_job){ .run = ask_second, .context = "first " };
    second_job = (struct loop_job){ .run = say, .context = "second " };
    loop_after_turn(job_loop, &first_job);
    loop_after_turn(job_loop, &first_job);
    loop_turn(job_loop, 0);
    loop_turn(job_loop, 0);
    CHECK_TEXT(said, "first second ");
    loop_destroy(job_loop);
}

TEST(a_job_that_asks_for_itself_does_not_hold_the_turn_for_ever) {
    struct fake_clock fake;
    job_loop = fake_loop(&fake);
    first_job = (struct loop_job){ .run = ask_self, .context = "x" };
    loop_after_turn(job_loop, &first_job);
    loop_turn(job_loop, 0);
    CHECK(strlen(said) > 0);
    loop_forget(job_loop, &first_job);
    loop_destroy(job_loop);
}

TEST(a_forgotten_job_does_not_run_and_the_others_do) {
    struct fake_clock fake;
    job_loop = fake_loop(&fake);
    first_job = (struct loop_job){ .run = say, .context = "first " };
    second_job = (struct loop_job){ .run = say, .context = "second " };
    loop_after_turn(job_loop, &first_job);
    loop_after_turn(job_loop, &second_job);
    loop_forget(job_loop, &second_job);
    loop_after_turn(job_loop, &second_job);
    loop_forget(job_loop, &first_job);
    loop_turn(job_loop, 0);
    CHECK_TEXT(said, "second ");
    loop_destroy(job_loop);
}

static void take_letters(void *context) {
    struct mailbox *m = context;
    void *letter;
    while ((letter = mailbox_take(m)))
        say(letter);
    loop_stop(job_loop);
}

static void post_from_thread(void *context) {
    (void)mailbox_post(context, "letter ");
}

TEST(a_watched_mailbox_wakes_the_loop_from_another_thread) {
    struct mailbox *m = mailbox_create(4);
    CHECK_OK(loop_create(&job_loop, clock_real()));
    struct loop_watch *w = loop_watch_create(job_loop, mailbox_fd(m), take_letters, m);
    struct thread *t = thread_start("poster", post_from_thread, m);
    loop_run(job_loop);
    CHECK_TEXT(said, "letter ");
    thread_join(t);
    loop_watch_destroy(w);
    mailbox_destroy(m);
    loop_destroy(job_loop);
}

static void stop_loop(void *context) {
    say(context);
    loop_stop(job_loop);
}

TEST(a_signal_is_a_call_on_the_loop) {
    CHECK_OK(loop_create(&job_loop, clock_real()));
    loop_on_signal(job_loop, SIGTERM, stop_loop, "term ");
    loop_on_signal(job_loop, SIGINT, stop_loop, "int ");
    CHECK_INT(kill(getpid(), SIGTERM), 0);
    loop_run(job_loop);
    CHECK_TEXT(said, "term ");
    CHECK_INT(kill(getpid(), SIGINT), 0);
    loop_run(job_loop);
    CHECK_TEXT(said, "term int ");
    loop_destroy(job_loop);
}

TEST(a_signal_that_waits_when_the_loop_is_destroyed_calls_nobody) {
    CHECK_OK(loop_create(&job_loop, clock_real()));
    loop_on_signal(job_loop, SIGTERM, stop_loop, "term ");
    CHECK_INT(kill(getpid(), SIGTERM), 0);
    loop_destroy(job_loop);
    CHECK_TEXT(said, "");
}

TEST(a_loop_stopped_before_it_runs_returns_at_once) {
    CHECK_OK(loop_create(&job_loop, clock_real()));
    loop_stop(job_loop);
    loop_run(job_loop);
    loop_destroy(job_loop);
}

static void on_always_readable(void *context) {
    ++*(int *)context; /* leaves the letter: the descriptor stays readable */
}

static void on_once(void *context) {
    *(bool *)context = true;
}

TEST(a_descriptor_that_stays_readable_does_not_hold_the_turn) {
    struct loop *l;
    int calls = 0;
    bool fired = false;
    struct mailbox *m = mailbox_create(4);
    CHECK_OK(loop_create(&l, clock_real()));
    CHECK(mailbox_post(m, "letter"));
    struct loop_watch *w = loop_watch_create(l, mailbox_fd(m), on_always_readable, &calls);
    struct loop_timer *t = loop_timer_create(l, on_once, &fired);
    loop_timer_start(t, 0);
    loop_turn(l, 0);
    CHECK(fired);
    CHECK_INT(calls, 1);
    loop_timer_destroy(t);
    loop_watch_destroy(w);
    loop_destroy(l);
    mailbox_destroy(m);
}

TEST(a_signal_nobody_wants_any_more_calls_nobody) {
    CHECK_OK(loop_create(&job_loop, clock_real()));
    loop_on_signal(job_loop, SIGTERM, stop_loop, "term ");
    loop_on_signal(job_loop, SIGINT, stop_loop, "int ");
    loop_off_signal(job_loop, SIGUSR1); /* there was none */
    loop_off_signal(job_loop, SIGTERM);
    (void)signal(SIGTERM, SIG_IGN);
    CHECK_INT(kill(getpid(), SIGTERM), 0);
    loop_turn(job_loop, 0);
    CHECK(!loop_is_stopped(job_loop));
    loop_on_signal(job_loop, SIGTERM, stop_loop, "again ");
    CHECK_INT(kill(getpid(), SIGTERM), 0);
    loop_run(job_loop);
    CHECK_TEXT(said, "again ");
    loop_destroy(job_loop);
}
