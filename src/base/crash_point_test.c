/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/crash_point.h"

#include "base/check.h"
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a child ends that arms `spec` and passes two crash points three times: its signal, or 0. */
static int signal_after(const char *spec, int *passes) {
    int pipe_fds[2];
    CHECK(pipe(pipe_fds) == 0);
    pid_t child = fork();
    if (child == 0) {
        if (crash_point_arm(spec))
            _exit(1);
        for (int i = 0; i < 3; i++) {
            CRASH_POINT(wal_before_write);
            CRASH_POINT(wal_after_write);
            if (write(pipe_fds[1], "x", 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    int status;
    char seen[4];
    (void)close(pipe_fds[1]);
    CHECK(waitpid(child, &status, 0) == child);
    *passes = (int)read(pipe_fds[0], seen, sizeof(seen));
    (void)close(pipe_fds[0]);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(an_armed_crash_point_kills_at_its_nth_hit) {
    int passes;
    CHECK_INT(signal_after("wal_after_write:2", &passes), SIGKILL);
    CHECK_INT(passes, 1);
    CHECK_INT(signal_after("wal_before_write", &passes), SIGKILL);
    CHECK_INT(passes, 0);
}

TEST(a_crash_point_that_is_not_armed_does_nothing) {
    int passes;
    CHECK_INT(signal_after("", &passes), 0);
    CHECK_INT(passes, 3);
    CHECK_INT(signal_after(NULL, &passes), 0);
    CHECK_INT(signal_after("wal_after_sync:1", &passes), 0);
    CHECK_INT(signal_after("wal_after_write:4", &passes), 0);
    CHECK_INT(passes, 3);
}

TEST(a_wrong_name_or_count_is_refused) {
    CHECK_ERROR(crash_point_arm("nowhere:1"), E_usage);
    CHECK_STORY("OCTAVO_CRASH=nowhere:1 names no crash point");
    CHECK_ERROR(crash_point_arm("wal_after_write:0"), E_usage);
    CHECK_STORY("the count must be 1 or more");
    CHECK_ERROR(crash_point_arm("wal_after_writ"), E_usage);
    CHECK_INT(crash_point_armed, CRASH_POINT_NONE);
}

TEST(every_crash_point_has_a_name_and_says_what_is_true_there) {
    for (int i = 1; i < CRASH_POINT_COUNT; i++) {
        enum crash_point p = (enum crash_point)i;
        CHECK(strlen(crash_point_name(p)) > 0);
        CHECK(strchr(crash_point_truth(p), ':'));
    }
}

TEST(a_failed_assert_says_what_and_where_and_ends_with_a_core) {
    int pipe_fds[2], status;
    char said[256] = "";
    CHECK(pipe(pipe_fds) == 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(pipe_fds[1], STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        assert(child > 0);
        _exit(0);
    }
    (void)close(pipe_fds[1]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(read(pipe_fds[0], said, sizeof(said) - 1) > 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(said, "octavo: bug: child > 0 is false at src/base/crash_point_test.c:"));
}
