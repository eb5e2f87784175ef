/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold in a process of its own that kills itself at every crash point it passes, again and again:
 * real files, the real writer thread, kill -9. What it has sent stands in a file that outlives it,
 * as a broker's log does. */
#include "base/crash_point.h"
#include "base/disk.h"
#include "runtime/fold_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const points[] = { "step_before_commit", "step_after_commit",
                                      "fold_before_snapshot", "fold_after_snapshot" };
enum { POINTS = 4, ROUNDS = 4 };

static char *sent_path(int32_t task, int round) {
    return text_format("%s/sent.%d.%d", test_dir(), task, round);
}

/* Handed over and acknowledged: one write. */
static void send_all(struct shop *s, struct file *sent, int64_t *size) {
    for (size_t i = 0; i < s->unacked_count; i++) {
        struct bytes packed = buf_bytes(&s->unacked[i].packed);
        CHECK_OK(disk_write_at(sent, *size, packed));
        *size += (int64_t)packed.len;
        task_outbox_acked(s->task, s->unacked[i].id);
        buf_finish(&s->unacked[i].packed);
    }
    s->unacked_count = 0;
}

/* A kill may leave a part of a write behind, as the snapshot's thread dies at a time of its own: a
 * broker would not have taken that. */
static int64_t torn_cut(struct file *sent, const char *path) {
    struct buf all = { 0 };
    struct out_event event;
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 24, &all));
    struct cursor in = cursor_on(buf_bytes(&all));
    size_t whole = 0;
    while (cursor_left(&in) && !outbox_unpack(&in, &event))
        whole = all.len - cursor_left(&in);
    buf_finish(&all);
    CHECK_OK(disk_truncate(sent, (int64_t)whole));
    return (int64_t)whole;
}

/* Snapshots are begun and the fold goes on while they are written. */
static void child_run(struct shop *s, const struct record *log, struct random *r,
                      const char *path) {
    struct file *sent;
    bool saving = false, done;
    CHECK_OK(disk_open(disk_real(), path, DISK_CREATE, &sent));
    int64_t size = torn_cut(sent, path);
    while (next_offset(s) < RECORDS) {
        size_t at = next_offset(s), to = at + 1 + random_below(r, 12);
        group_take(s, log, at, to < RECORDS ? to : RECORDS);
        if (random_below(r, 3))
            send_all(s, sent, &size);
        if (saving)
            CHECK_OK(task_saved(s->task, false, &done));
        saving = saving && !done;
        if (saving || !task_all_acked(s->task) || random_below(r, 3))
            continue;
        CHECK_OK(task_save(s->task, 5000));
        saving = true;
    }
    send_all(s, sent, &size);
    CHECK_OK(task_saved(s->task, true, &done));
    save(s);
    disk_close(sent);
}

struct fold_life {
    const struct record *log;
    const char *dir;
    char *sent;
    int32_t task;
};

static _Noreturn void child(const struct fold_life *life, const char *spec, uint64_t seed) {
    struct random r = random_seeded(seed);
    struct shop s = given_shop("counter", life->dir, life->task);
    CHECK_OK(crash_point_arm(spec));
    child_run(&s, life->log, &r, life->sent);
    _exit(0); /* as little as kill -9 tidies up */
}

/* True when it was killed, false when it has read all. */
static bool live_and_die(const struct fold_life *life, const char *spec, uint64_t seed) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        child(life, spec, seed);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        CHECK_INT(WTERMSIG(status), SIGKILL);
        return true;
    }
    CHECK_INT(WEXITSTATUS(status), 0);
    return false;
}

static int lives(const struct fold_life *life, struct random *r) {
    int kills = 0;
    char spec[64];
    for (;; kills++) {
        (void)snprintf(spec, sizeof(spec), "%s:%d", points[kills % POINTS],
                       1 + (int)random_below(r, 2));
        if (!live_and_die(life, kills < 40 ? spec : "", random_next(r)))
            return kills;
    }
}

TEST(killed_at_any_crash_point_the_fold_and_what_it_sent_are_as_if_it_had_lived) {
    static struct record log[RECORDS];
    struct random r = random_seeded(test_seed());
    int kills = 0;
    (void)test_dir(); /* made here: the children share it */
    for (int round = 0; round < ROUNDS; round++)
        for (int32_t task = 0; task < TASKS; task++) {
            char calm_dir[24], dir[24];
            (void)snprintf(calm_dir, sizeof(calm_dir), "calm%d", round);
            (void)snprintf(dir, sizeof(dir), "dies%d", round);
            struct fold_life life = { log, dir, sent_path(task, round), task };
            struct buf sent = { 0 };
            log_make(&r, log);
            kills += lives(&life, &r);
            struct shop calm = given_shop("counter", calm_dir, task);
            struct shop died = given_shop("counter", dir, task);
            run_undisturbed(&calm, log);
            CHECK_INT((long long)next_offset(&died), RECORDS);
            CHECK_OK(disk_read_whole(disk_real(), life.sent, 1 << 24, &sent));
            row_receive(died.receiver, buf_bytes(&sent));
            check_same(&calm, &died);
            shop_close(&calm);
            shop_close(&died);
            buf_finish(&sent);
            free(life.sent);
        }

    CHECK(kills >= 20 * POINTS);
}
