/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Log files ahead of need: zeroed, recycled or removed by the checkpoint thread.
 *
 * A new file is zeroed and synced under the name "wal-next" and then renamed, so a file with a
 * number is always whole; only a start that waits for its file leaves that sync to the first group.
 * A file that the checkpoint no longer needs becomes a spare by a rename: its old frames have lower
 * LSNs than any frame that will be looked for, so they never count, and overwriting them is as
 * cheap as overwriting zeros. Either way the directory is synced before the file is used, or a
 * crash could leave frames in a file that has no name. */
#include "wal.h"

#include "base/check.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum { ZERO_BYTES = 1 << 20 };

enum file_task { FILE_ZERO, FILE_RECYCLE, FILE_REMOVE };

struct wal_file_job {
    struct job job;
    const struct wal_options *options;
    enum file_task task;
    bool is_used_now;     /* FILE_ZERO: the first group's sync covers the zeros too */
    struct wal_file from; /* FILE_RECYCLE and FILE_REMOVE */
    struct wal_file to;   /* what becomes a spare */
};

static enum error write_zeros(struct file *f, int64_t size) {
    int64_t step = size < ZERO_BYTES ? size : ZERO_BYTES;
    uint8_t *zeros = memory_get((size_t)step);
    enum error e = E_ok;
    for (int64_t at = 0; at < size && !e; at += step) {
        int64_t len = size - at < step ? size - at : step;
        e = disk_write_at(f, at, bytes_of(zeros, (size_t)len));
    }
    free(zeros);
    return e;
}

/* A sync is never retried, so whatever it says is final; a write may find the disk full. */
static enum error sync_for_good(struct file *f) {
    enum error e = disk_sync(f);
    return e == E_disk_full ? E_io : e;
}

static enum error zero_file(struct wal_file_job *j, const char *path) {
    struct file *f;
    TRY(disk_open(j->options->disk, path, DISK_CREATE_EMPTY, &f));
    enum error e = write_zeros(f, j->to.size);
    if (!e && !j->is_used_now)
        e = sync_for_good(f);
    disk_close(f);
    return e;
}

/* Renames `from` to the spare's name, makes that durable and opens it. */
static enum error adopt(struct wal_file_job *j, const char *from) {
    const struct wal_options *o = j->options;
    char *path = wal_path(o, j->to.sequence);
    enum error e = disk_rename(o->disk, from, path);
    if (!e)
        e = disk_sync_dir(o->disk, o->dir);
    if (!e)
        e = disk_open(o->disk, path, DISK_WRITE, &j->to.file);
    free(path);
    return e;
}

static enum error run_zero(struct wal_file_job *j) {
    const struct wal_options *o = j->options;
    char *next = text_format("%s/wal-next", o->dir);
    enum error e = zero_file(j, next);
    if (!e)
        e = adopt(j, next);
    free(next);
    return e;
}

static enum error run_recycle(struct wal_file_job *j) {
    char *old = wal_path(j->options, j->from.sequence);
    enum error e = adopt(j, old);
    free(old);
    return e;
}

static enum error run_remove(struct wal_file_job *j) {
    char *old = wal_path(j->options, j->from.sequence);
    enum error e = disk_unlink(j->options->disk, old);
    free(old);
    return e == E_not_found ? E_ok : e;
}

static enum error file_job_run(struct job *job) {
    struct wal_file_job *j = (struct wal_file_job *)job;
    switch (j->task) {
    case FILE_ZERO:
        TRY_WHILE(run_zero(j), "making the next log file");
        break;
    case FILE_RECYCLE:
        TRY_WHILE(run_recycle(j), "recycling a log file");
        break;
    case FILE_REMOVE:
        TRY_WHILE(run_remove(j), "removing a log file");
        break;
    }
    return E_ok;
}

static struct wal_file_job *file_job_create(struct wal *w, enum file_task task) {
    struct wal_file_job *j = memory_get(sizeof(*j));
    j->job.run = file_job_run;
    j->options = &w->options;
    j->task = task;
    if (task != FILE_REMOVE)
        j->to.sequence = w->last_sequence + 1; /* taken only if the job succeeds */
    w->has_file_job = true;
    return j;
}

static struct wal_file take_finished(struct wal *w) {
    struct wal_file old = w->finished[0];
    w->finished_count--;
    memmove(w->finished, w->finished + 1, w->finished_count * sizeof(w->finished[0]));
    return old;
}

struct job *wal_next_file_job(struct wal *w, bool may_grow) {
    struct wal_file_job *j;
    if (w->has_file_job)
        return NULL;
    if (w->last_sequence >= FILE_SEQUENCE_MAX) {
        w->is_full = true;
        return NULL;
    }
    if (w->finished_count && w->finished[0].sequence < w->needed_from) {
        struct wal_file old = take_finished(w);
        bool fits = w->spare_count < WAL_SPARES_MAX && old.size >= w->options.file_bytes;
        j = file_job_create(w, fits ? FILE_RECYCLE : FILE_REMOVE);
        j->from = old;
        j->to.size = old.size;
        return &j->job;
    }
    if (w->spare_count || !may_grow)
        return NULL;
    j = file_job_create(w, FILE_ZERO);
    j->to.size = w->options.file_bytes;
    return &j->job;
}

enum error wal_file_job_done(struct wal *w, struct job *job) {
    struct wal_file_job *j = (struct wal_file_job *)job;
    enum error e = job->error ? job_fail(job) : E_ok;
    w->has_file_job = false;
    if (!e && j->task != FILE_REMOVE) {
        w->spares[w->spare_count++] = j->to;
        w->last_sequence = j->to.sequence;
    } else {
        disk_close(j->to.file);
    }
    if (!e || e == E_disk_full)
        w->is_full = e == E_disk_full && j->task == FILE_ZERO;
    job_clear(job);
    free(j);
    return e;
}

enum error wal_make_file(struct wal *w, int64_t size) {
    if (w->last_sequence >= FILE_SEQUENCE_MAX)
        return fail(E_corrupt, "%s has log file %llu, and no next one", w->options.dir,
                    (unsigned long long)w->last_sequence);
    struct wal_file_job *j = file_job_create(w, FILE_ZERO);
    j->to.size = size;
    j->is_used_now = true;
    job_run(&j->job);
    return wal_file_job_done(w, &j->job);
}
