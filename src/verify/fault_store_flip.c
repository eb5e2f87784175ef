/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A bit of a service's store is another one, as disks do it in silence: of a page, or of the
 * write-ahead file in front of its last commits. The service that reads it must end and name the
 * file; then the bit is put back, as from a copy. A page that nobody reads stays unsaid: it is put
 * back, too, where it is still what it was made.
 *
 * Not the end of the write-ahead file: a frame there that nothing behind it speaks for cannot be
 * told from one that was never whole. */
#include "faults.h"

#include "base/check.h"
#include "base/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_MAX = 128,
    CONTENT_MAX = 128 << 20,
    DRAWS = 64,
    SAID_LIMIT_MS = 3000,
    WAL_HEADER = 32,
    FRAME_HEADER = 24,
    AROUND = 512 /* bytes that must be as they were left before one is put back */
};

struct store_files {
    char *dir, *prefix;
    char *paths[FILES_MAX];
    size_t count;
};

/* What was done; one at a time, as faults of one lane are. */
static struct {
    char *path;
    int64_t at;
    uint8_t was, is;
    struct buf around;
} flip;

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void on_name(void *context, const char *name) {
    struct store_files *f = context;
    if (f->count < FILES_MAX && strncmp(name, f->prefix, strlen(f->prefix)) == 0
        && (ends_with(name, ".db") || ends_with(name, ".db-wal")))
        f->paths[f->count++] = text_format("%s/%s", f->dir, name);
}

