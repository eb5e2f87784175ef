/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Segments on their way out: replaced by compaction, or below the log's start.
 *
 * A start may still need their files: it reads the segments that the last checkpoint names. So a
 * segment goes in three steps. It leaves its partition's list; nobody reads it any more. Once all
 * frames appended so far are settled the log thread, which may have it open for writing, lets go of
 * it. The next checkpoint does not name it, and removes its file when it is in place. A crash
 * before that finds the old list and the old files. A deleted topic goes the same way. */
#include "storage_state.h"

#include "base/check.h"

#include <stdlib.h>

struct forget_job {
    struct job job;
    struct writers *writers;
    struct segment **segments;
    size_t count;
};

void storage_retire(struct storage *s, struct segment *segment) {
    disk_close(segment->reader);
    segment->reader = NULL;
    s->retired = memory_resize(s->retired, (s->retired_count + 1) * sizeof(struct segment *));
    s->retired[s->retired_count++] = segment;
    s->retired_lsn = s->wal.appended;
}

static enum error forget_run(struct job *job) {
    struct forget_job *f = (struct forget_job *)job;
    for (size_t i = 0; i < f->count; i++)
        writers_forget(f->writers, f->segments[i]);
    return E_ok;
}

static void forget_done(void *owner, struct job *job) {
    struct storage *s = owner;
    struct forget_job *f = (struct forget_job *)job;
    size_t count = s->forgotten_count + f->count;
    s->is_forgetting = false;
    s->forgotten = memory_resize(s->forgotten, count * sizeof(struct segment *));
    for (size_t i = 0; i < f->count; i++)
        s->forgotten[s->forgotten_count++] = f->segments[i];
    graves_move(s, GRAVE_FORGETTING, GRAVE_FORGOTTEN);
    free(f->segments);
    free(f);
}

void retired_go_on(struct storage *s) {
    bool any = s->retired_count || graves_have(s, GRAVE_RETIRED);
    if (!any || s->is_forgetting || s->wal.synced < s->retired_lsn)
        return;
    struct forget_job *f = memory_get(sizeof(*f));
    f->job = (struct job){ .run = forget_run, .on_done = forget_done };
    f->writers = &s->writers;
    f->segments = s->retired;
    f->count = s->retired_count;
    s->retired = NULL;
    s->retired_count = 0;
    s->is_forgetting = true;
    graves_move(s, GRAVE_RETIRED, GRAVE_FORGETTING);
    storage_post(s, s->log_worker, &f->job);
}

/* What is left of them when storage closes: their files go after a later start. */
void retired_finish(struct storage *s) {
    assert(!s->is_forgetting);
    for (size_t i = 0; i < s->retired_count; i++)
        segment_destroy(s->retired[i]);
    for (size_t i = 0; i < s->forgotten_count; i++)
        segment_destroy(s->forgotten[i]);
    free(s->retired);
    free(s->forgotten);
}
