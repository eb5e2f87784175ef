/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects in the store and in the group. The schedule changes only after a commit: what a dropped
 * group did leaves no trace in it. */
#include "runtime/task_effects.h"

#include "base/check.h"
#include "runtime/attempt.h"
#include "runtime/task_inside.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct declared_edge *edge_of(const struct task *t, size_t edge) {
    return &t->options.service->edges[edge];
}

static bool edge_find(const struct task *t, struct bytes name, size_t *edge) {
    const struct declared_service *s = t->options.service;
    for (*edge = 0; *edge < s->edge_count; ++*edge)
        if (bytes_is_text(name, s->edges[*edge].name)
            && s->edges[*edge].effects.class != CLASS_NONE)
            return true;
    return false;
}

/* ---- opening */

/* {"away_ms":0,"windows":0,"longest_ms":0,"sum_ms":0} under "effects:EDGE" */
static enum error account_load(struct task *t, size_t edge) {
    struct edge_account *a = &t->effects.accounts[edge];
    struct buf text = { 0 };
    struct json json;
    bool found = false;
    char name[80];
    (void)snprintf(name, sizeof(name), "effects:%s", edge_of(t, edge)->name);
    enum error e = t->store->ops->fact_get(t->store, name, &text, &found);
    if (!e && found && !(e = json_read(&json, buf_bytes(&text)))) {
        (void)json_get_int(&json, "away_ms", &a->away_ms);
        (void)json_get_int(&json, "windows", &a->windows);
        (void)json_get_int(&json, "longest_ms", &a->longest_ms);
        (void)json_get_int(&json, "sum_ms", &a->sum_ms);
        json_finish(&json);
    }
    buf_finish(&text);
    return e;
}

static enum error account_write(struct task *t, size_t edge) {
    const struct edge_account *a = &t->effects.accounts[edge];
    struct buf text = { 0 };
    char name[80];
    (void)snprintf(name, sizeof(name), "effects:%s", edge_of(t, edge)->name);
    json_begin(&text);
    json_put_int(&text, "away_ms", a->away_ms);
    json_put_int(&text, "windows", a->windows);
    json_put_int(&text, "longest_ms", a->longest_ms);
    json_put_int(&text, "sum_ms", a->sum_ms);
    json_end(&text);
    enum error e = t->store->ops->fact_put(t->store, name, buf_bytes(&text));
    buf_finish(&text);
    return e;
}

struct loading {
    struct task *task;
    enum error error;
};

static bool class_has_intent(enum effect_class class) {
    return class == CLASS_QUERYABLE || class == CLASS_BLIND;
}

/* One that was about to be tried may have happened: it does not wait for anything. */
static void effect_loaded(void *context, const struct effect_row *row) {
    struct loading *l = context;
    struct effect_row loaded = *row;
    size_t edge;
    if (l->error)
        return;
    if (!edge_find(l->task, row->edge, &edge)) {
        l->error = fail(E_config, "effect %.*s waits for edge %.*s, which is not declared",
                        (int)row->id.len, (const char *)row->id.data, (int)row->edge.len,
                        (const char *)row->edge.data);
        fail_try("declare the edge with its class until its effects are done");
        return;
    }
    const struct declared_effects *declared = &edge_of(l->task, edge)->effects;
    bool tried = row->state == EFFECT_TRIED;
    if (tried)
        loaded.due_ms = 0;
    if (tried && !class_has_intent(declared->class))
        loaded.state = EFFECT_WAITING;
    struct pending *p = schedule_add(l->task->effects.schedule, edge, &loaded);
    if (tried)
        p->tried_ms = row->due_ms - declared->timeout_ms;
}

enum error task_effects_open(struct task *t) {
    const struct declared_service *s = t->options.service;
    struct loading loading = { .task = t };
    if (!t->store->ops->effect_each)
        return E_ok;
    t->effects.schedule = schedule_create(s->edge_count);
    t->effects.accounts = memory_get(s->edge_count * sizeof(*t->effects.accounts));
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].effects.class != CLASS_NONE)
            TRY(account_load(t, i));
    TRY(t->store->ops->effect_each(t->store, 0, INT32_MAX, effect_loaded, &loading));
    return loading.error;
}

void task_effects_close(struct task *t) {
    schedule_destroy(t->effects.schedule);
    free(t->effects.accounts);
    free(t->effects.asked);
    free(t->effects.settled);
    free(t->effects.changed);
}

