/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which kind of database an address means. */
#include "extract/source.h"

#include "values/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct source_kind *const kinds[] = { &sqlite_source_kind, &postgresql_source_kind,
                                                   &odbc_source_kind };

enum error source_run(const struct source_query *q, const struct row_taker *taker) {
    size_t len = strcspn(q->address, ":");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strlen(kinds[i]->scheme) == len && memcmp(kinds[i]->scheme, q->address, len) == 0)
            return kinds[i]->run(q, taker);
    enum error e = fail(E_config, "a source's address begins with %.*s:, which is no database",
                        (int)(len < 32 ? len : 32), q->address);
    fail_try("sqlite:/srv/bank.db, postgresql://user@host/database or odbc:DSN=name");
    return e;
}

void source_time_write(int64_t ms, char out[SOURCE_TIME_CHARS]) {
    int64_t seconds = ms / 1000, of_day = seconds % 86400;
    int64_t date = zone_date_of_days(seconds / 86400);
    (void)snprintf(out, SOURCE_TIME_CHARS,
                   "%04" PRId64 "-%02" PRId64 "-%02" PRId64 " %02d:%02d:%02d", date / 10000 % 10000,
                   date / 100 % 100, date % 100, (int)(of_day / 3600), (int)(of_day / 60 % 60),
                   (int)(of_day % 60));
}
