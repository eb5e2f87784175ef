/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What waits in a store: parked inputs, effects, ids seen, timers on two clocks; and the journal
 * with its cut, every row of a table, and a copy of it all. */
#include "store_fixture.h"

#include "base/disk.h"

#include <sys/stat.h>

static void begin(struct store *s) {
    CHECK_OK(s->ops->begin(s));
}

static void commit(struct store *s) {
    CHECK_OK(s->ops->commit(s));
}

/* ---- parked inputs */

static int64_t given_parked(struct store *s, const char *key, int64_t due_ms) {
    struct parked_row row = { .key = bytes_text(key),
                              .due_ms = due_ms,
                              .attempts = 1,
                              .parked_ms = 70,
                              .reason = bytes_text("no JSON"),
                              .packed = bytes_of("a\0b", 3) };
    int64_t number = 0;
    CHECK_OK(s->ops->park_add(s, &row, &number));
    return number;
}

static void on_parked(void *context, const struct parked_row *row) {
    buf_print(context, "%lld %.*s %lld %d %lld %.*s;", (long long)row->number, (int)row->key.len,
              (const char *)row->key.data, (long long)row->due_ms, (int)row->attempts,
              (long long)row->parked_ms, (int)row->reason.len, (const char *)row->reason.data);
    CHECK_BYTES(row->packed, bytes_of("a\0b", 3));
}

struct parked_query {
    struct bytes key;
    int64_t from;
    size_t max;
};

