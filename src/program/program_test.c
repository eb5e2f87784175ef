/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "program.h"

#include "base/event.h"
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A shell program in the test's directory: its name as a command seen from there. */
static const char *script(const char *text) {
    char path[256];
    (void)signal(SIGPIPE, SIG_IGN); /* as the binary does */
    (void)snprintf(path, sizeof(path), "%s/p.sh", test_dir());
    FILE *f = fopen(path, "we");
    CHECK(f != NULL);
    (void)fprintf(f, "#!/bin/sh\n%s", text);
    (void)fclose(f);
    CHECK(chmod(path, 0755) == 0);
    return "./p.sh";
}

#define HELLO "echo '{\"octavo\":1,\"handles\":[\"a\",\"timer:b\"]}'\n"

static struct program *program_by(struct clock *clock, const char *text, int64_t budget_ms) {
    struct program *p;
    struct program_options o = {
        .command = script(text),
        .dir = test_dir(),
        .who = "shop.orders",
        .greeting = "{\"octavo\":1}",
        .budget_ms = budget_ms,
        .clock = clock,
    };
    CHECK_OK(program_create(&p, &o));
    return p;
}

static struct program *program_of(const char *text, int64_t budget_ms) {
    return program_by(clock_real(), text, budget_ms);
}

static void check_line(struct program *p, const char *wanted) {
    struct bytes line;
    CHECK_OK(program_read(p, &line));
    CHECK_BYTES(line, bytes_text(wanted));
}

TEST(a_program_is_greeted_and_says_what_it_handles) {
    struct program *p = program_of("read g; " HELLO "echo \"$g\"; cat", 5000);
    CHECK_INT((int)program_hello(p)->count, 2);
    CHECK_TEXT(program_hello(p)->handles[1], "timer:b");
    check_line(p, "{\"octavo\":1}");
    program_write(p, bytes_text("one"));
    program_write(p, bytes_text("two"));
    check_line(p, "one");
    check_line(p, "two");
    program_destroy(p);
}

TEST(many_lines_in_flight_fill_no_pipe_for_ever) {
    struct program *p = program_of("read g; " HELLO "exec cat", 20000);
    struct buf line = { 0 };
    for (int i = 0; i < 1000; i++)
        buf_put_text(&line, "0123456789");
    for (int i = 0; i < 600; i++) /* 6 MB: more than both pipes hold */
        program_write(p, buf_bytes(&line));
    for (int i = 0; i < 600; i++)
        check_line(p, buf_text(&line));
    CHECK_INT((int)program_unwritten(p), 0);
    buf_finish(&line);
    program_destroy(p);
}

TEST(one_that_ends_is_told_and_started_again) {
    struct bytes line;
    struct program *p = program_of("read g; " HELLO "read x; echo \"no $x\" >&2; exit 3", 5000);
    program_write(p, bytes_text("one"));
    CHECK_ERROR(program_read(p, &line), E_closed);
    CHECK_STORY("it has ended by exit code 3");
    CHECK_TEXT(program_last_words(p), "no one");
    CHECK(event_count(EV_program_said) == 1);
    CHECK_OK(program_restart(p));
    CHECK_TEXT(program_last_words(p), "");
    program_write(p, bytes_text("two"));
    CHECK_ERROR(program_read(p, &line), E_closed);
    CHECK_TEXT(program_last_words(p), "no two");
    CHECK_INT((int)program_restarts(p), 1);
    program_destroy(p);
}

TEST(one_that_is_killed_is_told_by_its_signal) {
    struct bytes line;
    struct program *p = program_of("read g; " HELLO "kill -9 $$", 5000);
    CHECK_ERROR(program_read(p, &line), E_closed);
    CHECK_STORY("it has ended by signal 9");
    program_destroy(p);
}

TEST(one_that_is_silent_is_waited_for_as_long_as_its_budget) {
    struct bytes line;
    struct program *p = program_of("read g; " HELLO "exec 2>&-; read x; read y", 100);
    CHECK_ERROR(program_read(p, &line), E_timed_out);
    CHECK_STORY("it did not answer within 100 ms");
    program_destroy(p);
}

TEST(a_line_without_an_end_is_bounded) {
    struct bytes line;
    struct program *p = program_of("read g; " HELLO "exec tr '\\0' x < /dev/zero", 20000);
    CHECK_ERROR(program_read(p, &line), E_too_large);
    CHECK_STORY("it wrote a line of over 2097152 bytes");
    program_destroy(p);
}

static void check_refused(const char *text, const char *story) {
    struct program *p;
    struct program_options o = { script(text), test_dir(), "s.t", "{}", 200, clock_real() };
    CHECK_ERROR(program_create(&p, &o), E_config);
    CHECK_STORY(story);
}

