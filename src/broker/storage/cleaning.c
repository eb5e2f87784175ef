/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Housekeeping: about once a second limits are kept, and one partition after the other whose dirty
 * part is worth it is compacted by the checkpoint thread. While it is, no checkpoint is made, so
 * the segments that a checkpoint speaks of never change under it; the partition's closed segments
 * stay, appends and reads go on. Then, on the loop's thread, the new ones take their place and the
 * old ones are retired. */
#include "partition.h"

#include "base/check.h"
#include "base/event.h"
#include "compaction.h"
#include "storage_state.h"

#include <stdlib.h>
#include <string.h>

enum { DAMAGED_PAUSE_MS = 3600 * 1000 };

struct cleaning {
    struct job job;
    struct partition *partition;
    struct compaction work;
};

static int64_t segment_end(const struct partition *p, size_t at) {
    return at + 1 < p->segment_count ? p->segments[at + 1]->base_offset : p->end;
}

/* The last segment is never compacted: the end of the log keeps its records. */
static size_t count_closed(const struct partition *p, int64_t now_ms) {
    int64_t lag_ms = p->settings->min_compaction_lag_ms;
    size_t count = 0;
    for (; count + 1 < p->segment_count; count++) {
        const struct segment *s = p->segments[count];
        if (s->readable != s->size || !p->segments[count + 1]->readable
            || segment_end(p, count) > partition_last_stable(p)
            || (lag_ms && s->max_timestamp_ms > now_ms - lag_ms))
            break;
    }
    return count;
}

static bool is_worth_it(const struct partition *p, size_t count) {
    int64_t dirty = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        all += p->segments[i]->size;
        dirty += segment_end(p, i) > p->cleaned_to ? p->segments[i]->size : 0;
    }
    return dirty > 0 && dirty * 1000 >= p->settings->min_cleanable_millis * all;
}

static enum error cleaning_run(struct job *job) {
    struct cleaning *c = (struct cleaning *)job;
    TRY_WHILE(compaction_run(&c->work), "compacting %s", c->work.dir);
    return E_ok;
}

/* ---- the new ones take their place */

static void forget_aborted(struct partition *p, int64_t seen_to) {
    size_t kept = 0;
    for (size_t i = 0; i < p->aborted_count; i++)
        if (p->aborted[i].last_offset >= seen_to)
            p->aborted[kept++] = p->aborted[i];
    p->aborted_count = kept;
}

static void take_outputs(struct partition *p, struct compaction *work) {
    struct segment **segments = memory_get((p->segment_count + 1) * sizeof(struct segment *));
    size_t count = 0, at = 0;
    for (size_t i = 0; i < work->output_count; i++) {
        struct compaction_output *o = &work->outputs[i];
        assert(o->first == at);
        if (o->is_same)
            segments[count++] = p->segments[at];
        for (size_t k = 0; k < o->count && !o->is_same; k++)
            storage_retire(p->storage, p->segments[at + k]);
        if (o->segment)
            segments[count++] = o->segment;
        o->segment = NULL;
        at += o->count;
    }
    for (; at < p->segment_count; at++)
        segments[count++] = p->segments[at];
    free(p->segments);
    p->segments = segments;
    p->segment_count = count;
}

static void cleaning_settle(struct cleaning *c) {
    struct partition *p = c->partition;
    struct compaction *work = &c->work;
    partition_stop_reading(p);
    take_outputs(p, work);
    p->generation = work->generation;
    if (work->seen_to > p->cleaned_to)
        p->cleaned_to = work->seen_to;
    forget_aborted(p, work->seen_to);
    event_log(EV_partition_compacted, "partition=%s to=%lld records_gone=%lld", p->dir,
              (long long)work->seen_to, (long long)work->records_gone);
}

static void cleaning_failed(struct storage *s, struct cleaning *c) {
    enum error e = c->job.error;
    if (e != E_corrupt && e != E_malformed && e != E_too_large && e != E_unsupported) {
        storage_job_failed(s, &c->job);
        return;
    }
    c->partition->clean_after_ms = clock_steady_ms(s->clock) + DAMAGED_PAUSE_MS;
    event_log(EV_compaction_failed, "partition=%s why=\"%s\"", c->partition->dir, c->job.story);
}

