/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DIR/<system>.<service>.<generation>.<task>.<ending> and PATH.lock. */
#include "store/place.h"

#include "base/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PID_TEXT_MAX = 32 };

static enum error name_check(const char *what, const char *name) {
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return fail(E_config, "%s \"%s\": only letters, digits, - and _ can be in it", what,
                        name);
    if (!*name)
        return fail(E_config, "%s has no name", what);
    return E_ok;
}

enum error store_dir(const struct store_options *options, const char *scheme, const char **dir) {
    size_t len = strlen(scheme);
    if (strncmp(options->url, scheme, len) != 0 || options->url[len] != ':'
        || !options->url[len + 1]) {
        enum error e = fail(E_config, "store \"%s\"", options->url);
        fail_try("write store: %s:DIRECTORY", scheme);
        return e;
    }
    TRY(name_check("system", options->system));
    TRY(name_check("service", options->service));
    assert(options->generation > 0);
    *dir = options->url + len + 1;
    return E_ok;
}

static char *name_begin(const struct store_options *options) {
    return text_format("%s.%s.%" PRId32 ".", options->system, options->service,
                       options->generation);
}

char *store_path(const char *dir, const struct store_options *options, const char *ending) {
    char *begin = name_begin(options);
    char *path = text_format("%s/%s%" PRId32 ".%s", dir, begin, options->task, ending);
    free(begin);
    return path;
}

bool store_path_task(const struct store_options *options, const char *name, const char *ending,
                     int32_t *task) {
    char *begin = name_begin(options);
    bool ours = strncmp(name, begin, strlen(begin)) == 0;
    const char *digits = name + (ours ? strlen(begin) : 0);
    free(begin);
    if (!ours || !isdigit((unsigned char)*digits))
        return false;
    char *end;
    long number = strtol(digits, &end, 10);
    *task = (int32_t)number;
    return number <= INT32_MAX && *end == '.' && strcmp(end + 1, ending) == 0;
}

static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return text_copy(".");
    return text_copy_bytes(bytes_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

/* The parent is synced also when the directory is there already: a first start that was killed may
 * have left it. Those above it were synced when they were made. */
enum error store_dir_make(struct disk *disk, const char *dir) {
    bool is_there = true;
    char *parent = parent_of(dir);
    enum error e = disk_exists(disk, dir, &is_there);
    if (!e && !is_there && strcmp(parent, "/") != 0 && strcmp(parent, ".") != 0)
        e = store_dir_make(disk, parent);
    if (!e && !is_there)
        e = disk_make_dir(disk, dir);
    if (!e)
        e = disk_sync_dir(disk, parent);
    free(parent);
    return e;
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

enum error store_lock(struct disk *disk, const char *path, struct file **out) {
    char *lock_path = text_format("%s.lock", path);
    struct file *f = NULL;
    enum error e = disk_open(disk, lock_path, DISK_CREATE, &f);
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
