/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A bit that is another one: of a page, of the write-ahead file. */
#include "pages.h"

#include "store_fixture.h"

enum { PAGE = 4096, WAL_HEADER = 32, FRAME = 24 + PAGE };

static void file_read(const char *path, struct buf *out) {
    struct file *f;
    CHECK_OK(disk_open(disk_real(), path, DISK_READ, &f));
    CHECK_OK(disk_read_at(f, 0, out, 64 << 20));
    disk_close(f);
}

static void byte_put(const char *path, int64_t at, uint8_t byte) {
    struct file *f;
    CHECK_OK(disk_open(disk_real(), path, DISK_WRITE, &f));
    CHECK_OK(disk_write_at(f, at, bytes_of(&byte, 1)));
    disk_close(f);
}

static struct store *given_rows(int groups) {
    struct store *s = given_store();
    for (int i = 1; i <= groups; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "key %d", i * 7919 % 1000);
        CHECK_OK(s->ops->begin(s));
        group_put(s, i);
        account_put(s, key, i);
        CHECK_OK(s->ops->commit(s));
    }
    return s;
}

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    (void)context;
    (void)key;
    (void)sub;
    (void)values;
    (void)count;
}

/* Opened, and every table of its own read. */
static enum error whole_read(void) {
    struct store_options options = options_in(test_dir());
    struct store *s;
    TRY(sqlite_store_kind.open(&s, &options));
    enum error e = E_ok;
    for (size_t table = 0; table < options.table_count && !e; table++)
        e = s->ops->table_each(s, table, on_row, NULL);
    s->ops->close(s);
    return e;
}

/* Beyond its cache of 2 MB SQLite writes the copy's pages before its first one. */
TEST(a_copy_larger_than_the_cache_has_checksums_in_every_page) {
    struct store *s = given_rows(1);
    struct store_options options = options_in(test_dir());
    char *copy = text_format("%s/copy.db", test_dir()), *store = db_path();
    CHECK_OK(s->ops->begin(s));
    for (int i = 0; i < 20000; i++) {
        char key[120];
        (void)snprintf(key, sizeof(key), "key %d %0100d", i, i);
        account_put(s, key, i);
    }
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(sqlite_store_kind.snapshot(&options, copy));
    s->ops->close(s);
    CHECK_OK(disk_rename(disk_real(), copy, store));
    struct buf content = { 0 };
    file_read(store, &content);
    CHECK(content.len > 2 << 20);
    CHECK_INT(content.data[20], PAGES_RESERVED);
    CHECK_OK(whole_read());
    buf_finish(&content);
    free(copy);
    free(store);
}

/* Pages 1 and those of the tables that are read: every byte of them, in steps. */
TEST(a_bit_of_a_page_that_is_another_one_is_found_when_the_page_is_read) {
    struct store *s = given_rows(300);
    struct buf content = { 0 }, roots = { 0 };
    char *path = db_path();
    s->ops->close(s);
    CHECK_OK(whole_read());
    file_read(path, &content);
    CHECK_INT(content.data[20], PAGES_RESERVED);
    CHECK_INT(
        sql_do("SELECT rootpage FROM sqlite_schema WHERE name IN ('account', 'entry')", &roots),
        SQLITE_DONE);
    long pages[3] = { 1, 0, 0 };
    char *end = (char *)(uintptr_t)buf_text(&roots);
    for (int i = 1; i < 3; i++, end++)
        pages[i] = strtol(end, &end, 10);
    for (int i = 0; i < 3; i++)
        for (int64_t at = (pages[i] - 1) * PAGE + i; at < pages[i] * PAGE; at += 37) {
            if (pages[i] == 1 && at < 20)
                continue; /* SQLite knows its own name and the size of a page */
            byte_put(path, at, content.data[at] ^ (uint8_t)(1U << at % 8));
            enum error e = whole_read();
            if (e != E_corrupt)
                CHECK_INT(at, -1);
            CHECK_STORY(path);
            byte_put(path, at, content.data[at]);
        }
    CHECK_OK(whole_read());
    free(path);
    buf_finish(&roots);
    buf_finish(&content);
}

