/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "store/place.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <stdlib.h>
#include <unistd.h>

static struct store_options options_of(const char *url) {
    return (struct store_options){
        .url = url, .system = "shop", .service = "till", .generation = 2, .task = 7
    };
}

TEST(a_file_is_named_by_system_service_generation_and_task) {
    struct store_options options = options_of("sqlite:dir/deep");
    const char *dir;
    CHECK_OK(store_dir(&options, "sqlite", &dir));
    char *path = store_path(dir, &options, "db");
    CHECK_TEXT(path, "dir/deep/shop.till.2.7.db");
    free(path);
}

TEST(a_url_of_another_kind_and_a_name_with_a_slash_are_refused) {
    struct store_options options = options_of("sqlite:dir");
    const char *dir;
    CHECK_ERROR(store_dir(&options, "sqlit", &dir), E_config);
    CHECK_STORY("write store: sqlit:DIRECTORY");
    CHECK_ERROR(store_dir(&options, "fold", &dir), E_config);
    options.url = "fold:";
    CHECK_ERROR(store_dir(&options, "fold", &dir), E_config);
    options = options_of("fold:dir");
    options.system = "../x";
    CHECK_ERROR(store_dir(&options, "fold", &dir), E_config);
    CHECK_STORY("system \"../x\"");
    options.system = "";
    CHECK_ERROR(store_dir(&options, "fold", &dir), E_config);
}

TEST(a_name_tells_its_task_and_a_strange_one_none) {
    struct store_options options = options_of("sqlite:dir");
    int32_t task = -1;
    CHECK(store_path_task(&options, "shop.till.2.12.db", "db", &task));
    CHECK_INT(task, 12);
    CHECK(!store_path_task(&options, "shop.till.2.12.fold", "db", &task));
    CHECK(!store_path_task(&options, "shop.till.2.12.db-wal", "db", &task));
    CHECK(!store_path_task(&options, "shop.till.2.99999999999.db", "db", &task));
    CHECK(!store_path_task(&options, "shop.till.2.x.db", "db", &task));
    CHECK(!store_path_task(&options, "shop.till.1.12.db", "db", &task));
}

TEST(a_made_directory_survives_a_power_cut_with_what_is_synced_in_it) {
    for (uint64_t seed = 1; seed < 50; seed++) {
        struct disk *disk = memory_disk_create();
        struct buf content = { 0 };
        CHECK_OK(store_dir_make(disk, "a/b/c"));
        CHECK_OK(disk_replace(disk, "a/b/c/file", bytes_text("x")));
        memory_disk_crash(disk, seed);
        CHECK_OK(disk_read_whole(disk, "a/b/c/file", 10, &content));
        CHECK_TEXT(buf_text(&content), "x");
        CHECK_OK(store_dir_make(disk, "a/b/c"));
        buf_finish(&content);
        memory_disk_destroy(disk);
    }
}

TEST(the_lock_names_its_holder_to_the_second) {
    char *path = text_format("%s/file", test_dir());
    char *pid = text_format("file.lock: process %ld", (long)getpid());
    struct file *first = NULL, *second = NULL;
    CHECK_OK(store_lock(disk_real(), path, &first));
    CHECK_ERROR(store_lock(disk_real(), path, &second), E_locked);
    CHECK_STORY(pid);
    disk_close(first);
    CHECK_OK(store_lock(disk_real(), path, &second));
    disk_close(second);
    free(path);
    free(pid);
}
