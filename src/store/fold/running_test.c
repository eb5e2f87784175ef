/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a fold that sends runs with, over stops and crashes. */
#include "fold_fixture.h"

static enum error open_with(struct disk *disk, const char *runs_with, struct store **out) {
    struct store_options options = options_now();
    options.runs_with = runs_with;
    *out = NULL;
    return fold_open_on(disk, out, &options);
}

static struct store *given_running(struct disk *disk, const char *runs_with) {
    struct store *s;
    CHECK_OK(open_with(disk, runs_with, &s));
    return s;
}

static void stop(struct store *s, bool caught_up) {
    CHECK_OK(save_whole(s));
    CHECK_OK(s->ops->rest(s, caught_up));
    s->ops->close(s);
}

static void kill_it(struct store *s) {
    s->ops->close(s);
}

static struct disk *after_a_power_cut(struct disk *disk) {
    memory_disk_crash(disk, 7);
    return disk;
}

TEST(a_fold_that_was_killed_does_not_go_on_with_other_settings) {
    struct disk *disk = given_snapshot(2);
    struct store *s = given_running(disk, "window=60");
    group_commit(s, 3);
    kill_it(s);
    CHECK_ERROR(open_with(disk, "window=30", &s), E_diverged);
    CHECK_STORY("killed while it ran with other settings");
    CHECK_STORY("raise `generation`");
    s = given_running(disk, "window=60");
    CHECK_INT(group_found(s), 2);
    kill_it(s);
    memory_disk_destroy(disk);
}

TEST(what_a_fold_runs_with_is_known_after_a_power_cut_that_came_at_once) {
    struct disk *disk = given_snapshot(2);
    kill_it(given_running(disk, "window=60"));
    struct store *s;
    CHECK_ERROR(open_with(after_a_power_cut(disk), "window=30", &s), E_diverged);
    memory_disk_destroy(disk);
}

TEST(a_fold_that_stopped_in_order_starts_with_other_settings) {
    struct disk *disk = given_snapshot(2);
    struct store *s = given_running(disk, "window=60");
    group_commit(s, 3);
    stop(s, false);
    s = given_running(after_a_power_cut(disk), "window=30");
    CHECK_INT(group_found(s), 3);
    kill_it(s);
    memory_disk_destroy(disk);
}

TEST(behind_a_crash_a_fold_has_to_catch_up_before_its_settings_may_change) {
    struct disk *disk = given_snapshot(2);
    struct store *s;
    kill_it(given_running(disk, "window=60"));
    stop(given_running(disk, "window=60"), false); /* what was sent is perhaps not reached yet */
    CHECK_ERROR(open_with(disk, "window=30", &s), E_diverged);
    stop(given_running(disk, "window=60"), true);
    kill_it(given_running(disk, "window=30"));
    memory_disk_destroy(disk);
}

TEST(a_fold_that_goes_on_after_its_last_snapshot_is_known_again_for_what_it_runs_with) {
    struct disk *disk = given_snapshot(2);
    struct store *s = given_running(disk, "window=60");
    CHECK_OK(save_whole(s));
    CHECK_OK(s->ops->rest(s, true));
    CHECK_OK(s->ops->rest(s, true));
    group_commit(s, 3);
    kill_it(s);
    CHECK_ERROR(open_with(disk, "window=30", &s), E_diverged);
    memory_disk_destroy(disk);
}

TEST(a_fold_that_sends_nothing_leaves_no_word_of_what_it_runs_with) {
    struct disk *disk = given_snapshot(2);
    struct store *s = given_running(disk, NULL);
    bool is_there;
    CHECK_OK(disk_exists(disk, FILE_PATH ".running", &is_there));
    CHECK(!is_there);
    stop(s, true);
    memory_disk_destroy(disk);
}
