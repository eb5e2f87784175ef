/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One connection, and a transaction around whatever is run. */
#include "origin.h"

#include "base/bytes.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MS = 5000 };

struct origin {
    sqlite3 *db;
};

static enum error origin_failed(const struct origin *s, const char *what) {
    return fail(E_io, "source database, %s: %s", what, s->db ? sqlite3_errmsg(s->db) : "no memory");
}

enum error origin_open(struct origin **out, const char *path) {
    struct origin *s = memory_get(sizeof(*s));
    *out = s;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)
        == SQLITE_OK) {
        (void)sqlite3_busy_timeout(s->db, BUSY_MS);
        if (sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK)
            return E_ok;
    }
    enum error e = origin_failed(s, path);
    origin_close(s);
    *out = NULL;
    return e;
}

void origin_close(struct origin *s) {
    if (!s)
        return;
    (void)sqlite3_close(s->db);
    free(s);
}

enum error origin_run(struct origin *s, const char *format, ...) {
    va_list list;
    char *statements = NULL;
    va_start(list, format);
    int len = vasprintf(&statements, format, list);
    va_end(list);
    if (len < 0)
        return fail(E_io, "source database: no memory");
    char *sql = text_format("BEGIN IMMEDIATE; %s; COMMIT", statements);
    enum error e = E_ok;
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        e = origin_failed(s, statements);
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    }
    free(sql);
    free(statements);
    return e;
}

enum error origin_ask(struct origin *s, const char *sql, int64_t *out) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL);
    *out = 0;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *out = sqlite3_column_int64(statement, 0);
    }
    enum error e = code == SQLITE_ROW || code == SQLITE_DONE ? E_ok : origin_failed(s, sql);
    (void)sqlite3_finalize(statement);
    return e;
}