/* ---- asked for by a step */

static enum error effect_stays(struct task *t, const void *what) {
    struct task_effects *e = &t->effects;
    e->asked = memory_grow(e->asked, e->asked_count, &e->asked_capacity, sizeof(*e->asked));
    e->asked[e->asked_count++] = *(const struct asked *)what;
    t->group_counts.effects++;
    return E_ok;
}

void task_effect_ask(struct task *t, const struct asked *a) {
    struct asked *copy = arena_get(&t->arena, sizeof(*copy));
    *copy = *a;
    attempt_later(t, effect_stays, copy);
}

/* ---- outcomes */

static bool has_handler(const struct task *t, struct bytes type) {
    for (const struct octavo_handler *h = t->options.handlers; h->type; h++)
        if (bytes_is_text(type, h->type))
            return true;
    return false;
}

static enum error outcome_find(struct task *t, const struct input *in, struct pending **out) {
    static const size_t lead = sizeof("effect:") - 1;
    size_t edge;
    struct pending *p = NULL;
    if (in->type.len > lead
        && edge_find(t, bytes_part(in->type, lead, in->type.len - lead), &edge)) {
        p = schedule_head(t->effects.schedule, edge, in->key);
        if (p && !bytes_equal(p->id, in->id)) /* an operator may drop any of a line */
            p = schedule_search(t->effects.schedule, in->id);
    }
    *out = p;
    if (p && !p->settling)
        return E_ok;
    return fail(E_diverged, "an outcome of effect %.*s, for which nothing waits", (int)in->id.len,
                (const char *)in->id.data);
}

/* Of one that was tried, due_ms is the end of its first attempt's time: from it a restart knows
 * since when it may have happened. */
static struct effect_row row_of(const struct task *t, const struct pending *p) {
    bool tried = p->state == EFFECT_TRIED;
    return (struct effect_row){
        .number = p->number,
        .state = p->state,
        .deadline_ms = p->deadline_ms,
        .due_ms = tried ? p->tried_ms + edge_of(t, pending_edge(p))->effects.timeout_ms : p->due_ms,
        .attempts = p->attempts,
        .reason = bytes_text(p->reason ? p->reason : ""),
    };
}

static enum error effect_park(struct task *t, struct pending *p, const struct json *json) {
    struct effect_row row = row_of(t, p);
    row.state = EFFECT_PARKED;
    row.due_ms = 0;
    (void)json_get_text(json, "reason", &row.reason);
    char *reason = text_copy_bytes(row.reason);
    pending_set_reason(p, reason);
    free(reason);
    row.reason = bytes_text(p->reason ? p->reason : "");
    return t->store->ops->effect_put(t->store, &row);
}

static void settled_add(struct task *t, struct pending *p, bool parks) {
    struct task_effects *e = &t->effects;
    e->settled =
        memory_grow(e->settled, e->settled_count, &e->settled_capacity, sizeof(*e->settled));
    e->settled[e->settled_count++] = (struct settled){ p, parks };
    p->settling = true;
    t->changed = true;
    t->group_counts.outcomes++;
}

/* `in` is journaled as it came. */
static enum error outcome_take(struct task *t, const struct input *in, const struct json *json,
                               enum taken *taken) {
    struct pending *p;
    struct bytes outcome;
    if (!json_get_text(json, "outcome", &outcome))
        return fail(E_malformed, "an outcome that does not say what it is");
    TRY(outcome_find(t, in, &p));
    TRY(task_enter(t));
    bool parks = !bytes_is_text(outcome, "done") && !bytes_is_text(outcome, "dropped")
                 && !has_handler(t, in->type);
    if (t->options.journal_inputs)
        journal_outcome(&t->journal, outcome, in);
    settled_add(t, p, parks);
    *taken = TAKEN_PASSED;
    if (parks)
        return effect_park(t, p, json);
    TRY(t->store->ops->effect_delete(t->store, p->number));
    return task_handle(t, in, taken);
}

enum error task_outcome(struct task *t, const struct input *in, enum taken *taken) {
    struct json json;
    TRY(json_read(&json, in->json));
    enum error e = outcome_take(t, in, &json, taken);
    json_finish(&json);
    return e;
}

