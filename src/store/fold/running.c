/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* FILE.fold.running: what a fold that sends runs with, while it runs.
 *
 * What it sent since its last snapshot it sends again after a crash, with the sequences of the
 * first time, and its readers drop that as repeats. With other settings, or other code, it would
 * give those sequences to other events, which would be dropped as well: silently lost. So what it
 * runs with is durable before it sends anything, and another does not go on from where it died.
 * The file goes at a stop that leaves nothing to send again: all is in the snapshot, and, when the
 * fold began behind a crash, all that its topics held at the start was read. */
#include "fold_inside.h"

#include "base/event.h"

#include <stdlib.h>
#include <string.h>

enum { RUNNING_BYTES_MAX = 4096 };

static char *running_path(const struct fold_store *f) {
    return text_format("%s.running", f->path);
}

static enum error running_check(struct fold_store *f, const char *path) {
    struct buf found = { 0 };
    enum error e = disk_read_whole(f->disk, path, RUNNING_BYTES_MAX, &found);
    if (!e && !bytes_equal(buf_bytes(&found), bytes_text(f->runs_with))) {
        e = fail(E_diverged,
                 "%s: it was killed while it ran with other settings or another version, and would "
                 "give what it has sent another meaning",
                 path);
        fail_try("start it as it was until it has caught up and stop it, then change; or raise "
                 "`generation`");
    }
    buf_finish(&found);
    return e;
}

enum error fold_running_begin(struct fold_store *f) {
    if (!f->runs_with)
        return E_ok;
    char *path = running_path(f);
    enum error e = disk_exists(f->disk, path, &f->crashed);
    if (!e)
        e = f->crashed ? running_check(f, path)
                       : disk_replace(f->disk, path, bytes_text(f->runs_with));
    f->rests = false;
    free(path);
    return e;
}

/* Its name is gone for good before the fence is. */
enum error fold_running_end(struct store *store, bool caught_up) {
    struct fold_store *f = fold_store_of(store);
    if (!f->runs_with || f->rests || (f->crashed && !caught_up))
        return E_ok;
    char *path = running_path(f);
    char *dir = text_copy(f->path);
    char *name = strrchr(dir, '/');
    if (name)
        *name = 0;
    enum error e = disk_unlink(f->disk, path);
    if (!e)
        e = disk_sync_dir(f->disk, name ? dir : ".");
    f->rests = !e;
    free(dir);
    free(path);
    return e;
}
