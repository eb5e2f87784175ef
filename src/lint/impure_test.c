/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "lint/impure.h"

#include "base/disk.h"
#include "base/random.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static void check_found(const char *path, const char *text, const char *what, long long line) {
    struct impure found;
    CHECK(impure_find(path, bytes_text(text), &found));
    CHECK_TEXT(found.what, what);
    CHECK_INT((long long)found.line, line);
}

static void check_pure(const char *path, const char *text) {
    struct impure found;
    CHECK(!impure_find(path, bytes_text(text), &found));
}

TEST(a_call_is_found_where_it_stands_and_not_in_a_longer_name_or_a_remark) {
    check_found("a.py", "import json\nnow = time.time()\n", "time.time(", 2);
    check_found("a.py", "import random", "import random", 1);
    check_found("a.js", "const t = Date.now();", "Date.now(", 1);
    check_pure("a.py", "reopen(x)\nobject.open(y)\n  # open(z)\nfrom mytime import t\n");
    check_pure("a.js", "// Date.now(\nlet d = new Date(event.time)\n");
    check_pure("a.txt", "time.time()");
    check_pure("a.py", "");
}

TEST(an_object_is_looked_at_for_what_it_wants_from_outside) {
    struct buf object = { 0 };
    struct impure found;
    CHECK_OK(
        disk_read_whole(disk_real(), "src/lint/examples/handlers/object.elf", 1 << 20, &object));
    CHECK(impure_find("object.so", buf_bytes(&object), &found));
    CHECK_INT((long long)found.line, 0);
    CHECK_TEXT(found.what, "time");
    buf_finish(&object);
}

TEST(an_object_that_is_cut_or_spoiled_anywhere_is_read_within_its_bytes) {
    struct buf object = { 0 };
    struct impure found;
    struct random chance = random_seeded(7);
    CHECK_OK(
        disk_read_whole(disk_real(), "src/lint/examples/handlers/object.elf", 1 << 20, &object));
    for (int i = 0; i < 20000; i++) {
        uint8_t *own = memory_get(object.len);
        size_t len = i % 2 ? object.len : (size_t)random_below(&chance, object.len);
        memcpy(own, object.data, len);
        for (int k = 0; len > 64 && k < 4; k++)
            own[16 + random_below(&chance, 48)] ^= (uint8_t)(1 + random_below(&chance, 255));
        (void)impure_find("object.so", bytes_of(own, len), &found);
        free(own);
    }
    buf_finish(&object);
}
