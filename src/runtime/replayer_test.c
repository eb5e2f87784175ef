/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replays with files and a log: what librdkafka's mock broker holds was taken in by a task. */
#include "runtime/replayer.h"

#include "runtime/replayer_fixture.h"
#include "runtime/snapshots.h"

static void on_any_name(void *context, const char *name) {
    (void)name;
    ++*(int *)context;
}

TEST(a_store_is_replayed_while_its_owner_goes_on_and_nothing_is_left_behind) {
    struct shop s = { 0 };
    int names = 0;
    shop_open(&s);
    shop_take(&s, 0, 20);
    check_replay(&s, "EQUAL", 1, 20);
    shop_take(&s, 20, 40);
    check_replay(&s, "EQUAL", 1, 40);
    char *dir = text_format("%s/replayed", s.work);
    CHECK_OK(disk_list(disk_real(), dir, on_any_name, &names));
    CHECK_INT(names, 0);
    free(dir);
    shop_close(&s);
}

static struct store_options store_of(struct shop *s) {
    return (struct store_options){
        .url = s->url, .system = "shop", .service = "till", .generation = 1
    };
}

TEST(behind_a_cut_journal_a_replay_begins_at_the_snapshot) {
    struct shop s = { 0 };
    struct store *store;
    shop_open(&s);
    shop_take(&s, 0, 10);
    struct store_options options = store_of(&s);
    char *snapshot = snapshot_path(&sqlite_store_kind, &options);
    CHECK_OK(sqlite_store_kind.snapshot(&options, snapshot));
    shop_take(&s, 10, 20);
    task_close(s.open);
    s.open = NULL;
    CHECK_OK(sqlite_store_kind.open(&store, &options));
    CHECK_OK(store->ops->begin(store));
    CHECK_OK(store->ops->journal_cut(store, 7));
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    check_replay(&s, "EQUAL", 11, 20);
    CHECK_OK(disk_unlink(disk_real(), snapshot));
    check_replay(&s, "NOT CHECKED", 1, 20);
    s.options.snapshot = snapshot;
    struct replay_result r = { 0 };
    CHECK_INT(replayer_run(&s.options, &r), E_usage);
    CHECK(strstr(error_story(), "there is no such snapshot"));
    free(snapshot);
    shop_close(&s);
}

TEST(a_task_without_a_store_is_known_and_two_replays_keep_apart) {
    struct shop s = { 0 };
    struct file *lock;
    struct replay_result r = { 0 };
    bool found;
    shop_open(&s);
    CHECK_INT(replayer_tasks(s.declaration, s.options.declared), 1);
    CHECK_OK(replayer_has_store(&s.options, &found));
    CHECK(found);
    s.options.task = 1;
    CHECK_OK(replayer_has_store(&s.options, &found));
    CHECK(!found);
    s.options.task = 0;
    CHECK_OK(disk_make_dir(disk_real(), s.work));
    char *path = text_format("%s/lock", s.work);
    CHECK_OK(disk_open(disk_real(), path, DISK_CREATE, &lock));
    CHECK_OK(disk_lock(lock));
    CHECK_INT(replayer_run(&s.options, &r), E_locked);
    CHECK(strstr(error_story(), "another replay runs there"));
    disk_close(lock);
    free(path);
    shop_close(&s);
}
