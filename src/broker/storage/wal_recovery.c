/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Recovery of the log.
 *
 * Frames are read in order from the checkpoint's place: the next one must carry the next LSN and a
 * term not below the one before. It is at the next position or, when a group did not fit, at the
 * start of the next file. Where no such frame is found lies the end - or damage. What tells them
 * apart: every frame says what was synced when it was written. So everything behind the place is
 * searched for frame headers. If one of them, or the checkpoint, says that the missing LSN had
 * been synced, then acknowledged data is damaged: E_corrupt, and nothing is changed. If none does,
 * what is missing was never acknowledged: it is the tail, and it is cut.
 *
 * Cutting must be for good: a frame behind the hole is whole and could fit again after new frames
 * have filled the hole. So each start has a term of its own, one above every term ever seen, and
 * its first frame (WAL_OPEN) stands at the cut, synced before anything is served. Frames behind it
 * with a lower term are dead, whatever their LSN.
 *
 * The last group read may be whole only in the page cache: after a sync failed, Linux still shows
 * the bytes it could not write. It is therefore written once more and synced before the WAL_OPEN
 * frame claims it is durable. If power fails in between, it is the tail again. */
#include "wal_recovery.h"

#include "base/check.h"
#include "base/event.h"
#include "limits.h"
#include "wal_reader.h"

#include <stdlib.h>
#include <string.h>

enum { WAL_FILES_MAX = 1 << 16, OPEN_SPARES_MAX = WAL_SPARES_MAX };

struct scan {
    struct wal *wal;
    const struct wal_recovery *recovery;
    struct wal_file *files; /* by sequence */
    size_t file_count;
    size_t at; /* the file being read */
    int64_t position;
    lsn_t expected;
    uint64_t term;     /* of the last frame that counted */
    uint64_t max_term; /* of all frames seen */
    int64_t group_at;  /* where the last group begins, in files[group_file] */
    size_t group_file;
    size_t cut; /* frames behind the end */
    bool is_repairing;
    lsn_t told; /* of them, by a repair */
    int64_t found_at;
    struct wal_reader reader;
};

/* The files. */

static void on_file_name(void *context, const char *name) {
    struct scan *s = context;
    if (strncmp(name, "wal-", 4) != 0 || strspn(name + 4, "0123456789") != 20 || name[24])
        return;
    if (s->file_count == WAL_FILES_MAX)
        return;
    uint64_t sequence = strtoull(name + 4, NULL, 10);
    if (!sequence || sequence > FILE_SEQUENCE_MAX)
        return;
    s->files = memory_resize(s->files, (s->file_count + 1) * sizeof(*s->files));
    s->files[s->file_count++] = (struct wal_file){ .sequence = sequence };
}

