/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold's store: what it holds, what a snapshot keeps, and every way in which a snapshot can be
 * damaged, lost or somebody else's. */
#include "base/memory_disk.h"
#include "base/test.h"
#include "fold_inside.h"
#include "fold_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column columns[] = { { "balance", COLUMN_INT }, { "owner", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, columns, 2, false, 0 },
                                             { "total", false, columns, 1, false, 0 },
                                             { "later", false, columns, 2, false, 0 } };
enum { ACCOUNT, TOTAL };
#define FILE_PATH "store/shop.counter.1.3.fold"

static struct store_options options_now(void) {
    return (struct store_options){ .url = "fold:store",
                                   .system = "shop",
                                   .service = "counter",
                                   .generation = 1,
                                   .task = 3,
                                   .tables = tables,
                                   .table_count = 2,
                                   .reads = "moves/8",
                                   .code = "test" };
}

static struct store *opened(struct disk *disk) {
    struct store_options options = options_now();
    struct store *s = NULL;
    CHECK_OK(fold_open_on(disk, &s, &options));
    return s;
}

static enum error open_fails(struct disk *disk, const struct store_options *options) {
    struct store *s = NULL;
    enum error e = fold_open_on(disk, &s, options);
    CHECK(s == NULL);
    return e;
}

static void put(struct store *s, const char *key, const char *sub, int64_t balance,
                const char *owner) {
    struct value values[2] = { { .kind = VALUE_INT, .integer = balance }, { .kind = VALUE_NULL } };
    if (owner)
        values[1] = (struct value){ .kind = VALUE_TEXT, .text = bytes_text(owner) };
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text(key), bytes_text(sub), values));
}

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    buf_print(context, "%.*s/%.*s=%lld", (int)key.len, (const char *)key.data, (int)sub.len,
              (const char *)sub.data, (long long)values[0].integer);
    if (count > 1 && values[1].kind == VALUE_TEXT)
        buf_print(context, " %.*s", (int)values[1].text.len, (const char *)values[1].text.data);
    buf_put_byte(context, ';');
}

static void check_rows(struct store *s, size_t table, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->table_each(s, table, on_row, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void on_number(void *context, struct bytes lane, int64_t number) {
    CHECK(lane.len > 0);
    *(int64_t *)context = number;
}

/* Something in every part of the store, that group n says of itself. */
static void group_put(struct store *s, int64_t n) {
    struct position p = { n, n - 1, UINT64_MAX - (uint64_t)n, "cluster", n * 10 };
    struct timer_row t = { n, bytes_text("day"), bytes_text("k"), TIMER_EVENT };
    int64_t id;
    char fact[24];
    (void)snprintf(fact, sizeof(fact), "%lld", (long long)n);
    put(s, "k", "", n, "Ada");
    put(s, fact, "s", n, NULL);
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 3, &p));
    CHECK_OK(s->ops->lane_in_put(s, bytes_text("in"), n));
    CHECK_OK(s->ops->lane_out_put(s, bytes_text("out"), n));
    CHECK_OK(s->ops->outbox_add(s, bytes_text("packed"), &id));
    CHECK_INT(id, n);
    CHECK_OK(s->ops->outbox_delete_through(s, id));
    CHECK_OK(s->ops->timer_put(s, &t));
    CHECK_OK(s->ops->fact_put(s, "event_time", bytes_text(fact)));
}

static void group_commit(struct store *s, int64_t n) {
    CHECK_OK(s->ops->begin(s));
    group_put(s, n);
    CHECK_OK(s->ops->commit(s));
}

/* The number of the last group, by every part of the store; 0: none. */
static int64_t group_found(struct store *s) {
    struct position p = { 0 };
    int64_t in = 0, out = 0, due = 0;
    bool found;
    struct buf fact = { 0 };
    CHECK_OK(s->ops->position_get(s, bytes_text("moves"), 3, &p, &found));
    CHECK_OK(s->ops->lane_in_each(s, on_number, &in));
    CHECK_OK(s->ops->lane_out_each(s, on_number, &out));
    CHECK_OK(s->ops->timer_first(s, TIMER_EVENT, &due, &found));
    CHECK_OK(s->ops->fact_get(s, "event_time", &fact, &found));
    CHECK_INT(in, p.next_offset);
    CHECK_INT(out, p.next_offset);
    CHECK_INT(due, p.next_offset);
    CHECK_INT(found ? strtol(buf_text(&fact), NULL, 10) : 0, p.next_offset);
    CHECK_TEXT(p.cluster_id, in ? "cluster" : "");
    CHECK_INT(p.event_ms, in * 10);
    buf_finish(&fact);
    struct value values[2] = { { 0 } };
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text(""), values, &found));
    CHECK_INT(values[0].integer, in);
    CHECK_INT((long long)fold_sizes(s).rows, in ? in + 1 : 0);
    return in;
}

