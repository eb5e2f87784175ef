/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Writing a snapshot: copied by the owner, piece by piece between its groups; checksum, write and
 * syncs in a thread. What is copied is as of one moment (cache/pages.h). The file is written beside
 * its place and takes its name when it is synced, so whatever happens the old snapshot or the new
 * one is there, whole. */
#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/mailbox.h"
#include "fold_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_A_STEP = 8 };

static void writer_run(void *context) {
    struct fold_writer *w = context;
    int64_t start_ns = clock_steady_ns(clock_real());
    fold_snapshot_close(&w->content);
    CRASH_POINT(fold_before_snapshot);
    w->error = disk_replace(w->disk, w->path, buf_bytes(&w->content));
    CRASH_POINT(fold_after_snapshot);
    if (w->error) {
        const char *story = error_story();
        (void)snprintf(w->story, sizeof(w->story), "%.*s", (int)strcspn(story, "\n"), story);
    }
    w->write_ns = clock_steady_ns(clock_real()) - start_ns;
    mailbox_post_wait(w->done, w);
}

static void time_count(struct fold_store *f, int64_t start_ns) {
    int64_t ns = clock_steady_ns(clock_real()) - start_ns;
    f->sizes.serialise_ns += ns;
    f->sizes.pause_ns = ns > f->sizes.pause_ns ? ns : f->sizes.pause_ns;
}

enum error fold_writer_start(struct fold_store *f) {
    if (f->writer)
        return fail(E_busy, "%s: the snapshot before is still being written", f->path);
    struct fold_writer *w = memory_get(sizeof(*w));
    int64_t start_ns = clock_steady_ns(clock_real());
    w->disk = f->disk;
    w->path = text_copy(f->path);
    f->writer = w;
    f->sizes.serialise_ns = f->sizes.pause_ns = 0;
    fold_snapshot_put(f, &w->content);
    time_count(f, start_ns);
    return E_ok;
}

bool fold_writer_copies(const struct fold_store *f) {
    return f->writer && !f->writer->thread;
}

/* True: all is copied, and the thread has it. */
static bool copy_step(struct fold_store *f, bool wait) {
    struct fold_writer *w = f->writer;
    int64_t start_ns = clock_steady_ns(clock_real());
    bool whole = pages_image_step(&f->rows.pages, wait ? SIZE_MAX : PAGES_A_STEP);
    time_count(f, start_ns);
    if (!whole)
        return false;
    f->sizes.snapshot_bytes = (int64_t)w->content.len;
    w->done = mailbox_create(1);
    w->thread = thread_start("fold-snapshot", writer_run, w);
    return true;
}

static void writer_destroy(struct fold_writer *w) {
    thread_join(w->thread);
    mailbox_destroy(w->done);
    buf_finish(&w->content);
    free(w->path);
    free(w);
}

enum error fold_writer_end(struct fold_store *f, bool wait, bool *done) {
    struct fold_writer *w = f->writer;
    *done = !w;
    if (!w || (!w->thread && !copy_step(f, wait)))
        return E_ok;
    *done = (wait ? mailbox_wait(w->done, -1) : mailbox_take(w->done)) != NULL;
    if (!*done)
        return E_ok;
    enum error e = w->error;
    f->sizes.write_ns = w->write_ns;
    f->writer = NULL;
    if (e)
        e = fail(e, "%s", w->story);
    if (e)
        fail_while("writing the snapshot %s", f->path);
    writer_destroy(w);
    return e;
}
