/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Files that an earlier life left in a partition's directory: segments that compaction had written
 * when no checkpoint named them yet, or that one had ceased to name when they were about to be
 * removed. They are never read; a start removes them where compaction, retention or deletion may
 * have been. What the last checkpoint names stays, also if the log behind it has retired it since:
 * the next start would miss it. */
#include "partition.h"

#include "storage_state.h"

#include <stdlib.h>
#include <string.h>

struct sweep {
    struct partition *partition;
    enum error error;
};

static bool has_stem(const struct segment *s, const char *path, size_t len) {
    return strlen(s->path) == len + strlen(".log") && memcmp(s->path, path, len) == 0;
}

static bool is_known(const struct partition *p, const char *path) {
    const struct storage *s = p->storage;
    const char *dot = strrchr(path, '.');
    size_t len = (size_t)(dot - path);
    for (size_t i = 0; i < p->segment_count; i++)
        if (has_stem(p->segments[i], path, len))
            return true;
    for (size_t i = 0; i < s->retired_count; i++)
        if (has_stem(s->retired[i], path, len))
            return true;
    return false;
}

static bool is_segment_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return strspn(name, "0123456789") == 20 && dot
           && (strcmp(dot, ".log") == 0 || strcmp(dot, ".index") == 0
               || strcmp(dot, ".timeindex") == 0 || strcmp(dot, ".txnindex") == 0);
}

static void sweep_name(void *context, const char *name) {
    struct sweep *s = context;
    if (s->error || !is_segment_name(name))
        return;
    char *path = text_format("%s/%s", s->partition->dir, name);
    if (!is_known(s->partition, path))
        s->error = disk_unlink(s->partition->storage->disk, path);
    free(path);
}

enum error partition_sweep(struct partition *p) {
    struct disk *disk = p->storage->disk;
    struct sweep s = { .partition = p };
    bool exists;
    if (!p->generation && !p->log_start && !p->settings->compacts)
        return E_ok;
    TRY(disk_exists(disk, p->dir, &exists));
    if (!exists)
        return E_ok;
    TRY(disk_list(disk, p->dir, sweep_name, &s));
    return s.error;
}

struct removal {
    struct disk *disk;
    const char *dir;
    enum error error;
};

static void remove_name(void *context, const char *name) {
    struct removal *r = context;
    if (r->error || !is_segment_name(name))
        return;
    char *path = text_format("%s/%s", r->dir, name);
    r->error = disk_unlink(r->disk, path);
    if (r->error == E_not_found)
        r->error = E_ok;
    free(path);
}

/* What is not ours in it stays, and then the directory too. */
enum error directory_remove(struct disk *disk, const char *dir) {
    struct removal r = { .disk = disk, .dir = dir };
    bool exists;
    TRY(disk_exists(disk, dir, &exists));
    if (!exists)
        return E_ok;
    enum error e = disk_list(disk, dir, remove_name, &r);
    if (e == E_not_found)
        return E_ok; /* a file of that name is not ours */
    TRY(e);
    TRY(r.error);
    e = disk_remove_dir(disk, dir);
    return e == E_exists || e == E_not_found ? E_ok : e;
}

/* NAME-INDEX.INCARNATION, or without the last; files of the log have longer numbers. */
static bool is_partition_name(const char *name) {
    const char *dash = strrchr(name, '-');
    size_t digits = dash ? strspn(dash + 1, "0123456789") : 0;
    const char *rest = digits ? dash + 1 + digits : "?";
    if (dash == name || digits > 10 || (*rest && *rest != '.'))
        return false;
    return !*rest || (rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1));
}

static void add_directories(struct table *known, const struct topic *t) {
    for (int32_t i = 0; i < t->partition_count; i++)
        (void)table_put(known, bytes_text(t->partitions[i]->dir), known);
}

struct directories {
    struct storage *storage;
    struct table known;
    enum error error;
};

static void sweep_directory(void *context, const char *name) {
    struct directories *d = context;
    char *path = text_format("%s/%s", d->storage->dir, name);
    if (!d->error && is_partition_name(name) && !table_find(&d->known, bytes_text(path)))
        d->error = directory_remove(d->storage->disk, path);
    free(path);
}

/* Whose topic was deleted when the process ended before their files were removed. */
enum error directories_sweep(struct storage *s) {
    struct directories d = { .storage = s };
    struct topic *t;
    if (!s->deletions)
        return E_ok;
    for (size_t at = 0; (t = topic_next(s, &at));)
        add_directories(&d.known, t);
    for (size_t i = 0; i < s->grave_count; i++)
        add_directories(&d.known, &s->graves[i].topic->topic);
    enum error e = disk_list(s->disk, s->dir, sweep_directory, &d);
    table_finish(&d.known);
    return e ? e : d.error;
}
