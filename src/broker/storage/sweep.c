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
           && (strcmp(dot, ".log") == 0 || strcmp(dot, ".index") == 0);
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
