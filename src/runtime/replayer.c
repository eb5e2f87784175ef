/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The files of a replay, made and removed. */
#include "runtime/replayer.h"

#include "base/disk.h"
#include "runtime/kafka_log.h"
#include "runtime/snapshots.h"

#include <stdlib.h>
#include <string.h>

struct replayer {
    const struct replayer_options *options;
    struct file *lock;
    char *recorded_dir, *replayed_dir;
    char *recorded_url, *replayed_url;
    struct declared_service recorded, replayed;
};

struct declared_service replayer_recorded(const struct replayer_options *o) {
    struct declared_service service = *o->declared;
    if (o->into)
        service.generation = o->into - 1;
    return service;
}

struct declared_service replayer_replayed(const struct replayer_options *o) {
    struct declared_service service = *o->declared;
    if (o->into)
        service.generation = o->into;
    return service;
}

/* The store of the recorded generation. */
static struct store_options store_of(const struct replayer_options *o, const char *url) {
    return (struct store_options){
        .url = url,
        .system = o->declaration->system,
        .service = o->declared->name,
        .generation = o->into ? o->into - 1 : o->declared->generation,
        .task = o->task,
    };
}

/* The one that is fed. */
static struct store_options replayed_of(const struct replayer *r) {
    struct store_options options = store_of(r->options, r->replayed_url);
    options.generation = r->replayed.generation;
    return options;
}

int32_t replayer_tasks(const struct declaration *d, const struct declared_service *declared) {
    if (declared->tasks)
        return declared->tasks;
    return declared->consumes_count ? declaration_topic(d, declared->consumes[0])->partitions : 0;
}

enum error replayer_has_store(const struct replayer_options *o, bool *found) {
    struct store_options options = store_of(o, o->store_url);
    char *file = o->store_kind->file ? o->store_kind->file(&options) : NULL;
    enum error e = E_ok;
    *found = false;
    if (file)
        e = disk_exists(disk_real(), file, found);
    else
        e = fail(E_unsupported, "store %s: its journal cannot be read apart", o->store_url);
    free(file);
    return e;
}

/* ---- the work directory */

struct emptying {
    const char *dir;
    enum error error;
};

static void on_name(void *context, const char *name) {
    struct emptying *d = context;
    char *path = text_format("%s/%s", d->dir, name);
    if (!d->error)
        d->error = disk_unlink(disk_real(), path);
    free(path);
}

static enum error dir_empty(const char *dir) {
    struct emptying emptying = { .dir = dir };
    TRY(disk_make_dir(disk_real(), dir));
    TRY(disk_list(disk_real(), dir, on_name, &emptying));
    return emptying.error;
}

static enum error work_lock(struct replayer *r) {
    char *path = text_format("%s/lock", r->options->work_dir);
    enum error e = disk_make_dir(disk_real(), r->options->work_dir);
    if (!e)
        e = disk_open(disk_real(), path, DISK_CREATE, &r->lock);
    if (!e)
        e = disk_lock(r->lock);
    if (e == E_locked)
        fail_try("another replay runs there: wait for its end");
    free(path);
    return e;
}

static char *url_of(const char *scheme, const char *dir) {
    return text_format("%s:%s", scheme, dir);
}

static enum error work_begin(struct replayer *r) {
    const struct replayer_options *o = r->options;
    r->recorded_dir = text_format("%s/recorded", o->work_dir);
    r->replayed_dir = text_format("%s/replayed", o->work_dir);
    r->recorded_url = url_of(o->store_kind->scheme, r->recorded_dir);
    r->replayed_url =
        o->into ? text_copy(o->store_url) : url_of(o->store_kind->scheme, r->replayed_dir);
    TRY(work_lock(r));
    TRY(dir_empty(r->recorded_dir));
    return dir_empty(r->replayed_dir);
}

static void work_end(struct replayer *r) {
    bool ours = r->lock != NULL;
    if (ours && (dir_empty(r->recorded_dir) || dir_empty(r->replayed_dir)))
        error_print();
    disk_close(r->lock);
    free(r->recorded_dir);
    free(r->replayed_dir);
    free(r->recorded_url);
    free(r->replayed_url);
}

