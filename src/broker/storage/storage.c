/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Storage: opening, closing, and the turn of its work.
 *
 * Work goes round like this: appends fill the pending group; storage_flush hands it to the log
 * thread unless one is flying; the log thread writes, syncs and settles it and posts it back;
 * storage_poll makes its batches readable, hands over the group that has gathered meanwhile, and
 * only then tells the owner, so that the disk works while replies are sent. Checkpoints and log
 * files are made beside that by the checkpoint thread. */
#include "storage_state.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "limits.h"
#include "wal_recovery.h"

#include <stdlib.h>
#include <string.h>

enum { DONE_SLOTS = 8, RETRY_MS = 1000 };

static const int64_t wal_first_default = 4 << 20;
static const int64_t wal_file_default = 64 << 20;
static const int64_t segment_default = 1 << 30;
static const int64_t index_interval_default = 4096;
static const int64_t checkpoint_default = 128 << 20;
static const int64_t housekeeping_default = 1000;
static const int64_t expiry_every_ms = 3600 * 1000;

/* Failure. */

static void storage_failed(struct storage *s, const struct job *job) {
    enum error e = job_fail(job);
    assert(e);
    if (s->has_failed)
        return;
    s->has_failed = true;
    s->failure = text_copy(job->story);
    if (s->options.on_failed && !s->is_closing)
        s->options.on_failed(s->options.context);
}

void storage_job_failed(struct storage *s, const struct job *job) {
    if (job->error != E_disk_full)
        storage_failed(s, job);
    s->retry_ms = clock_steady_ms(s->clock) + RETRY_MS;
}

static bool may_retry(const struct storage *s) {
    return clock_steady_ms(s->clock) >= s->retry_ms;
}

/* Jobs. */

void storage_post(struct storage *s, struct worker *w, struct job *job) {
    s->jobs_out++;
    worker_post(w, job);
}

static enum error group_run(struct job *job) {
    struct wal_group *g = (struct wal_group *)job;
    if (!g->is_durable) {
        enum error e = wal_group_write(g);
        if (e)
            return e == E_disk_full ? E_io : e; /* the log's own room was made beforehand */
    }
    for (; g->settled < g->settle_count; g->settled++)
        TRY(partition_settle(&g->settles[g->settled], g->writers, buf_bytes(&g->frames)));
    CRASH_POINT(wal_after_settle);
    return E_ok;
}

static void storage_go_on(struct storage *s);

void storage_moved(struct storage *s, struct partition *p) {
    if (s->options.on_moved && !s->is_closing)
        s->options.on_moved(s->options.context, p);
}

static void group_landed(struct storage *s, struct wal_group *g) {
    for (size_t i = 0; i < g->settle_count; i++) {
        partition_settled(&g->settles[i]);
        storage_moved(s, g->settles[i].partition);
    }
    s->bytes_since_checkpoint += (int64_t)g->frames.len;
    s->is_stalled = false;
    wal_group_landed(&s->wal, g);
    storage_go_on(s);
    if (s->options.on_synced && !s->is_closing)
        s->options.on_synced(s->options.context, s->wal.synced);
}

static void group_done(void *owner, struct job *job) {
    struct storage *s = owner;
    struct wal_group *g = (struct wal_group *)job;
    if (!job->error) {
        group_landed(s, g);
        return;
    }
    s->is_stalled = job->error == E_disk_full;
    storage_job_failed(s, job);
}

static void file_done(void *owner, struct job *job) {
    struct storage *s = owner;
    if (job->error)
        storage_job_failed(s, job);
    if (wal_file_job_done(&s->wal, job) == E_ok)
        storage_go_on(s);
}

static void post_group(struct storage *s) {
    struct wal_group *g = s->wants_flush ? wal_take_group(&s->wal) : NULL;
    if (g) {
        g->job.run = group_run;
        g->writers = &s->writers;
        g->job.on_done = group_done;
        storage_post(s, s->log_worker, &g->job);
    }
    s->wants_flush = s->wants_flush && s->wal.pending->frames.len;
}

static void retry_group(struct storage *s) {
    if (!s->is_stalled || !may_retry(s))
        return;
    s->is_stalled = false;
    job_clear(&s->wal.flying->job);
    storage_post(s, s->log_worker, &s->wal.flying->job);
}

static void post_file_job(struct storage *s) {
    struct job *job =
        wal_next_file_job(&s->wal, !s->is_closing && (!s->wal.is_full || may_retry(s)));
    if (!job)
        return;
    job->on_done = file_done;
    storage_post(s, s->checkpoint_worker, job);
}

static bool checkpoint_is_due(const struct storage *s) {
    return !s->checkpoint && !s->cleaning && !s->is_closing
           && (s->bytes_since_checkpoint >= s->options.checkpoint_bytes || s->forgotten_count
               || graves_have(s, GRAVE_FORGOTTEN))
           && may_retry(s);
}

/* Starts whatever can be started. */
static void storage_go_on(struct storage *s) {
    if (s->has_failed || !s->is_open)
        return;
    post_group(s);
    retry_group(s);
    post_file_job(s);
    graves_go_on(s);
    retired_go_on(s);
    if (checkpoint_is_due(s))
        checkpoint_begin(s);
    checkpoint_go_on(s);
    cleaning_go_on(s);
}