/* What the receiver told stands behind our own fields, byte for byte; it may say its own reason. */
static struct bytes outcome_json(struct task *t, const struct pending *p, const struct outcome *o) {
    struct buf text = { 0 };
    struct json told = { .count = 0 };
    bool tells = o->told.len && json_read(&told, o->told) == E_ok;
    bool splices = tells && told.count && !json_has(&told, "effect") && !json_has(&told, "outcome");
    json_begin(&text);
    json_put_text(&text, "effect", p->id);
    json_put_text(&text, "outcome", bytes_text(o->outcome));
    if (o->reason[0] && !(splices && json_has(&told, "reason")))
        json_put_text(&text, "reason", bytes_text(o->reason));
    if (splices) {
        size_t at = 0;
        while (o->told.data[at] != '{')
            at++;
        size_t end = o->told.len;
        while (o->told.data[end - 1] != '}')
            end--;
        buf_put_byte(&text, ',');
        buf_put_bytes(&text, bytes_part(o->told, at + 1, end - at - 2));
    }
    json_end(&text);
    if (tells)
        json_finish(&told);
    struct bytes kept = arena_copy(&t->arena, buf_bytes(&text));
    buf_finish(&text);
    return kept;
}

enum error task_effect_settle(struct task *t, struct pending *p, const struct outcome *outcome) {
    char *type = text_format("effect:%s", edge_of(t, pending_edge(p))->name);
    enum taken taken;
    struct input in = {
        .kind = INPUT_OUTCOME,
        .type = arena_copy(&t->arena, bytes_text(type)),
        .id = arena_copy(&t->arena, p->id),
        .key = arena_copy(&t->arena, pending_key(p)),
        .json = outcome_json(t, p, outcome),
        .time_ms = outcome->at_ms,
    };
    free(type);
    return task_take(t, &in, &taken);
}

bool task_effect_parks(const struct task *t) {
    return t->effects.settled_count && t->effects.settled[t->effects.settled_count - 1].parks;
}

/* ---- with the commit */

static enum error asked_write(struct task *t, struct asked *a, int64_t at_ms) {
    a->requested_ms = at_ms;
    a->deadline_ms =
        at_ms - t->effects.accounts[a->edge].away_ms + edge_of(t, a->edge)->effects.deadline_ms;
    struct effect_row row = {
        .state = EFFECT_WAITING,
        .id = a->id,
        .edge = bytes_text(edge_of(t, a->edge)->name),
        .key = a->key,
        .type = a->type,
        .json = a->json,
        .time_ms = a->time_ms,
        .requested_ms = a->requested_ms,
        .deadline_ms = a->deadline_ms,
        .reason = bytes_text(""),
    };
    if (t->options.journal_inputs)
        outputs_effect(&t->outputs, &row);
    return t->store->ops->effect_add(t->store, &row, &a->number);
}

static enum error changes_write(struct task *t) {
    for (size_t i = 0; i < t->effects.changed_count; i++) {
        const struct pending *p = schedule_find(t->effects.schedule, t->effects.changed[i]);
        if (!p || !p->changed || p->settling)
            continue; /* its row is gone, or was written with its outcome */
        struct effect_row row = row_of(t, p);
        TRY(t->store->ops->effect_put(t->store, &row));
    }
    return E_ok;
}

enum error task_effects_write(struct task *t, int64_t at_ms) {
    const struct declared_service *s = t->options.service;
    for (size_t i = 0; i < t->effects.asked_count; i++)
        TRY(asked_write(t, &t->effects.asked[i], at_ms));
    TRY(changes_write(t));
    for (size_t i = 0; t->effects.accounts && i < s->edge_count; i++)
        if (t->effects.accounts[i].changed)
            TRY(account_write(t, i));
    return E_ok;
}

static void asked_stored(struct task *t, const struct asked *a) {
    struct effect_row row = {
        .number = a->number,
        .state = EFFECT_WAITING,
        .id = a->id,
        .key = a->key,
        .type = a->type,
        .json = a->json,
        .time_ms = a->time_ms,
        .requested_ms = a->requested_ms,
        .deadline_ms = a->deadline_ms,
        .reason = bytes_text(""),
    };
    (void)schedule_add(t->effects.schedule, a->edge, &row);
}

static void settled_stored(struct task *t, const struct settled *s) {
    struct schedule *schedule = t->effects.schedule;
    s->pending->settling = false;
    if (s->parks)
        schedule_park(schedule, s->pending);
    else
        schedule_remove(schedule, s->pending);
}

