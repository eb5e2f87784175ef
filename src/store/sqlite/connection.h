/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SQLite behind our errors: a connection, its prepared statements, and stories that name the file.
 *
 * After the first error of the file (not of the arguments) `failed` stays set: the owner must stop
 * and nothing is tried again, not even the checkpoint at close. */
#ifndef OCTAVO_STORE_SQLITE_CONNECTION_H
#define OCTAVO_STORE_SQLITE_CONNECTION_H

#include "base/bytes.h"
#include "base/error.h"

#include <sqlite3.h>

struct connection {
    sqlite3 *db;
    char *path; /* owned */
    bool failed;
};

enum error sqlite_connection_open(struct connection *c, const char *path, int flags) MUST_CHECK;
void sqlite_connection_close(struct connection *c); /* its statements are finalized before */
enum error sqlite_connection_run(struct connection *c, const char *sql) MUST_CHECK;
/* The story of a failed call; `doing` is a participle: "committing". */
enum error sqlite_connection_fail(struct connection *c, int code, const char *doing) MUST_CHECK;

enum error statement_prepare(struct connection *c, const char *sql, sqlite3_stmt **out) MUST_CHECK;
enum error statement_run(struct connection *c, sqlite3_stmt *s) MUST_CHECK; /* no rows; resets */
/* Steps to the next row; at the end found is false and the statement is reset. */
enum error statement_next(struct connection *c, sqlite3_stmt *s, bool *found) MUST_CHECK;

/* Parameters count from 1; bytes are borrowed until the statement has run. */
void bind_int(sqlite3_stmt *s, int at, int64_t value);
void bind_text(sqlite3_stmt *s, int at, struct bytes text); /* data NULL: the empty text */
void bind_blob(sqlite3_stmt *s, int at, struct bytes blob);
void bind_null(sqlite3_stmt *s, int at);
/* Columns count from 0; bytes are valid until the next step or reset. */
struct bytes column_bytes(sqlite3_stmt *s, int at);

#endif
