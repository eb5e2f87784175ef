/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The shape of an answer, by tables of members. A member that is not known is an error: a program
 * that writes "event" for "events" must not lose its events in silence. */
#include "answer.h"

#include <string.h>

typedef bool value_check(const struct json_tree *value);

struct member {
    const char *name;
    value_check *check;
    bool required;
};

static bool is_text(const struct json_tree *v) {
    return v->kind == TREE_TEXT && !(v->text.len && memchr(v->text.data, 0, v->text.len));
}

static bool is_bool(const struct json_tree *v) {
    return v->kind == TREE_TRUE || v->kind == TREE_FALSE;
}

static bool is_integer(const struct json_tree *v) {
    return v->kind == TREE_NUMBER && v->is_integer;
}

static bool is_name(struct bytes name) {
    return !(name.len && memchr(name.data, 0, name.len));
}

/* What an event or a row may hold: no number with a fraction, nothing nested. */
static bool is_flat_value(const struct json_tree *v) {
    return is_text(v) || is_integer(v) || is_bool(v) || v->kind == TREE_NULL;
}

static bool is_flat(const struct json_tree *v) {
    if (v->kind != TREE_OBJECT)
        return false;
    for (const struct json_tree *m = v->first; m; m = m->next)
        if (!is_name(m->name) || !is_flat_value(m))
            return false;
    return true;
}

static bool each_in(const struct json_tree *v, bool is_object, value_check *check) {
    if (v->kind != (is_object ? TREE_OBJECT : TREE_LIST))
        return false;
    for (const struct json_tree *m = v->first; m; m = m->next)
        if ((is_object && !is_name(m->name)) || !check(m))
            return false;
    return true;
}

static bool is_rows_of_table(const struct json_tree *v) {
    return each_in(v, true, is_flat);
}

static bool is_subs(const struct json_tree *v) {
    return each_in(v, false, is_text);
}

static bool is_entries(const struct json_tree *v) {
    return each_in(v, false, is_flat);
}

static bool is_rows(const struct json_tree *v) {
    return each_in(v, true, is_rows_of_table);
}

static bool is_deletes(const struct json_tree *v) {
    return each_in(v, true, is_subs);
}

static bool is_logs(const struct json_tree *v) {
    return each_in(v, true, is_entries);
}

static bool has_members(const struct json_tree *v, const struct member *members) {
    if (v->kind != TREE_OBJECT)
        return false;
    for (const struct member *m = members; m->name; m++)
        if (m->required && !json_tree_find(v, m->name))
            return false;
    for (const struct json_tree *child = v->first; child; child = child->next) {
        const struct member *m = members;
        while (m->name && !bytes_is_text(child->name, m->name))
            m++;
        if (!m->name || !m->check(child))
            return false;
    }
    return true;
}

/* { "field": number of an effect of the same answer } */
static bool is_effect_number(const struct json_tree *v) {
    return is_integer(v) && v->integer >= 0;
}

static bool is_effect_ids(const struct json_tree *v) {
    return each_in(v, true, is_effect_number);
}

static bool is_event(const struct json_tree *v) {
    static const struct member members[] = {
        { "topic", is_text, true },
        { "type", is_text, true },
        { "key", is_text, false },
        { "data", is_flat, false },
        { "ask", is_bool, false },
        { "answer", is_bool, false },
        { "effect_ids", is_effect_ids, false },
        { NULL, NULL, false },
    };
    return has_members(v, members);
}

static bool is_effect(const struct json_tree *v) {
    static const struct member members[] = {
        { "edge", is_text, true },
        { "type", is_text, true },
        { "data", is_flat, false },
        { NULL, NULL, false },
    };
    return has_members(v, members);
}

static bool is_timer(const struct json_tree *v) {
    static const struct member members[] = {
        { "name", is_text, true },        { "key", is_text, false },    { "at", is_integer, false },
        { "event_time", is_bool, false }, { "cancel", is_bool, false }, { NULL, NULL, false },
    };
    return has_members(v, members) && !json_tree_find(v, "at") == answer_says(v, "cancel");
}

