/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold's store: what it holds, and what a snapshot keeps. */
#include "fold_fixture.h"

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
