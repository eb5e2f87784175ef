/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The replay: rows of the journal, one after another, each one group.
 *
 * A group of the recorded run that changed nothing stands in the row of a later one; here the two
 * are one group. What was known of rows before is the same either way, as the row cache is only a
 * cache. */
#include "base/check.h"
#include "runtime/compare.h"
#include "runtime/outputs.h"
#include "runtime/replay_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_A_READ = 64,
    WRITERS_MAX = 1 << 22, /* rows whose last writer is remembered */
};

const char *replay_verdict_word(enum replay_verdict v) {
    switch (v) {
    case REPLAY_EQUAL:
        return "EQUAL";
    case REPLAY_DIFFERS:
        return "DIFFERS";
    case REPLAY_NOT_CHECKED:
        return "NOT CHECKED";
    }
    return "";
}

void replay_result_finish(struct replay_result *r) {
    struct replay_difference *d = &r->first;
    struct buf *texts[] = { &r->reason,       &d->what,        &d->input,    &d->took,
                            &d->table,        &d->key,         &d->recorded, &d->replayed,
                            &d->row_recorded, &d->row_replayed };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        buf_finish(texts[i]);
}

/* ---- what is remembered of a commit */

static void seen_clear(struct commit_seen *c) {
    arena_reset(&c->texts);
    c->input_count = c->row_count = 0;
}

static void seen_destroy(struct commit_seen *c) {
    if (c)
        arena_finish(&c->texts);
    free(c);
}

static uint64_t row_hash(const char *table, struct bytes key, struct bytes sub) {
    uint64_t hash = bytes_hash(bytes_text(table));
    hash = (hash ^ bytes_hash(key)) * 0x9e3779b97f4a7c15u;
    return (hash ^ bytes_hash(sub)) * 0x9e3779b97f4a7c15u + key.len;
}

static size_t table_index(const struct replay *r, const struct store_table *table) {
    const struct declared_service *service = r->task_options.service;
    size_t i = 0;
    while (i < service->table_count && strcmp(service->tables[i].table.name, table->name) != 0)
        i++;
    assert(i < service->table_count);
    return i;
}

static void on_changed(void *context, const struct changed_row *row) {
    struct replay *r = context;
    struct commit_seen *c = r->now;
    if (row->table->log)
        return;
    uint64_t hash = row_hash(row->table->name, row->key, row->sub);
    if (r->writers.count < WRITERS_MAX)
        (void)table_put(&r->writers, bytes_of(&hash, sizeof(hash)), (void *)(uintptr_t)r->id);
    if (c->row_count == INPUTS_KEPT)
        return;
    c->rows[c->row_count++] =
        (struct touched_row){ table_index(r, row->table), arena_copy(&c->texts, row->key),
                              arena_copy(&c->texts, row->sub) };
}

/* ---- verdicts on the way */

static void difference_begin(struct replay *r, const char *what, int64_t at_ms) {
    struct replay_difference *d = &r->result->first;
    r->result->verdict = REPLAY_DIFFERS;
    r->result->differing++;
    if (r->suspect)
        return;
    d->commit = r->id;
    d->at_ms = at_ms;
    buf_put_text(&d->what, what);
    r->suspect = r->now;
    r->now = memory_get(sizeof(*r->now));
}

/* ---- one commit */

struct recorded_commit {
    int64_t at_ms;
    struct bytes inputs, outputs;
};

/* A handler that refuses what it took before has decided otherwise. */
static void refused(struct replay *r, const struct recorded_commit *c) {
    difference_begin(r, "refused", c->at_ms);
    buf_put_text(&r->result->first.replayed, error_story());
    buf_put_bytes(&r->result->first.recorded, c->outputs);
    r->over = true;
}

/* The inputs as they stand in the journal, the first of them. */
static void took_tell(struct buf *out, struct bytes inputs) {
    enum { MOST = 400 };
    bool all = inputs.len <= MOST;
    buf_put_bytes(out, all ? inputs : bytes_part(inputs, 0, MOST));
    if (!all)
        buf_put_text(out, "...");
}

static void outputs_judge(struct replay *r, const struct recorded_commit *c,
                          struct bytes replayed) {
    struct replay_difference *d = &r->result->first;
    bool first = !r->suspect;
    if (!c->outputs.len)
        r->result->silent++;
    if (!c->outputs.len || bytes_equal(c->outputs, replayed))
        return;
    difference_begin(r, "outputs", c->at_ms);
    if (!first)
        return;
    buf_put_bytes(&d->recorded, c->outputs);
    buf_put_bytes(&d->replayed, replayed);
    took_tell(&d->took, c->inputs);
}

