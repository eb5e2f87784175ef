/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading what verify wrote. */
#include "explain/explain.h"

#include "values/json_tree.h"

#include <time.h>

enum { WHEN_BYTES = 32 };

static const char *text_of(struct arena *arena, const struct json_tree *object, const char *name) {
    const struct json_tree *value = json_tree_find(object, name);
    return value && value->kind == TREE_TEXT ? arena_text(arena, value->text) : NULL;
}

static int64_t integer_of(const struct json_tree *object, const char *name) {
    const struct json_tree *value = json_tree_find(object, name);
    return value && value->kind == TREE_NUMBER && value->is_integer ? value->integer : 0;
}

static const char *when_of(struct arena *arena, int64_t ms) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char *text = arena_get(arena, WHEN_BYTES);
    if (ms <= 0 || !gmtime_r(&seconds, &parts)
        || !strftime(text, WHEN_BYTES, "%Y-%m-%d %H:%M UTC", &parts))
        return "at a time not said";
    return text;
}

enum error evidences_read(struct evidences *out, struct arena *arena, struct bytes text) {
    struct json_tree *root = NULL;
    *out = (struct evidences){ 0 };
    TRY(json_tree_read(&root, arena, text));
    const struct json_tree *answers = json_tree_find(root, "answers");
    if (!answers || answers->kind != TREE_LIST)
        return fail(E_malformed, "a report of verify has a list of answers, this one has none");
    for (const struct json_tree *a = answers->first; a; a = a->next) {
        int64_t number = integer_of(a, "answer");
        if (number < 1 || number > ANSWERS)
            continue;
        out->of[number - 1].state = text_of(arena, a, "state");
        out->of[number - 1].text = text_of(arena, a, "evidence");
    }
    out->when = when_of(arena, integer_of(root, "when"));
    out->seed = integer_of(root, "seed");
    out->seconds = integer_of(root, "seconds");
    return E_ok;
}