static int by_path(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How much of it is spoken for by a commit and a frame behind that: the bytes before the frame in
 * front of the last commit but one. 0: too little stands there. */
static size_t wal_spoken_for(const struct buf *content) {
    const uint8_t *b = content->data;
    if (content->len < WAL_HEADER)
        return 0;
    size_t page = (size_t)b[8] << 24 | (size_t)b[9] << 16 | (size_t)b[10] << 8 | b[11];
    size_t commits[2] = { 0, 0 }, frame = FRAME_HEADER + page, last = 0;
    for (size_t at = WAL_HEADER; page && at + frame <= content->len; at += frame) {
        if (memcmp(b + at + 8, b + 16, 8) != 0)
            break; /* of an earlier round */
        last = at;
        if (b[at + 4] | b[at + 5] | b[at + 6] | b[at + 7]) {
            commits[0] = commits[1];
            commits[1] = at;
        }
    }
    size_t commit = commits[1] < last ? commits[1] : commits[0];
    return commit > WAL_HEADER + 2 * frame ? commit - frame : 0;
}

static bool place_draw(uint64_t dice) {
    struct random random = random_seeded(dice);
    struct buf content = { 0 };
    bool found = false;
    if (disk_read_whole(disk_real(), flip.path, CONTENT_MAX, &content))
        buf_clear(&content);
    size_t most = ends_with(flip.path, "-wal") ? wal_spoken_for(&content) : content.len;
    for (int i = 0; i < DRAWS && !found && most; i++) {
        flip.at = (int64_t)random_below(&random, most);
        flip.was = content.data[flip.at];
        found = flip.was != 0;
    }
    buf_finish(&content);
    return found;
}

static enum error byte_put(uint8_t byte) {
    struct file *f;
    TRY(disk_open(disk_real(), flip.path, DISK_WRITE, &f));
    enum error e = disk_write_at(f, flip.at, bytes_of(&byte, 1));
    disk_close(f);
    return e;
}

static enum error around_read(struct buf *out) {
    struct file *f;
    TRY(disk_open(disk_real(), flip.path, DISK_READ, &f));
    enum error e = disk_read_at(f, flip.at / AROUND * AROUND, out, AROUND);
    disk_close(f);
    return e;
}

static void flip_finish(void) {
    free(flip.path);
    buf_finish(&flip.around);
    memset(&flip, 0, sizeof(flip));
}

static bool flip_make(struct run *r, struct planned *p, const char *path) {
    flip_finish();
    flip.path = text_copy(path);
    if (!place_draw(p->dice))
        return false;
    flip.is = (uint8_t)(flip.was ^ 1U << p->dice % 8);
    if (byte_put(flip.is) || around_read(&flip.around)) {
        run_problem(r, "a bit could not be flipped: %s", error_story());
        return false;
    }
    (void)snprintf(p->what, sizeof(p->what), "at %lld of %.50s", (long long)flip.at,
                   strrchr(path, '/') + 1);
    return true;
}

/* From a file that the dice choose on, the first in which there is something to be flipped; each
 * second time among write-ahead files: pages come into the database late. */
static bool some_flip_make(struct run *r, struct planned *p, const struct store_files *f) {
    bool wal = p->dice & 128;
    if (!f->count)
        return false;
    for (size_t i = 0; i < 2 * f->count; i++) {
        const char *path = f->paths[((p->dice >> 8) + i) % f->count];
        if ((!wal || i >= f->count || ends_with(path, "-wal")) && flip_make(r, p, path))
            return true;
    }
    return false;
}

static void store_flip_plan(struct run *r, struct planned *p, struct random *random) {
    do {
        p->target = target_draw(r, random, false);
    } while (r->house.services[p->target]->is_fold);
}

static bool spares_run(const struct run *r) {
    for (size_t i = 0; i < HOUSE_SPARES; i++)
        if (r->house.spares[i].pid)
            return true;
    return false;
}

/* Step 1: it is started on the flipped bit; 2: on the right one. */
static void store_flip_begin(struct run *r, struct planned *p) {
    const struct verify_service *service = r->house.services[p->target];
    struct store_files files = { .dir = run_store_dir(r) };
    files.prefix = text_format("%s.%s.", r->options->system->name, service->name);
    p->step = 2;
    if (!spares_run(r)) { /* who would read the store in its place */
        process_kill(&r->house.processes[p->target]);
        if (disk_list(disk_real(), files.dir, on_name, &files))
            files.count = 0;
        if (files.count)
            qsort(files.paths, files.count, sizeof(files.paths[0]), by_path);
        p->step = some_flip_make(r, p, &files) ? 1 : 2;
    }
    for (size_t i = 0; i < files.count; i++)
        free(files.paths[i]);
    free(files.prefix);
    free(files.dir);
    r->store_is_flipped = p->step == 1;
    if (p->step == 1 && process_start(&r->house.processes[p->target], NULL))
        run_problem(r, "%s", error_story());
    r->house.processes[p->target].ordered = true; /* it may end */
}

/* Where the file was written over meanwhile, it is right as it is. */
static void bit_put_back(struct run *r) {
    struct buf now = { 0 };
    if (!around_read(&now) && now.len == flip.around.len
        && memcmp(now.data, flip.around.data, now.len) == 0 && byte_put(flip.was))
        run_problem(r, "a bit could not be put back: %s", error_story());
    buf_finish(&now);
}

static void store_flip_judge(struct run *r, struct planned *p, bool ended) {
    struct process *process = &r->house.processes[p->target];
    char *said = process_last_words(process);
    const char *name = strrchr(flip.path, '/') + 1;
    size_t len = strlen(p->what);
    if (ended && !(strstr(said, name) && strstr(said, "corrupt: ")))
        run_problem(r, "a bit at %lld of %s was flipped, and %s says: %.600s", (long long)flip.at,
                    flip.path, process->name, said);
    (void)snprintf(p->what + len, sizeof(p->what) - len, ", %s", ended ? "found" : "not read");
    p->inflicted = true;
    free(said);
}

static bool store_flip_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (p->step == 1) {
        bool runs = process_look(process);
        if (runs && now_ms < p->begun_ms + SAID_LIMIT_MS)
            return false;
        store_flip_judge(r, p, !runs);
        process_kill(process);
        bit_put_back(r);
        r->store_is_flipped = false;
        flip_finish();
        p->step = 2;
    }
    return revived(r, p->target);
}

static const char *all_folds(struct run *r) {
    for (size_t i = 0; i < r->options->system->service_count; i++)
        if (!r->options->system->services[i].is_fold)
            return NULL;
    return "no service keeps rows in a store";
}

const struct fault fault_store_flip = {
    .name = "store-flip",
    .sentence = "a bit of a store is another one; its service names the file and ends",
    .weight = 1,
    .own_coin = true,
    .lacks = all_folds,
    .plan = store_flip_plan,
    .begin = store_flip_begin,
    .turn = store_flip_turn,
};