static int by_sequence(const void *a, const void *b) {
    const struct wal_file *x = a, *y = b;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static enum error list_files(struct scan *s) {
    const struct wal_options *o = &s->wal->options;
    TRY(disk_list(o->disk, o->dir, on_file_name, s));
    if (s->file_count)
        qsort(s->files, s->file_count, sizeof(*s->files), by_sequence);
    return E_ok;
}

static enum error check_header(struct scan *s, const char *path) {
    struct wal_file_header header;
    struct bytes at;
    TRY(wal_reader_bytes(&s->reader, 0, WAL_FILE_HEADER_BYTES, &at));
    if (!wal_file_header_read(at, &header))
        return E_ok; /* a spare; or damaged, and then the frames in it speak for themselves */
    if (header.version != WAL_FORMAT_VERSION)
        return fail(E_unsupported, "%s has format %u, this program reads %d", path, header.version,
                    WAL_FORMAT_VERSION);
    if (strcmp(header.cluster_id, s->wal->options.cluster_id) != 0)
        return fail(E_diverged, "%s belongs to cluster %s, the directory to %s", path,
                    header.cluster_id, s->wal->options.cluster_id);
    return E_ok;
}

static enum error open_file(struct scan *s, size_t index) {
    const struct wal_options *o = &s->wal->options;
    char *path = wal_path(o, s->files[index].sequence);
    wal_reader_close(&s->reader);
    enum error e = wal_reader_open(&s->reader, o->disk, path, o->seed);
    if (!e) {
        s->files[index].size = s->reader.size;
        e = check_header(s, path);
    }
    free(path);
    return e;
}

static bool has_next_file(const struct scan *s) {
    return s->at + 1 < s->file_count
           && s->files[s->at + 1].sequence == s->files[s->at].sequence + 1;
}

/* Frames in order. */

static void take_frame(struct scan *s, const struct wal_frame *frame) {
    if (frame->synced + 1 == frame->lsn) {
        s->group_file = s->at;
        s->group_at = s->position;
    }
    s->term = frame->term;
    s->max_term = frame->term > s->max_term ? frame->term : s->max_term;
    s->expected = frame->lsn + 1;
    s->position += wal_frame_size(frame);
}

static bool continues(const struct scan *s, const struct wal_frame *frame) {
    return frame->lsn == s->expected && frame->term >= s->term;
}

static enum error read_next(struct scan *s, bool *found) {
    struct wal_frame frame;
    struct bytes payload;
    enum frame_state state;
    TRY(wal_reader_frame(&s->reader, s->position, &frame, &payload, &state));
    *found = state == FRAME_WHOLE && continues(s, &frame);
    if (!*found)
        return E_ok;
    if (frame.lsn > s->recovery->applied)
        TRY_WHILE(s->recovery->on_frame(s->recovery->context, &frame, payload),
                  "replaying frame %llu, %s at %lld", (unsigned long long)frame.lsn,
                  s->reader.file->path, (long long)s->position);
    take_frame(s, &frame);
    return E_ok;
}

static enum error read_file(struct scan *s) {
    bool found = true;
    while (found)
        TRY(read_next(s, &found));
    return E_ok;
}

/* Does the next file begin with the frame that is expected? Goes there if so. */
static enum error enter_next_file(struct scan *s, bool *entered) {
    struct wal_frame frame;
    struct bytes payload;
    enum frame_state state;
    *entered = false;
    if (!has_next_file(s))
        return E_ok;
    TRY(open_file(s, s->at + 1));
    TRY(wal_reader_frame(&s->reader, WAL_FILE_HEADER_BYTES, &frame, &payload, &state));
    *entered = state == FRAME_WHOLE && continues(s, &frame);
    if (!*entered)
        return open_file(s, s->at);
    s->at++;
    s->position = WAL_FILE_HEADER_BYTES;
    return E_ok;
}

static enum error read_all(struct scan *s) {
    bool more = true;
    while (more) {
        TRY(read_file(s));
        TRY(enter_next_file(s, &more));
    }
    return E_ok;
}

/* Behind the end. */

struct witness {
    lsn_t synced; /* the highest that a frame behind the end tells */
    lsn_t lsn;    /* that frame */
};

static void tell_lost_run(struct scan *s, lsn_t last) {
    struct wal_lost run = { s->told + 1, last, 0, { 0 } };
    if (s->is_repairing && last > s->told)
        s->recovery->on_lost(s->recovery->context, &run);
    s->told = last > s->told ? last : s->told;
}

/* The reader stands at the file of the frame that was found, `found_at` is its place. */
static void tell_lost(struct scan *s, const struct wal_frame *found) {
    struct wal_frame frame;
    enum frame_state state;
    struct wal_lost lost = { found->lsn, found->lsn, found->type, { 0 } };
    if (!s->is_repairing || found->lsn <= s->told)
        return;
    tell_lost_run(s, found->lsn - 1);
    if (wal_reader_frame(&s->reader, s->found_at, &frame, &lost.payload, &state) != E_ok
        || state == FRAME_NONE)
        lost.payload = (struct bytes){ 0 };
    s->recovery->on_lost(s->recovery->context, &lost);
    s->told = found->lsn;
}

static void hear(struct scan *s, const struct wal_frame *frame, struct witness *witness) {
    if (frame->lsn < s->expected || frame->term < s->term)
        return; /* left over from before */
    s->cut++;
    tell_lost(s, frame);
    s->max_term = frame->term > s->max_term ? frame->term : s->max_term;
    if (frame->synced >= witness->synced)
        *witness = (struct witness){ frame->synced, frame->lsn };
}

static enum error search_file(struct scan *s, int64_t position, struct witness *witness) {
    struct wal_frame frame;
    bool found = true;
    while (found) {
        TRY(wal_reader_find(&s->reader, &position, &frame, &found));
        s->found_at = position;
        if (found)
            hear(s, &frame, witness);
        position += WAL_ALIGN_BYTES;
    }
    return E_ok;
}

static enum error search_behind(struct scan *s, struct witness *witness) {
    TRY(search_file(s, s->position, witness));
    for (size_t i = s->at + 1; i < s->file_count; i++) {
        TRY(open_file(s, i));
        TRY(search_file(s, WAL_FILE_HEADER_BYTES, witness));
    }
    return E_ok;
}

/* Names the file in which the missing frame should be: the next one, if it says it began there. */
static char *damaged_path(struct scan *s, int64_t *position) {
    struct wal_file_header header;
    struct bytes at;
    *position = s->position;
    if (has_next_file(s) && !open_file(s, s->at + 1)
        && !wal_reader_bytes(&s->reader, 0, WAL_FILE_HEADER_BYTES, &at)
        && wal_file_header_read(at, &header) && header.sequence == s->files[s->at + 1].sequence
        && header.first_lsn == s->expected) {
        *position = WAL_FILE_HEADER_BYTES;
        return wal_path(&s->wal->options, header.sequence);
    }
    return wal_path(&s->wal->options, s->files[s->at].sequence);
}

static enum error refuse(struct scan *s, const struct witness *witness) {
    int64_t position;
    char *path = damaged_path(s, &position);
    enum error e = fail(E_corrupt, "%s: frame %llu at %lld is damaged, though it was synced", path,
                        (unsigned long long)s->expected, (long long)position);
    if (witness->synced >= s->expected)
        fail_while("comparing with frame %llu, which says that %llu was synced",
                   (unsigned long long)witness->lsn, (unsigned long long)witness->synced);
    else
        fail_while("comparing with the checkpoint, which says that %llu was synced",
                   (unsigned long long)s->recovery->synced);
    fail_try("restore the directory from a backup; what is in it was acknowledged and is not "
             "cut without asking");
    free(path);
    return e;
}

/* Once more through all that is behind, now that it is known to be lost. */
static enum error tell_all_lost(struct scan *s, struct witness *witness) {
    lsn_t synced = witness->synced > s->recovery->synced ? witness->synced : s->recovery->synced;
    s->is_repairing = true;
    s->told = s->expected - 1;
    if (s->told < s->recovery->applied) /* the checkpoint has those */
        s->told = s->recovery->applied;
    s->cut = 0;
    TRY(open_file(s, s->at));
    TRY(search_behind(s, witness));
    tell_lost_run(s, synced);
    if (s->expected <= s->recovery->applied)
        s->expected = s->recovery->applied + 1;
    return open_file(s, s->at);
}

static enum error judge_end(struct scan *s) {
    struct witness witness = { 0 };
    if (s->recovery->is_clean && s->expected == s->recovery->applied + 1)
        return E_ok;
    TRY(search_behind(s, &witness));
    bool was_synced = witness.synced >= s->expected || s->recovery->synced >= s->expected;
    if (was_synced && !s->recovery->on_lost)
        return refuse(s, &witness);
    if (was_synced)
        TRY(tell_all_lost(s, &witness));
    if (s->cut)
        event_log(EV_log_tail_cut, "lsn=%llu frames_behind=%zu", (unsigned long long)s->expected,
                  s->cut);
    return E_ok;
}

/* Going on. */

static enum error open_current(struct scan *s) {
    struct wal *w = s->wal;
    char *path = wal_path(&w->options, s->files[s->at].sequence);
    w->current = s->files[s->at];
    w->position = s->position;
    enum error e = disk_open(w->options.disk, path, DISK_WRITE, &w->current.file);
    if (!e)
        e = disk_size(w->current.file, &w->current.size);
    free(path);
    return e;
}

static enum error rewrite_group(struct scan *s) {
    struct wal *w = s->wal;
    struct buf group = { 0 };
    if (s->group_at < 0 || s->group_file != s->at || s->group_at == s->position)
        return E_ok;
    enum error e =
        disk_read_at(w->current.file, s->group_at, &group, (size_t)(s->position - s->group_at));
    if (!e)
        e = disk_write_at(w->current.file, s->group_at, buf_bytes(&group));
    if (!e)
        e = disk_sync(w->current.file);
    buf_finish(&group);
    return e;
}

static void remember_finished(struct scan *s) {
    struct wal *w = s->wal;
    w->finished = memory_get((s->at + 1) * sizeof(*w->finished));
    for (size_t i = 0; i < s->at; i++)
        w->finished[w->finished_count++] = s->files[i];
}

/* Files behind the current one are spares if their names follow on, too many are removed. */
static enum error adopt_spare(struct scan *s, size_t index) {
    struct wal *w = s->wal;
    struct wal_file spare = s->files[index];
    char *path = wal_path(&w->options, spare.sequence);
    bool follows = spare.sequence == w->last_sequence + 1 && w->spare_count < OPEN_SPARES_MAX;
    enum error e = follows ? disk_open(w->options.disk, path, DISK_WRITE, &spare.file)
                           : disk_unlink(w->options.disk, path);
    if (!e && follows)
        e = disk_size(spare.file, &spare.size);
    if (!e && follows) {
        w->spares[w->spare_count++] = spare;
        w->last_sequence = spare.sequence;
    } else {
        disk_close(spare.file);
    }
    free(path);
    return e;
}

static enum error write_open_frame(struct wal *w) {
    size_t begin;
    (void)wal_frame_open(w, &begin);
    (void)wal_frame_close(w, begin, WAL_OPEN);
    struct wal_group *g = wal_take_group(w);
    if (!g) {
        TRY(wal_make_file(w, w->options.first_bytes));
        g = wal_take_group(w);
    }
    assert(g);
    TRY(wal_group_write(g));
    wal_group_landed(w, g);
    return E_ok;
}

static enum error go_on(struct scan *s) {
    struct wal *w = s->wal;
    TRY(open_current(s));
    if (!s->recovery->is_clean || s->expected != s->recovery->applied + 1)
        TRY_WHILE(rewrite_group(s), "making the end of the log durable");
    remember_finished(s);
    w->last_sequence = w->current.sequence;
    w->needed_from = s->recovery->from.sequence;
    for (size_t i = s->at + 1; i < s->file_count; i++)
        TRY(adopt_spare(s, i));
    w->term = s->max_term + 1;
    w->appended = s->expected - 1;
    w->synced = w->appended;
    TRY(disk_sync_dir(w->options.disk, w->options.dir)); /* names of a life that was killed */
    return write_open_frame(w);
}

static enum error missing_file(struct scan *s, uint64_t sequence) {
    char *path = wal_path(&s->wal->options, sequence);
    enum error e = fail(E_corrupt, "%s is missing; frames from %llu on should be in it at %lld",
                        path, (unsigned long long)s->expected, (long long)s->position);
    fail_try("put the file back, or the whole directory from a copy: no repair makes up what it "
             "held");
    free(path);
    return e;
}

static enum error find_start(struct scan *s) {
    uint64_t wanted = s->recovery->from.sequence ? s->recovery->from.sequence : 1;
    while (s->at < s->file_count && s->files[s->at].sequence < wanted)
        s->at++;
    if (s->at == s->file_count || s->files[s->at].sequence != wanted)
        return missing_file(s, wanted);
    return E_ok;
}

static enum error begin_empty(struct wal *w) {
    w->term = 1;
    TRY(wal_make_file(w, w->options.first_bytes));
    return write_open_frame(w);
}

/* The checkpoint was written when the log had got there. */
static enum error check_start(struct scan *s) {
    if (!s->recovery->from.sequence || s->position <= s->reader.size)
        return E_ok;
    return fail(E_corrupt, "%s has %lld bytes, the checkpoint goes on at %lld",
                s->reader.file->path, (long long)s->reader.size, (long long)s->position);
}

/* This start and what it will write need the next of each number. */
static enum error check_room(const struct scan *s) {
    if (s->max_term >= TERM_MAX || s->expected > LSN_MAX)
        return fail(E_corrupt, "the log of %s ends with term %llu and frame %llu, and no next one",
                    s->wal->options.dir, (unsigned long long)s->max_term,
                    (unsigned long long)(s->expected - 1));
    return E_ok;
}

static enum error recover(struct scan *s) {
    TRY(list_files(s));
    if (!s->file_count && !s->recovery->from.sequence)
        return begin_empty(s->wal);
    TRY(find_start(s));
    TRY(open_file(s, s->at));
    TRY(check_start(s));
    TRY(read_all(s));
    TRY(judge_end(s));
    TRY(check_room(s));
    return go_on(s);
}

enum error wal_recover(struct wal *w, const struct wal_recovery *recovery) {
    const struct wal_place *from = &recovery->from;
    struct scan s = { .wal = w, .recovery = recovery, .group_at = -1 };
    s.position = from->sequence ? from->position : WAL_FILE_HEADER_BYTES;
    s.expected = from->sequence ? from->lsn : 1;
    s.term = recovery->term;
    s.max_term = recovery->term;
    enum error e = recover(&s);
    wal_reader_close(&s.reader);
    free(s.files);
    return e;
}
