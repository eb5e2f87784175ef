/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/person_keys.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const readers[] = { "desk", "carrier", "vendor" };

static struct person_keys *open_as(struct disk *d, const char *dir, size_t self) {
    struct person_keys *k;
    CHECK_OK(person_keys_open(&k, &(struct person_keys_options){ d, dir, readers, 3, self }));
    return k;
}

static struct person_key taken(struct person_keys *k, const char *person) {
    struct person_key key;
    CHECK_OK(person_keys_take(k, bytes_text(person), &key));
    return key;
}

static void check_opens(struct person_keys *k, const struct person_key *key) {
    struct person_key got;
    CHECK_OK(person_keys_get(k, key->slot, &got));
    CHECK(memcmp(got.key, key->key, SEAL_KEY_BYTES) == 0);
}

TEST(a_person_has_one_key_whoever_asks_and_every_reader_opens_it) {
    struct disk *d = memory_disk_create();
    struct person_keys *desk = open_as(d, "k", 0), *vendor = open_as(d, "k", 2);
    struct person_key anna = taken(desk, "10001"), eva = taken(vendor, "10002");
    CHECK_INT((long long)anna.slot, 1);
    CHECK_INT((long long)eva.slot, 2);
    CHECK_INT((long long)taken(vendor, "10001").slot, 1);
    CHECK_INT((long long)taken(desk, "10002").slot, 2);
    check_opens(vendor, &anna);
    check_opens(desk, &eva);
    CHECK(memcmp(anna.key, eva.key, SEAL_KEY_BYTES) != 0);
    person_keys_close(desk);
    person_keys_close(vendor);
    memory_disk_destroy(d);
}

TEST(who_has_another_unseal_file_opens_nothing) {
    struct disk *d = memory_disk_create();
    struct person_keys *desk = open_as(d, "k", 0);
    struct person_key anna = taken(desk, "10001"), got;
    static const char *const strangers[] = { "stranger" };
    struct person_keys *other;
    CHECK_OK(person_keys_open(&other, &(struct person_keys_options){ d, "k", strangers, 1, 0 }));
    CHECK_ERROR(person_keys_get(other, anna.slot, &got), E_refused);
    CHECK_STORY("not sealed for stranger");
    person_keys_close(other);
    person_keys_close(desk);
    CHECK_OK(disk_unlink(d, "k/vendor.unseal")); /* made anew: it is another key */
    struct person_keys *vendor = open_as(d, "k", 2);
    CHECK_ERROR(person_keys_get(vendor, anna.slot, &got), E_refused);
    person_keys_close(vendor);
    memory_disk_destroy(d);
}

TEST(what_is_destroyed_is_gone_for_all_at_once_and_a_new_key_is_another_one) {
    struct disk *d = memory_disk_create();
    struct person_keys *desk = open_as(d, "k", 0), *vendor = open_as(d, "k", 2);
    struct person_key anna = taken(desk, "10001"), eva = taken(desk, "10002"), got;
    size_t count;
    check_opens(vendor, &anna);
    CHECK_OK(person_keys_destroy(vendor, bytes_text("10001"), &count));
    CHECK_INT((int)count, 1);
    CHECK_ERROR(person_keys_get(desk, anna.slot, &got), E_not_found);
    CHECK_STORY("erased");
    check_opens(desk, &eva);
    struct person_key again = taken(desk, "10001");
    CHECK_INT((long long)again.slot, 3);
    CHECK(memcmp(again.key, anna.key, SEAL_KEY_BYTES) != 0);
    CHECK_ERROR(person_keys_get(desk, anna.slot, &got), E_not_found);
    check_opens(vendor, &again);
    CHECK_OK(person_keys_destroy(desk, bytes_text("10001"), &count));
    CHECK_INT((int)count, 1);
    CHECK_OK(person_keys_destroy(desk, bytes_text("nobody"), &count));
    CHECK_INT((int)count, 0);
    person_keys_close(desk);
    person_keys_close(vendor);
    memory_disk_destroy(d);
}

TEST(no_byte_of_a_destroyed_slot_but_whose_it_was_is_left) {
    struct disk *d = memory_disk_create();
    struct person_keys *desk = open_as(d, "k", 0);
    struct buf before = { 0 }, after = { 0 };
    size_t count;
    (void)taken(desk, "10001");
    CHECK_OK(disk_read_whole(d, "k/personal.keys", 4096, &before));
    CHECK_OK(person_keys_destroy(desk, bytes_text("10001"), &count));
    CHECK_OK(disk_read_whole(d, "k/personal.keys", 4096, &after));
    CHECK_INT((int)after.len, 2 * PERSON_SLOT_BYTES);
    for (size_t i = PERSON_SLOT_BYTES + 40; i < PERSON_SLOT_BYTES + 504; i++)
        CHECK_INT(after.data[i], 0);
    CHECK(memcmp(before.data + PERSON_SLOT_BYTES + 8, after.data + PERSON_SLOT_BYTES + 8, 32) == 0);
    buf_finish(&before);
    buf_finish(&after);
    person_keys_close(desk);
    memory_disk_destroy(d);
}

