/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A copy of a running store.
 *
 * VACUUM INTO reads as of one commit over a connection that cannot write, so that the owner goes on
 * meanwhile (its write-ahead file grows until the copy is done). SQLite does not sync the copy:
 * that is done here, before it takes its name. What a killed snapshot left is PATH.part. */
#include "sqlite_store.h"

#include "connection.h"
#include "files.h"
#include "pages.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

/* The copy has them as the store has. */
static bool have_sums(struct connection *c) {
    int reserved = -1; /* asks */
    return sqlite3_file_control(c->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) == SQLITE_OK
           && reserved == PAGES_RESERVED;
}

static enum error vacuum_into(struct connection *c, const char *path) {
    sqlite3_stmt *s;
    TRY(schema_check(c));
    TRY(statement_prepare(c, "VACUUM INTO ?1", &s));
    bind_text(s, 1, bytes_text(path));
    pages_of_new_files(have_sums(c));
    enum error e = statement_run(c, s);
    pages_of_new_files(false);
    (void)sqlite3_finalize(s);
    return e;
}

static enum error copy_make(const char *store, const char *copy) {
    struct connection c = { 0 };
    struct file *f;
    bool is_there;
    TRY(disk_exists(disk_real(), store, &is_there));
    if (!is_there)
        return fail(E_not_found, "%s: this task has no store yet", store);
    /* made empty before, with our mode: SQLite would make it readable to all */
    TRY(disk_open(disk_real(), copy, DISK_CREATE_EMPTY, &f));
    disk_close(f);
    enum error e = sqlite_connection_open(&c, store, SQLITE_OPEN_READONLY);
    if (!e)
        e = vacuum_into(&c, copy);
    sqlite_connection_close(&c);
    return e;
}

static enum error copy_settle(const char *copy, const char *path) {
    struct file *f;
    TRY(disk_open(disk_real(), copy, DISK_WRITE, &f));
    enum error e = disk_sync(f);
    disk_close(f);
    TRY(e);
    TRY(disk_rename(disk_real(), copy, path));
    const char *slash = strrchr(path, '/');
    char *dir =
        slash ? text_copy_bytes(bytes_of(path, (size_t)(slash - path) + 1)) : text_copy(".");
    e = disk_sync_dir(disk_real(), dir);
    free(dir);
    return e;
}

enum error sqlite_snapshot(const struct store_options *options, const char *path) {
    const char *dir;
    TRY(store_dir(options, "sqlite", &dir));
    char *store = store_path(dir, options, "db");
    char *copy = text_format("%s.part", path);
    enum error e = copy_make(store, copy);
    if (!e)
        e = copy_settle(copy, path);
    if (e)
        fail_while("copying %s to %s", store, path);
    free(copy);
    free(store);
    return e;
}