void storage_poll(struct storage *s) {
    struct job *job;
    while ((job = mailbox_take(s->done))) {
        s->jobs_out--;
        job_finish(job, s);
    }
    if (clock_steady_ms(s->clock) >= s->expiry_at_ms) {
        s->expiry_at_ms = clock_steady_ms(s->clock) + expiry_every_ms;
        txns_expire(s);
    }
    storage_go_on(s);
}

void storage_flush(struct storage *s) {
    s->wants_flush = true;
    storage_go_on(s);
}

int storage_fd(struct storage *s) {
    return mailbox_fd(s->done);
}

lsn_t storage_synced_lsn(const struct storage *s) {
    return s->wal.synced;
}

lsn_t storage_appended_lsn(const struct storage *s) {
    return s->wal.appended;
}

const char *storage_cluster_id(const struct storage *s) {
    return s->cluster_id;
}

/* Frames. */

enum error storage_admit(struct storage *s, size_t payload_bytes) {
    if (s->has_failed)
        return fail(E_io, "the log has failed before: %s", s->failure);
    if (!wal_can_ever_hold(&s->wal, payload_bytes))
        return fail(E_too_large, "%zu bytes in one piece; a log file has %lld", payload_bytes,
                    (long long)s->options.wal_file_bytes);
    if (s->wal.appended >= LSN_MAX)
        return fail(E_too_large, "%s has had all frames it can number", s->dir);
    size_t most = payload_bytes + WAL_FRAME_HEADER_BYTES + WAL_ALIGN_BYTES;
    if (!s->is_stalled && wal_has_room(&s->wal, most))
        return E_ok;
    storage_go_on(s);
    return fail(E_disk_full, "%s has no room for more", s->dir);
}

struct buf *storage_frame_open(struct storage *s, size_t *begin) {
    return wal_frame_open(&s->wal, begin);
}

lsn_t storage_frame_close(struct storage *s, size_t begin, enum wal_type type) {
    return wal_frame_close(&s->wal, begin, type);
}

void put_text(struct buf *out, struct bytes text) {
    assert(text.len <= UINT16_MAX);
    buf_put_be16(out, (uint16_t)text.len);
    buf_put_bytes(out, text);
}

struct bytes read_text(struct cursor *in) {
    return read_bytes(in, read_u16(in));
}

/* Opening. */

static enum error batch_replay(struct storage *s, lsn_t lsn, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    uint32_t number = read_u32(&in);
    int32_t index = read_int32(&in);
    int64_t append_ms = read_int64(&in);
    struct partition *p = in.bad ? NULL : partition_find(s, number, index);
    if (append_ms < 0 || append_ms > WALL_MS_MAX)
        return fail(E_corrupt, "a batch appended at %lld", (long long)append_ms);
    if (!p)
        return fail(E_corrupt, "a batch for partition %d of topic number %u", index, number);
    return partition_replay(p, lsn, append_ms, bytes_of(in.at, cursor_left(&in)));
}

enum error storage_replay(void *storage, const struct wal_frame *frame, struct bytes payload) {
    struct storage *s = storage;
    s->replayed += frame->type != WAL_OPEN;
    s->bytes_since_checkpoint += wal_frame_size(frame);
    switch (frame->type) {
    case WAL_OPEN:
        return E_ok;
    case WAL_BATCH:
        return batch_replay(s, frame->lsn, payload);
    case WAL_TOPIC:
        return topic_replay(s, payload);
    case WAL_OFFSET:
        return offset_replay(s, frame->lsn, payload);
    case WAL_PRODUCER_BLOCK:
        return producer_block_replay(s, payload);
    case WAL_TXN_SESSION:
        return txn_session_replay(s, payload);
    case WAL_TXN_ADD:
        return txn_add_replay(s, payload);
    case WAL_TXN_OFFSET:
        return txn_offset_replay(s, payload);
    case WAL_TXN_END:
        return txn_end_replay(s, frame->lsn, payload);
    case WAL_TOPIC_SETTINGS:
        return topic_settings_replay(s, payload);
    case WAL_LOG_START:
        return log_start_replay(s, payload);
    case WAL_TOPIC_GROWTH:
        return topic_growth_replay(s, payload);
    case WAL_TOPIC_DELETION:
        return topic_deletion_replay(s, frame->lsn, payload);
    }
    return fail(E_unsupported, "frame type %u is not known", frame->type);
}

static int64_t or_default(int64_t given, int64_t otherwise) {
    return given ? given : otherwise;
}