static enum error save_whole(struct store *s) {
    bool done;
    enum error e = s->ops->save(s);
    return e ? e : s->ops->saved(s, true, &done);
}

static struct disk *given_snapshot(int64_t groups) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    for (int64_t n = 1; n <= groups; n++)
        group_commit(s, n);
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    return disk;
}

TEST(a_snapshot_keeps_every_part_as_of_one_moment) {
    struct disk *disk = given_snapshot(3);
    struct store *s = opened(disk);
    CHECK_INT(group_found(s), 3);
    check_rows(s, ACCOUNT, "1/s=1;2/s=2;3/s=3;k/=3 Ada;");
    group_commit(s, 4); /* the outbox's ids go on */
    CHECK_INT(group_found(s), 4);
    s->ops->close(s);
    s = opened(disk); /* without a save it is gone */
    CHECK_INT(group_found(s), 3);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

static void on_position(void *context, struct bytes topic, int32_t partition,
                        const struct position *p) {
    buf_print(context, "%.*s/%d %lld;", (int)topic.len, (const char *)topic.data, partition,
              (long long)p->next_offset);
}

TEST(positions_are_visited_in_order) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    struct position p = { .next_offset = 5 };
    struct buf out = { 0 };
    CHECK_OK(s->ops->begin(s));
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 10, &p));
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 2, &p));
    CHECK_OK(s->ops->position_put(s, bytes_text("a"), 3, &p));
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->position_each(s, on_position, &out));
    CHECK_TEXT(buf_text(&out), "a/3 5;moves/2 5;moves/10 5;");
    buf_finish(&out);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(a_fold_without_a_snapshot_is_empty) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    CHECK_INT(group_found(s), 0);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

/* Against a plain array: probing, growing and moving back are seen by lookups that go wrong. */
TEST(rows_are_found_after_any_order_of_puts_and_deletes) {
    enum { KEYS = 300 };
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    int64_t model[KEYS] = { 0 };
    uint64_t seed = test_seed(), count = 0;
    for (int i = 0; i < 30000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (seed >> 33) % KEYS;
        char key[16];
        (void)snprintf(key, sizeof(key), "k%zu", at);
        CHECK_OK(s->ops->begin(s));
        if (seed >> 62) {
            put(s, key, "", i + 1, i % 3 ? "a" : "longer owner");
            model[at] = i + 1;
        } else {
            CHECK_OK(s->ops->row_delete(s, ACCOUNT, bytes_text(key), bytes_text("")));
            model[at] = 0;
        }
        CHECK_OK(s->ops->commit(s));
    }
    for (size_t i = 0; i < KEYS; i++) {
        char key[16];
        struct value values[2];
        bool found;
        (void)snprintf(key, sizeof(key), "k%zu", i);
        CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text(key), bytes_text(""), values, &found));
        CHECK_INT(found ? values[0].integer : 0, model[i]);
        count += found;
    }
    CHECK(fold_sizes(s).rows == count);
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    s = opened(disk);
    CHECK(fold_sizes(s).rows == count);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(keys_subs_and_tables_are_kept_apart) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    struct value total = { .kind = VALUE_INT, .integer = 9 };
    CHECK_OK(s->ops->begin(s));
    put(s, "ab", "", 1, NULL);
    put(s, "a", "b", 2, NULL);
    put(s, "", "ab", 3, NULL);
    CHECK_OK(s->ops->row_put(s, TOTAL, bytes_text("a"), bytes_text("b"), &total));
    CHECK_OK(s->ops->commit(s));
    check_rows(s, ACCOUNT, "/ab=3;a/b=2;ab/=1;");
    check_rows(s, TOTAL, "a/b=9;");
    s->ops->close(s);
    memory_disk_destroy(disk);
}

static void on_timer(void *context, const struct timer_row *t) {
    buf_print(context, "%lld %.*s %.*s;", (long long)t->due_ms, (int)t->name.len,
              (const char *)t->name.data, (int)t->key.len, (const char *)t->key.data);
}

