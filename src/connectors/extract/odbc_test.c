/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a driver's states mean, and how long it is told that anything may take: the linker takes the
 * one function below before that of unixODBC, which does the rest and knows no such DSN. */
#include "extract/odbc_state.h"
#include "extract/source.h"

#include "base/clock.h"
#include "base/test.h"

#include <sql.h>
#include <sqlext.h>

TEST(what_passes_is_told_from_what_a_person_must_mend_by_the_drivers_state) {
    static const struct {
        const char *state;
        enum error error;
    } known[] = { { "HYT00", E_timed_out }, { "HYT01", E_timed_out }, { "57014", E_timed_out },
                  { "70100", E_timed_out }, { "HY008", E_timed_out }, { "08S01", E_network },
                  { "08001", E_network },   { "57P01", E_network },   { "57P03", E_network },
                  { "40001", E_busy },      { "40P01", E_busy },      { "53300", E_busy },
                  { "55P03", E_busy },      { "28000", E_config },    { "42S02", E_config },
                  { "57000", E_config },    { "IM002", E_config },    { "HY001", E_config },
                  { "70000", E_config },    { "", E_config } };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        CHECK_INT(odbc_error_of_state(false, known[i].state), known[i].error);
        CHECK_INT(odbc_error_of_state(true, known[i].state), known[i].error);
    }
    CHECK_INT(odbc_error_of_state(true, "HY000"), E_network);
    CHECK_INT(odbc_error_of_state(false, "HY000"), E_config);
}

static uintptr_t timeout_s;

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC h, SQLINTEGER name, SQLPOINTER value, SQLINTEGER len) {
    (void)h;
    (void)len;
    if (name == SQL_ATTR_CONNECTION_TIMEOUT)
        timeout_s = (uintptr_t)value;
    return SQL_SUCCESS;
}

static enum error never(void *context, const struct bytes *names, size_t count) {
    (void)context;
    (void)names;
    (void)count;
    return E_ok;
}

/* It never gets further than connecting: what was set by then was set before. */
TEST(a_connection_is_told_before_it_is_opened_how_long_anything_may_take) {
    const int64_t hour_ns = (int64_t)3600 * 1000000000;
    const struct row_taker taker = { .begin = never };
    const struct source_query q = { .address = "odbc:DSN=nobody-knows-it;PWD=never-told",
                                    .data_dir = test_dir(),
                                    .sql = "SELECT 1",
                                    .deadline_ns = clock_steady_ns(clock_real()) + hour_ns };
    CHECK_ERROR(source_run(&q, &taker), E_config);
    CHECK_STORY("odbc: connecting: ");
    CHECK(timeout_s > 3000 && timeout_s <= 3600);
}
