/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "origin.h"

#include "base/test.h"

#include <stdlib.h>

static struct origin *given_origin(const char *name) {
    char *path = text_format("%s/%s", test_dir(), name);
    struct origin *s = NULL;
    CHECK_OK(origin_open(&s, path));
    free(path);
    return s;
}

TEST(an_origin_takes_all_statements_or_none) {
    struct origin *s = given_origin("source.db");
    int64_t count = -1;
    CHECK_OK(origin_run(s, "CREATE TABLE booking(id INTEGER PRIMARY KEY, amount INTEGER)"));
    CHECK_OK(
        origin_run(s, "INSERT INTO booking VALUES(%d, 5); INSERT INTO booking VALUES(2, 7)", 1));
    CHECK_OK(origin_ask(s, "SELECT sum(amount) FROM booking", &count));
    CHECK_INT(count, 12);
    CHECK_ERROR(origin_run(s, "INSERT INTO booking VALUES(3, 9); INSERT INTO booking VALUES(1, 1)"),
                E_io);
    CHECK_STORY("UNIQUE constraint failed");
    CHECK_OK(origin_ask(s, "SELECT count(*) FROM booking", &count));
    CHECK_INT(count, 2);
    CHECK_ERROR(origin_ask(s, "SELECT 1 FROM nowhere", &count), E_io);
    CHECK_STORY("no such table");
    origin_close(s);
}
