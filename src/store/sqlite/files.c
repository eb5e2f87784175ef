/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DIR/<system>.<service>.<generation>.<task>.db and what stands beside it. All of it goes through
 * base/disk; only the database itself is SQLite's. The database must never be opened here while
 * SQLite has it open in this process: closing it would drop SQLite's POSIX locks. */
#include "files.h"

#include "base/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PID_TEXT_MAX = 32, REWRITE_BYTES = 1 << 20 };

static enum error name_check(const char *what, const char *name) {
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return fail(E_config, "%s \"%s\": only letters, digits, - and _ can be in it", what,
                        name);
    if (!*name)
        return fail(E_config, "%s has no name", what);
    return E_ok;
}

enum error store_dir(const struct store_options *options, const char **dir) {
    static const char scheme[] = "sqlite:";
    if (strncmp(options->url, scheme, strlen(scheme)) != 0 || !options->url[strlen(scheme)]) {
        enum error e = fail(E_config, "store \"%s\"", options->url);
        fail_try("write store: sqlite:DIRECTORY");
        return e;
    }
    TRY(name_check("system", options->system));
    TRY(name_check("service", options->service));
    assert(options->generation > 0);
    *dir = options->url + strlen(scheme);
    return E_ok;
}

static char *name_begin(const struct store_options *options) {
    return text_format("%s.%s.%" PRId32 ".", options->system, options->service,
                       options->generation);
}

char *store_path(const char *dir, const struct store_options *options) {
    char *begin = name_begin(options);
    char *path = text_format("%s/%s%" PRId32 ".db", dir, begin, options->task);
    free(begin);
    return path;
}

bool store_path_task(const struct store_options *options, const char *name, int32_t *task) {
    char *begin = name_begin(options);
    bool ours = strncmp(name, begin, strlen(begin)) == 0;
    const char *digits = name + (ours ? strlen(begin) : 0);
    free(begin);
    if (!ours || !isdigit((unsigned char)*digits))
        return false;
    char *end;
    long number = strtol(digits, &end, 10);
    *task = (int32_t)number;
    return number <= INT32_MAX && strcmp(end, ".db") == 0;
}

/* The holder wrote its pid just after it took the lock; in between the text may be empty. */
static enum error locked(struct file *f) {
    struct buf text = { 0 };
    TRY(disk_read_at(f, 0, &text, PID_TEXT_MAX));
    char *pid = text_copy(buf_text(&text));
    pid[strspn(pid, "0123456789")] = 0;
    enum error e = fail(E_locked, "%s: process %s", f->path, *pid ? pid : "(not yet known)");
    fail_try("stop that process, or wait for its end; do not delete the lock file");
    free(pid);
    buf_finish(&text);
    return e;
}

static enum error lock_take(struct file *f) {
    enum error e = disk_lock(f);
    if (e == E_locked)
        return locked(f);
    TRY(e);
    char *pid = text_format("%ld\n", (long)getpid());
    e = disk_truncate(f, 0);
    if (!e)
        e = disk_write_at(f, 0, bytes_text(pid));
    free(pid);
    return e;
}

enum error store_lock(const char *path, struct file **out) {
    char *lock_path = text_format("%s.lock", path);
    struct file *f = NULL;
    enum error e = disk_open(disk_real(), lock_path, DISK_CREATE, &f);
    free(lock_path);
    if (e)
        return e;
    e = lock_take(f);
    if (e) {
        disk_close(f);
        return e;
    }
    *out = f;
    return E_ok;
}

/* Every byte written where it stands. A sync alone is not enough: after a failed one the kernel
 * shows bytes that it has dropped from its list of what to write. */
static enum error rewrite(struct file *f) {
    struct buf piece = { 0 };
    int64_t at = 0;
    enum error e = E_ok;
    do {
        at += (int64_t)piece.len;
        buf_clear(&piece);
        e = disk_read_at(f, at, &piece, REWRITE_BYTES);
        if (!e && piece.len)
            e = disk_write_at(f, at, buf_bytes(&piece));
    } while (!e && piece.len);
    buf_finish(&piece);
    return e ? e : disk_sync(f);
}

static enum error wal_settle(const char *path) {
    struct file *f;
    TRY(disk_open(disk_real(), path, DISK_WRITE, &f));
    enum error e = rewrite(f);
    disk_close(f);
    if (e)
        fail_while("making durable what was left in %s", path);
    return e;
}

static enum error file_make(const char *dir, const char *path) {
    struct file *f;
    TRY(disk_open(disk_real(), path, DISK_CREATE, &f));
    disk_close(f);
    return disk_sync_dir(disk_real(), dir);
}

enum error store_file_settle(const char *dir, const char *path) {
    char *wal_path = text_format("%s-wal", path);
    bool is_there = false;
    enum error e = disk_exists(disk_real(), wal_path, &is_there);
    if (!e && is_there)
        e = wal_settle(wal_path);
    free(wal_path);
    TRY(e);
    TRY(disk_exists(disk_real(), path, &is_there));
    return is_there ? E_ok : file_make(dir, path);
}
