/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "net/notify.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static struct notified *notified;
static struct buf heard;
static int pids[16];
static int count;

static void on_state(void *context, int pid, const char *state) {
    (void)context;
    CHECK(count < 16);
    pids[count++] = pid;
    buf_print(&heard, "%s;", state);
}

static char *begin_at(char *path, struct clock *clock) {
    CHECK_OK(loop_create(&loop, clock));
    CHECK_OK(notified_open(&notified, loop, path, on_state, NULL));
    return path;
}

static char *begin(struct clock *clock) {
    return begin_at(text_format("%s/notify.sock", test_dir()), clock);
}

static void end(char *path) {
    struct stat there;
    notified_close(notified);
    CHECK(stat(path, &there) != 0);
    loop_destroy(loop);
    buf_finish(&heard);
    free(path);
}

static void turns(int many) {
    for (int i = 0; i < many; i++)
        loop_turn(loop, 0);
}

TEST(what_a_process_tells_arrives_with_its_pid) {
    struct notifier *n;
    char *path = begin(clock_real());
    CHECK_OK(notifier_open(&n, loop, path, 0));
    notifier_tell(n, "READY=1\nSTATUS=fine");
    turns(3);
    CHECK_TEXT(buf_text(&heard), "READY=1\nSTATUS=fine;");
    CHECK_INT(pids[0], getpid());
    pid_t child = fork();
    if (child == 0) {
        notifier_tell(n, "WATCHDOG=1");
        _exit(0);
    }
    CHECK_INT(waitpid(child, NULL, 0), child);
    turns(3);
    CHECK_INT(pids[1], child);
    notifier_close(n);
    end(path);
}

TEST(a_socket_deeper_than_its_address_is_long_is_told) {
    struct notifier *n;
    char *dir = text_format("%s/%0100d", test_dir(), 1);
    CHECK_OK(disk_make_dir(disk_real(), dir));
    char *path = begin_at(text_format("%s/notify.sock", dir), clock_real());
    free(dir);
    CHECK_OK(notifier_open(&n, loop, path, 0));
    notifier_tell(n, "READY=1");
    turns(3);
    CHECK_TEXT(buf_text(&heard), "READY=1;");
    notifier_close(n);
    end(path);
}

TEST(signs_of_life_come_three_times_in_the_time_of_the_watchdog) {
    struct fake_clock fake;
    struct notifier *n;
    fake_clock_init(&fake, 1790000000000);
    char *path = begin(&fake.clock);
    CHECK_OK(notifier_open(&n, loop, path, 9000));
    fake_clock_advance(&fake, 2999);
    turns(3);
    CHECK_INT(count, 0);
    for (int i = 1; i <= 3; i++) {
        fake_clock_advance(&fake, 3000);
        turns(3);
        CHECK_INT(count, i);
    }
    CHECK_TEXT(buf_text(&heard), "WATCHDOG=1;WATCHDOG=1;WATCHDOG=1;");
    notifier_close(n);
    end(path);
}

TEST(who_tells_nobody_goes_on) {
    struct notifier *n;
    char *path = begin(clock_real());
    CHECK_OK(notifier_open(&n, loop, path, 0));
    end(path);
    notifier_tell(n, "READY=1");
    notifier_tell(NULL, "READY=1");
    CHECK_OK(loop_create(&loop, clock_real()));
    notifier_close(n);
    loop_destroy(loop);
}

TEST(an_abstract_socket_is_told_too) {
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct notifier *n;
    char name[64], got[16] = "";
    int len = snprintf(name, sizeof(name), "@octavo-test-%d", getpid());
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(at.sun_path + 1, name + 1, (size_t)len - 1);
    CHECK_INT(bind(fd, (struct sockaddr *)&at, (socklen_t)(sizeof(sa_family_t) + (size_t)len)), 0);
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_OK(notifier_open(&n, loop, name, 0));
    notifier_tell(n, "READY=1");
    CHECK_INT(recv(fd, got, sizeof(got), MSG_DONTWAIT), 7);
    CHECK_TEXT(got, "READY=1");
    notifier_close(n);
    loop_destroy(loop);
    (void)close(fd);
}

TEST(a_socket_that_a_dead_process_left_is_replaced) {
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct notifier *n;
    int dead = socket(AF_UNIX, SOCK_DGRAM, 0);
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify.sock", test_dir());
    CHECK_INT(bind(dead, (struct sockaddr *)&at, sizeof(at)), 0);
    (void)close(dead); /* its file stays */
    char *path = begin(clock_real());
    CHECK_OK(notifier_open(&n, loop, path, 0));
    notifier_tell(n, "READY=1");
    turns(3);
    CHECK_INT(count, 1);
    notifier_close(n);
    end(path);
}

TEST(a_state_too_long_is_passed_by) {
    struct notifier *n;
    char text[6000];
    char *path = begin(clock_real());
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    CHECK_OK(notifier_open(&n, loop, path, 0));
    notifier_tell(n, text);
    notifier_tell(n, "READY=1");
    turns(3);
    CHECK_TEXT(buf_text(&heard), "READY=1;");
    notifier_close(n);
    end(path);
}

TEST(a_line_of_a_state_is_found_whole) {
    CHECK(notified_says("READY=1", "READY=1"));
    CHECK(notified_says("STATUS=x\nWATCHDOG=1\n", "WATCHDOG=1"));
    CHECK(!notified_says("WATCHDOG=10", "WATCHDOG=1"));
    CHECK(!notified_says("XWATCHDOG=1", "WATCHDOG=1"));
    CHECK(!notified_says("", "READY=1"));
}