static bool is_reply(const struct json_tree *v) {
    static const struct member members[] = {
        { "request", is_text, false },
        { "data", is_flat, false },
        { NULL, NULL, false },
    };
    return has_members(v, members);
}

static bool is_events(const struct json_tree *v) {
    return each_in(v, false, is_event);
}

static bool is_effects(const struct json_tree *v) {
    return each_in(v, false, is_effect);
}

static bool is_timers(const struct json_tree *v) {
    return each_in(v, false, is_timer);
}

static bool is_replies(const struct json_tree *v) {
    return each_in(v, false, is_reply);
}

/* ["table", "sub"] */
static bool is_get(const struct json_tree *v) {
    return v->kind == TREE_LIST && v->count == 2 && is_text(v->first) && is_text(v->first->next);
}

static const struct member members[] = {
    { "n", is_integer, true },        { "get", is_get, false },
    { "outcome", is_text, false },    { "reason", is_text, false },
    { "rows", is_rows, false },       { "delete", is_deletes, false },
    { "log", is_logs, false },        { "events", is_events, false },
    { "effects", is_effects, false }, { "timers", is_timers, false },
    { "replies", is_replies, false }, { NULL, NULL, false },
};

static enum error members_check(const struct json_tree *tree) {
    if (tree->kind != TREE_OBJECT)
        return fail(E_malformed, "an answer is no JSON object");
    if (!json_tree_find(tree, "n"))
        return fail(E_malformed, "an answer has no `n`");
    for (const struct json_tree *child = tree->first; child; child = child->next) {
        const struct member *m = members;
        while (m->name && !bytes_is_text(child->name, m->name))
            m++;
        if (!m->name)
            return fail(E_malformed, "an answer has a member that is not known");
        if (!m->check(child))
            return fail(E_malformed, "`%s` of an answer is not what is described", m->name);
    }
    return E_ok;
}

static enum error outcome_read(struct answer *out, const struct json_tree *tree) {
    static const char *const names[] = { "done", "retry", "park", "stop" };
    const struct json_tree *outcome = json_tree_find(tree, "outcome");
    out->outcome = ANSWER_DONE;
    if (!outcome)
        return E_ok;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (json_tree_is_text(outcome, names[i])) {
            out->outcome = (enum answer_outcome)i;
            return E_ok;
        }
    return fail(E_malformed, "the `outcome` of an answer is not done, retry, park or stop");
}

enum error answer_read(struct answer *out, struct arena *arena, struct bytes line) {
    struct json_tree *tree;
    *out = (struct answer){ 0 };
    TRY(json_tree_read(&tree, arena, line));
    TRY(members_check(tree));
    TRY(outcome_read(out, tree));
    const struct json_tree *get = json_tree_find(tree, "get");
    const struct json_tree *reason = json_tree_find(tree, "reason");
    out->n = json_tree_find(tree, "n")->integer;
    if (get) {
        out->outcome = ANSWER_GET;
        out->get_table = arena_text(arena, get->first->text);
        out->get_sub = get->first->next->text;
    }
    if (reason)
        out->reason = reason->text;
    out->rows = json_tree_find(tree, "rows");
    out->deletes = json_tree_find(tree, "delete");
    out->logs = json_tree_find(tree, "log");
    out->events = json_tree_find(tree, "events");
    out->effects = json_tree_find(tree, "effects");
    out->timers = json_tree_find(tree, "timers");
    out->replies = json_tree_find(tree, "replies");
    return E_ok;
}

const char *answer_text(struct arena *arena, const struct json_tree *object, const char *name) {
    const struct json_tree *value = json_tree_find(object, name);
    return value ? arena_text(arena, value->text) : NULL;
}

const char *answer_name(struct arena *arena, const struct json_tree *member) {
    return arena_text(arena, member->name);
}

bool answer_says(const struct json_tree *object, const char *name) {
    const struct json_tree *value = json_tree_find(object, name);
    return value && value->kind == TREE_TRUE;
}
