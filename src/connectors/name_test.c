/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Places are lines of a file that is read anew each time. */
#include "connectors/name.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static void places(const char *text) {
    char *path = text_format("%s/places", test_dir());
    CHECK_OK(disk_replace(disk_real(), path, bytes_text(text)));
    free(path);
}

static void check_place(const char *name, const char *wanted) {
    char *address;
    CHECK_OK(place_address(test_dir(), bytes_text(name), &address));
    CHECK_TEXT(address, wanted);
    free(address);
}

TEST(a_place_is_a_name_and_an_address_and_the_first_line_counts) {
    places(
        "# acme file:comment\n\nbank\tsqlite:/srv/bank.db\r\n  acme   file:///srv/acme  and more\n"
        "acme file:second\nlast file:last");
    check_place("bank", "sqlite:/srv/bank.db");
    check_place("acme", "file:///srv/acme");
    check_place("last", "file:last");
    places("acme file:moved\n");
    check_place("acme", "file:moved");
}

static void check_missing(const char *name) {
    char *address;
    CHECK_ERROR(place_address(test_dir(), bytes_text(name), &address), E_not_found);
    CHECK_STORY("has no place");
    CHECK_STORY("add a line NAME ADDRESS");
    CHECK(address == NULL);
}

TEST(a_place_that_is_not_there_is_told_with_what_to_write) {
    check_missing("acme");
    places("acme\n# file:x\n#x file:y\n");
    check_missing("acme");
    check_missing("#");
    check_missing("#x");
    check_missing("");
}

TEST(names_of_files_lead_nowhere_else) {
    static const char *const bad[] = { "",     "/a",   "a/",   "a//b",   "..",
                                       "a/..", ".a/b", "a\nb", "a.part", "a\\b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(file_name_wrong(bad[i]) != NULL);
    CHECK(file_name_wrong("a/b.csv") == NULL);
}
