/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A program's answer, done to the step by the same calls that a handler in C makes: what is not
 * declared is found there. The order is always this one, as ids derive from it: deletes, rows,
 * logs, events, effects, timers, replies, each in the order written; only where an event names an
 * effect do effects come before events. */
#include "runtime/program_event.h"

#include "runtime/task_inside.h"

#include <stdio.h>
#include <string.h>

struct apply {
    struct octavo_step *step;
    struct arena *arena;
    struct octavo_text *effect_ids; /* of the effects of this answer, by their number */
    int64_t effect_count;
};

static struct octavo_text text_of(struct bytes b) {
    return (struct octavo_text){ b.data ? (const char *)b.data : "", b.len };
}

/* ---- rows */

static const struct store_table *table_find_named(const struct apply *a, const char *name) {
    for (size_t i = 0; i < a->step->task->table_count; i++)
        if (strcmp(a->step->task->tables[i].name, name) == 0)
            return &a->step->task->tables[i];
    return NULL;
}

static struct octavo_value value_of(const struct json_tree *v) {
    switch (v->kind) {
    case TREE_TEXT:
        return octavo_text_value(text_of(v->text));
    case TREE_NUMBER:
        return octavo_int_value(v->integer);
    case TREE_TRUE:
    case TREE_FALSE:
        return octavo_int_value(v->kind == TREE_TRUE);
    case TREE_NULL:
    case TREE_LIST:
    case TREE_OBJECT:
        break;
    }
    return (struct octavo_value){ .kind = OCTAVO_NULL };
}

/* Columns that are not there are null; one that is not declared is a fault. Returns their count, or
 * one that the call refuses. */
static size_t values_of(const struct apply *a, const char *table, const struct json_tree *row,
                        struct octavo_value *values) {
    const struct store_table *t = table_find_named(a, table);
    size_t known = 0;
    if (!t)
        return 0;
    for (size_t i = 0; i < t->column_count; i++) {
        const struct json_tree *value = json_tree_find(row, t->columns[i].name);
        values[i] = value ? value_of(value) : (struct octavo_value){ .kind = OCTAVO_NULL };
        known += value != NULL;
    }
    if (known < row->count) {
        char what[128];
        (void)snprintf(what, sizeof(what),
                       "a row of table \"%.48s\" has a column that is not declared", table);
        step_fault(a->step, what);
    }
    return t->column_count;
}

static void deletes_apply(const struct apply *a, const struct json_tree *deletes) {
    for (const struct json_tree *t = deletes ? deletes->first : NULL; t; t = t->next)
        for (const struct json_tree *sub = t->first; sub; sub = sub->next)
            octavo_row_delete(a->step, answer_name(a->arena, t), text_of(sub->text));
}

static void rows_apply(const struct apply *a, const struct json_tree *rows) {
    struct octavo_value values[FIELDS_MAX];
    for (const struct json_tree *t = rows ? rows->first : NULL; t; t = t->next) {
        const char *table = answer_name(a->arena, t);
        for (const struct json_tree *row = t->first; row; row = row->next)
            octavo_row_put(a->step, table, text_of(row->name), values,
                           values_of(a, table, row, values));
    }
}

static void logs_apply(const struct apply *a, const struct json_tree *logs) {
    struct octavo_value values[FIELDS_MAX];
    for (const struct json_tree *t = logs ? logs->first : NULL; t; t = t->next) {
        const char *table = answer_name(a->arena, t);
        for (const struct json_tree *entry = t->first; entry; entry = entry->next)
            (void)octavo_log_add(a->step, table, values, values_of(a, table, entry, values));
    }
}

/* ---- what leaves the step */

/* Fields that are the ids of effects that the same answer asks for. */
static void effect_ids_put(const struct apply *a, const struct json_tree *object) {
    const struct json_tree *ids = json_tree_find(object, "effect_ids");
    for (const struct json_tree *m = ids ? ids->first : NULL; m; m = m->next) {
        if (m->integer >= a->effect_count) {
            step_fault(a->step, "an event names an effect that the answer does not ask for");
            return;
        }
        octavo_put_text(a->step, answer_name(a->arena, m), a->effect_ids[m->integer]);
    }
}

