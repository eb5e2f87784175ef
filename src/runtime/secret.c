/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Making and reading a secret file under its lock. */
#include "runtime/secret.h"

#include "base/clock.h"
#include "base/random.h"

#include <stdlib.h>

enum { LOCK_WAIT_MS = 2000 };

static enum error lock_patiently(struct file *f) {
    int64_t until_ms = clock_steady_ms(clock_real()) + LOCK_WAIT_MS;
    enum error e;
    do
        e = disk_lock(f); /* whoever holds it does so for one write */
    while (e == E_locked && clock_steady_ms(clock_real()) < until_ms);
    return e;
}

static enum error read_or_make(struct disk *d, const char *dir, struct file *f, struct buf *out) {
    int64_t size = 0;
    TRY(lock_patiently(f));
    TRY(disk_size(f, &size));
    if (size > 0)
        return disk_read_at(f, 0, out, SECRET_BYTES * 4);
    random_system(buf_extend(out, SECRET_BYTES), SECRET_BYTES);
    TRY(disk_write_at(f, 0, buf_bytes(out)));
    TRY(disk_sync(f));
    return disk_sync_dir(d, dir);
}

enum error secret_load(struct disk *d, const char *dir, const char *name, struct buf *out) {
    struct file *f = NULL;
    char *path = text_format("%s/%s", dir, name);
    enum error e = disk_make_dir(d, dir);
    if (!e)
        e = disk_open(d, path, DISK_CREATE, &f);
    if (!e)
        e = read_or_make(d, dir, f, out);
    if (e)
        fail_while("reading the secret %s", name);
    disk_close(f);
    free(path);
    return e;
}