static void check_due(struct store *s, int64_t now_ms, size_t max, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->timer_due(s, TIMER_EVENT, now_ms, max, on_timer, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static void timer_set(struct store *s, int64_t due_ms, const char *name, const char *key) {
    struct timer_row t = { due_ms, bytes_text(name), bytes_text(key), TIMER_EVENT };
    CHECK_OK(s->ops->timer_put(s, &t));
}

TEST(timers_of_event_time_are_due_in_order_moved_and_taken_out) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    CHECK_OK(s->ops->begin(s));
    for (int i = 0; i < 100; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        timer_set(s, 1000 - i * 7 % 100, "x", key);
    }
    for (int i = 0; i < 97; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        CHECK_OK(s->ops->timer_delete(s, bytes_text("x"), bytes_text(key)));
    }
    timer_set(s, 20, "b", "l");
    timer_set(s, 20, "a", "z");
    timer_set(s, 30, "b", "k");
    timer_set(s, 20, "b", "k"); /* moves it */
    CHECK_OK(s->ops->commit(s));
    check_due(s, 19, 10, "");
    check_due(s, 20, 2, "20 a z;20 b k;");
    check_due(s, 999, 10, "20 a z;20 b k;20 b l;907 x 99;914 x 98;921 x 97;");
    check_due(s, 999, 10, "20 a z;20 b k;20 b l;907 x 99;914 x 98;921 x 97;");
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    s = opened(disk);
    check_due(s, 999, 3, "20 a z;20 b k;20 b l;");
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(what_a_fold_does_not_have_is_refused_and_reads_as_empty) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    struct timer_row wall = { 1, bytes_text("n"), bytes_text("k"), TIMER_WALL };
    struct parked_row parked = { 0 };
    struct effect_row effect = { 0 };
    int64_t number;
    bool found;
    CHECK_OK(s->ops->begin(s));
    CHECK_ERROR(s->ops->journal_add(s, 1, bytes_text("[]"), bytes_text("")), E_config);
    CHECK_STORY("shop.counter.1.3.fold: a fold has no journal");
    CHECK_STORY("try: declare the service with `state: rows`");
    CHECK_ERROR(s->ops->park_add(s, &parked, &number), E_config);
    CHECK_STORY("a fold parks nothing");
    CHECK_ERROR(s->ops->effect_add(s, &effect, &number), E_config);
    struct seen_row row = { bytes_text("a"), bytes_text("b"), 1 };
    CHECK_ERROR(s->ops->seen_put(s, &row, 1, &found), E_config);
    CHECK_ERROR(s->ops->seen_each(s, 1, NULL, NULL), E_config);
    CHECK_ERROR(s->ops->fact_each(s, NULL, NULL), E_config);
    CHECK_ERROR(s->ops->timer_put(s, &wall), E_config);
    CHECK_STORY("try: octavo_timer_set_event_time");
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->park_sums(s, NULL, NULL));
    CHECK_OK(s->ops->effect_each(s, 0, 10, NULL, NULL));
    CHECK_OK(s->ops->timer_first(s, TIMER_WALL, &number, &found));
    CHECK(!found);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(a_group_dropped_half_done_ends_the_fold) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    CHECK_OK(s->ops->begin(s));
    s->ops->rollback(s); /* it only read */
    group_commit(s, 1);
    CHECK_OK(s->ops->begin(s));
    put(s, "k", "", 2, NULL);
    s->ops->rollback(s);
    CHECK_ERROR(s->ops->begin(s), E_io);
    CHECK_STORY("a group was dropped half done");
    CHECK_ERROR(s->ops->save(s), E_io);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

/* ---- damage */

static void content_get(struct disk *disk, struct buf *out) {
    buf_clear(out);
    CHECK_OK(disk_read_whole(disk, FILE_PATH, 1 << 20, out));
}

static void content_set(struct disk *disk, struct bytes content) {
    struct file *f;
    CHECK_OK(disk_open(disk, FILE_PATH, DISK_CREATE_EMPTY, &f));
    CHECK_OK(disk_write_at(f, 0, content));
    disk_close(f);
}

TEST(a_snapshot_cut_anywhere_is_refused) {
    struct disk *disk = given_snapshot(2);
    struct store_options options = options_now();
    struct buf content = { 0 };
    content_get(disk, &content);
    for (size_t len = 0; len < content.len; len++) {
        content_set(disk, bytes_of(content.data, len));
        CHECK_ERROR(open_fails(disk, &options), E_corrupt);
        CHECK_STORY("while reading the snapshot " FILE_PATH);
        CHECK_STORY("try: put a copy of it there");
    }
    buf_put_byte(&content, 0); /* and a byte too many */
    content_set(disk, buf_bytes(&content));
    CHECK_ERROR(open_fails(disk, &options), E_corrupt);
    CHECK_STORY("is torn");
    buf_finish(&content);
    memory_disk_destroy(disk);
}

/* As of so many rows, without its checksum. */
static struct buf content_of(struct disk *disk, int rows) {
    struct buf content = { 0 };
    struct store *s = opened(disk);
    CHECK_OK(s->ops->begin(s));
    if (rows)
        put(s, "k", "", 1, "Ada");
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    content_get(disk, &content);
    content.len -= 32;
    return content;
}

/* With a checksum that is right: only what the rows say gives it away. */
TEST(a_snapshot_with_a_row_twice_or_something_behind_its_rows_is_refused) {
    struct disk *disk = memory_disk_create();
    struct store_options options = options_now();
    struct buf none = content_of(disk, 0), one = content_of(disk, 1), more = { 0 };
    buf_put_bytes(&more, buf_bytes(&one));
    buf_put_byte(&more, 0);
    fold_snapshot_close(&more);
    content_set(disk, buf_bytes(&more));
    CHECK_ERROR(open_fails(disk, &options), E_corrupt);
    CHECK_STORY("has something behind its rows");
    one.data[none.len - 1] = 2; /* the count of rows */
    buf_clear(&more);
    buf_put_bytes(&more, buf_bytes(&one));
    buf_put_bytes(&more, bytes_part(buf_bytes(&one), none.len, one.len - none.len));
    fold_snapshot_close(&more);
    content_set(disk, buf_bytes(&more));
    CHECK_ERROR(open_fails(disk, &options), E_corrupt);
    CHECK_STORY("has a row twice");
    buf_finish(&none);
    buf_finish(&one);
    buf_finish(&more);
    memory_disk_destroy(disk);
}

TEST(a_snapshot_with_any_bit_flipped_is_refused) {
    struct disk *disk = given_snapshot(2);
    struct store_options options = options_now();
    struct buf content = { 0 };
    content_get(disk, &content);
    for (size_t i = 0; i < content.len; i++) {
        memory_disk_flip(disk, FILE_PATH, (int64_t)i, (uint8_t)(1 << i % 8));
        CHECK_ERROR(open_fails(disk, &options), E_corrupt);
        memory_disk_flip(disk, FILE_PATH, (int64_t)i, (uint8_t)(1 << i % 8));
    }
    struct store *s = opened(disk);
    CHECK_INT(group_found(s), 2);
    s->ops->close(s);
    buf_finish(&content);
    memory_disk_destroy(disk);
}

static void check_foreign(struct disk *disk, const struct store_options *options,
                          const char *story) {
    struct buf content = { 0 };
    char *path = text_format("store/%s.%s.%d.%d.fold", options->system, options->service,
                             options->generation, options->task);
    CHECK_OK(disk_read_whole(disk, FILE_PATH, 1 << 20, &content));
    CHECK_OK(disk_replace(disk, path, buf_bytes(&content)));
    CHECK_ERROR(open_fails(disk, options), E_diverged);
    CHECK_STORY(story);
    CHECK_STORY("raise `generation`");
    buf_finish(&content);
    free(path);
}

TEST(a_snapshot_of_another_fold_is_refused) {
    struct disk *disk = given_snapshot(2);
    struct store_options options = options_now();
    options.reads = "moves/4";
    check_foreign(disk, &options, "a fold that reads \"moves/8\", this is \"moves/4\"");
    options = options_now();
    options.service = "other";
    check_foreign(disk, &options, "service \"counter\", this is \"other\"");
    options = options_now();
    options.system = "other";
    check_foreign(disk, &options, "system \"shop\"");
    options = options_now();
    options.task = 4;
    check_foreign(disk, &options, "another generation or task");
    options = options_now();
    options.generation = 2;
    check_foreign(disk, &options, "another generation or task");
    options = options_now();
    options.code = "newer"; /* is for people */
    struct store *s = NULL;
    CHECK_OK(fold_open_on(disk, &s, &options));
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(other_columns_are_refused_and_a_table_more_is_not) {
    static const struct column text[] = { { "balance", COLUMN_TEXT }, { "owner", COLUMN_TEXT } };
    static const struct store_table changed[] = { { "account", false, text, 2, false, 0 },
                                                  { "total", false, columns, 1, false, 0 } };
    static const struct store_table moved[] = { { "later", false, columns, 2, false, 0 },
                                                { "total", false, columns, 1, false, 0 },
                                                { "account", false, columns, 2, false, 0 } };
    struct disk *disk = given_snapshot(2);
    struct store_options options = options_now();
    struct store *s = NULL;
    options.tables = changed;
    CHECK_ERROR(open_fails(disk, &options), E_config);
    CHECK_STORY("the snapshot has table account, which is declared with other columns");
    options.table_count = 0;
    CHECK_ERROR(open_fails(disk, &options), E_config);
    options.tables = moved;
    options.table_count = 3;
    CHECK_OK(fold_open_on(disk, &s, &options));
    check_rows(s, 2, "1/s=1;2/s=2;k/=2 Ada;");
    check_rows(s, 0, "");
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    CHECK_OK(fold_open_on(disk, &s, &options));
    check_rows(s, 2, "1/s=1;2/s=2;k/=2 Ada;");
    s->ops->close(s);
    memory_disk_destroy(disk);
}

/* Two snapshots, and the power goes at every operation of the second. */
static void power_cut(int64_t operations, uint64_t seed, bool *cut) {
    struct disk *disk = given_snapshot(2); /* in a directory that is new */
    struct store *s = opened(disk);
    group_commit(s, 3);
    memory_disk_power_off_after(disk, memory_disk_operations(disk) + operations);
    enum error e = save_whole(s);
    *cut = e != E_ok;
    s->ops->close(s);
    memory_disk_crash(disk, seed);
    s = opened(disk);
    int64_t found = group_found(s);
    CHECK(found == 3 || (found == 2 && e));
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(a_power_cut_leaves_the_old_snapshot_or_the_new_one_whole) {
    uint64_t seed = test_seed();
    bool cut = true;
    for (int64_t operations = 0; cut; operations++)
        for (int round = 0; round < 40; round++)
            power_cut(operations, seed += 0x9e3779b97f4a7c15u, &cut);
}

TEST(a_failed_write_is_told_by_saved_and_the_old_snapshot_stays) {
    struct disk *disk = given_snapshot(2);
    struct store *s = opened(disk);
    group_commit(s, 3);
    struct memory_disk_fault fault = { MEMORY_DISK_SYNC, "fold", 1, E_io, false };
    memory_disk_fail(disk, &fault);
    CHECK_ERROR(save_whole(s), E_io);
    CHECK_STORY("while writing the snapshot " FILE_PATH);
    memory_disk_fail(disk, NULL);
    s->ops->close(s);
    s = opened(disk);
    CHECK_INT(group_found(s), 2);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

TEST(one_snapshot_is_written_at_a_time_and_the_fold_goes_on_meanwhile) {
    struct disk *disk = given_snapshot(1);
    struct store *s = opened(disk);
    bool done;
    CHECK_OK(s->ops->saved(s, true, &done));
    CHECK(done);
    CHECK_OK(s->ops->save(s));
    CHECK_ERROR(s->ops->save(s), E_busy);
    group_commit(s, 2); /* is not in it */
    CHECK_OK(s->ops->saved(s, true, &done));
    CHECK(fold_sizes(s).snapshot_bytes > 100);
    s->ops->close(s);
    s = opened(disk);
    CHECK_INT(group_found(s), 1);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

/* ---- on the real disk */

static struct store_options options_real(void) {
    static char url[128];
    struct store_options options = options_now();
    (void)snprintf(url, sizeof(url), "fold:%s/deep", test_dir());
    options.url = url;
    return options;
}

TEST(a_second_owner_is_refused_and_a_reader_sees_the_last_snapshot) {
    struct store_options options = options_real();
    struct store *s = NULL, *other = NULL;
    struct buf out = { 0 };
    CHECK_ERROR(fold_store_kind.read(&options, ACCOUNT, NULL, on_row, &out), E_not_found);
    CHECK_STORY("this task has no snapshot yet");
    CHECK_OK(fold_store_kind.open(&s, &options));
    CHECK_ERROR(fold_store_kind.open(&other, &options), E_locked);
    CHECK_STORY("while opening the fold of counter, task 3");
    group_commit(s, 1);
    CHECK_OK(save_whole(s));
    group_commit(s, 2);
    CHECK_OK(fold_store_kind.read(&options, ACCOUNT, NULL, on_row, &out));
    CHECK_TEXT(buf_text(&out), "1/s=1;k/=1 Ada;");
    buf_clear(&out);
    CHECK_OK(fold_store_kind.read(&options, ACCOUNT, "k", on_row, &out));
    CHECK_TEXT(buf_text(&out), "k/=1 Ada;");
    s->ops->close(s);
    buf_finish(&out);
}

TEST(a_url_of_another_kind_is_refused) {
    struct store_options options = options_now();
    struct disk *disk = memory_disk_create();
    options.url = "sqlite:store";
    CHECK_ERROR(open_fails(disk, &options), E_config);
    CHECK_STORY("write store: fold:DIRECTORY");
    memory_disk_destroy(disk);
}