static struct storage *storage_create(const struct storage_options *options) {
    struct storage *s = memory_get(sizeof(*s));
    struct storage_options *o = &s->options;
    *o = *options;
    o->wal_first_bytes = or_default(o->wal_first_bytes, wal_first_default);
    o->wal_file_bytes = or_default(o->wal_file_bytes, wal_file_default);
    o->segment_bytes = or_default(o->segment_bytes, segment_default);
    o->index_interval_bytes = or_default(o->index_interval_bytes, index_interval_default);
    o->checkpoint_bytes = or_default(o->checkpoint_bytes, checkpoint_default);
    o->housekeeping_ms = or_default(o->housekeeping_ms, housekeeping_default);
    assert(o->wal_first_bytes > WAL_FILE_HEADER_BYTES);
    assert(o->wal_file_bytes > WAL_FILE_HEADER_BYTES);
    assert(o->segment_bytes <= segment_default);
    s->disk = o->disk;
    s->writers.disk = o->disk;
    s->clock = o->clock;
    s->dir = text_copy(o->dir);
    o->dir = s->dir;
    s->done = mailbox_create(DONE_SLOTS);
    defaults_init(s);
    return s;
}

static void init_wal(struct storage *s) {
    wal_init(&s->wal, &(struct wal_options){ .disk = s->disk,
                                             .dir = s->dir,
                                             .cluster_id = s->cluster_id,
                                             .seed = s->seed,
                                             .first_bytes = s->options.wal_first_bytes,
                                             .file_bytes = s->options.wal_file_bytes });
}

static enum error sweep_all(struct storage *s) {
    const struct topic *t;
    for (size_t at = 0; (t = topic_next(s, &at));)
        for (int32_t k = 0; k < t->partition_count; k++)
            TRY(partition_sweep(t->partitions[k]));
    return directories_sweep(s);
}

static void log_lost(void *storage, const struct wal_lost *lost) {
    struct storage *s = storage;
    s->options.on_lost(s->options.context, s, lost);
}

static enum error recover(struct storage *s) {
    struct wal_recovery r = { .on_frame = storage_replay, .context = s };
    r.on_lost = s->options.on_lost ? log_lost : NULL;
    TRY(directory_open(s));
    TRY(defaults_load(s));
    init_wal(s);
    TRY(checkpoint_load(s, &r));
    TRY(directory_take_clean(s, r.applied, &r.is_clean));
    TRY(wal_recover(&s->wal, &r));
    TRY_WHILE(sweep_all(s), "removing segments that nothing names");
    if (s->replayed)
        event_log(EV_broker_recovered, "frames=%lld lsn=%llu", (long long)s->replayed,
                  (unsigned long long)s->wal.synced);
    return E_ok;
}

static void storage_destroy(struct storage *s) {
    worker_destroy(s->log_worker);
    worker_destroy(s->checkpoint_worker);
    checkpoint_destroy(s->checkpoint);
    cleaning_destroy(s->cleaning);
    retired_finish(s);
    wal_finish(&s->wal);
    txns_finish(s);
    graves_finish(s);
    topics_finish(s);
    offsets_finish(s);
    defaults_finish(s);
    buf_finish(&s->window.bytes);
    mailbox_destroy(s->done);
    disk_close(s->lock);
    free(s->failure);
    free(s->dir);
    free(s);
}

enum error storage_open(struct storage **out, const struct storage_options *options) {
    struct storage *s = storage_create(options);
    enum error e = recover(s);
    *out = NULL;
    if (e) {
        fail_while("opening %s", s->dir);
        storage_destroy(s);
        return e;
    }
    s->log_worker = worker_create("log", options->threads, s->done);
    s->checkpoint_worker = worker_create("checkpoint", options->threads, s->done);
    s->is_open = true;
    storage_go_on(s);
    *out = s;
    return E_ok;
}

enum error storage_open_checkpoint(struct storage **out, const struct storage_options *options) {
    struct storage *s = storage_create(options);
    struct wal_recovery r = { .context = s };
    enum error e = directory_open(s);
    init_wal(s);
    if (!e)
        e = checkpoint_load(s, &r);
    *out = e ? NULL : s;
    if (e)
        storage_destroy(s);
    return e;
}

/* Closing. */

static void finish_jobs(struct storage *s) {
    while (s->jobs_out) {
        struct job *job = mailbox_wait(s->done, -1);
        s->jobs_out--;
        job_finish(job, s);
    }
}

static bool can_close_cleanly(const struct storage *s) {
    return !s->has_failed && s->wal.synced == s->wal.appended && !s->checkpoint;
}

static void close_cleanly(struct storage *s) {
    lsn_t lsn = s->wal.appended;
    checkpoint_begin(s);
    checkpoint_go_on(s);
    finish_jobs(s);
    bool is_saved = !s->has_failed && s->wal.needed_from == s->wal.current.sequence
                    && !s->bytes_since_checkpoint;
    if (is_saved && directory_mark_clean(s, lsn))
        s->has_failed = true; /* the next start searches the log; nothing is lost */
}

void storage_abandon(struct storage *s) {
    if (!s)
        return;
    s->is_closing = true;
    finish_jobs(s);
    storage_destroy(s);
}

void storage_close(struct storage *s) {
    if (!s)
        return;
    s->is_closing = true;
    storage_flush(s);
    finish_jobs(s);
    graves_go_on(s);
    retired_go_on(s);
    finish_jobs(s);
    if (can_close_cleanly(s))
        close_cleanly(s);
    storage_destroy(s);
}