/* The handler's; or of the outcome of an effect that nobody asked for now, or of a parked input
 * that is not parked now. */
static bool is_refusal(enum error e) {
    return e == E_handler || e == E_diverged || e == E_not_found || e == E_config;
}

static enum error commit_feed(struct replay *r, const struct recorded_commit *c) {
    struct committed done;
    task_begin(r->task);
    enum error e = replay_feed(r, c->inputs);
    if (e || r->over || r->empty)
        task_drop(r->task);
    if (is_refusal(e)) {
        refused(r, c);
        return E_ok;
    }
    if (e || r->over || r->empty)
        return e;
    TRY(task_commit(r->task, c->at_ms, &done));
    if (done.outbox_id)
        task_outbox_acked(r->task, done.outbox_id); /* nothing leaves */
    outputs_judge(r, c, done.outputs);
    return E_ok;
}

static void on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                       struct bytes outputs) {
    struct replay *r = context;
    struct recorded_commit c = { at_ms, inputs, outputs };
    if (r->error || r->over)
        return;
    if (id != r->id + 1) {
        replay_not_checked(r, "the journal goes on at commit %" PRId64 ", wanted is %" PRId64, id,
                           r->id + 1);
        return;
    }
    r->id = id;
    seen_clear(r->now);
    arena_reset(&r->texts);
    r->error = commit_feed(r, &c);
    if (r->error)
        fail_while("replaying commit %" PRId64, id);
    else if (r->options->on_progress)
        r->options->on_progress(r->options->context, id, r->result->last_id);
}

static enum error commits_feed(struct replay *r) {
    while (r->id < r->result->last_id && !r->over) {
        TRY(r->recorded->ops->journal_each(r->recorded, r->id + 1, ROWS_A_READ, on_journal, r));
        TRY(r->error);
    }
    return r->over ? E_ok : task_flush(r->task, 0);
}

/* ---- the end: tables */

static struct store_table *tables_of(const struct declared_service *service) {
    struct store_table *tables = memory_get((service->table_count + 1) * sizeof(*tables));
    for (size_t i = 0; i < service->table_count; i++)
        tables[i] = service->tables[i].table;
    return tables;
}

static enum error store_open(struct store **out, const struct task_options *o,
                             struct store_table *tables) {
    struct store_options options = {
        .url = o->store_url,
        .system = o->system,
        .service = o->service->name,
        .generation = o->service->generation,
        .task = o->task,
        .tables = tables,
        .table_count = o->service->table_count,
        .sync = o->sync,
    };
    return o->store_kind->open(out, &options);
}

static void input_tell(struct buf *out, const struct taken_input *in) {
    buf_put_bytes(out, in->type);
    buf_put_byte(out, ' ');
    buf_put_bytes(out, in->id);
    if (!in->topic.len)
        return;
    buf_put_text(out, " of ");
    buf_put_bytes(out, in->topic);
    buf_print(out, "/%d at offset %" PRId64, in->partition, in->offset);
}

/* The newest with the row's key; where no key tells (scope: partition), the only one. */
static void input_name(struct replay *r, struct bytes key) {
    const struct commit_seen *c = r->suspect;
    for (size_t i = c->input_count; i-- > 0;)
        if (bytes_equal(c->inputs[i].key, key) || c->input_count == 1) {
            input_tell(&r->result->first.input, &c->inputs[i]);
            return;
        }
}

static void difference_locate(struct replay *r, const struct compare_found *found) {
    struct replay_difference *d = &r->result->first;
    uint64_t hash = row_hash(buf_text((struct buf *)(uintptr_t)&found->table),
                             buf_bytes(&found->key), buf_bytes(&found->sub));
    buf_put_bytes(&d->table, buf_bytes(&found->table));
    buf_put_bytes(&d->key, buf_bytes(&found->key));
    if (found->sub.len)
        buf_print(&d->key, "/%.*s", (int)found->sub.len, (const char *)found->sub.data);
    buf_put_bytes(&d->row_recorded, buf_bytes(&found->recorded));
    buf_put_bytes(&d->row_replayed, buf_bytes(&found->replayed));
    d->written_by = (int64_t)(uintptr_t)table_find(&r->writers, bytes_of(&hash, sizeof(hash)));
    if (r->suspect)
        input_name(r, buf_bytes(&found->key));
}

