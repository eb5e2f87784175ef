/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SQLite's result codes become errors with a story here and nowhere else. */
#include "connection.h"

#include "base/check.h"
#include "pages.h"

#include <stdlib.h>

/* With the fence there is no second writer. But a reader that comes first after a crash recovers
 * the write-ahead file under an exclusive lock: the owner waits for it. */
enum { BUSY_TIMEOUT_MS = 5000 };

/* A statement works on a dozen small pieces of memory. SQLite has them at hand for each connection,
 * if they are not larger than this: a key with the columns of a wide row is. */
enum { PIECE_BYTES = 2048, PIECES = 128 };

/* It counts its memory under a mutex otherwise, for a figure that nobody asks for. Before main, as
 * afterwards it may be in use. */
static void __attribute__((constructor)) memory_uncounted(void) {
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    pages_register();
}

enum error sqlite_connection_open(struct connection *c, const char *path, int flags) {
    *c = (struct connection){ .path = text_copy(path) };
    int reserved = PAGES_RESERVED; /* of a new file; one that is there stays as it is */
    int code = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                               pages_vfs);
    if (code != SQLITE_OK)
        return sqlite_connection_fail(c, code, "opening");
    if (flags & SQLITE_OPEN_READWRITE)
        (void)sqlite3_file_control(c->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, PIECE_BYTES, PIECES);
    (void)sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    return E_ok;
}

void sqlite_connection_close(struct connection *c) {
    if (c->db && c->failed)
        (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int code = sqlite3_close(c->db);
    assert(code == SQLITE_OK); /* or a statement was not finalized */
    free(c->path);
    *c = (struct connection){ 0 };
}

/* The low byte of an extended code is its kind. */
static enum error error_of(int code) {
    if (code == SQLITE_IOERR_DATA)
        return E_corrupt;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return E_disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our statements do not fit its schema */
    case SQLITE_SCHEMA:
    case SQLITE_FORMAT:
        return E_corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return E_locked;
    case SQLITE_TOOBIG:
        return E_too_large;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return E_refused;
    default:
        return E_io;
    }
}

static void remedy(enum error e) {
    if (e == E_io)
        fail_try("look at the disk and the kernel's log, then start the service again");
    if (e == E_disk_full)
        fail_try("make room on this disk, then start the service again: it goes on by itself");
    if (e == E_corrupt)
        fail_try("stop the service, keep this file, and put its last backup in its place");
    if (e == E_locked)
        fail_try("end the program that writes to this file; to look at it: sqlite3 -readonly");
}

enum error sqlite_connection_fail(struct connection *c, int code, const char *doing) {
    assert((code & 0xff) != SQLITE_MISUSE);
    assert((code & 0xff) != SQLITE_RANGE);
    assert((code & 0xff) != SQLITE_NOMEM);
    enum error e = error_of(code);
    const char *message = code == SQLITE_IOERR_DATA ? "a page is not what was written"
                          : c->db                   ? sqlite3_errmsg(c->db)
                                                    : sqlite3_errstr(code);
    e = fail(e, "%s: %s: %s (sqlite %d)", c->path, doing, message, code);
    remedy(e);
    if (e != E_refused && e != E_too_large)
        c->failed = true;
    return e;
}

enum error sqlite_connection_run(struct connection *c, const char *sql) {
    int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return sqlite_connection_fail(c, code, sql);
    return E_ok;
}

enum error statement_prepare(struct connection *c, const char *sql, sqlite3_stmt **out) {
    int code = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    if (code != SQLITE_OK)
        return sqlite_connection_fail(c, code, sql);
    return E_ok;
}

enum error statement_next(struct connection *c, sqlite3_stmt *s, bool *found) {
    int code = sqlite3_step(s);
    *found = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return E_ok;
    enum error e = code == SQLITE_DONE ? E_ok : sqlite_connection_fail(c, code, sqlite3_sql(s));
    (void)sqlite3_reset(s); /* says the step's error once more */
    return e;
}

enum error statement_run(struct connection *c, sqlite3_stmt *s) {
    bool found;
    enum error e = statement_next(c, s, &found);
    assert(!found);
    return e;
}

void bind_int(sqlite3_stmt *s, int at, int64_t value) {
    int code = sqlite3_bind_int64(s, at, value);
    assert(code == SQLITE_OK);
}

void bind_text(sqlite3_stmt *s, int at, struct bytes text) {
    const char *data = text.data ? (const char *)text.data : "";
    int code = sqlite3_bind_text64(s, at, data, text.len, SQLITE_STATIC, SQLITE_UTF8);
    assert(code == SQLITE_OK);
}

void bind_blob(sqlite3_stmt *s, int at, struct bytes blob) {
    int code = sqlite3_bind_blob64(s, at, blob.data ? blob.data : (const uint8_t *)"", blob.len,
                                   SQLITE_STATIC);
    assert(code == SQLITE_OK);
}

void bind_null(sqlite3_stmt *s, int at) {
    int code = sqlite3_bind_null(s, at);
    assert(code == SQLITE_OK);
}

struct bytes column_bytes(sqlite3_stmt *s, int at) {
    const void *data = sqlite3_column_blob(s, at); /* NULL when empty */
    size_t len = (size_t)sqlite3_column_bytes(s, at);
    return bytes_of(data ? data : "", len);
}