void task_effects_stored(struct task *t) {
    struct task_effects *e = &t->effects;
    for (size_t i = 0; i < e->changed_count; i++) {
        struct pending *p = schedule_find(e->schedule, e->changed[i]);
        if (p)
            p->changed = false;
    }
    for (size_t i = 0; i < e->settled_count; i++)
        settled_stored(t, &e->settled[i]);
    for (size_t i = 0; i < e->asked_count; i++)
        asked_stored(t, &e->asked[i]);
    for (size_t i = 0; e->accounts && i < t->options.service->edge_count; i++)
        e->accounts[i].changed = false;
    e->asked_count = e->settled_count = e->changed_count = 0;
}

void task_effects_drop(struct task *t) {
    for (size_t i = 0; i < t->effects.settled_count; i++)
        t->effects.settled[i].pending->settling = false;
    t->effects.settled_count = t->effects.asked_count = 0;
}

bool task_effects_wait(const struct task *t) {
    bool waits = t->effects.changed_count > 0;
    for (size_t i = 0; t->effects.accounts && i < t->options.service->edge_count; i++)
        waits = waits || t->effects.accounts[i].changed;
    return waits;
}

/* ---- for who performs them */

struct schedule *task_schedule(struct task *t) {
    return t->effects.schedule;
}

struct edge_account *task_account(struct task *t, size_t edge) {
    return &t->effects.accounts[edge];
}

void task_account_window(struct task *t, size_t edge, int64_t ms) {
    struct edge_account *a = &t->effects.accounts[edge];
    ms = ms < 0 ? 0 : ms;
    a->windows++;
    a->sum_ms += ms;
    a->longest_ms = ms > a->longest_ms ? ms : a->longest_ms;
    a->changed = true;
}

int64_t task_effect_deadline(struct task *t, const struct pending *p) {
    return p->deadline_ms + t->effects.accounts[pending_edge(p)].away_ms;
}

void task_effect_changed(struct task *t, struct pending *p) {
    struct task_effects *e = &t->effects;
    if (p->changed)
        return;
    p->changed = true;
    e->changed =
        memory_grow(e->changed, e->changed_count, &e->changed_capacity, sizeof(*e->changed));
    e->changed[e->changed_count++] = p->number;
}

enum error task_effect_intent(struct task *t, struct pending *p, int64_t now_ms) {
    TRY(task_enter(t));
    if (p->state != EFFECT_TRIED)
        p->tried_ms = now_ms;
    p->state = EFFECT_TRIED;
    p->absent = false;
    p->attempts++;
    t->changed = true;
    struct effect_row row = row_of(t, p);
    return t->store->ops->effect_put(t->store, &row);
}

struct reading {
    struct buf *memory;
    size_t type_len;
    bool found;
};

static void content_read(void *context, const struct effect_row *row) {
    struct reading *r = context;
    buf_put_bytes(r->memory, row->type);
    buf_put_bytes(r->memory, row->json);
    r->type_len = row->type.len;
    r->found = true;
}

enum error task_effect_content(struct task *t, const struct pending *p, struct buf *memory,
                               struct effect_content *out) {
    struct reading r = { .memory = memory };
    *out = (struct effect_content){ p->type, p->json };
    if (p->type.data)
        return E_ok;
    buf_clear(memory);
    TRY(t->store->ops->effect_each(t->store, p->number, 1, content_read, &r));
    if (!r.found)
        return fail(E_corrupt, "effect %lld is not in its store", (long long)p->number);
    struct bytes all = buf_bytes(memory);
    out->type = bytes_part(all, 0, r.type_len);
    out->json = bytes_part(all, r.type_len, all.len - r.type_len);
    return E_ok;
}

enum error task_effect_retry(struct task *t, struct pending *p, int64_t now_ms) {
    size_t edge = pending_edge(p);
    TRY(task_enter(t));
    if (t->options.journal_inputs)
        journal_command(&t->journal, "effect-retry", p->id, now_ms);
    if (p->state == EFFECT_PARKED)
        p->state = EFFECT_WAITING;
    p->deadline_ms =
        now_ms - t->effects.accounts[edge].away_ms + edge_of(t, edge)->effects.deadline_ms;
    p->asked_late = false;
    p->due_ms = 0;
    t->changed = true;
    struct effect_row row = row_of(t, p);
    return t->store->ops->effect_put(t->store, &row);
}
