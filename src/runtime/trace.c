/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Everything that has an id, by its id; and in which commit of which task records were taken. */
#include "runtime/trace.h"

#include "base/arena.h"
#include "base/table.h"
#include "runtime/ids.h"
#include "runtime/journal_read.h"
#include "runtime/kafka_log.h"
#include "runtime/parked.h"
#include "runtime/replayer.h"

#include <stdlib.h>
#include <string.h>

enum {
    OUTPUTS_LEAST = 16, /* ordinals of ids that are tried behind the last that was there */
    ROWS_A_READ = 256,
    DEPTH_MAX = 64,
};

/* Offsets that one commit took in. */
struct run {
    struct run *next;
    struct bytes topic;
    int32_t partition;
    int64_t from, to;
    struct trace_taken by;
};

struct trace {
    struct trace_options options;
    struct arena memory;
    struct table by_id;
    struct trace_node *nodes;
    struct run *runs;
    struct buf scratch;
};

/* Where a store is being read. */
struct place_in {
    struct trace *trace;
    const struct declared_service *service;
    int32_t task;
    int64_t commit, at_ms;
    int64_t next_id; /* of the journal */
    enum error error;
};

static struct trace_node *node_of(struct trace *t, struct bytes id, const char *what) {
    struct trace_node *node = table_find(&t->by_id, id);
    if (node)
        return node;
    node = arena_get(&t->memory, sizeof(*node));
    *node = (struct trace_node){ .id = arena_copy(&t->memory, id), .next = t->nodes };
    node->what = bytes_text(what);
    node->type = node->key = node->topic = bytes_of("", 0);
    t->nodes = node;
    (void)table_put(&t->by_id, id, node);
    return node;
}

static void taken_add(struct trace *t, struct trace_node *node, const struct trace_taken *by) {
    struct trace_taken *taken = arena_get(&t->memory, sizeof(*taken));
    *taken = *by;
    taken->next = node->taken;
    node->taken = taken;
}

/* ---- topics */

static void record_add(struct trace *t, const struct kafka_record *r) {
    if (!r->id.len || table_find(&t->by_id, r->id))
        return; /* not ours, or sent again */
    struct trace_node *node = node_of(t, r->id, "record");
    node->type = arena_copy(&t->memory, r->type);
    node->key = arena_copy(&t->memory, r->key.data ? r->key : bytes_of("", 0));
    node->topic = arena_copy(&t->memory, r->topic);
    node->partition = r->partition;
    node->offset = r->offset;
    node->time_ms = r->timestamp_ms;
}

static enum error partition_read(struct trace *t, struct kafka_log *log, struct kafka_part *at) {
    struct kafka_bounds bounds;
    struct kafka_record record;
    bool found = true;
    TRY(kafka_log_bounds(log, at->topic, at->partition, &bounds));
    for (at->offset = bounds.first; found && at->offset < bounds.end;) {
        TRY(kafka_log_next(log, at, &record, &found));
        if (!found)
            break;
        record_add(t, &record);
        at->offset = record.offset + 1;
    }
    return E_ok;
}

static enum error topics_read(struct trace *t) {
    const struct declaration *d = t->options.declaration;
    struct kafka_log *log;
    enum error e = E_ok;
    TRY(kafka_log_open(&log, t->options.bootstrap));
    for (size_t i = 0; i < d->topic_count && !e; i++)
        for (int32_t p = 0; p < d->topics[i].partitions && !e; p++)
            e = partition_read(t, log, &(struct kafka_part){ d->topics[i].name, p, 0 });
    kafka_log_close(log);
    return e;
}

/* ---- journals */

static struct trace_taken taken_of(const struct place_in *p) {
    return (struct trace_taken){
        .service = p->service->name, .task = p->task, .commit = p->commit, .at_ms = p->at_ms
    };
}

static void run_add(struct place_in *p, const struct journal_entry *e) {
    struct trace *t = p->trace;
    struct run *run = arena_get(&t->memory, sizeof(*run));
    *run = (struct run){ .next = t->runs,
                         .topic = arena_copy(&t->memory, journal_text_of(e, "topic")),
                         .partition = (int32_t)journal_int_of(e, "partition", 0),
                         .from = journal_int_of(e, "from", 0),
                         .to = journal_int_of(e, "to", 0),
                         .by = taken_of(p) };
    t->runs = run;
}

static void input_add(struct place_in *p, const struct journal_entry *e, const char *what) {
    struct trace *t = p->trace;
    struct trace_taken by = taken_of(p);
    struct trace_node *node = node_of(t, journal_text_of(e, what), what);
    node->type = arena_copy(&t->memory, journal_text_of(e, "type"));
    node->key = arena_copy(&t->memory, journal_text_of(e, "key"));
    node->time_ms = journal_int_of(e, "at", 0);
    taken_add(t, node, &by);
}

