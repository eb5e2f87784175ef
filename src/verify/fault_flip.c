/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A bit of the broker's files is another one, as disks do it in silence. While the broker is down
 * `octavo broker audit` looks: what it finds it must name, and that bit is put back, as from a
 * copy. What it does not find stays, and must do no harm: bytes that recovery writes anew, or that
 * nobody reads any more. Only the first half of a file's content: a frame at the end of the log
 * that nothing behind it speaks for cannot be told from one that was never whole. */
#include "faults.h"

#include "base/check.h"
#include "base/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 512, CONTENT_MAX = 128 << 20, DRAWS = 64, AUDIT_MS = 60000, LEAST_BYTES = 8192 };

struct flip_files {
    char *dir; /* that is looked into */
    char *paths[FILES_MAX];
    size_t count;
};

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void on_segment(void *context, const char *name) {
    struct flip_files *f = context;
    if (ends_with(name, ".log") && f->count < FILES_MAX)
        f->paths[f->count++] = text_format("%s/%s", f->dir, name);
}

static void on_name(void *context, const char *name) {
    struct flip_files *f = context;
    char *broker = f->dir, *path = text_format("%s/%s", broker, name);
    if (strncmp(name, "wal-", 4) == 0 && f->count < FILES_MAX)
        f->paths[f->count++] = text_copy(path);
    f->dir = path;
    enum error e = disk_list(disk_real(), path, on_segment, f); /* not all are folders */
    f->dir = broker;
    (void)e;
    free(path);
}

static int by_path(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- one bit */

struct flip {
    char *path;
    int64_t at;
    uint8_t was;
};

static enum error byte_put(const struct flip *flip, uint8_t byte) {
    struct file *f;
    TRY(disk_open(disk_real(), flip->path, DISK_WRITE, &f));
    enum error e = disk_write_at(f, flip->at, bytes_of(&byte, 1));
    disk_close(f);
    return e;
}

/* No zero: frames are filled up with these. False: there is nothing to be flipped. */
static bool place_draw(struct flip *flip, uint64_t dice) {
    struct random random = random_seeded(dice);
    struct buf content = { 0 };
    bool found = false;
    if (disk_read_whole(disk_real(), flip->path, CONTENT_MAX, &content))
        buf_clear(&content);
    while (content.len && !content.data[content.len - 1])
        content.len--;
    for (int i = 0; i < DRAWS && !found && content.len >= LEAST_BYTES; i++) {
        flip->at = (int64_t)random_below(&random, content.len / 2);
        flip->was = content.data[flip->at];
        found = flip->was != 0;
    }
    buf_finish(&content);
    return found;
}

/* By the name of the file, or for a segment that of its partition. */
static bool is_named(const struct flip *flip, const char *said) {
    char *path = text_copy(flip->path);
    char *name = strrchr(path, '/');
    *name++ = 0;
    const char *partition = strrchr(path, '/');
    bool named = strstr(said, name) || (ends_with(name, ".log") && strstr(said, partition + 1));
    free(path);
    return named;
}

/* True: the audit found something, which must be this. */
static bool audit_finds(struct run *r, const struct flip *flip) {
    struct buf said = { 0 };
    int code = -1;
    char *dir = text_format("%s/broker", r->house.dir);
    char *errors = text_format("%s/log/commands.log", r->house.dir);
    const char *words[] = { r->house.binary, "broker", "audit", dir, NULL };
    struct command c = { words, AUDIT_MS, &said, errors, &r->house.environment };
    enum error e = command_run(&c, &code);
    if (e || code < 0)
        run_problem(r, "octavo broker audit: %s", e ? error_story() : "it did not come to its end");
    else if (code && !is_named(flip, buf_text(&said)))
        run_problem(r, "a bit at %lld of %s was flipped, and the audit says: %.300s",
                    (long long)flip->at, flip->path, buf_text(&said));
    buf_finish(&said);
    free(dir);
    free(errors);
    return code != 0;
}

static void flip_do(struct run *r, struct planned *p, struct flip *flip) {
    uint8_t other = (uint8_t)(flip->was ^ 1U << p->dice % 8);
    if (byte_put(flip, other)) {
        run_problem(r, "a bit could not be flipped: %s", error_story());
        return;
    }
    bool found = audit_finds(r, flip);
    if (found && byte_put(flip, flip->was))
        run_problem(r, "a bit could not be put back: %s", error_story());
    const char *slash = strrchr(flip->path, '/');
    (void)snprintf(p->what, sizeof(p->what), "at %lld of %.40s, %s", (long long)flip->at, slash + 1,
                   found ? "found" : "left");
    p->inflicted = true;
}

/* Each second time the log: segments are written anew from it unless a checkpoint came between. */
static char *path_draw(const struct flip_files *f, uint64_t dice) {
    size_t from = (size_t)((dice >> 8) % (f->count ? f->count : 1));
    for (size_t i = 0; i < f->count && dice & 128; i++)
        if (strstr(f->paths[(from + i) % f->count], "/wal-"))
            return f->paths[(from + i) % f->count];
    return f->count ? f->paths[from] : NULL;
}

static void flip_plan(struct run *r, struct planned *p, struct random *random) {
    (void)r;
    (void)random;
    p->target = HOUSE_BROKER;
}

static void flip_begin(struct run *r, struct planned *p) {
    struct flip_files files = { .dir = text_format("%s/broker", r->house.dir) };
    struct flip flip = { 0 };
    process_kill(&r->house.processes[HOUSE_BROKER]);
    if (disk_list(disk_real(), files.dir, on_name, &files))
        run_problem(r, "the broker's files: %s", error_story());
    if (files.count)
        qsort(files.paths, files.count, sizeof(files.paths[0]), by_path);
    flip.path = path_draw(&files, p->dice);
    if (flip.path && place_draw(&flip, p->dice))
        flip_do(r, p, &flip);
    for (size_t i = 0; i < files.count; i++)
        free(files.paths[i]);
    free(files.dir);
}

static const char *no_audit(struct run *r) {
    return house_is_foreign(&r->house) ? "the broker is not Octavo's, whose files are known" : NULL;
}

static bool flip_turn(struct run *r, struct planned *p, int64_t now_ms) {
    (void)now_ms;
    return revived(r, p->target);
}

const struct fault fault_bit_flip = {
    .name = "bit-flip",
    .sentence = "a bit of the broker's files is another one; an audit names it, or it does no harm",
    .weight = 1,
    .own_coin = true,
    .lacks = no_audit,
    .plan = flip_plan,
    .begin = flip_begin,
    .turn = flip_turn,
};
