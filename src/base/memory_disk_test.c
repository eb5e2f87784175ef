/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The disk in memory loses exactly what it may lose. */
#include "base/memory_disk.h"
#include "base/test.h"

#include <string.h>

static struct file *open_file(struct disk *d, const char *path) {
    struct file *f;
    CHECK_OK(disk_open(d, path, DISK_CREATE, &f));
    return f;
}

static void put(struct file *f, int64_t position, const char *text) {
    CHECK_OK(disk_write_at(f, position, bytes_text(text)));
}

static const char *content(struct disk *d, const char *path) {
    static struct buf b;
    buf_clear(&b);
    CHECK_OK(disk_read_whole(d, path, 1 << 20, &b));
    return buf_text(&b);
}

static struct disk *disk_with_dir(void) {
    struct disk *d = memory_disk_create();
    CHECK_OK(disk_make_dir(d, "a/b"));
    CHECK_OK(disk_sync_dir(d, "."));
    CHECK_OK(disk_sync_dir(d, "a"));
    return d;
}

TEST(what_was_synced_survives_every_crash_and_the_rest_some) {
    int kept = 0, lost = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct disk *d = disk_with_dir();
        struct file *f = open_file(d, "a/b/file");
        put(f, 0, "synced");
        CHECK_OK(disk_sync(f));
        CHECK_OK(disk_sync_dir(d, "a/b"));
        put(f, 6, " and not");
        disk_close(f);
        memory_disk_crash(d, seed);
        const char *got = content(d, "a/b/file");
        CHECK(strncmp(got, "synced", 6) == 0);
        kept += strcmp(got, "synced and not") == 0;
        lost += strcmp(got, "synced") == 0;
        memory_disk_destroy(d);
    }
    CHECK_INT(kept + lost, 200);
    CHECK(kept > 20);
    CHECK(lost > 20);
}

TEST(a_long_write_is_torn_at_sectors_in_any_order) {
    int holes = 0;
    for (uint64_t seed = 0; seed < 800; seed++) {
        struct disk *d = disk_with_dir();
        struct file *f = open_file(d, "a/file");
        char text[2049];
        memset(text, 'x', sizeof(text));
        text[2048] = 0;
        CHECK_OK(disk_sync_dir(d, "a"));
        CHECK_OK(disk_truncate(f, 2048));
        CHECK_OK(disk_sync(f));
        put(f, 0, text);
        disk_close(f);
        memory_disk_crash(d, seed);
        struct buf b = { 0 };
        CHECK_OK(disk_read_whole(d, "a/file", 4096, &b));
        CHECK_INT((long long)b.len, 2048);
        for (int sector = 0; sector < 4; sector++)
            CHECK_INT(b.data[sector * 512], b.data[sector * 512 + 511]);
        holes += !b.data[0] && b.data[2047];
        buf_finish(&b);
        memory_disk_destroy(d);
    }
    CHECK(holes > 5);
}

TEST(a_name_is_durable_only_after_its_directory_is_synced) {
    int there = 0;
    bool exists;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct disk *d = disk_with_dir();
        struct file *f = open_file(d, "a/b/file");
        CHECK_OK(disk_sync(f));
        disk_close(f);
        memory_disk_crash(d, seed);
        CHECK_OK(disk_exists(d, "a/b/file", &exists));
        there += exists;
        memory_disk_destroy(d);
    }
    CHECK(there > 10);
    CHECK(there < 90);
}

TEST(a_replaced_file_is_old_or_new_after_a_crash_at_any_operation) {
    int64_t count = 100;
    for (int64_t nth = 0; nth < count; nth++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct disk *d = disk_with_dir();
            CHECK_OK(disk_replace(d, "a/file", bytes_text("old")));
            int64_t before = memory_disk_operations(d);
            memory_disk_power_off_after(d, before + nth);
            enum error e = disk_replace(d, "a/file", bytes_text("new"));
            count = e ? count : memory_disk_operations(d) - before;
            memory_disk_crash(d, seed);
            const char *got = content(d, "a/file");
            CHECK(strcmp(got, "new") == 0 || (e && strcmp(got, "old") == 0));
            memory_disk_destroy(d);
        }
    CHECK_INT(count, 5);
}

TEST(a_failed_sync_loses_its_bytes_though_the_next_one_succeeds) {
    struct disk *d = disk_with_dir();
    struct file *f = open_file(d, "a/file");
    CHECK_OK(disk_sync_dir(d, "a"));
    memory_disk_fail(d, &(struct memory_disk_fault){ MEMORY_DISK_SYNC, NULL, 1, E_io, false });
    put(f, 0, "text");
    CHECK_ERROR(disk_sync(f), E_io);
    CHECK_STORY("a/file: an injected fault");
    CHECK_OK(disk_sync(f));
    disk_close(f);
    CHECK_TEXT(content(d, "a/file"), "text");
    memory_disk_crash(d, 1);
    CHECK_TEXT(content(d, "a/file"), "");
    memory_disk_destroy(d);
}

TEST(faults_count_down_and_last_when_told) {
    struct disk *d = disk_with_dir();
    struct file *f = open_file(d, "a/file");
    memory_disk_fail(
        d, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, "file", 2, E_disk_full, true });
    put(f, 0, "1");
    CHECK_ERROR(disk_write_at(f, 1, bytes_text("2")), E_disk_full);
    CHECK_ERROR(disk_write_at(f, 1, bytes_text("2")), E_disk_full);
    memory_disk_fail(d, NULL);
    memory_disk_limit(d, 3);
    put(f, 1, "23");
    CHECK_ERROR(disk_write_at(f, 3, bytes_text("4")), E_disk_full);
    put(f, 0, "abc");
    disk_close(f);
    memory_disk_destroy(d);
}

TEST(a_copy_crashes_alone) {
    struct disk *d = disk_with_dir();
    struct file *f = open_file(d, "a/file");
    put(f, 0, "text");
    disk_close(f);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct disk *copy = memory_disk_copy(d);
        memory_disk_crash(copy, seed);
        memory_disk_destroy(copy);
    }
    CHECK_TEXT(content(d, "a/file"), "text");
    memory_disk_destroy(d);
}

TEST(a_whole_file_is_read_only_up_to_the_bound) {
    struct disk *d = disk_with_dir();
    struct buf b = { 0 };
    CHECK_OK(disk_replace(d, "a/file", bytes_text("four")));
    CHECK_OK(disk_read_whole(d, "a/file", 4, &b));
    CHECK_TEXT(buf_text(&b), "four");
    buf_clear(&b);
    CHECK_ERROR(disk_read_whole(d, "a/file", 3, &b), E_too_large);
    CHECK_STORY("a/file: 4 bytes, at most 3");
    CHECK_INT((long long)b.len, 0);
    buf_finish(&b);
    memory_disk_destroy(d);
}
