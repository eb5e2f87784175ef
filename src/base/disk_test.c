/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A new file is put whole or not at all, whatever dies, and never outside its directory. */
#include "base/memory_disk.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *content(struct disk *d, const char *path) {
    static struct buf b;
    buf_clear(&b);
    CHECK_OK(disk_read_whole(d, path, 1 << 20, &b));
    return buf_text(&b);
}

static bool exists(struct disk *d, const char *path) {
    bool there;
    CHECK_OK(disk_exists(d, path, &there));
    return there;
}

static struct bytes letters(size_t count) {
    static char text[4096] = "begin";
    memset(text + 5, 'x', sizeof(text) - 5);
    return bytes_of(text, count);
}

static struct disk *beneath(void) {
    struct disk *d;
    CHECK_OK(disk_beneath(test_dir(), &d));
    return d;
}

static char *outside(const char *name) { /* beside the directory of the disk */
    return text_format("%s/%s", test_dir(), name);
}

TEST(a_new_file_is_put_once_and_the_same_again_is_no_change) {
    struct disk *disks[] = { memory_disk_create(), beneath() };
    for (size_t i = 0; i < 2; i++) {
        struct disk *d = disks[i];
        CHECK_OK(disk_put_new(d, "a/b/file", bytes_text("one")));
        CHECK_OK(disk_put_new(d, "a/b/file", bytes_text("one")));
        CHECK_ERROR(disk_put_new(d, "a/b/file", bytes_text("two")), E_exists);
        CHECK_STORY("a/b/file: a file with other content is there");
        CHECK_ERROR(disk_put_new(d, "a/b/file", bytes_text("longer")), E_exists);
        CHECK_ERROR(disk_put_new(d, "a/b/file", bytes_text("")), E_exists);
        CHECK_TEXT(content(d, "a/b/file"), "one");
        CHECK(!exists(d, "a/b/file.part"));
        CHECK_OK(disk_put_new(d, "empty", bytes_text("")));
        CHECK_OK(disk_put_new(d, "empty", bytes_text("")));
    }
    memory_disk_destroy(disks[0]);
    disk_beneath_close(disks[1]);
}

/* The power goes off after each operation in turn, and what was not synced is lost by many seeds.
 */
static void crash_after(int64_t operations, uint64_t seed) {
    struct disk *d = memory_disk_create();
    struct bytes whole = letters(1500);
    memory_disk_power_off_after(d, operations);
    enum error e = disk_put_new(d, "a/file", whole);
    memory_disk_crash(d, seed);
    if (!e || exists(d, "a/file"))
        CHECK_BYTES(bytes_text(content(d, "a/file")), whole);
    CHECK_OK(disk_put_new(d, "a/file", whole));
    memory_disk_crash(d, seed + 1);
    CHECK_BYTES(bytes_text(content(d, "a/file")), whole);
    memory_disk_destroy(d);
}

TEST(a_new_file_is_absent_or_whole_after_every_loss_of_power) {
    for (int64_t operations = 0; operations < 12; operations++)
        for (uint64_t seed = 0; seed < 200; seed += 2)
            crash_after(operations, seed);
}

TEST(what_a_dead_writer_left_half_written_is_written_anew) {
    struct disk *d = memory_disk_create();
    struct file *f;
    CHECK_OK(disk_open(d, "file.part", DISK_CREATE, &f));
    CHECK_OK(disk_write_at(f, 0, letters(4000)));
    disk_close(f);
    CHECK_OK(disk_put_new(d, "file", bytes_text("whole")));
    CHECK_TEXT(content(d, "file"), "whole");
    memory_disk_destroy(d);
}

TEST(each_operation_that_fails_leaves_no_half_file_and_the_next_try_succeeds) {
    static const enum memory_disk_op ops[] = { MEMORY_DISK_CREATE,   MEMORY_DISK_WRITE,
                                               MEMORY_DISK_SYNC,     MEMORY_DISK_RENAME,
                                               MEMORY_DISK_MAKE_DIR, MEMORY_DISK_SYNC_DIR };
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct disk *d = memory_disk_create();
        memory_disk_fail(d, &(struct memory_disk_fault){ .op = ops[i], .nth = 1, .error = E_io });
        CHECK_ERROR(disk_put_new(d, "a/file", letters(1000)), E_io);
        CHECK_OK(disk_put_new(d, "a/file", letters(1000)));
        CHECK_BYTES(bytes_text(content(d, "a/file")), letters(1000));
        memory_disk_destroy(d);
    }
}

TEST(a_full_disk_is_told_and_takes_the_file_once_there_is_room) {
    struct disk *d = memory_disk_create();
    memory_disk_limit(d, 100);
    CHECK_ERROR(disk_put_new(d, "file", letters(200)), E_disk_full);
    CHECK_STORY("file.part: the disk has no room for 200 bytes");
    CHECK(!exists(d, "file"));
    CHECK(!exists(d, "file.part"));
    memory_disk_limit(d, 300);
    CHECK_OK(disk_put_new(d, "file", letters(200)));
    memory_disk_destroy(d);
}

TEST(two_writers_of_one_file_do_not_spoil_each_other) {
    struct disk *d = beneath();
    struct file *other;
    CHECK_OK(disk_open(d, "file.part", DISK_CREATE, &other));
    CHECK_OK(disk_lock(other));
    CHECK_ERROR(disk_put_new(d, "file", bytes_text("whole")), E_locked);
    disk_close(other);
    CHECK_OK(disk_put_new(d, "file", bytes_text("whole")));
    disk_beneath_close(d);
}