TEST(a_file_that_says_it_has_no_checksums_is_not_believed_when_it_has) {
    struct store *s = given_rows(3);
    char *path = db_path();
    s->ops->close(s);
    byte_put(path, 20, 0);
    CHECK_ERROR(whole_read(), E_corrupt);
    free(path);
}

TEST(a_file_from_before_checksums_is_read_and_written_without_them) {
    struct buf content = { 0 };
    char *path = db_path(), *dir = text_format("%s/deep/store", test_dir());
    CHECK_OK(disk_make_dir(disk_real(), dir));
    given_sql("CREATE TABLE held(a)"); /* nobody reserved anything */
    given_sql("DROP TABLE held");
    struct store *s = given_store();
    CHECK_OK(s->ops->begin(s));
    group_put(s, 1);
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
    CHECK_OK(whole_read());
    file_read(path, &content);
    CHECK_INT(content.data[20], 0);
    free(path);
    free(dir);
    buf_finish(&content);
}

/* ---- the write-ahead file of an owner that was killed */

/* A copy of the store as it is while its owner lives, in another directory. */
static char *wal_of_the_killed(int groups, struct buf *content) {
    struct store *s = given_rows(groups);
    char *path = db_path(), *wal = text_format("%s-wal", path);
    char *copy = text_format("%s/killed-wal", test_dir());
    file_read(wal, content);
    CHECK_OK(disk_replace(disk_real(), copy, buf_bytes(content)));
    s->ops->close(s);
    free(path);
    free(wal);
    return copy;
}

static enum error checked(const char *path) {
    struct file *f;
    CHECK_OK(disk_open(disk_real(), path, DISK_READ, &f));
    enum error e = wal_check(f, path);
    disk_close(f);
    return e;
}

TEST(a_bit_of_the_write_ahead_file_before_its_last_commits_is_found) {
    struct buf content = { 0 };
    char *wal = wal_of_the_killed(12, &content);
    int64_t frames = ((int64_t)content.len - WAL_HEADER) / FRAME, commits = 0, until = 0;
    CHECK_OK(checked(wal));
    for (int64_t i = frames - 1; i >= 0 && commits < 3; i--) {
        const uint8_t *size = content.data + WAL_HEADER + i * FRAME + 4;
        commits += size[0] || size[1] || size[2] || size[3];
        until = WAL_HEADER + i * FRAME;
    }
    CHECK(until > 10 * FRAME);
    for (int64_t at = 0; at < until; at += at < WAL_HEADER + 2 * FRAME ? 7 : 211) {
        byte_put(wal, at, content.data[at] ^ (uint8_t)(1U << at % 8));
        if (checked(wal) != E_corrupt)
            CHECK_INT(at, -1);
        CHECK_STORY("killed-wal: ");
        byte_put(wal, at, content.data[at]);
    }
    CHECK_OK(checked(wal));
    free(wal);
    buf_finish(&content);
}

/* Any part of the last transaction may be missing: nobody was told that it is there. */
TEST(what_a_power_cut_leaves_of_the_last_transaction_is_no_damage) {
    struct buf content = { 0 };
    char *wal = wal_of_the_killed(6, &content);
    int64_t frames = ((int64_t)content.len - WAL_HEADER) / FRAME, begin = frames - 1;
    for (const uint8_t *size; begin > 0; begin--) {
        size = content.data + WAL_HEADER + (begin - 1) * FRAME + 4;
        if (size[0] || size[1] || size[2] || size[3])
            break;
    }
    for (int64_t i = begin; i < frames; i++) {
        for (int64_t at = 0; at < FRAME; at += 512)
            byte_put(wal, WAL_HEADER + i * FRAME + at, 0x5a);
        CHECK_OK(checked(wal));
        CHECK_OK(disk_replace(disk_real(), wal, buf_bytes(&content)));
    }
    for (size_t len = 0; len < content.len; len += 509) {
        CHECK_OK(disk_replace(disk_real(), wal, bytes_of(content.data, len)));
        if (len != 0 && len < WAL_HEADER)
            continue;
        CHECK_OK(checked(wal));
    }
    free(wal);
    buf_finish(&content);
}