/* Its id is made of its name, key, due time and task, as the runtime makes it. */
static void timer_add(struct place_in *p, const struct journal_entry *e) {
    struct trace *t = p->trace;
    struct trace_taken by = taken_of(p);
    buf_clear(&t->scratch);
    buf_put_bytes(&t->scratch, journal_text_of(e, "timer"));
    buf_put_byte(&t->scratch, ' ');
    buf_put_bytes(&t->scratch, journal_text_of(e, "key"));
    buf_put_byte(&t->scratch, ' ');
    buf_put_decimal(&t->scratch, journal_int_of(e, "due", 0));
    buf_put_byte(&t->scratch, ' ');
    buf_put_decimal(&t->scratch, by.task);
    struct trace_node *node = node_of(t, buf_bytes(&t->scratch), "timer");
    node->type = arena_copy(&t->memory, journal_text_of(e, "timer"));
    node->key = arena_copy(&t->memory, journal_text_of(e, "key"));
    node->time_ms = journal_int_of(e, "due", 0);
    taken_add(t, node, &by);
}

static void outcome_add(struct place_in *p, const struct journal_entry *e) {
    struct trace *t = p->trace;
    struct trace_taken by = taken_of(p);
    struct trace_node *node = node_of(t, journal_text_of(e, "effect"), "effect");
    buf_clear(&t->scratch);
    buf_put_text(&t->scratch, "effect:");
    buf_put_bytes(&t->scratch, journal_text_of(e, "edge"));
    buf_put_byte(&t->scratch, ' ');
    buf_put_bytes(&t->scratch, journal_text_of(e, "outcome"));
    node->type = arena_copy(&t->memory, buf_bytes(&t->scratch));
    node->key = arena_copy(&t->memory, journal_text_of(e, "key"));
    node->time_ms = journal_int_of(e, "at", 0);
    taken_add(t, node, &by);
}

static void entry_add(struct place_in *p, const struct journal_entry *e) {
    switch (e->kind) {
    case JOURNAL_RECORDS:
        run_add(p, e);
        return;
    case JOURNAL_REQUEST:
        input_add(p, e, "request");
        return;
    case JOURNAL_ITEM:
        input_add(p, e, "item");
        return;
    case JOURNAL_TIMER:
        timer_add(p, e);
        return;
    case JOURNAL_OUTCOME:
        outcome_add(p, e);
        return;
    case JOURNAL_UNPARK:
    case JOURNAL_COMMAND:
    case JOURNAL_VERSION:
    case JOURNAL_CLOSED:
    case JOURNAL_AHEAD:
    case JOURNAL_KINDS:
        return;
    }
}

static void on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                       struct bytes outputs) {
    struct place_in *p = context;
    struct journal_reader reader = { inputs, 0, &p->trace->memory };
    struct journal_entry entry;
    bool found = true;
    (void)outputs;
    p->commit = id;
    p->at_ms = at_ms;
    p->next_id = id + 1;
    while (!p->error && found) {
        p->error = journal_next(&reader, &entry, &found);
        if (!p->error && found)
            entry_add(p, &entry);
    }
}

/* In short reads: the owner may be running. */
static enum error journal_read(struct store *look, struct place_in *p) {
    int64_t first, last;
    TRY(look->ops->journal_range(look, &first, &last));
    for (p->next_id = first; p->next_id <= last && last;) {
        int64_t at = p->next_id;
        TRY(look->ops->journal_each(look, at, ROWS_A_READ, on_journal, p));
        TRY(p->error);
        if (p->next_id == at)
            break; /* cut meanwhile */
    }
    return E_ok;
}

/* ---- what waits */

static void waits_tell(struct place_in *p, struct trace_node *node, const char *what) {
    char *text = text_format("%s in %s/%d", what, p->service->name, p->task);
    node->waits = arena_copy(&p->trace->memory, bytes_text(text));
    free(text);
}

static void on_parked(void *context, const struct parked_row *row) {
    struct place_in *p = context;
    struct input in;
    if (p->error || parked_unpack(row->packed, &in))
        return; /* not readable: the task itself will say so */
    waits_tell(p, node_of(p->trace, in.id, "parked"), "parked");
}

static void on_effect(void *context, const struct effect_row *row) {
    struct place_in *p = context;
    struct trace *t = p->trace;
    struct trace_node *node = node_of(t, row->id, "effect");
    char *type = text_format("effect:%.*s", (int)row->edge.len, (const char *)row->edge.data);
    node->type = arena_copy(&t->memory, bytes_text(type));
    node->key = arena_copy(&t->memory, row->key);
    node->time_ms = row->time_ms;
    waits_tell(p, node, row->state == EFFECT_PARKED ? "effect parked" : "effect not done");
    free(type);
}