/* ---- the two stores */

static enum error recorded_copy(struct replayer *r) {
    struct store_options from = store_of(r->options, r->options->store_url);
    struct store_options to = store_of(r->options, r->recorded_url);
    char *path = r->options->store_kind->file(&to);
    enum error e = r->options->store_kind->snapshot(&from, path);
    free(path);
    return e;
}

static enum error journal_first(struct replayer *r, int64_t *first) {
    struct store_options options = store_of(r->options, r->recorded_url);
    struct store *look;
    int64_t last;
    TRY(r->options->store_kind->look(&look, &options));
    enum error e = look->ops->journal_range(look, first, &last);
    look->ops->close(look);
    return e;
}

static enum error is_begun(struct replayer *r, bool *there) {
    struct store_options options = replayed_of(r);
    char *path = r->options->store_kind->file(&options);
    enum error e = disk_exists(disk_real(), path, there);
    free(path);
    return e;
}

/* A later generation began at a snapshot, in which its lanes are new.
 * The copy of the recorded store is taken first: a snapshot that is made in between is newer than
 * its journal, and refused; made before, it is found. */
static enum error replayed_begin(struct replayer *r) {
    struct store_options from = store_of(r->options, r->options->store_url);
    struct store_options to = replayed_of(r);
    int64_t first = 0;
    bool there = true;
    if (r->options->into)
        TRY(is_begun(r, &there));
    if (r->options->into && there)
        return E_ok; /* it goes on */
    TRY(journal_first(r, &first));
    if (!r->options->snapshot && first <= 1 && from.generation == 1)
        return E_ok; /* from nothing */
    char *snapshot = r->options->snapshot ? text_copy(r->options->snapshot)
                                          : snapshot_path(r->options->store_kind, &from);
    char *path = r->options->store_kind->file(&to);
    enum error e = disk_exists(disk_real(), snapshot, &there);
    if (!e && there)
        e = snapshot_copy(snapshot, path);
    else if (!e && r->options->snapshot)
        e = fail(E_usage, "%s: there is no such snapshot", snapshot);
    free(snapshot);
    free(path);
    return e;
}

/* ---- the run */

static int32_t partitions_of(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

static enum error log_next(void *context, const struct kafka_part *from, struct kafka_record *out,
                           bool *found) {
    return kafka_log_next(context, from, out, found);
}

static enum error feed(struct replayer *r, struct kafka_log *log, struct replay_result *out) {
    const struct replayer_options *o = r->options;
    struct replay_records records = { log_next, log };
    struct task_options recorded = {
        .system = o->declaration->system,
        .service = &r->recorded,
        .declaration = o->declaration,
        .handlers = o->handlers,
        .schemas = o->schemas,
        .store_kind = o->store_kind,
        .store_url = r->recorded_url,
        .task = o->task,
        .journal_inputs = true,
        .partitions_of = partitions_of,
        .context = (void *)(uintptr_t)o->declaration,
    };
    struct task_options replayed = recorded;
    replayed.service = &r->replayed;
    replayed.store_url = r->replayed_url;
    replayed.sync = o->into > 0;
    struct replay_options options = { .task = &replayed,
                                      .recorded = &recorded,
                                      .records = &records,
                                      .on_progress = o->on_progress,
                                      .context = o->context };
    return replay_run(&options, out);
}

static enum error replayer_steps(struct replayer *r, struct replay_result *out) {
    struct kafka_log *log;
    TRY(work_begin(r));
    TRY(recorded_copy(r));
    TRY(replayed_begin(r));
    if (r->options->on_begin)
        TRY(r->options->on_begin(r->options));
    TRY(kafka_log_open(&log, r->options->bootstrap));
    enum error e = feed(r, log, out);
    kafka_log_close(log);
    return e;
}

enum error replayer_run(const struct replayer_options *o, struct replay_result *out) {
    struct replayer r = { .options = o };
    r.recorded = replayer_recorded(o);
    r.replayed = replayer_replayed(o);
    enum error e = replayer_steps(&r, out);
    work_end(&r);
    return e;
}
