/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A sink's folder is made where it is ours and only there. */
#include "connectors/folder.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static const char *const known[] = { NULL };
static const struct url_form form = { "file", known, "file:FOLDER" };

static enum error open_at(const char *text, struct disk **out) {
    struct url url;
    struct folder folder;
    CHECK_OK(url_read(&url, &form, text));
    folder_init(&folder, &url, test_dir());
    enum error e = folder_open(&folder, out);
    folder_finish(&folder);
    url_finish(&url);
    return e;
}

TEST(a_folder_in_the_data_directory_is_made_and_any_other_is_not) {
    struct disk *d;
    CHECK_OK(open_at("file:a/b/c", &d));
    CHECK_OK(disk_put_new(d, "file", bytes_text("x")));
    disk_beneath_close(d);
    CHECK_OK(open_at("file:a/b/c", &d));
    disk_beneath_close(d);
    CHECK_ERROR(open_at("file:/there-is-none/here", &d), E_not_found);
    CHECK_STORY("/there-is-none/here: no such directory");
}

static void check_answer(enum error e, bool begun, enum effect_verdict verdict, bool edge_down) {
    struct effect_answer a = { .verdict = EFFECT_DONE };
    CHECK(fail(e, "the disk says so") == e);
    folder_answer_error(&a, e, begun);
    CHECK_INT(a.verdict, verdict);
    CHECK_INT(a.edge_down, edge_down);
    CHECK(strstr(a.reason, "the disk says so"));
}

TEST(each_error_of_the_disk_has_its_answer) {
    check_answer(E_exists, true, EFFECT_REFUSED, false);
    check_answer(E_refused, true, EFFECT_REFUSED, false);
    check_answer(E_disk_full, true, EFFECT_AGAIN, false);
    check_answer(E_locked, true, EFFECT_AGAIN, false);
    check_answer(E_not_found, false, EFFECT_AGAIN, true);
    check_answer(E_io, false, EFFECT_AGAIN, true);
    check_answer(E_io, true, EFFECT_UNKNOWN, true);
}
