/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The layer under real processes: dd writes, sync syncs, and the power goes. */
#include "power.h"

#include "base/clock.h"
#include "base/disk.h"
#include "base/test.h"
#include "preload.h"
#include "process.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 20000, ROUNDS = 40 };

struct machine {
    char *dir, *path;
    struct preload preload;
};

static void given_machine(struct machine *m, const char *name) {
    m->dir = text_format("%s/%s", test_dir(), name);
    m->path = text_format("%s/data/file", m->dir);
    const char *folders[] = { "run", "log", "data" };
    for (size_t i = 0; i < 3; i++) {
        char *path = text_format("%s/%s", m->dir, folders[i]);
        CHECK_OK(disk_make_dir(disk_real(), path));
        free(path);
    }
    CHECK_OK(preload_open(&m->preload, m->dir, (struct preload_wants){ .layer = true }));
}

static void machine_finish(struct machine *m) {
    preload_close(&m->preload);
    free(m->dir);
    free(m->path);
}

static int until_end(struct process *p) {
    int64_t limit = clock_steady_ms(clock_real()) + LIMIT_MS;
    while (process_look(p)) {
        CHECK(clock_steady_ms(clock_real()) < limit);
        (void)poll(NULL, 0, 1);
    }
    return p->code;
}

/* A shell under the layer, as a process of a run is. Its exit code; -9: killed. */
static int shell(struct machine *m, const char *script) {
    struct process p;
    process_init(&p, "shell", m->dir);
    p.preload = &m->preload.environment;
    process_argument(&p, "/bin/sh");
    process_argument(&p, "-c");
    char *whole = text_format("cd %s/data && %s", m->dir, script);
    process_argument(&p, whole);
    free(whole);
    CHECK_OK(process_start(&p, NULL));
    int code = until_end(&p);
    process_finish(&p);
    return code;
}

static void content_is(struct machine *m, const char *wanted) {
    struct buf text = { 0 };
    CHECK_OK(disk_read_whole(disk_real(), m->path, 1 << 20, &text));
    CHECK_TEXT(buf_text(&text), wanted);
    buf_finish(&text);
}

TEST(what_was_synced_stays_and_what_was_not_may_go_in_part) {
    struct machine m;
    bool gone = false, kept = false, middle = false;
    given_machine(&m, "cut");
    for (uint64_t dice = 0; dice < ROUNDS; dice++) {
        struct power_result result;
        struct buf text = { 0 };
        CHECK_INT(shell(&m, "echo one > file && sync file && echo two >> file && echo six >> file"),
                  0);
        CHECK_OK(preload_power_cut(&m.preload, false, dice, &result));
        CHECK_INT((long long)result.unsynced, 2);
        CHECK_INT((long long)result.files, 1);
        CHECK_OK(disk_read_whole(disk_real(), m.path, 1 << 20, &text));
        CHECK(text.len >= 4 && memcmp(text.data, "one\n", 4) == 0);
        gone |= text.len == 4;
        kept |= bytes_is_text(buf_bytes(&text), "one\ntwo\nsix\n");
        middle |= text.len == 12 && memcmp(text.data + 4, "\0\0\0\0six\n", 8) == 0;
        buf_finish(&text);
    }
    CHECK(gone && kept && middle);
    machine_finish(&m);
}

TEST(a_cut_off_file_and_overwritten_bytes_come_back) {
    struct machine m;
    struct power_result result;
    uint64_t dice = 0;
    given_machine(&m, "back");
    do {
        CHECK_INT(shell(&m, "printf 0123456789 > file && sync file && "
                            "printf ab | dd of=file bs=1 seek=4 conv=notrunc 2> /dev/null && "
                            "dd if=/dev/null of=file bs=1 seek=3 2> /dev/null"),
                  0);
        content_is(&m, "012");
        CHECK_OK(preload_power_cut(&m.preload, false, dice++, &result));
        CHECK_INT((long long)result.unsynced, 3);
    } while (result.lost < 3);
    content_is(&m, "0123456789");
    machine_finish(&m);
}

/* It waits for the word `go`, so that the fault is there before it begins. */
static int shell_faulted(struct machine *m, const char *script, struct preload_fault fault) {
    struct process p;
    char *go = text_format("%s/run/go", m->dir);
    char *whole = text_format("cd %s/data; while ! test -e ../run/go; do sleep 0.01; done; %s",
                              m->dir, script);
    process_init(&p, "shell", m->dir);
    p.preload = &m->preload.environment;
    process_argument(&p, "/bin/sh");
    process_argument(&p, "-c");
    process_argument(&p, whole);
    CHECK_OK(process_start(&p, NULL));
    fault.pid = p.pid;
    preload_arm(&m->preload, &fault);
    CHECK_OK(disk_replace(disk_real(), go, bytes_text("go")));
    int code = until_end(&p);
    process_finish(&p);
    CHECK_OK(disk_unlink(disk_real(), go));
    free(whole);
    free(go);
    return code;
}

TEST(a_failed_sync_a_full_disk_and_a_torn_write_strike_when_they_are_armed) {
    struct machine m;
    given_machine(&m, "fail");
    struct preload_fault sync = { .fault = LAYER_sync_error, .visits = 1 };
    struct preload_fault full = { .fault = LAYER_disk_full };
    struct preload_fault torn = { .fault = LAYER_torn_write, .visits = 2, .dice = 1 };
    CHECK_INT(shell(&m, "echo a > file"), 0);
    CHECK_INT(shell_faulted(&m, "exec sync file", sync), 1);
    CHECK_INT(preload_disarm(&m.preload), 1);
    CHECK(shell_faulted(&m, "echo b >> file", full) != 0);
    CHECK(preload_disarm(&m.preload) > 0);
    content_is(&m, "a\n");
    CHECK_INT(shell_faulted(&m, "exec dd if=/dev/zero of=torn bs=2048 count=9", torn), -SIGKILL);
    CHECK_INT(preload_disarm(&m.preload), 1);
    CHECK_INT(shell(&m, "test $(wc -c < torn) = 2560"), 0);
    machine_finish(&m);
}

TEST(what_a_failed_sync_was_about_is_gone_whatever_a_later_sync_says) {
    struct machine m;
    struct power_result result;
    struct preload_fault sync = { .fault = LAYER_sync_error, .visits = 1 };
    given_machine(&m, "doomed");
    CHECK_INT(shell(&m, "printf 0123 > file && sync file && printf 45 >> file"), 0);
    CHECK_INT(shell_faulted(&m, "exec sync file", sync), 1);
    CHECK_INT(preload_disarm(&m.preload), 1);
    CHECK_INT(shell(&m, "printf 67 >> file && sync file && printf 89 >> file"), 0);
    CHECK_OK(preload_power_cut(&m.preload, true, 1, &result));
    CHECK_INT((long long)result.lost, 1);
    struct buf text = { 0 };
    CHECK_OK(disk_read_whole(disk_real(), m.path, 1 << 20, &text));
    CHECK_BYTES(buf_bytes(&text), bytes_of("0123\0\0"
                                           "6789",
                                           10));
    CHECK_OK(preload_power_cut(&m.preload, true, 1, &result));
    CHECK_INT((long long)result.files, 0); /* it is decided */
    buf_finish(&text);
    machine_finish(&m);
}