static void check_parked(struct store *s, struct parked_query q, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->park_each(s, q.key, q.from, q.max, on_parked, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(parked_inputs_are_kept_in_order_and_by_key) {
    struct store *s = given_store();
    begin(s);
    CHECK_INT(given_parked(s, "b", 5), 1);
    CHECK_INT(given_parked(s, "", 0), 2);
    CHECK_INT(given_parked(s, "b", 0), 3);
    struct parked_row change = {
        .number = 1, .key = bytes_text("x"), .due_ms = 9, .attempts = 2, .reason = bytes_text("r")
    };
    CHECK_OK(s->ops->park_put(s, &change));
    commit(s);
    s->ops->close(s);
    s = given_store();
    check_parked(s, (struct parked_query){ .max = 10 },
                 "1 b 9 2 70 r;2  0 1 70 no JSON;3 b 0 1 70 no JSON;");
    check_parked(s, (struct parked_query){ bytes_text("b"), 0, 10 },
                 "1 b 9 2 70 r;"
                 "3 b 0 1 70 no JSON;");
    check_parked(s, (struct parked_query){ bytes_text("b"), 2, 10 }, "3 b 0 1 70 no JSON;");
    check_parked(s, (struct parked_query){ bytes_text("b"), 0, 1 }, "1 b 9 2 70 r;");
    check_parked(s, (struct parked_query){ bytes_text(""), 0, 10 }, "2  0 1 70 no JSON;");
    check_parked(s, (struct parked_query){ bytes_text("none"), 0, 10 }, "");
    s->ops->close(s);
}

static void on_sum(void *context, struct bytes key, int64_t count, int64_t bytes, int64_t first) {
    buf_print(context, "%.*s %lld %lld %lld;", (int)key.len, (const char *)key.data,
              (long long)count, (long long)bytes, (long long)first);
}

TEST(the_sums_of_parked_keys_tell_count_bytes_and_when_the_head_is_due) {
    struct store *s = given_store();
    struct buf out = { 0 };
    begin(s);
    (void)given_parked(s, "b", 7);
    (void)given_parked(s, "a", 0);
    (void)given_parked(s, "b", 3); /* not the head */
    commit(s);
    CHECK_OK(s->ops->park_sums(s, on_sum, &out));
    CHECK_TEXT(buf_text(&out), "b 2 6 7;a 1 3 0;");
    begin(s);
    CHECK_OK(s->ops->park_delete(s, 1));
    commit(s);
    buf_clear(&out);
    CHECK_OK(s->ops->park_sums(s, on_sum, &out));
    CHECK_TEXT(buf_text(&out), "a 1 3 0;b 1 3 3;");
    s->ops->close(s);
    buf_finish(&out);
}

TEST(numbers_of_what_was_parked_are_never_used_again) {
    struct store *s = given_store();
    begin(s);
    CHECK_INT(given_parked(s, "a", 0), 1);
    CHECK_OK(s->ops->park_delete(s, 1));
    commit(s);
    s->ops->close(s);
    s = given_store();
    begin(s);
    CHECK_INT(given_parked(s, "a", 0), 2);
    commit(s);
    s->ops->close(s);
}

/* ---- effects */

static struct effect_row effect_of(const char *id) {
    return (struct effect_row){ .state = EFFECT_WAITING,
                                .id = bytes_text(id),
                                .edge = bytes_text("mail"),
                                .key = bytes_text("k"),
                                .type = bytes_text("letter"),
                                .json = bytes_text("{\"a\":1}"),
                                .time_ms = 1,
                                .requested_ms = 2,
                                .deadline_ms = 3,
                                .due_ms = 4,
                                .attempts = 5,
                                .reason = bytes_text("why") };
}

static void on_effect(void *context, const struct effect_row *r) {
    buf_print(context, "%lld %d %.*s %lld %lld %lld %lld %d %.*s;", (long long)r->number,
              (int)r->state, (int)r->id.len, (const char *)r->id.data, (long long)r->time_ms,
              (long long)r->requested_ms, (long long)r->deadline_ms, (long long)r->due_ms,
              (int)r->attempts, (int)r->reason.len, (const char *)r->reason.data);
    CHECK_BYTES(r->edge, bytes_text("mail"));
    CHECK_BYTES(r->key, bytes_text("k"));
    CHECK_BYTES(r->type, bytes_text("letter"));
    CHECK_BYTES(r->json, bytes_text("{\"a\":1}"));
}

TEST(effects_are_kept_changed_and_deleted_by_number) {
    struct store *s = given_store();
    struct effect_row one = effect_of("one"), two = effect_of("two");
    struct buf out = { 0 };
    int64_t number;
    begin(s);
    CHECK_OK(s->ops->effect_add(s, &one, &one.number));
    CHECK_OK(s->ops->effect_add(s, &two, &two.number));
    two.state = EFFECT_PARKED;
    two.deadline_ms = 30;
    two.due_ms = 40;
    two.attempts = 50;
    two.reason = bytes_text("refused");
    CHECK_OK(s->ops->effect_put(s, &two));
    commit(s);
    CHECK_OK(s->ops->effect_each(s, 0, 10, on_effect, &out));
    CHECK_TEXT(buf_text(&out), "1 0 one 1 2 3 4 5 why;2 2 two 1 2 30 40 50 refused;");
    buf_clear(&out);
    CHECK_OK(s->ops->effect_each(s, 0, 1, on_effect, &out));
    CHECK_TEXT(buf_text(&out), "1 0 one 1 2 3 4 5 why;");
    begin(s);
    CHECK_OK(s->ops->effect_delete(s, 2));
    CHECK_OK(s->ops->effect_add(s, &two, &number));
    CHECK_INT(number, 3);
    s->ops->rollback(s);
    buf_clear(&out);
    CHECK_OK(s->ops->effect_each(s, 2, 10, on_effect, &out));
    CHECK_TEXT(buf_text(&out), "2 2 two 1 2 30 40 50 refused;");
    buf_finish(&out);
    s->ops->close(s);
}

/* ---- ids seen */

static bool seen(struct store *s, const char *source, const char *id, int64_t until_ms) {
    struct seen_row row = { bytes_text(source), bytes_text(id), until_ms };
    bool was_there = false;
    CHECK_OK(s->ops->seen_put(s, &row, 10, &was_there));
    return was_there;
}

static void on_seen(void *context, const struct seen_row *row) {
    buf_print(context, "%.*s %.*s %lld;", (int)row->source.len, (const char *)row->source.data,
              (int)row->id.len, (const char *)row->id.data, (long long)row->until_ms);
}

static void check_seen(struct store *s, int64_t now_ms, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->seen_each(s, now_ms, on_seen, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(an_id_is_seen_once_and_until_its_time) {
    struct store *s = given_store();
    begin(s);
    CHECK(!seen(s, "a", "1", 10));
    CHECK(!seen(s, "b", "1", 20));
    CHECK(!seen(s, "a", "2", 30));
    CHECK(!seen(s, "c", "1", 9)); /* past already */
    commit(s);
    s->ops->close(s);
    s = given_store();
    begin(s);
    CHECK(seen(s, "a", "1", 99)); /* leaves the first time */
    CHECK(!seen(s, "c", "1", 40));
    CHECK(seen(s, "c", "1", 50));
    check_seen(s, 10, "a 1 10;a 2 30;b 1 20;c 1 40;");
    check_seen(s, 21, "a 2 30;c 1 40;");
    CHECK_OK(s->ops->seen_forget(s, 10, 100));
    CHECK(seen(s, "a", "1", 99));
    CHECK_OK(s->ops->seen_forget(s, 99, 1));
    CHECK(seen(s, "b", "1", 20)); /* the oldest went first */
    check_seen(s, 0, "a 2 30;b 1 20;c 1 40;");
    CHECK_OK(s->ops->seen_forget(s, 31, 100));
    check_seen(s, 0, "c 1 40;");
    commit(s);
    s->ops->close(s);
}

/* ---- timers */

static void on_timer(void *context, const struct timer_row *t) {
    buf_print(context, "%lld %.*s %d;", (long long)t->due_ms, (int)t->key.len,
              (const char *)t->key.data, (int)t->clock);
}

static void check_due(struct store *s, enum timer_clock clock, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->timer_due(s, clock, 100, 10, on_timer, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(the_two_clocks_have_timers_of_their_own_and_a_timer_one_clock) {
    struct store *s = given_store();
    struct timer_row a = { 7, bytes_text("n"), bytes_text("a"), TIMER_EVENT };
    struct timer_row b = { 5, bytes_text("n"), bytes_text("b"), TIMER_WALL };
    int64_t due = 0;
    bool found;
    begin(s);
    CHECK_OK(s->ops->timer_put(s, &a));
    CHECK_OK(s->ops->timer_put(s, &b));
    commit(s);
    CHECK_OK(s->ops->timer_first(s, TIMER_EVENT, &due, &found));
    CHECK(found);
    CHECK_INT(due, 7);
    check_due(s, TIMER_EVENT, "7 a 1;");
    check_due(s, TIMER_WALL, "5 b 0;");
    begin(s);
    a.clock = TIMER_WALL;
    CHECK_OK(s->ops->timer_put(s, &a));
    commit(s);
    CHECK_OK(s->ops->timer_first(s, TIMER_EVENT, &due, &found));
    CHECK(!found);
    check_due(s, TIMER_WALL, "5 b 0;7 a 0;");
    s->ops->close(s);
}

/* ---- the journal */

static void on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                       struct bytes outputs) {
    buf_print(context, "%lld %lld %.*s %.*s;", (long long)id, (long long)at_ms, (int)inputs.len,
              (const char *)inputs.data, (int)outputs.len, (const char *)outputs.data);
}

static void check_journal(struct store *s, int64_t from, size_t max, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->journal_each(s, from, max, on_journal, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void journal(struct store *s, int64_t at_ms) {
    CHECK_OK(s->ops->journal_add(s, at_ms, bytes_text("[]"), bytes_text("out")));
}

TEST(the_journal_is_read_in_pieces_and_cut_up_to_its_newest_row) {
    struct store *s = given_store();
    begin(s);
    for (int64_t n = 1; n <= 4; n++)
        journal(s, n * 10);
    commit(s);
    check_journal(s, 0, 2, "1 10 [] out;2 20 [] out;");
    check_journal(s, 3, 9, "3 30 [] out;4 40 [] out;");
    begin(s);
    CHECK_OK(s->ops->journal_cut(s, 2));
    commit(s);
    check_journal(s, 0, 9, "3 30 [] out;4 40 [] out;");
    begin(s);
    CHECK_OK(s->ops->journal_cut(s, INT64_MAX));
    commit(s);
    s->ops->close(s);
    s = given_store();
    begin(s);
    journal(s, 50);
    commit(s);
    check_journal(s, 0, 9, "4 40 [] out;5 50 [] out;");
    s->ops->close(s);
}

/* ---- rows and copies */

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    buf_print(context, "%.*s/%.*s=%lld,%zu;", (int)key.len, (const char *)key.data, (int)sub.len,
              (const char *)sub.data, (long long)values[0].integer, count);
}

static void check_rows(struct store *s, size_t table, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->table_each(s, table, on_row, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

TEST(the_owner_visits_every_row_also_the_uncommitted) {
    struct store *s = given_store();
    begin(s);
    account_put(s, "b", 1);
    account_put(s, "a", 2);
    entry_add(s, 1, "z", 5);
    entry_add(s, 2, "y", 6);
    check_rows(s, ACCOUNT, "a/=2,3;b/=1,3;");
    check_rows(s, ENTRY, "z/1=5,2;y/2=6,2;");
    s->ops->rollback(s);
    check_rows(s, ACCOUNT, "");
    s->ops->close(s);
}

static void check_copy(const char *path, int64_t n) {
    sqlite3 *db;
    sqlite3_stmt *q;
    CHECK_INT(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, pages_vfs),
              SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db,
                                 "SELECT balance = (SELECT max(id) FROM journal), balance,"
                                 " (SELECT seq FROM sqlite_sequence WHERE name = 'outbox')"
                                 " FROM account",
                                 -1, &q, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_step(q), SQLITE_ROW);
    CHECK_INT(sqlite3_column_int64(q, 0), 1);
    CHECK_INT(sqlite3_column_int64(q, 1), n);
    CHECK_INT(sqlite3_column_int64(q, 2), n);
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(db);
}

TEST(a_snapshot_is_as_of_the_last_commit_while_the_owner_writes) {
    struct store_options options = options_in(test_dir());
    struct store *s = given_store();
    struct stat st;
    begin(s);
    group_put(s, 1);
    commit(s);
    begin(s);
    group_put(s, 2);
    char *path = text_format("%s/copy", test_dir());
    CHECK_OK(sqlite_store_kind.snapshot(&options, path));
    check_copy(path, 1);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    commit(s);
    CHECK_OK(sqlite_store_kind.snapshot(&options, path)); /* replaces the first */
    check_copy(path, 2);
    begin(s);
    group_put(s, 3); /* the owner did not lose its file */
    commit(s);
    check_group(s, 3);
    s->ops->close(s);
    free(path);
}

TEST(a_snapshot_of_nothing_or_into_nowhere_is_refused) {
    struct store_options options = options_in(test_dir());
    char *path = text_format("%s/no/where", test_dir());
    CHECK_ERROR(sqlite_store_kind.snapshot(&options, path), E_not_found);
    CHECK_STORY("this task has no store yet");
    struct store *s = given_store();
    CHECK_ERROR(sqlite_store_kind.snapshot(&options, path), E_not_found);
    CHECK_STORY("no/where.part");
    CHECK_STORY("while copying");
    s->ops->close(s);
    free(path);
}