static enum error store_read(struct store *look, struct place_in *p) {
    TRY(journal_read(look, p));
    TRY(look->ops->park_each(look, (struct bytes){ 0 }, 0, SIZE_MAX, on_parked, p));
    TRY(look->ops->effect_each(look, 0, SIZE_MAX, on_effect, p));
    return p->error;
}

static enum error task_read(struct trace *t, const struct declared_service *service, int32_t n) {
    struct place_in place = { .trace = t, .service = service, .task = n };
    struct store_options options = { .url = t->options.store_url,
                                     .system = t->options.declaration->system,
                                     .service = service->name,
                                     .generation = service->generation,
                                     .task = n };
    struct store *look;
    enum error e = t->options.store_kind->look(&look, &options);
    if (e == E_not_found)
        return E_ok;
    TRY(e);
    e = store_read(look, &place);
    look->ops->close(look);
    return e;
}

static enum error stores_read(struct trace *t) {
    const struct declaration *d = t->options.declaration;
    for (size_t i = 0; i < d->service_count; i++)
        for (int32_t n = 0; n < replayer_tasks(d, &d->services[i]); n++)
            TRY_WHILE(task_read(t, &d->services[i], n), "reading the journal of %s, task %d",
                      d->services[i].name, n);
    return E_ok;
}

/* ---- open and close */

enum error trace_open(struct trace **out, const struct trace_options *options) {
    struct trace *t = memory_get(sizeof(*t));
    t->options = *options;
    enum error e = topics_read(t);
    if (!e)
        e = stores_read(t);
    if (e) {
        trace_close(t);
        t = NULL;
    }
    *out = t;
    return e;
}

void trace_close(struct trace *t) {
    if (!t)
        return;
    table_finish(&t->by_id);
    arena_finish(&t->memory);
    buf_finish(&t->scratch);
    free(t);
}

/* ---- the tree */

struct trace_node *trace_find(struct trace *t, struct bytes id) {
    return table_find(&t->by_id, id);
}

static void derive(struct trace *t, const char *service, struct bytes id, int64_t nth,
                   char out[DERIVED_ID_CHARS + 1]) {
    struct id_seed seed = { t->options.declaration->system, service, id };
    id_derive(&t->scratch, &seed, nth, out);
}

static bool is_child(struct trace *t, const struct trace_node *parent, struct bytes id) {
    const struct declaration *d = t->options.declaration;
    char derived[DERIVED_ID_CHARS + 1];
    for (size_t i = 0; i < d->service_count; i++)
        for (int64_t nth = 1; nth <= OUTPUTS_LEAST; nth++) {
            derive(t, d->services[i].name, parent->id, nth, derived);
            if (bytes_is_text(id, derived))
                return true;
        }
    return false;
}

/* An output has the time of its input; an effect that is done has that of its outcome. */
struct trace_node *trace_parent(struct trace *t, const struct trace_node *node) {
    bool any_time = bytes_is_text(node->what, "effect");
    if (node->id.len != DERIVED_ID_CHARS)
        return NULL;
    for (struct trace_node *other = t->nodes; other; other = other->next)
        if (other != node && (any_time || other->time_ms == node->time_ms)
            && is_child(t, other, node->id))
            return other;
    return NULL;
}

struct visit {
    struct trace *trace;
    void (*on_node)(void *context, const struct trace_node *node, int depth);
    void *context;
};

static void runs_tell(struct trace *t, struct trace_node *node) {
    if (!node->topic.len || node->taken)
        return;
    for (const struct run *run = t->runs; run; run = run->next)
        if (run->partition == node->partition && node->offset >= run->from
            && node->offset <= run->to && bytes_equal(run->topic, node->topic))
            taken_add(t, node, &run->by);
}

static void node_visit(const struct visit *v, struct trace_node *node, int depth) {
    struct trace *t = v->trace;
    const struct declaration *d = t->options.declaration;
    char id[DERIVED_ID_CHARS + 1];
    runs_tell(t, node);
    v->on_node(v->context, node, depth);
    for (size_t i = 0; i < d->service_count && depth < DEPTH_MAX; i++) {
        int64_t most = OUTPUTS_LEAST;
        for (int64_t nth = 1; nth <= most; nth++) {
            derive(t, d->services[i].name, node->id, nth, id);
            struct trace_node *child = trace_find(t, bytes_text(id));
            if (!child)
                continue;
            node_visit(v, child, depth + 1);
            most = nth + OUTPUTS_LEAST;
        }
    }
}

void trace_each(struct trace *t, const struct trace_node *root,
                void (*on_node)(void *context, const struct trace_node *node, int depth),
                void *context) {
    struct visit visit = { t, on_node, context };
    node_visit(&visit, trace_find(t, root->id), 0);
}