static void data_put(const struct apply *a, const struct json_tree *object) {
    const struct json_tree *data = json_tree_find(object, "data");
    for (const struct json_tree *m = data ? data->first : NULL; m; m = m->next) {
        const char *name = answer_name(a->arena, m);
        if (m->kind == TREE_NUMBER)
            octavo_put_int(a->step, name, m->integer);
        else if (m->kind == TREE_TEXT)
            octavo_put_text(a->step, name, text_of(m->text));
        else
            step_put_other(a->step, name,
                           m->kind == TREE_NULL   ? STEP_NULL
                           : m->kind == TREE_TRUE ? STEP_TRUE
                                                  : STEP_FALSE);
    }
    effect_ids_put(a, object);
    octavo_end(a->step);
}

static struct octavo_text key_of(const struct apply *a, const struct json_tree *object) {
    const struct json_tree *key = json_tree_find(object, "key");
    return key ? text_of(key->text) : octavo_event_key(a->step);
}

static void events_apply(const struct apply *a, const struct json_tree *events) {
    for (const struct json_tree *e = events ? events->first : NULL; e; e = e->next) {
        const char *topic = answer_text(a->arena, e, "topic");
        const char *type = answer_text(a->arena, e, "type");
        if (answer_says(e, "ask"))
            octavo_ask_begin(a->step, topic, type, key_of(a, e));
        else if (answer_says(e, "answer"))
            octavo_answer_begin(a->step, topic, type, key_of(a, e));
        else
            octavo_event_begin(a->step, topic, type, key_of(a, e));
        data_put(a, e);
    }
}

static void effects_apply(struct apply *a, const struct json_tree *effects) {
    size_t count = effects ? effects->count : 0;
    a->effect_ids = arena_get(a->arena, (count + 1) * sizeof(*a->effect_ids));
    for (const struct json_tree *e = effects ? effects->first : NULL; e; e = e->next) {
        octavo_effect_begin(a->step, answer_text(a->arena, e, "edge"),
                            answer_text(a->arena, e, "type"));
        struct octavo_text id = octavo_effect_id(a->step);
        struct bytes kept = arena_copy(a->arena, bytes_of(id.data, id.len));
        a->effect_ids[a->effect_count++] = text_of(kept);
        data_put(a, e);
    }
}

/* Then the effects come first, as their ids must be there; else events do, as they always did. */
static bool events_name_effects(const struct json_tree *events) {
    for (const struct json_tree *e = events ? events->first : NULL; e; e = e->next)
        if (json_tree_find(e, "effect_ids"))
            return true;
    return false;
}

static void timers_apply(const struct apply *a, const struct json_tree *timers) {
    for (const struct json_tree *t = timers ? timers->first : NULL; t; t = t->next) {
        const char *name = answer_text(a->arena, t, "name");
        if (answer_says(t, "cancel"))
            octavo_timer_cancel(a->step, name, key_of(a, t));
        else if (answer_says(t, "event_time"))
            octavo_timer_set_event_time(a->step, name, key_of(a, t),
                                        json_tree_find(t, "at")->integer);
        else
            octavo_timer_set(a->step, name, key_of(a, t), json_tree_find(t, "at")->integer);
    }
}

static void replies_apply(const struct apply *a, const struct json_tree *replies) {
    for (const struct json_tree *r = replies ? replies->first : NULL; r; r = r->next) {
        const struct json_tree *request = json_tree_find(r, "request");
        octavo_reply_begin(a->step, request ? text_of(request->text) : octavo_event_key(a->step));
        data_put(a, r);
    }
}

void program_apply(struct octavo_step *s, struct arena *arena, const struct answer *a) {
    struct apply apply = { s, arena, NULL, 0 };
    bool effects_first = events_name_effects(a->events);
    deletes_apply(&apply, a->deletes);
    rows_apply(&apply, a->rows);
    logs_apply(&apply, a->logs);
    if (effects_first)
        effects_apply(&apply, a->effects);
    events_apply(&apply, a->events);
    if (!effects_first)
        effects_apply(&apply, a->effects);
    timers_apply(&apply, a->timers);
    replies_apply(&apply, a->replies);
}