static void cleaning_done(void *owner, struct job *job) {
    struct storage *s = owner;
    struct cleaning *c = (struct cleaning *)job;
    s->cleaning = NULL;
    c->partition->is_cleaning = false;
    if (job->error)
        cleaning_failed(s, c);
    else
        cleaning_settle(c);
    cleaning_destroy(c);
    s->housekeeping_at_ms = clock_steady_ms(s->clock); /* perhaps the next one is worth it, too */
}

void cleaning_destroy(struct cleaning *c) {
    if (!c)
        return;
    compaction_finish(&c->work);
    job_clear(&c->job);
    free(c);
}

/* ---- choosing */

static void take_inputs(const struct partition *p, struct compaction *work, size_t count) {
    work->inputs = memory_get(count * sizeof(*work->inputs));
    work->input_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct segment *s = p->segments[i];
        work->inputs[i] = (struct compaction_input){ .path = text_copy(s->path),
                                                     .base_offset = s->base_offset,
                                                     .end_offset = segment_end(p, i),
                                                     .size = s->size,
                                                     .created_ms = s->created_ms };
    }
    work->aborted = memory_get((p->aborted_count + 1) * sizeof(*work->aborted));
    work->aborted_count = p->aborted_count;
    if (p->aborted_count)
        memcpy(work->aborted, p->aborted, p->aborted_count * sizeof(*work->aborted));
}

static void clean(struct storage *s, struct partition *p, size_t count) {
    struct cleaning *c = memory_get(sizeof(*c));
    int64_t segment_bytes = p->settings->segment_bytes;
    c->job = (struct job){ .run = cleaning_run, .on_done = cleaning_done };
    c->partition = p;
    c->work = (struct compaction){
        .disk = s->disk,
        .dir = text_copy(p->dir),
        .generation = p->generation + 1,
        .log_start = p->log_start,
        .cleaned_to = p->cleaned_to,
        .now_ms = clock_wall_ms(s->clock),
        .delete_retention_ms = p->settings->delete_retention_ms,
        .segment_bytes = segment_bytes ? segment_bytes : s->options.segment_bytes,
        .index_interval = s->options.index_interval_bytes,
        .map_bytes_max = COMPACTION_MAP_BYTES,
    };
    take_inputs(p, &c->work, count);
    p->is_cleaning = true;
    s->cleaning = c;
    storage_post(s, s->checkpoint_worker, &c->job);
}

static bool clean_one_of(struct storage *s, const struct topic *t, int64_t now_ms) {
    if (!t->settings.compacts)
        return false;
    for (int32_t i = 0; i < t->partition_count; i++) {
        struct partition *p = t->partitions[i];
        size_t count = count_closed(p, now_ms);
        if (p->clean_after_ms > clock_steady_ms(s->clock) || !is_worth_it(p, count))
            continue;
        clean(s, p, count);
        return true;
    }
    return false;
}

/* From topic to topic, so that a busy one does not keep the others waiting. */
static void find_work(struct storage *s) {
    int64_t now_ms = clock_wall_ms(s->clock);
    for (size_t i = 0; i < s->topic_count; i++) {
        s->clean_topic = (s->clean_topic + 1) % s->topic_count;
        if (s->topics[s->clean_topic] && clean_one_of(s, &s->topics[s->clean_topic]->topic, now_ms))
            return;
    }
}

static void keep_limits(struct storage *s) {
    const struct topic *t;
    for (size_t at = 0; (t = topic_next(s, &at));)
        for (int32_t k = 0; k < t->partition_count; k++)
            partition_keep_limits(t->partitions[k]);
}

void cleaning_go_on(struct storage *s) {
    int64_t now_ms = clock_steady_ms(s->clock);
    if (s->is_closing || now_ms < s->housekeeping_at_ms)
        return;
    s->housekeeping_at_ms = now_ms + s->options.housekeeping_ms;
    keep_limits(s);
    if (!s->cleaning && !s->checkpoint && now_ms >= s->retry_ms)
        find_work(s);
}
