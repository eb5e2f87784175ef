/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replays over stores in the test's directory, records from an array. Four partitions everywhere.
 */
#include "runtime/replay.h"

#include "runtime/replay_fixture.h"

#include <stdio.h>

TEST(what_was_taken_in_gives_the_same_again) {
    struct story s = { 0 };
    story_run(&s, 400, 1);
    struct replay_result r = story_replay(&s, NULL);
    CHECK_TEXT(buf_text(&r.reason), "");
    check_verdict(&r, "EQUAL");
    CHECK_INT(r.first_id, 1);
    CHECK(r.last_id > 40);
    CHECK_INT(r.differing, 0);
    CHECK_INT(r.silent, 0);
    CHECK(r.inputs > 400);
    CHECK(s.unparked > 20);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(whatever_the_groups_were_the_replay_is_equal) {
    for (uint64_t seed = 2; seed < 8; seed++) {
        struct story s = { 0 };
        story_run(&s, 150, seed);
        struct replay_result r = story_replay(&s, NULL);
        check_verdict(&r, "EQUAL");
        replay_result_finish(&r);
        story_end(&s);
    }
}

/* Into the open group. */
static void take_stray(struct story *s, const char *type, const char *id, int64_t time_ms) {
    size_t n = s->record_count++;
    s->records[n] = (struct kafka_record){
        .topic = bytes_text("moves"),
        .offset = (int64_t)n,
        .timestamp_ms = time_ms,
        .key = bytes_text(text_copy("key-1")),
        .value = bytes_text(text_copy("{\"amount\":1}")),
        .type = bytes_text(type),
        .id = bytes_text(text_copy(id)),
    };
    story_take(s, n);
}

static void give_stray(struct story *s, const char *type, const char *id, int64_t time_ms) {
    struct committed done;
    task_begin(s->task);
    take_stray(s, type, id, time_ms);
    CHECK_OK(task_commit(s->task, 5000, &done));
}

/* A group of repeats alone is kept without a commit, and what it has forgotten is remembered again:
 * the replay, where they belong to a larger group, is ahead in forgetting, and decides the same. */
TEST(however_far_a_window_has_forgotten_the_replay_is_equal) {
    struct story s = { .repeats_ids = true };
    char id[16];
    story_options(&s);
    story_open(&s);
    for (int i = 1; i <= 20; i++) {
        (void)snprintf(id, sizeof(id), "%d", i);
        give_stray(&s, "credited", id, 1000);
    }
    give_stray(&s, "credited", "recent", 1900);
    give_stray(&s, "seen", "passed", 2500); /* by now all of the twenty are past their window */
    for (int i = 0; i < 4; i++)
        give_stray(&s, "credited", "recent", 1900);
    CHECK_INT((int64_t)task_counts(s.task).repeats, 4);
    give_stray(&s, "credited", "20", 1000);
    CHECK_INT((int64_t)task_counts(s.task).repeats, 4);
    CHECK_OK(task_flush(s.task, 7));
    task_close(s.task);
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "EQUAL");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(whatever_ids_come_again_and_times_are_said_the_replay_is_equal) {
    for (uint64_t seed = 20; seed < 24; seed++) {
        struct story s = { .repeats_ids = true, .lies = seed % 2 };
        story_run(&s, 200, seed);
        struct replay_result r = story_replay(&s, NULL);
        check_verdict(&r, "EQUAL");
        replay_result_finish(&r);
        story_end(&s);
    }
}

TEST(a_decision_made_otherwise_is_found_in_its_commit_with_input_table_and_key) {
    struct story s = { 0 };
    story_run(&s, 300, 1);
    const struct kafka_record *marked = &s.records[story_credited(&s, 133)];
    char *mark = text_copy_bytes(marked->id);
    story_mark = mark;
    struct replay_result r = story_replay(&s, changed_handlers);
    check_verdict(&r, "DIFFERS");
    CHECK(r.first.commit > 1);
    CHECK_TEXT(buf_text(&r.first.what), "outputs");
    CHECK_TEXT(buf_text(&r.first.table), "account");
    char *key = text_copy_bytes(marked->key);
    CHECK_TEXT(buf_text(&r.first.key), key);
    CHECK(strstr(buf_text(&r.first.input), "credited "));
    char *where =
        text_format("moves/%d at offset %lld", marked->partition, (long long)marked->offset);
    CHECK(strstr(buf_text(&r.first.input), where));
    CHECK(strstr(buf_text(&r.first.row_recorded), "\"balance\":"));
    CHECK(strcmp(buf_text(&r.first.row_recorded), buf_text(&r.first.row_replayed)) != 0);
    free(mark);
    free(key);
    free(where);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_row_changed_from_outside_is_named_with_the_commit_that_wrote_it_last) {
    struct story s = { 0 };
    story_run(&s, 300, 1);
    story_sql(&s, "UPDATE account SET balance = balance + 1 WHERE key = 'key-5'");
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "DIFFERS");
    CHECK_INT(r.differing, 0);
    CHECK_INT(r.first.commit, 0);
    CHECK_TEXT(buf_text(&r.first.what), "table");
    CHECK_TEXT(buf_text(&r.first.table), "account");
    CHECK_TEXT(buf_text(&r.first.key), "key-5");
    CHECK(r.first.written_by > 0);
    replay_result_finish(&r);
    story_end(&s);
}

