/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots of stores, and the cut of the journal behind them. */
#include "runtime/snapshots.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/disk.h"
#include "base/event.h"
#include "base/mailbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    COPY_BYTES = 1 << 20,
    CUT_ROWS = 5000, /* deleted in one commit, once a second: no commit waits long for it */
    STORY_CHARS = 256,
};

char *snapshot_path(const struct store_kind *kind, const struct store_options *options) {
    char *file = kind->file ? kind->file(options) : NULL;
    char *path = file ? text_format("%s.snapshot", file) : NULL;
    free(file);
    return path;
}

static enum error file_copy(struct file *from, struct file *to) {
    struct buf piece = { 0 };
    int64_t at = 0;
    enum error e = E_ok;
    do {
        at += (int64_t)piece.len;
        buf_clear(&piece);
        e = disk_read_at(from, at, &piece, COPY_BYTES);
        if (!e && piece.len)
            e = disk_write_at(to, at, buf_bytes(&piece));
    } while (!e && piece.len);
    buf_finish(&piece);
    return e ? e : disk_sync(to);
}

enum error snapshot_copy(const char *from, const char *to) {
    struct file *source, *copy;
    TRY(disk_open(disk_real(), from, DISK_READ, &source));
    enum error e = disk_open(disk_real(), to, DISK_CREATE_EMPTY, &copy);
    if (!e) {
        e = file_copy(source, copy);
        disk_close(copy);
    }
    disk_close(source);
    if (e)
        fail_while("copying %s to %s", from, to);
    return e;
}

/* ---- made while a service runs */

/* What is known of a task's journal. */
struct kept {
    struct kept *next;
    int32_t number;
    int64_t covered; /* a snapshot in place holds every commit through this one */
    int64_t wanted;  /* the next copy is made when the journal ends here */
};

/* One copy at a time, by a thread that reads what stands here and writes `error` and `story`; the
 * letter gives it back. */
struct copy {
    struct store_options options;
    char *path;
    struct kept *kept;
    int64_t through; /* committed before the copy began: surely in it */
    enum error error;
    char story[STORY_CHARS];
};

struct snapshots {
    struct snapshots_options options;
    struct kept *tasks;
    struct mailbox *done;
    struct thread *thread; /* NULL: no copy is being made */
    struct copy copy;
};

struct snapshots *snapshots_create(const struct snapshots_options *options) {
    if (!options->kind->snapshot || !options->kind->file || !options->service->snapshot_rows)
        return NULL;
    struct snapshots *s = memory_get(sizeof(*s));
    s->options = *options;
    s->done = mailbox_create(1);
    return s;
}

static void copy_end(struct snapshots *s) {
    thread_join(s->thread);
    s->thread = NULL;
    free(s->copy.path);
    s->copy.path = NULL;
}

void snapshots_destroy(struct snapshots *s) {
    if (!s)
        return;
    copy_end(s);
    while (s->tasks) {
        struct kept *kept = s->tasks;
        s->tasks = kept->next;
        free(kept);
    }
    mailbox_destroy(s->done);
    free(s);
}

static void copy_run(void *context) {
    struct snapshots *s = context;
    struct copy *c = &s->copy;
    c->error = s->options.kind->snapshot(&c->options, c->path);
    if (c->error) {
        const char *story = error_story();
        size_t len = strcspn(story, "\n");
        len = len < STORY_CHARS - 1 ? len : STORY_CHARS - 1;
        memcpy(c->story, story, len);
        c->story[len] = 0;
    }
    mailbox_post_wait(s->done, c);
}

static void copy_begin(struct snapshots *s, struct kept *kept, int64_t through) {
    struct store_options options = {
        .url = s->options.store_url,
        .system = s->options.system,
        .service = s->options.service->name,
        .generation = s->options.service->generation,
        .task = kept->number,
    };
    s->copy = (struct copy){ .options = options, .kept = kept, .through = through };
    s->copy.path = snapshot_path(s->options.kind, &options);
    s->thread = thread_start("snapshot", copy_run, s);
}

/* The journal is cut only behind what is in place. */
static void copy_take(struct snapshots *s, int wait_ms) {
    const struct copy *c = s->thread ? mailbox_wait(s->done, wait_ms) : NULL;
    if (!c)
        return;
    int64_t rows = s->options.service->snapshot_rows;
    if (c->error) {
        char reason[512];
        event_log(EV_snapshot_failed, "service=%s task=%d reason=%s", s->options.service->name,
                  c->kept->number, event_quote(reason, sizeof(reason), bytes_text(c->story)));
        c->kept->wanted = c->through + rows / 10 + 1;
    } else {
        CRASH_POINT(snapshot_in_place);
        event_log(EV_snapshot_made, "service=%s task=%d commit=%" PRId64, s->options.service->name,
                  c->kept->number, c->through);
        c->kept->covered = c->through;
        c->kept->wanted = c->through + rows;
    }
    copy_end(s);
}

void snapshots_wait(struct snapshots *s) {
    copy_take(s, -1);
}

/* Rows before the journal's first were cut, so a snapshot holds them. */
static struct kept *kept_of(struct snapshots *s, int32_t number, int64_t first) {
    for (struct kept *kept = s->tasks; kept; kept = kept->next)
        if (kept->number == number)
            return kept;
    struct kept *kept = memory_get(sizeof(*kept));
    *kept = (struct kept){ .next = s->tasks, .number = number, .covered = first - 1 };
    kept->wanted = kept->covered + s->options.service->snapshot_rows;
    s->tasks = kept;
    return kept;
}

enum error snapshots_turn(struct snapshots *s, struct task *task, int32_t number) {
    int64_t first, last;
    if (!s)
        return E_ok;
    copy_take(s, 0);
    TRY(task_journal_range(task, &first, &last));
    if (!last)
        return E_ok;
    struct kept *kept = kept_of(s, number, first);
    if (first <= kept->covered && first < last) {
        int64_t most = first + CUT_ROWS - 1;
        TRY(task_journal_cut(task, most < kept->covered ? most : kept->covered));
        CRASH_POINT(snapshot_journal_cut);
    }
    if (!s->thread && last >= kept->wanted)
        copy_begin(s, kept, last);
    return E_ok;
}
