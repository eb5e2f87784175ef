/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots while a service runs: made after so many commits, the journal cut only behind them. */
#include "runtime/snapshots.h"

#include "base/disk.h"
#include "runtime/task_fixture.h"

#include <unistd.h>

static enum octavo_outcome on_put(struct octavo_step *s) {
    struct octavo_value row[2] = { octavo_int_value(octavo_event_time_ms(s)),
                                   octavo_text_value(octavo_event_id(s)) };
    octavo_row_put(s, "account", octavo_text(""), row, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "put", on_put }, { NULL, NULL } };

struct keeper {
    struct bank bank;
    struct declared_service service;
    struct snapshots *snapshots;
    char *path;
};

static void keeper_open(struct keeper *k, int32_t rows) {
    bank_open(&k->bank, "ledger", handlers);
    k->service = *k->bank.options.service;
    k->service.snapshot_rows = rows;
    k->snapshots = snapshots_create(
        &(struct snapshots_options){ &sqlite_store_kind, k->bank.url, "bank", &k->service });
    struct store_options store = {
        .url = k->bank.url, .system = "bank", .service = "ledger", .generation = 1, .task = 2
    };
    k->path = snapshot_path(&sqlite_store_kind, &store);
}

static void keeper_close(struct keeper *k) {
    snapshots_destroy(k->snapshots);
    bank_close(&k->bank);
    free(k->path);
}

static void turn(struct keeper *k) {
    CHECK_OK(snapshots_turn(k->snapshots, k->bank.task, 2));
}

static void commits(struct keeper *k, int count) {
    for (int i = 0; i < count; i++)
        group(&k->bank, "put", "ann", "{}");
}

static void check_range(struct keeper *k, int64_t first, int64_t last) {
    int64_t got_first, got_last;
    CHECK_OK(task_journal_range(k->bank.task, &got_first, &got_last));
    CHECK_INT(got_first, first);
    CHECK_INT(got_last, last);
}

static bool is_there(struct keeper *k) {
    bool there;
    CHECK_OK(disk_exists(disk_real(), k->path, &there));
    return there;
}

/* Turns until the copy is there and the journal cut behind it. */
static void turn_until(struct keeper *k, int64_t first) {
    int64_t got, last;
    snapshots_wait(k->snapshots);
    turn(k);
    CHECK_OK(task_journal_range(k->bank.task, &got, &last));
    CHECK_INT(got, first);
}

TEST(a_snapshot_is_made_after_so_many_commits_and_the_journal_is_cut_behind_it) {
    struct keeper k = { 0 };
    keeper_open(&k, 20);
    commits(&k, 19);
    turn(&k);
    turn(&k);
    CHECK(!is_there(&k));
    check_range(&k, 1, 19);
    commits(&k, 1);
    turn(&k); /* begins the copy */
    commits(&k, 5);
    turn_until(&k, 21);
    CHECK(is_there(&k));
    check_range(&k, 21, 25);
    commits(&k, 15);
    turn(&k);
    turn_until(&k, 40); /* the newest row always stays */
    keeper_close(&k);
}

/* After a restart what was cut is covered, and nothing else is. */
TEST(after_a_restart_the_count_goes_on_from_where_the_journal_was_cut) {
    struct keeper k = { 0 };
    keeper_open(&k, 20);
    commits(&k, 25);
    turn(&k);
    turn_until(&k, 25);
    snapshots_destroy(k.snapshots);
    k.snapshots = snapshots_create(
        &(struct snapshots_options){ &sqlite_store_kind, k.bank.url, "bank", &k.service });
    CHECK_OK(disk_unlink(disk_real(), k.path));
    commits(&k, 18);
    turn(&k);
    CHECK(!is_there(&k));
    check_range(&k, 25, 43);
    commits(&k, 1);
    turn(&k);
    turn_until(&k, 44);
    CHECK(is_there(&k));
    keeper_close(&k);
}

TEST(a_copy_that_cannot_be_made_cuts_nothing_and_is_tried_again) {
    struct keeper k = { 0 };
    keeper_open(&k, 20);
    char *part = text_format("%s.part", k.path);
    CHECK_OK(disk_make_dir(disk_real(), part)); /* in its way */
    commits(&k, 20);
    turn(&k);
    turn_until(&k, 1);
    check_range(&k, 1, 20);
    CHECK(!is_there(&k));
    CHECK_INT(rmdir(part), 0);
    commits(&k, 3);
    turn(&k);
    turn_until(&k, 23);
    CHECK(is_there(&k));
    free(part);
    keeper_close(&k);
}
