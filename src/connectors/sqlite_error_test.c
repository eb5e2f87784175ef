/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What SQLite says is told apart by what someone can do about it. */
#include "connectors/sqlite_error.h"

#include "base/test.h"

TEST(a_busy_database_is_tried_again_and_a_damaged_one_is_not) {
    CHECK_INT(sqlite_error_of(SQLITE_BUSY), E_busy);
    CHECK_INT(sqlite_error_of(SQLITE_LOCKED), E_busy);
    CHECK_INT(sqlite_error_of(SQLITE_INTERRUPT), E_timed_out);
    CHECK_INT(sqlite_error_of(SQLITE_CORRUPT), E_corrupt);
    CHECK_INT(sqlite_error_of(SQLITE_NOTADB), E_corrupt);
}

TEST(an_extended_code_is_what_its_primary_code_is) {
    CHECK_INT(sqlite_error_of(SQLITE_IOERR_FSYNC), E_io);
    CHECK_INT(sqlite_error_of(SQLITE_BUSY_SNAPSHOT), E_busy);
    CHECK_INT(sqlite_error_of(SQLITE_CANTOPEN_ISDIR), E_not_found);
    CHECK_INT(sqlite_error_of(SQLITE_TOOBIG), E_too_large);
}

TEST(what_has_no_row_is_for_the_declarations_author) {
    CHECK_INT(sqlite_error_of(SQLITE_ERROR), E_config);
    CHECK_INT(sqlite_error_of(SQLITE_RANGE), E_config);
}