static void check_table(const char *sql, const char *table) {
    struct story s = { 0 };
    story_run(&s, 60, 3);
    story_sql(&s, sql);
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "DIFFERS");
    CHECK_TEXT(buf_text(&r.first.table), table);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(every_kind_of_row_is_compared) {
    check_table("DELETE FROM account WHERE key = 'key-5'", "account");
    check_table("INSERT INTO account VALUES('zzz', '', 1, 'x')", "account");
    check_table("UPDATE posting SET note = 'other' WHERE entry = 3", "posting");
    check_table("UPDATE total SET balance = NULL", "total");
    check_table("UPDATE parked SET attempts = attempts + 1", "parked");
    check_table("UPDATE timer SET due_ms = due_ms + 1", "timer");
    check_table("UPDATE lane_in SET watermark = watermark + 1", "lane_in");
    check_table("UPDATE lane_out SET sequence = sequence + 1", "lane_out");
    check_table("UPDATE position SET last_hash = 7 WHERE partition = 2", "position");
}

TEST(an_output_changed_in_the_journal_differs_though_all_tables_are_equal) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    story_sql(&s, "UPDATE journal SET outputs = '9 0 0 0 - -' WHERE id = 4");
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "DIFFERS");
    CHECK_INT(r.first.commit, 4);
    CHECK_TEXT(buf_text(&r.first.recorded), "9 0 0 0 - -");
    CHECK_TEXT(buf_text(&r.first.table), "");
    CHECK_INT(r.differing, 1);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(commits_of_the_first_format_are_judged_by_their_tables) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    story_sql(&s, "UPDATE journal SET outputs = '' WHERE id < 4");
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "EQUAL");
    CHECK_INT(r.silent, 3);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(records_that_are_gone_are_not_checked) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    s.log_start = 5;
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    CHECK(strstr(buf_text(&r.reason), "the log no longer holds what it had at offset"));
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_record_that_compaction_took_is_not_checked_though_its_neighbours_are_there) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    s.compacted = 50; /* in the middle of a run */
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    replay_result_finish(&r);
    story_end(&s);
}

/* No row says that it is gone, as nobody handled it; the journal's count does. */
TEST(a_record_that_compaction_took_out_of_a_run_is_not_checked_though_nobody_handled_it) {
    struct story s = { .compacted = 1 };
    struct committed done;
    story_options(&s);
    story_open(&s);
    task_begin(s.task);
    take_stray(&s, "credited", "a", 1000);
    take_stray(&s, "seen", "b", 1001);
    take_stray(&s, "credited", "c", 1002);
    CHECK_OK(task_commit(s.task, 5000, &done));
    task_close(s.task);
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    CHECK_TEXT(buf_text(&r.reason), "commit 1 took 3 records of moves/0 from offset 0 to 2; "
                                    "the log holds 2 of them now");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(an_item_of_a_source_is_taken_again_with_its_position) {
    struct story s = { 0 };
    struct committed done;
    enum taken taken;
    story_options(&s);
    story_open(&s);
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("credited"),
                        .id = bytes_text("row/7"),
                        .key = bytes_text("key-1"),
                        .json = bytes_text("{\"amount\":1}"),
                        .time_ms = 77,
                        .topic = bytes_text("edge:rows"),
                        .position = bytes_text("7") };
    task_begin(s.task);
    CHECK_OK(task_take(s.task, &in, &taken));
    CHECK_INT(taken, TAKEN_HANDLED);
    CHECK_OK(task_commit(s.task, 5000, &done));
    task_close(s.task);
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "EQUAL");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_log_that_ends_early_is_not_checked) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    s.record_count -= 30;
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_journal_that_was_cut_without_a_snapshot_is_not_checked) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    story_sql(&s, "DELETE FROM journal WHERE id < 3");
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    CHECK_TEXT(buf_text(&r.reason), "the journal begins with commit 3, and there is no snapshot of "
                                    "the store before it");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_journal_with_a_hole_is_not_checked) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    story_sql(&s, "DELETE FROM journal WHERE id = 5");
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "NOT CHECKED");
    CHECK_TEXT(buf_text(&r.reason), "the journal goes on at commit 6, wanted is 5");
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_replay_may_begin_at_a_snapshot) {
    struct story s = { 0 };
    s.snapshot_after = 90;
    story_run(&s, 200, 1);
    story_from_snapshot(&s);
    struct replay_result r = story_replay(&s, NULL);
    check_verdict(&r, "EQUAL");
    CHECK(r.first_id > 5);
    CHECK(r.last_id > r.first_id);
    replay_result_finish(&r);
    story_end(&s);
}

TEST(a_handler_that_refuses_what_it_took_differs_with_its_reason) {
    struct story s = { 0 };
    story_run(&s, 100, 1);
    struct replay_result r = story_replay(&s, refusing_handlers);
    check_verdict(&r, "DIFFERS");
    CHECK_TEXT(buf_text(&r.first.what), "refused");
    CHECK(strstr(buf_text(&r.first.replayed), "not today"));
    replay_result_finish(&r);
    story_end(&s);
}
