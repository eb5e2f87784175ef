/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Opening and closing a fold, and reading its snapshot from outside. */
#include "base/check.h"
#include "base/event.h"
#include "fold_inside.h"
#include "store/place.h"

#include <stdlib.h>
#include <string.h>

/* What one file may hold; a fold beyond it does not fit the memory of the machines it is for. */
static const size_t snapshot_bytes_max = (size_t)1 << 36;

static void fold_init(struct fold_store *f, const struct store_options *options) {
    f->store.ops = &fold_ops;
    f->system = text_copy(options->system);
    f->service = text_copy(options->service);
    f->reads = options->reads ? text_copy(options->reads) : NULL;
    f->code = text_copy(options->code ? options->code : "");
    f->runs_with = options->runs_with ? text_copy(options->runs_with) : NULL;
    f->generation = options->generation;
    f->task = options->task;
    f->tables = options->tables;
    f->table_count = options->table_count;
    f->memory_max = options->memory_max;
    cache_init(&f->rows, options);
}

static void entries_finish(struct table *t) {
    struct bytes name;
    void *entry;
    for (size_t at = 0; table_next(t, &at, &name, &entry);)
        free(entry);
    table_finish(t);
}

static void facts_finish(struct table *t) {
    struct bytes name;
    void *fact;
    for (size_t at = 0; table_next(t, &at, &name, &fact);)
        buf_finish(&((struct fold_fact *)fact)->value);
    entries_finish(t);
}

static void contents_finish(struct fold_store *f) {
    cache_finish(&f->rows);
    fold_timers_finish(&f->timers);
    entries_finish(&f->places);
    entries_finish(&f->lanes_in);
    entries_finish(&f->lanes_out);
    facts_finish(&f->facts);
    f->outbox_last = f->outbox_deleted = 0;
}

/* The lock goes last, when the writer is done: nobody else may have the file while we still do. */
void fold_close(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    bool done;
    if (fold_writer_end(f, true, &done))
        error_print();
    contents_finish(f);
    buf_finish(&f->name);
    disk_close(f->lock);
    free(f->path);
    free(f->system);
    free(f->service);
    free(f->reads);
    free(f->code);
    free(f->runs_with);
    free(f);
}

static enum error snapshot_load(struct fold_store *f) {
    struct buf content = { 0 };
    enum error e = disk_read_whole(f->disk, f->path, snapshot_bytes_max, &content);
    if (!e)
        e = fold_snapshot_read(f, buf_bytes(&content));
    buf_finish(&content);
    if (e)
        fail_while("reading the snapshot %s", f->path);
    return e;
}

/* ---- a snapshot that is no use */

/* The file stays beside its place, for who wants to know why; the one before it goes. */
static enum error snapshot_put_aside(struct fold_store *f, const char *why) {
    char reason[300];
    char *aside = text_format("%s.refused", f->path);
    event_log(EV_fold_refused, "service=%s task=%d file=%s reason=%s", f->service, (int)f->task,
              aside, event_quote(reason, sizeof(reason), bytes_of(why, strcspn(why, "\n"))));
    enum error e = disk_rename(f->disk, f->path, aside);
    free(aside);
    return e;
}

void fold_refuse(struct store *store, const char *why) {
    struct fold_store *f = fold_store_of(store);
    bool done, is_there = false;
    f->refused = true;
    if (fold_writer_end(f, true, &done))
        error_print();
    enum error e = disk_exists(f->disk, f->path, &is_there);
    if (!e && is_there)
        e = snapshot_put_aside(f, why);
    if (e)
        error_print();
}

/* When one of its positions was last read, at the earliest: what compaction has taken away since
 * then may be what this fold has to hear of. */
static int64_t read_last_ms(const struct fold_store *f) {
    struct bytes name;
    void *entry;
    int64_t oldest_ms = INT64_MAX;
    for (size_t at = 0; table_next(&f->places, &at, &name, &entry);) {
        int64_t event_ms = ((const struct fold_place *)entry)->position.event_ms;
        oldest_ms = event_ms < oldest_ms ? event_ms : oldest_ms;
    }
    return oldest_ms;
}

static enum error snapshot_check_age(const struct fold_store *f, int64_t oldest_ms) {
    if (!oldest_ms || read_last_ms(f) >= oldest_ms)
        return E_ok;
    return fail(E_diverged,
                "the snapshot is older than its topics show what was deleted: it would keep some");
}

static bool is_no_use(enum error e) {
    return e == E_corrupt || e == E_diverged || e == E_config || e == E_unsupported;
}

static enum error snapshot_take(struct fold_store *f, const struct store_options *options) {
    enum error e = snapshot_load(f);
    if (!e && options->rebuilds)
        e = snapshot_check_age(f, options->oldest_ms);
    if (!options->rebuilds || !is_no_use(e))
        return e;
    contents_finish(f);
    cache_init(&f->rows, options);
    return snapshot_put_aside(f, error_story());
}

static enum error fence_and_load(struct fold_store *f, const char *dir,
                                 const struct store_options *options) {
    bool is_there;
    TRY(store_dir_make(f->disk, dir));
    TRY(store_lock(f->disk, f->path, &f->lock));
    TRY(disk_exists(f->disk, f->path, &is_there));
    if (is_there)
        TRY(snapshot_take(f, options));
    return fold_running_begin(f);
}

enum error fold_open_on(struct disk *disk, struct store **out,
                        const struct store_options *options) {
    const char *dir;
    TRY(store_dir(options, "fold", &dir));
    struct fold_store *f = memory_get(sizeof(*f));
    fold_init(f, options);
    f->disk = disk;
    f->path = store_path(dir, options, "fold");
    enum error e = fence_and_load(f, dir, options);
    if (e) {
        fail_while("opening the fold of %s, task %d", options->service, (int)options->task);
        fold_close(&f->store);
        return e;
    }
    *out = &f->store;
    return E_ok;
}

static enum error fold_open(struct store **out, const struct store_options *options) {
    return fold_open_on(disk_real(), out, options);
}

/* The newest snapshot, as old as `snapshot_every` and the time to write; no lock is asked for. */
static enum error fold_look(struct store **out, const struct store_options *options) {
    const char *dir;
    bool is_there = false;
    TRY(store_dir(options, "fold", &dir));
    struct fold_store *f = memory_get(sizeof(*f));
    fold_init(f, options);
    f->disk = disk_real();
    f->path = store_path(dir, options, "fold");
    enum error e = disk_exists(f->disk, f->path, &is_there);
    if (!e && !is_there)
        e = fail(E_not_found, "%s: this task has no snapshot yet", f->path);
    if (!e)
        e = snapshot_load(f);
    if (e)
        fold_close(&f->store);
    else
        *out = &f->store;
    return e;
}

static enum error fold_read(const struct store_options *options, size_t table, const char *key,
                            store_on_row *on_row, void *context) {
    struct store *s = NULL;
    struct fold_visit visit = { on_row, context };
    assert(table < options->table_count);
    TRY(fold_look(&s, options));
    fold_table_visit(fold_store_of(s), table, bytes_text(key), &visit);
    fold_close(s);
    return E_ok;
}

static char *fold_file(const struct store_options *options) {
    const char *dir;
    return store_dir(options, "fold", &dir) ? NULL : store_path(dir, options, "fold");
}

const struct store_kind fold_store_kind = {
    .scheme = "fold",
    .open = fold_open,
    .read = fold_read,
    .look = fold_look,
    .file = fold_file,
};