TEST(one_that_says_no_hello_is_not_started) {
    check_refused("echo hello", "json: line 1, byte 0: a value expected");
    check_refused("echo '{\"octavo\":2,\"handles\":[\"a\"]}'",
                  "it speaks version 2 of the protocol");
    check_refused("echo '{\"octavo\":1,\"handles\":[]}'", "its `handles` is no list of 1 to 256");
    check_refused("echo '{\"octavo\":1,\"handles\":[7]}'", "holds what is no event type");
    check_refused("echo '[]'", "does not say which protocol it speaks");
    check_refused("echo because >&2; exit 1", "it said: because");
}

TEST(one_that_is_not_there_is_told_with_its_name) {
    (void)signal(SIGPIPE, SIG_IGN); /* as the binary does */
    struct program *p;
    struct program_options o = { "./none.sh", test_dir(), "s.t", "{}", 200, clock_real() };
    CHECK_ERROR(program_create(&p, &o), E_config);
    CHECK_STORY("./none.sh: No such file or directory");
}

TEST(one_that_never_comes_up_again_is_given_up) {
    struct bytes line;
    struct program *p = program_of("[ -e gone ] && exit 1; read g; " HELLO "touch gone", 5000);
    CHECK_ERROR(program_read(p, &line), E_closed);
    CHECK_ERROR(program_restart(p), E_config);
    CHECK_STORY("exit code 1");
    CHECK(program_restarts(p) == 6);
    program_destroy(p);
}

/* Locks and stores are descriptors: a program that held one would keep its task from the next
 * owner, even one opened without O_CLOEXEC. */
TEST(a_program_inherits_its_three_pipes_alone) {
    int leaked = open("/dev/null", O_RDONLY); /* NOLINT(android-cloexec-open) */
    struct program *p = program_of("read g; " HELLO "echo $(ls /proc/self/fd)", 5000);
    CHECK(leaked > 2);
    check_line(p, "0 1 2 3"); /* 3: the folder that ls reads */
    program_destroy(p);
    (void)close(leaked);
}

TEST(one_that_does_not_end_when_asked_is_ended_with_what_it_started) {
    struct program *p = program_of(
        "read g; " HELLO "trap '' TERM; sleep 1000 & echo $!; while :; do sleep 1000; done", 5000);
    struct bytes line;
    CHECK_OK(program_read(p, &line));
    char *pid = text_copy_bytes(line);
    program_destroy(p);
    int ended = 0;
    for (int i = 0; i < 2000 && !ended; i++) { /* init has to reap it */
        char path[64], state[512] = "";
        (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
        FILE *f = fopen(path, "re");
        ended = !f || !fgets(state, sizeof(state), f) || strstr(state, ") Z ") != NULL;
        if (f)
            (void)fclose(f);
    }
    CHECK(ended);
    free(pid);
}

TEST(what_it_says_is_one_line_of_the_log_and_fills_none) {
    struct fake_clock clock; /* all of it is said within a second */
    fake_clock_init(&clock, 0);
    fake_clock_advance(&clock, 60000);
    struct program *p = program_by(&clock.clock,
                                   "read g; " HELLO "read x; printf 'a\\033[31mb\\tc\\n' >&2\n"
                                   "echo said; read x; i=0\n"
                                   "while [ $i -lt 900 ]; do echo much; i=$((i + 1)); done >&2\n"
                                   "echo all; cat",
                                   20000);
    program_write(p, bytes_text("one"));
    check_line(p, "said");
    program_push(p);
    CHECK_TEXT(program_last_words(p), "a [31mb c");
    program_write(p, bytes_text("two"));
    check_line(p, "all");
    program_push(p);
    CHECK_TEXT(program_last_words(p), "much");
    CHECK_INT((long long)event_count(EV_program_said), 200);
    program_destroy(p);
}

TEST(one_that_answered_well_is_tried_as_often_as_at_first) {
    struct bytes line;
    struct program *p = program_of("[ -e gone ] && exit 1; read g; " HELLO
                                   "read x; echo \"$x\"; [ $x = 2 ] && touch gone; "
                                   "exit 1",
                                   5000);
    for (int i = 0; i <= 2; i++) {
        program_write(p, bytes_text(i == 2 ? "2" : "1"));
        check_line(p, i == 2 ? "2" : "1");
        program_answered_well(p);
        CHECK_ERROR(program_read(p, &line), E_closed);
        if (i < 2)
            CHECK_OK(program_restart(p));
    }
    CHECK_ERROR(program_restart(p), E_config);
    CHECK_INT((int)program_restarts(p), 2 + 6);
    program_destroy(p);
}

TEST(one_that_is_started_again_gets_no_line_that_was_not_read_before) {
    struct bytes line;
    struct program *p = program_of("read g; " HELLO "[ -e again ] && exec cat; touch again", 5000);
    CHECK_ERROR(program_read(p, &line), E_closed);
    program_write(p, bytes_text("old")); /* nobody is there to read it */
    CHECK_OK(program_restart(p));
    CHECK_INT((int)program_unwritten(p), 0);
    program_write(p, bytes_text("new"));
    check_line(p, "new");
    program_destroy(p);
}