/* Rows that the first differing commit has changed are looked at before all others. */
static enum error suspects_compare(struct replay *r, const struct compare_options *o,
                                   struct compare_found *found) {
    for (size_t i = 0; r->suspect && i < r->suspect->row_count && !found->found; i++) {
        const struct touched_row *row = &r->suspect->rows[i];
        TRY(compare_row(o, &(struct compare_row){ row->table, row->key, row->sub }, found));
    }
    return E_ok;
}

static enum error tables_compare(struct replay *r, const struct compare_options *o) {
    struct compare_found found = { 0 };
    enum error e = suspects_compare(r, o, &found);
    if (!e && !found.found)
        e = compare_stores(o, &found);
    if (!e && found.found) {
        if (!r->suspect)
            buf_put_text(&r->result->first.what, "table");
        r->result->verdict = REPLAY_DIFFERS;
        difference_locate(r, &found);
    } else if (!e && r->suspect && r->suspect->input_count == 1) {
        input_tell(&r->result->first.input, &r->suspect->inputs[0]);
    }
    compare_found_finish(&found);
    return e;
}

static enum error stores_judge(struct replay *r, struct store_table *tables) {
    struct compare_options o = {
        .recorded = r->recorded,
        .tables = tables,
        .table_count = r->task_options.service->table_count,
        .without_lanes_out =
            r->task_options.service->generation != r->options->recorded->service->generation,
        .event_ms = task_event_time(r->task),
    };
    task_close(r->task);
    r->task = NULL;
    TRY(store_open(&o.replayed, &r->task_options, tables));
    enum error e = tables_compare(r, &o);
    o.replayed->ops->close(o.replayed);
    return e;
}

/* ---- the run */

static void on_cluster(void *context, struct bytes topic, int32_t partition,
                       const struct position *p) {
    (void)topic;
    (void)partition;
    task_set_cluster(context, p->cluster_id);
}

/* Where the fed store stands: a fresh one before the first commit, a snapshot behind its last. */
static enum error replay_begin(struct replay *r) {
    int64_t first, fed_first, fed;
    TRY(r->recorded->ops->journal_range(r->recorded, &first, &r->result->last_id));
    TRY(task_open(&r->task, &r->task_options));
    TRY(task_journal_range(r->task, &fed_first, &fed));
    TRY(r->recorded->ops->position_each(r->recorded, on_cluster, r->task));
    r->id = fed;
    r->result->first_id = fed + 1;
    if (first > fed + 1)
        replay_not_checked(r,
                           "the journal begins with commit %" PRId64
                           ", and there is no snapshot of "
                           "the store before it",
                           first);
    else if (fed > r->result->last_id)
        replay_not_checked(r,
                           "the snapshot is of commit %" PRId64 ", the journal ends with %" PRId64,
                           fed, r->result->last_id);
    return E_ok;
}

/* Rows are compared column by column, and the journal's digests are of whole rows: a column more is
 * another row everywhere. */
static enum error recorded_open(struct replay *r, struct store_table *tables) {
    int32_t before = r->options->recorded->service->generation;
    int32_t now = r->task_options.service->generation;
    enum error e = store_open(&r->recorded, r->options->recorded, tables);
    if (e == E_config && before != now) {
        fail_while("holding generation %d against the tables of generation %d", before, now);
        fail_try("declare its tables as generation %d has them, switch, and change them in a "
                 "generation that begins with its topics",
                 before);
    }
    return e;
}

static enum error replay_steps(struct replay *r, struct store_table *tables) {
    TRY(recorded_open(r, tables));
    TRY(replay_begin(r));
    TRY(commits_feed(r));
    return r->over ? E_ok : stores_judge(r, tables);
}

enum error replay_run(const struct replay_options *options, struct replay_result *out) {
    struct replay r = { .options = options, .result = out, .task_options = *options->task };
    struct store_table *tables = tables_of(options->task->service);
    r.task_options.replay = &r;
    r.task_options.on_changed = on_changed;
    r.now = memory_get(sizeof(*r.now));
    enum error e = replay_steps(&r, tables);
    task_close(r.task);
    if (r.recorded)
        r.recorded->ops->close(r.recorded);
    seen_destroy(r.now);
    seen_destroy(r.suspect);
    table_finish(&r.writers);
    arena_finish(&r.texts);
    free(tables);
    if (e)
        fail_while("replaying %s, task %d", options->task->service->name, options->task->task);
    return e;
}