TEST(a_file_that_was_renamed_is_not_taken_for_the_one_of_its_old_name) {
    struct disk *disks[] = { memory_disk_create(), beneath() };
    for (size_t i = 0; i < 2; i++) {
        struct file *f;
        bool at;
        CHECK_OK(disk_open(disks[i], "old", DISK_CREATE, &f));
        CHECK_OK(disk_is_at(f, "old", &at));
        CHECK(at);
        CHECK_OK(disk_rename_new(disks[i], "old", "new"));
        CHECK_OK(disk_is_at(f, "old", &at));
        CHECK(!at);
        CHECK_OK(disk_is_at(f, "new", &at));
        CHECK(at);
        disk_close(f);
    }
    memory_disk_destroy(disks[0]);
    disk_beneath_close(disks[1]);
}

TEST(no_path_leads_out_of_a_disk_beneath_a_directory) {
    static const char *const paths[] = { "/etc/passwd", "../x", "a/../../x", "a//b", "",
                                         ".",           "..",   "a/.",       "a/",   "./x" };
    struct disk *d = beneath();
    struct file *f;
    CHECK_OK(disk_make_dir(d, "a"));
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        CHECK_ERROR(disk_open(d, paths[i], DISK_CREATE, &f), E_refused);
        CHECK_STORY("leads out of its directory, or nowhere");
        CHECK_ERROR(disk_put_new(d, paths[i], bytes_text("x")), E_refused);
        CHECK_ERROR(disk_rename_new(d, "a", paths[i]), E_refused);
        CHECK_ERROR(disk_unlink(d, paths[i]), E_refused);
    }
    disk_beneath_close(d);
}

TEST(no_link_is_followed_beneath_a_directory) {
    struct disk *d;
    struct file *f;
    char *dir = outside("in"), *beside = outside("x"), *link_dir = outside("in/link");
    char *link_file = outside("in/file"), *dangling = outside("in/dangling");
    CHECK_OK(disk_make_dir(disk_real(), dir));
    CHECK_OK(disk_beneath(dir, &d));
    CHECK_INT(symlink("..", link_dir), 0);
    CHECK_INT(symlink("/etc/passwd", link_file), 0);
    CHECK_INT(symlink("nowhere", dangling), 0);
    CHECK_ERROR(disk_open(d, "link/x", DISK_CREATE, &f), E_refused);
    CHECK_STORY("link/x: link is a link or no directory");
    CHECK_ERROR(disk_open(d, "file", DISK_READ, &f), E_refused);
    CHECK_STORY("file: it is no plain file");
    CHECK_ERROR(disk_put_new(d, "link/x", bytes_text("x")), E_refused);
    CHECK_ERROR(disk_put_new(d, "file", bytes_text("x")), E_refused);
    CHECK_ERROR(disk_put_new(d, "dangling", bytes_text("x")), E_refused);
    CHECK_INT(access(beside, F_OK), -1);
    free(dir);
    free(beside);
    free(link_dir);
    free(link_file);
    free(dangling);
    disk_beneath_close(d);
}

TEST(pipes_and_directories_in_the_way_are_refused_and_hold_nobody) {
    struct disk *d = beneath();
    char *pipe = outside("pipe"), *part = outside("other.part");
    CHECK_INT(mkfifo(pipe, 0600), 0);
    CHECK_INT(mkfifo(part, 0600), 0);
    CHECK_OK(disk_make_dir(d, "dir"));
    CHECK_ERROR(disk_put_new(d, "pipe", bytes_text("x")), E_refused);
    CHECK_ERROR(disk_put_new(d, "other", bytes_text("x")), E_refused);
    CHECK_ERROR(disk_put_new(d, "dir", bytes_text("x")), E_refused);
    CHECK_ERROR(disk_put_new(d, "pipe/below", bytes_text("x")), E_refused);
    free(pipe);
    free(part);
    disk_beneath_close(d);
}

TEST(a_directory_that_is_missing_is_told_by_name) {
    struct disk *d;
    CHECK_ERROR(disk_beneath("build/there-is-none", &d), E_not_found);
    CHECK_STORY("build/there-is-none: no such directory");
}

TEST(only_an_empty_directory_is_removed) {
    struct disk *disks[] = { memory_disk_create(), beneath() };
    for (size_t i = 0; i < 2; i++) {
        struct disk *d = disks[i];
        CHECK_OK(disk_put_new(d, "a/b/file", bytes_text("one")));
        CHECK_ERROR(disk_remove_dir(d, "a/b"), E_exists);
        CHECK_STORY("remove directory a/b: something is in it");
        CHECK_ERROR(disk_remove_dir(d, "a/b/file"), E_not_found);
        CHECK_ERROR(disk_remove_dir(d, "nowhere"), E_not_found);
        CHECK_TEXT(content(d, "a/b/file"), "one");
        CHECK_OK(disk_unlink(d, "a/b/file"));
        CHECK_OK(disk_remove_dir(d, "a/b"));
        CHECK(!exists(d, "a/b"));
        CHECK(exists(d, "a"));
    }
    memory_disk_destroy(disks[0]);
    disk_beneath_close(disks[1]);
}
