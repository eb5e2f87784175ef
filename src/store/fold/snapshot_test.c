/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every way in which a snapshot can be damaged, lost or somebody else's. */
#include "fold_fixture.h"

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
    buf_clear(&more); /* the page is 8 bytes, the row; u64 rows, u32 pages, u32 length before it */
    size_t rows_at = none.len - 4 - 8;
    size_t page_at = rows_at + 8 + 4 + 4, row_len = one.len - page_at - 8;
    buf_put_bytes(&more, buf_bytes(&one));
    buf_put_bytes(&more, bytes_part(buf_bytes(&one), page_at + 8, row_len));
    more.data[rows_at + 7] = 2;
    more.data[page_at - 1] = (uint8_t)(8 + 2 * row_len);
    fold_snapshot_close(&more);
    content_set(disk, buf_bytes(&more));
    CHECK_ERROR(open_fails(disk, &options), E_corrupt);
    CHECK_STORY("has bad rows, or one twice");
    one.data[rows_at + 7] = 2;
    fold_snapshot_close(&one);
    content_set(disk, buf_bytes(&one));
    CHECK_ERROR(open_fails(disk, &options), E_corrupt);
    CHECK_STORY("another number of rows than it says");
    buf_finish(&none);
    buf_finish(&one);
    buf_finish(&more);
    memory_disk_destroy(disk);
}

/* Without its rows, which stand at its end. */
static void put_old_row(struct buf *out, const char *key, uint8_t kind) {
    uint32_t id_len = 2 + 4 + (uint32_t)strlen(key) + 4;
    buf_put_be32(out, id_len + (kind ? 9 : 1) + 8);
    buf_put_be32(out, id_len);
    buf_put_be16(out, ACCOUNT);
    buf_put_be32(out, (uint32_t)strlen(key));
    buf_put_text(out, key);
    buf_put_be32(out, 0);
    buf_put_byte(out, kind);
    if (kind)
        buf_put_be64(out, 7);
    buf_put_byte(out, 2);
    buf_put_be32(out, 3);
    buf_put_text(out, "Ada");
}

static struct disk *given_old_snapshot(const char *second, uint8_t kind) {
    struct disk *disk = memory_disk_create();
    struct buf content = content_of(disk, 0);
    content.len -= 8 + 4;
    content.data[11] = 1; /* the format */
    buf_put_be64(&content, 2);
    put_old_row(&content, "a", 1);
    put_old_row(&content, second, kind);
    fold_snapshot_close(&content);
    content_set(disk, buf_bytes(&content));
    buf_finish(&content);
    return disk;
}

TEST(a_snapshot_of_the_format_before_is_read_and_doubted_as_any) {
    struct disk *disk = given_old_snapshot("b", 0);
    struct store_options options = options_now();
    struct store *s = opened(disk);
    check_rows(s, ACCOUNT, "a/=7 Ada;b/=0 Ada;");
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    s = opened(disk);
    check_rows(s, ACCOUNT, "a/=7 Ada;b/=0 Ada;");
    s->ops->close(s);
    memory_disk_destroy(disk);
    disk = given_old_snapshot("a", 1);
    CHECK_ERROR(open_fails(disk, &options), E_corrupt); /* a row twice */
    memory_disk_destroy(disk);
    disk = given_old_snapshot("b", 2);
    CHECK_ERROR(open_fails(disk, &options), E_corrupt); /* a text where an int is declared */
    CHECK_STORY("has bad rows");
    memory_disk_destroy(disk);
}

TEST(rows_over_their_memory_stop_the_fold_and_its_snapshot_stays) {
    struct disk *disk = given_snapshot(2);
    struct store_options options = options_now();
    struct store *s = NULL;
    struct value values[2] = { { .kind = VALUE_NULL }, { .kind = VALUE_NULL } };
    enum error e = E_ok;
    char key[16];
    options.memory_max = 1 << 20;
    CHECK_OK(fold_open_on(disk, &s, &options));
    for (int i = 0; i < 200000 && !e; i++) {
        e = s->ops->begin(s);
        if (e)
            break;
        (void)snprintf(key, sizeof(key), "k%d", i);
        CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text(key), bytes_text(""), values));
        CHECK_OK(s->ops->commit(s));
    }
    CHECK_ERROR(e, E_config);
    CHECK_STORY("the rows of counter take 1 MB, its memory_max is 1");
    CHECK_STORY("try: raise memory_max");
    CHECK(fold_sizes(s).bytes < 2 << 20);
    CHECK_ERROR(s->ops->begin(s), E_config); /* and from then on every one */
    s->ops->close(s);
    s = opened(disk);
    CHECK_INT(group_found(s), 2);
    s->ops->close(s);
    memory_disk_destroy(disk);
}

/* More rows than are copied at once, changed while they are copied. */
TEST(a_snapshot_is_copied_in_pieces_and_is_of_the_moment_when_it_was_begun) {
    enum { ROWS = 60000 };
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    struct buf found = { 0 };
    char key[16];
    bool done = false, copied = false;
    CHECK_OK(s->ops->begin(s));
    for (int i = 0; i < ROWS; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        put(s, key, "", 1,
            "a text that makes a row longer than forty bytes, so that many pages are");
    }
    CHECK_OK(s->ops->commit(s));
    CHECK_OK(s->ops->save(s));
    for (int i = ROWS - 1; !done; i -= 97) {
        copied = copied || !s->ops->save_goes_on(s);
        CHECK_OK(s->ops->begin(s));
        (void)snprintf(key, sizeof(key), "%d", i > 0 ? i : 0);
        put(s, key, "", 2, i % 2 ? "shorter" : NULL);
        CHECK_OK(s->ops->commit(s));
        CHECK_OK(s->ops->saved(s, copied, &done));
    }
    CHECK(copied && !s->ops->save_goes_on(s));
    s->ops->close(s);
    s = opened(disk);
    CHECK_OK(s->ops->table_each(s, ACCOUNT, on_row, &found));
    CHECK(fold_sizes(s).rows == ROWS);
    CHECK(!strstr(buf_text(&found), "=2"));
    buf_finish(&found);
    s->ops->close(s);
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
