/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "users.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool plain(struct users *u, const char *name, const char *password) {
    return users_check_plain(u, name, bytes_text(password));
}

static struct buf file_of(struct disk *d, const char *path) {
    struct buf content = { 0 };
    CHECK_OK(disk_read_whole(d, path, 1 << 20, &content));
    return content;
}

TEST(users_that_were_saved_come_back_and_no_password_is_in_the_file) {
    struct disk *d = memory_disk_create();
    struct users *u = users_create(), *again = NULL;
    CHECK_OK(users_put(u, "carol", bytes_text("the-third-password")));
    CHECK_OK(users_put(u, "alice", bytes_text("correct horse")));
    CHECK_OK(users_put(u, "bob@x-1.y_z", bytes_text("battery staple")));
    CHECK_OK(users_put(u, "bob@x-1.y_z", bytes_text("a newer one")));
    CHECK_OK(users_remove(u, "carol"));
    CHECK_ERROR(users_remove(u, "carol"), E_not_found);
    CHECK_OK(users_save(u, d, "users"));
    struct buf content = file_of(d, "users");
    CHECK(!strstr(buf_text(&content), "horse"));
    CHECK(!strstr(buf_text(&content), "newer"));
    buf_finish(&content);
    CHECK_OK(users_load(&again, d, "users"));
    CHECK_INT((long long)users_count(again), 2);
    CHECK_TEXT(users_at(again, 0)->name, "alice");
    CHECK(plain(again, "alice", "correct horse"));
    CHECK(!plain(again, "alice", "correct horsf"));
    CHECK(plain(again, "bob@x-1.y_z", "a newer one"));
    CHECK(!plain(again, "bob@x-1.y_z", "battery staple"));
    CHECK(!plain(again, "carol", "the-third-password"));
    users_destroy(u);
    users_destroy(again);
    memory_disk_destroy(d);
}

TEST(a_password_that_was_good_once_is_quick_and_a_wrong_one_never) {
    struct users *u = users_create();
    CHECK_OK(users_put(u, "alice", bytes_text("correct horse")));
    CHECK(users_plain_costs(u, "alice", bytes_text("correct horse")));
    CHECK(plain(u, "alice", "correct horse"));
    CHECK(!users_plain_costs(u, "alice", bytes_text("correct horse")));
    for (int i = 0; i < 2; i++) { /* nor the second time, as if it had been remembered */
        CHECK(users_plain_costs(u, "alice", bytes_text("correct horsf")));
        CHECK(!plain(u, "alice", "correct horsf"));
    }
    CHECK(users_plain_costs(u, "nobody", bytes_text("correct horse")));
    CHECK_OK(users_put(u, "alice", bytes_text("another one")));
    CHECK(!plain(u, "alice", "correct horse"));
    users_destroy(u);
}

TEST(whoever_does_not_exist_has_a_salt_of_his_own_for_ever) {
    struct disk *d = memory_disk_create();
    struct users *u = users_create(), *again = NULL;
    struct scram_keys one, same, other;
    CHECK_OK(users_put(u, "alice", bytes_text("correct horse")));
    CHECK_OK(users_save(u, d, "users"));
    CHECK_OK(users_load(&again, d, "users"));
    users_keys(u, DIGEST_SHA256, "mallory", &one);
    users_keys(again, DIGEST_SHA512, "mallory", &same);
    users_keys(again, DIGEST_SHA256, "eve", &other);
    CHECK_BYTES(bytes_of(one.salt, 16), bytes_of(same.salt, 16));
    CHECK(memcmp(one.salt, other.salt, 16) != 0);
    CHECK_INT(one.iterations, users_at(u, 0)->keys[0].iterations);
    CHECK(memcmp(one.stored, same.stored, 32) != 0); /* nobody's */
    users_destroy(u);
    users_destroy(again);
    memory_disk_destroy(d);
}

TEST(a_newer_file_is_noticed) {
    struct disk *d = memory_disk_create();
    struct users *u = users_create(), *loaded = NULL;
    CHECK_OK(users_save(u, d, "users"));
    CHECK_OK(users_load(&loaded, d, "users"));
    CHECK(!users_are_old(loaded));
    CHECK_OK(users_save(u, d, "users"));
    CHECK(users_are_old(loaded));
    CHECK(!users_are_old(u));
    users_destroy(u);
    users_destroy(loaded);
    memory_disk_destroy(d);
}

TEST(names_and_passwords_that_are_none_are_refused) {
    static const char *const names[] = { "", "a b", "a,b", "a:b", "a\nb", "\xc3\xa4", "a/b", "#a" };
    struct users *u = users_create();
    char long_name[USER_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK_ERROR(users_put(u, names[i], bytes_text("long enough")), E_refused);
    memset(long_name, 'a', USER_NAME_MAX + 1);
    long_name[USER_NAME_MAX + 1] = 0;
    CHECK_ERROR(users_put(u, long_name, bytes_text("long enough")), E_refused);
    CHECK_ERROR(users_put(u, "alice", bytes_text("seven77")), E_refused);
    CHECK_STORY("8 to 1024 bytes, not 7");
    CHECK_ERROR(users_put(u, "alice", bytes_text("with\tcontrol")), E_refused);
    CHECK_INT((long long)users_count(u), 0);
    users_destroy(u);
}

TEST(every_line_that_is_not_whole_is_named) {
    struct users *u = users_create(), *read = NULL;
    struct buf twice = { 0 };
    struct disk *d = memory_disk_create();
    CHECK_OK(users_put(u, "alice", bytes_text("correct horse")));
    CHECK_OK(users_save(u, d, "users"));
    struct buf content = file_of(d, "users");
    for (size_t cut = 0; cut + 1 < content.len; cut++) { /* without its last bytes */
        enum error e = users_read(&read, bytes_of(content.data, cut));
        CHECK(e == E_malformed || users_count(read) == 0);
        users_destroy(read);
        read = NULL;
    }
    for (size_t at = 0; at < content.len; at++) { /* any bit wrong never ends the process */
        content.data[at] ^= 1;
        if (users_read(&read, buf_bytes(&content)) == E_ok)
            users_destroy(read);
        read = NULL;
        content.data[at] ^= 1;
    }
    buf_put_text(&twice, buf_text(&content)); /* alice, and alice */
    buf_put_text(&twice, buf_text(&content));
    CHECK_ERROR(users_read(&read, buf_bytes(&twice)), E_malformed);
    CHECK_STORY("line 5 is no line of a file of users");
    CHECK_ERROR(users_load(&read, d, "nowhere"), E_not_found);
    CHECK_STORY("reading the users in nowhere");
    buf_finish(&twice);
    buf_finish(&content);
    users_destroy(u);
    memory_disk_destroy(d);
}
