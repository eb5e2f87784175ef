/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* kill -9 around the commits of parking and unparking: afterwards it is as if nothing happened. */
#include "runtime/task_fixture.h"

#include "base/crash_point.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS = 70, GROUP = 10 };

/* ---- every seventh event is wrong for good; the balance depends on the order of the others */

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value account[2];
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    account[0].integer = account[0].integer * 3 % 100003 + amount;
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_event_begin(s, "moves", "added", octavo_event_key(s));
    octavo_put_int(s, "balance", account[0].integer);
    octavo_end(s);
    return amount % 7 == 3 ? OCTAVO_PARK : OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = { { "add", on_add }, { NULL, NULL } };

static int64_t next_offset(struct bank *b) {
    struct position p;
    bool found;
    CHECK_OK(task_position(b->task, "moves", 2, &p, &found));
    return found ? p.next_offset : 0;
}

static void take_one(struct bank *b, int64_t offset) {
    char key[8], json[32], id[16];
    enum taken taken;
    (void)snprintf(key, sizeof(key), "k%d", (int)(offset % 3));
    (void)snprintf(json, sizeof(json), "{\"amount\":%d}", (int)offset);
    (void)snprintf(id, sizeof(id), "id-%d", (int)offset);
    b->offset = offset;
    struct input in = record(b, "add", key, json);
    in.id = bytes_text(id);
    CHECK_OK(task_take(b->task, &in, &taken));
}

static void first_key(void *context, const struct parked_row *row) {
    struct buf *key = context;
    if (!key->len)
        buf_put_bytes(key, row->key);
}

/* Everything is read, then an operator drops head after head, and what is due goes on. */
static void run_to_end(struct bank *b) {
    size_t taken;
    for (int64_t at = next_offset(b); at < EVENTS; at += GROUP) {
        task_begin(b->task);
        for (int64_t i = at; i < at + GROUP; i++)
            take_one(b, i);
        commit(b);
    }
    while (task_parked(b->task).keys) {
        struct buf key = { 0 };
        CHECK_OK(task_park_each(b->task, (struct bytes){ 0 }, first_key, &key));
        task_begin(b->task);
        CHECK_OK(task_park_due(b->task, 9000, 3, &taken));
        if (!taken)
            CHECK_OK(task_park_drop(b->task, buf_bytes(&key), 9000));
        commit(b);
        buf_finish(&key);
    }
}

static void outbox_print(void *context, int64_t id, struct bytes packed) {
    struct cursor in = cursor_on(packed);
    (void)id;
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        buf_print(context, "%d:%lld %.*s %.*s\n", e.partition, (long long)e.sequence, (int)e.id.len,
                  (const char *)e.id.data, (int)e.value.len, (const char *)e.value.data);
    }
}

static char *state_of(struct bank *b) {
    struct buf out = { 0 };
    char *rows = rows_of(b, 0);
    buf_print(&out, "%s\n", rows);
    free(rows);
    CHECK_OK(task_outbox_each(b->task, outbox_print, &out));
    (void)buf_text(&out);
    return (char *)out.data;
}

static char *state_without_crash(void) {
    struct bank b = { .url = text_format("sqlite:%s/whole", test_dir()) };
    bank_open(&b, "ledger", ledger);
    run_to_end(&b);
    char *state = state_of(&b);
    bank_close(&b);
    return state;
}

static void die_at(struct bank *b, const char *spec) {
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        b->options.sync = true;
        CHECK_OK(task_open(&b->task, &b->options));
        CHECK_OK(crash_point_arm(spec));
        run_to_end(b);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGKILL);
}

static void check_point(const char *point) {
    char *wanted = state_without_crash();
    for (int nth = 1; nth <= 5; nth++) {
        struct bank b = { .url = text_format("sqlite:%s/%s-%d", test_dir(), point, nth) };
        char *spec = text_format("%s:%d", point, nth);
        bank_open(&b, "ledger", ledger);
        task_close(b.task);
        die_at(&b, spec);
        CHECK_OK(task_open(&b.task, &b.options));
        run_to_end(&b);
        char *got = state_of(&b);
        CHECK_TEXT(got, wanted);
        free(got);
        free(spec);
        bank_close(&b);
    }
    free(wanted);
}

TEST(killed_before_what_is_parked_is_committed_it_comes_again) {
    check_point("park_before_commit");
}

TEST(killed_after_what_is_parked_is_committed_it_waits) {
    check_point("park_after_commit");
}

TEST(killed_before_a_retry_or_drop_is_committed_it_never_was) {
    check_point("unpark_before_commit");
}

TEST(killed_after_a_retry_or_drop_is_committed_it_is_done_once) {
    check_point("unpark_after_commit");
}
