/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Backwards through the journal to what was synced, then forwards with what survives. */
#include "power.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/table.h"
#include "layer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { JOURNAL_MAX = 1 << 30, SECTOR = 512 };

struct change {
    struct layer_record record;
    int64_t place; /* in the journal */
    struct bytes old, new;
    size_t before;  /* of the same file, 1-based; 0: none */
    bool is_doomed; /* a sync of it has failed */
};

struct changed_file {
    int64_t safe;   /* what the journal had before it is synced */
    int64_t doomed; /* place of the first that is; INT64_MAX: none */
    size_t newest;  /* change, 1-based */
};

struct cut {
    const struct power_options *options;
    struct power_result *result;
    struct random random;
    struct buf journal;
    struct change *changes;
    size_t count;
    struct table files; /* inode and birth: struct changed_file, owned */
    enum error error;
};

/* ---- reading */

static struct bytes key_of(const struct layer_record *r, uint64_t key[2]) {
    key[0] = r->inode;
    key[1] = (uint64_t)r->born_ns;
    return bytes_of(key, 2 * sizeof(key[0]));
}

static struct changed_file *file_of(struct cut *c, const struct layer_record *r) {
    uint64_t key[2];
    struct changed_file *f = table_find(&c->files, key_of(r, key));
    if (f)
        return f;
    f = memory_get(sizeof(*f));
    const int64_t *settled = table_find(c->options->settled, key_of(r, key));
    *f = (struct changed_file){ .safe = settled ? *settled : 0, .doomed = INT64_MAX };
    (void)table_put(&c->files, key_of(r, key), f);
    return f;
}

/* What was neither safe nor, by then, yet to come. */
static void doom(struct cut *c, struct changed_file *f, int64_t until) {
    for (size_t at = f->newest; at && c->changes[at - 1].place >= f->safe;
         at = c->changes[at - 1].before)
        if (c->changes[at - 1].place < until) {
            c->changes[at - 1].is_doomed = true;
            f->doomed = c->changes[at - 1].place < f->doomed ? c->changes[at - 1].place : f->doomed;
        }
}

static void change_take(struct cut *c, const struct layer_record *r, size_t at) {
    struct changed_file *f = file_of(c, r);
    const uint8_t *data = c->journal.data + at + sizeof(*r);
    if (r->kind == LAYER_synced || r->kind == LAYER_failed) {
        if (r->kind == LAYER_failed)
            doom(c, f, r->at);
        f->safe = r->at > f->safe ? r->at : f->safe;
        return;
    }
    if (c->count % 1024 == 0)
        c->changes = memory_resize(c->changes, (c->count + 1024) * sizeof(*c->changes));
    c->changes[c->count++] = (struct change){
        *r,        (int64_t)at, bytes_of(data, r->old_len), bytes_of(data + r->old_len, r->new_len),
        f->newest, false
    };
    f->newest = c->count;
}

/* A record is whole when another one, or the end, is right behind it. */
static size_t record_end(const struct cut *c, size_t at, struct layer_record *r) {
    uint64_t magic;
    if (c->journal.len - at < sizeof(*r))
        return 0;
    memcpy(r, c->journal.data + at, sizeof(*r));
    size_t end = at + sizeof(*r) + r->old_len + r->new_len;
    if (r->magic != LAYER_MAGIC || end > c->journal.len)
        return 0;
    if (c->journal.len - end < sizeof(magic))
        return end;
    memcpy(&magic, c->journal.data + end, sizeof(magic));
    return magic == LAYER_MAGIC ? end : 0;
}

static void journal_take(struct cut *c) {
    struct layer_record r;
    for (size_t at = 0; at < c->journal.len;) {
        size_t end = record_end(c, at, &r);
        if (end)
            change_take(c, &r, at);
        at = end ? end : at + 1;
    }
}

/* ---- one file */

static enum error undo(struct file *file, const struct change *change) {
    if (change->old.len)
        TRY(disk_write_at(file, change->record.at, change->old));
    return disk_truncate(file, change->record.size);
}

static enum error redo(struct file *file, const struct change *change, size_t len) {
    if (change->record.kind == LAYER_cut)
        return disk_truncate(file, change->record.at);
    return len ? disk_write_at(file, change->record.at, bytes_of(change->new.data, len)) : E_ok;
}

/* How much of each of the unsynced writes survives: none, the first ones, or any. The newest of
 * them is torn when it does. */
static void survivors_draw(struct cut *c, const size_t *undone, size_t count, size_t *kept) {
    uint64_t manner = random_below(&c->random, 3);
    size_t first = (size_t)random_below(&c->random, count + 1), newest = count;
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &c->changes[undone[i]];
        bool stays = manner == 1 ? i < first : manner == 2 && random_below(&c->random, 2);
        kept[i] = stays && !change->is_doomed ? change->new.len : SIZE_MAX;
        newest = kept[i] == SIZE_MAX ? newest : i;
        c->result->lost += kept[i] == SIZE_MAX;
    }
    c->result->unsynced += count;
    if (newest < count && random_below(&c->random, 2))
        kept[newest] = kept[newest] / SECTOR / 2 * SECTOR;
}