/* By 40 seeds: what was synced is there, what was destroyed is not, whatever the disk kept. */
TEST(after_a_power_cut_a_synced_key_opens_and_a_destroyed_one_does_not) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct disk *d = memory_disk_create();
        CHECK_OK(disk_make_dir(d, "k"));
        CHECK_OK(disk_sync_dir(d, ".")); /* the data directory is its maker's */
        struct person_keys *desk = open_as(d, "k", 0);
        struct person_key anna = taken(desk, "10001"), eva = taken(desk, "10002"), got;
        size_t count;
        CHECK_OK(person_keys_sync(desk));
        CHECK_OK(person_keys_destroy(desk, bytes_text("10002"), &count));
        (void)taken(desk, "10003"); /* not synced */
        person_keys_close(desk);
        memory_disk_crash(d, seed);
        desk = open_as(d, "k", 0);
        check_opens(desk, &anna);
        CHECK_ERROR(person_keys_get(desk, eva.slot, &got), E_not_found);
        struct person_key petr = taken(desk, "10003");
        CHECK_OK(person_keys_sync(desk));
        check_opens(desk, &petr);
        CHECK_INT((long long)taken(desk, "10001").slot, 1);
        person_keys_close(desk);
        memory_disk_destroy(d);
    }
}

/* By 40 seeds: the disk keeps what was not synced in some of them only. */
TEST(a_key_that_another_wrote_and_did_not_sync_is_synced_by_who_takes_it) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct disk *d = memory_disk_create();
        CHECK_OK(disk_make_dir(d, "k"));
        CHECK_OK(disk_sync_dir(d, "."));
        struct person_keys *desk = open_as(d, "k", 0);
        struct person_key anna = taken(desk, "10001");
        person_keys_close(desk); /* killed: the key is in the page cache alone */
        desk = open_as(d, "k", 0);
        CHECK_INT((long long)taken(desk, "10001").slot, 1);
        CHECK_OK(person_keys_sync(desk));
        person_keys_close(desk);
        memory_disk_crash(d, seed);
        desk = open_as(d, "k", 0);
        check_opens(desk, &anna);
        person_keys_close(desk);
        memory_disk_destroy(d);
    }
}

TEST(a_second_erase_writes_and_syncs_what_the_first_one_did_not) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct disk *d = memory_disk_create();
        CHECK_OK(disk_make_dir(d, "k"));
        CHECK_OK(disk_sync_dir(d, "."));
        struct person_keys *desk = open_as(d, "k", 0);
        struct person_key anna = taken(desk, "10001"), got;
        size_t count;
        CHECK_OK(person_keys_sync(desk));
        memory_disk_fail(d, &(struct memory_disk_fault){ MEMORY_DISK_SYNC, NULL, 1, E_io, false });
        CHECK_ERROR(person_keys_destroy(desk, bytes_text("10001"), &count), E_io);
        memory_disk_fail(d, NULL);
        person_keys_close(desk);
        desk = open_as(d, "k", 0);
        CHECK_OK(person_keys_destroy(desk, bytes_text("10001"), &count));
        CHECK_INT((int)count, 0);
        person_keys_close(desk);
        memory_disk_crash(d, seed);
        desk = open_as(d, "k", 0);
        CHECK_ERROR(person_keys_get(desk, anna.slot, &got), E_not_found);
        person_keys_close(desk);
        memory_disk_destroy(d);
    }
}

TEST(a_file_that_is_none_of_ours_is_not_written_to) {
    struct disk *d = memory_disk_create();
    struct person_keys *k;
    CHECK_OK(disk_make_dir(d, "k"));
    CHECK_OK(disk_replace(d, "k/personal.keys", bytes_text("somebody's notes, which are long")));
    CHECK_ERROR(person_keys_open(&k, &(struct person_keys_options){ d, "k", readers, 3, 0 }),
                E_corrupt);
    CHECK_STORY("no file of persons' keys");
    memory_disk_destroy(d);
}

TEST(a_slot_that_rotted_is_no_key_and_its_person_is_not_erased) {
    struct disk *d = memory_disk_create();
    struct person_keys *desk = open_as(d, "k", 0);
    struct person_key anna = taken(desk, "10001"), got;
    CHECK_OK(person_keys_sync(desk));
    person_keys_close(desk);
    memory_disk_flip(d, "k/personal.keys", PERSON_SLOT_BYTES + 300, 1);
    desk = open_as(d, "k", 0);
    CHECK_ERROR(person_keys_get(desk, anna.slot, &got), E_corrupt);
    CHECK_STORY("a person's key is damaged");
    CHECK_ERROR(person_keys_get(desk, 99, &got), E_corrupt);
    CHECK_STORY("no such key");
    CHECK_ERROR(person_keys_get(desk, 0, &got), E_corrupt);
    CHECK_ERROR(person_keys_get(desk, -1, &got), E_corrupt);
    CHECK_ERROR(person_keys_get(desk, INT64_MAX / 8, &got), E_corrupt);
    person_keys_close(desk);
    memory_disk_destroy(d);
}

TEST(the_files_are_for_their_owner_only) {
    static const char *const names[] = { "personal.keys", "desk.unseal", "vendor.unseal" };
    struct person_keys *desk = open_as(disk_real(), test_dir(), 0);
    struct stat st;
    for (size_t i = 0; i < 3; i++) {
        char *path = text_format("%s/%s", test_dir(), names[i]);
        CHECK_INT(stat(path, &st), 0);
        CHECK_INT((int)(st.st_mode & 077), 0);
        free(path);
    }
    person_keys_close(desk);
}