static enum error forwards(struct cut *c, struct file *file, const size_t *undone,
                           const size_t *kept) {
    for (size_t i = 0; kept[i] != SIZE_MAX - 1; i++)
        if (kept[i] != SIZE_MAX)
            TRY(redo(file, &c->changes[undone[i]], kept[i]));
    return E_ok;
}

/* What happened to a file from one place of the journal on, the oldest first. */
static size_t *changes_from(const struct cut *c, const struct changed_file *f, int64_t place,
                            size_t *count) {
    size_t at;
    for (at = f->newest, *count = 0; at && c->changes[at - 1].place >= place;
         at = c->changes[at - 1].before)
        ++*count;
    size_t *all = memory_get((*count + 1) * sizeof(*all)), left = *count;
    for (at = f->newest; left; at = c->changes[at - 1].before)
        all[--left] = at - 1;
    return all;
}

/* What stays without question, then what the dice leave of the rest. */
static enum error file_decide(struct cut *c, struct file *file, const struct changed_file *f,
                              const size_t *undone, size_t count) {
    size_t *kept = memory_get((count + 1) * sizeof(*kept)), sure = 0;
    for (; sure < count; sure++) {
        const struct change *change = &c->changes[undone[sure]];
        if (!c->options->only_failed && change->place >= f->safe)
            break;
        kept[sure] = change->is_doomed ? SIZE_MAX : change->new.len;
        c->result->unsynced += change->is_doomed;
        c->result->lost += change->is_doomed;
    }
    kept[count] = SIZE_MAX - 1;
    if (sure < count)
        survivors_draw(c, undone + sure, count - sure, kept + sure);
    enum error e = forwards(c, file, undone, kept);
    free(kept);
    return e;
}

static enum error file_roll(struct cut *c, const struct changed_file *f, const char *path) {
    int64_t from = c->options->only_failed || f->doomed < f->safe ? f->doomed : f->safe;
    struct file *file = NULL;
    size_t count = 0;
    size_t *undone = changes_from(c, f, from, &count);
    enum error e = count ? disk_open(disk_real(), path, DISK_WRITE, &file) : E_ok;
    for (size_t i = count; i-- > 0 && !e;)
        e = undo(file, &c->changes[undone[i]]);
    if (count && !e)
        e = file_decide(c, file, f, undone, count);
    disk_close(file);
    free(undone);
    c->result->files += count > 0;
    return e;
}

/* ---- all of them */

static void folder_roll(struct cut *c, const char *path);

struct folder {
    struct cut *cut;
    const char *path;
};

static void on_name(void *context, const char *name) {
    const struct folder *folder = context;
    struct cut *c = folder->cut;
    struct statx s;
    uint64_t key[2];
    char *path = text_format("%s/%s", folder->path, name);
    if (!c->error
        && !statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &s)) {
        struct layer_record r = { .inode = s.stx_ino,
                                  .born_ns =
                                      s.stx_btime.tv_sec * 1000000000 + s.stx_btime.tv_nsec };
        const struct changed_file *f = table_find(&c->files, key_of(&r, key));
        if (S_ISDIR(s.stx_mode))
            folder_roll(c, path);
        else if (f)
            c->error = file_roll(c, f, path);
    }
    free(path);
}

static void folder_roll(struct cut *c, const char *path) {
    struct folder folder = { c, path };
    enum error e = disk_list(disk_real(), path, on_name, &folder);
    c->error = c->error ? c->error : e;
}

void power_forget(struct table *settled) {
    size_t at = 0;
    struct bytes key;
    void *value;
    while (table_next(settled, &at, &key, &value))
        free(value);
    table_clear(settled);
}

/* Of one process: its files are now as they are. Of all: nothing is open any more. */
static enum error journal_settle(struct cut *c) {
    struct file *file = NULL;
    size_t at = 0;
    struct bytes key;
    void *value;
    if (c->options->only_failed) {
        while (table_next(&c->files, &at, &key, &value)) {
            int64_t *safe = memory_get(sizeof(*safe));
            const struct changed_file *f = value;
            *safe = f->doomed != INT64_MAX ? (int64_t)c->journal.len : f->safe;
            free(table_put(c->options->settled, key, safe));
        }
        return E_ok;
    }
    power_forget(c->options->settled);
    TRY(disk_open(disk_real(), c->options->journal, DISK_WRITE, &file));
    enum error e = disk_truncate(file, 0);
    disk_close(file);
    return e;
}

enum error power_cut(const struct power_options *o, struct power_result *out) {
    struct cut c = { .options = o, .result = out, .random = random_seeded(o->dice) };
    size_t at = 0;
    struct bytes key;
    void *value;
    *out = (struct power_result){ 0 };
    c.error = disk_read_whole(disk_real(), o->journal, JOURNAL_MAX, &c.journal);
    if (!c.error) {
        journal_take(&c);
        folder_roll(&c, o->dir);
    }
    if (!c.error)
        c.error = journal_settle(&c);
    while (table_next(&c.files, &at, &key, &value))
        free(value);
    table_finish(&c.files);
    buf_finish(&c.journal);
    free(c.changes);
    return c.error;
}
