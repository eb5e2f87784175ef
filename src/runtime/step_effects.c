/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo.h's effects, as a handler asks for them. */
#include "runtime/ids.h"
#include "runtime/step.h"
#include "runtime/task_inside.h"

#include <stdio.h>
#include <string.h>

static bool edge_find(const struct octavo_step *s, const char *edge, size_t *out) {
    const struct declared_service *service = s->task->options.service;
    for (*out = 0; *out < service->edge_count; ++*out)
        if (strcmp(service->edges[*out].name, edge) == 0)
            return service->edges[*out].effects.class != CLASS_NONE;
    return false;
}

static void edge_fault(struct octavo_step *s, const char *edge) {
    char text[128];
    (void)snprintf(text, sizeof(text), "edge \"%.48s\" is not declared with a class of effects",
                   edge);
    step_fault(s, text);
}

void octavo_effect_begin(struct octavo_step *s, const char *edge, const char *type) {
    struct task *t = s->task;
    char id[DERIVED_ID_CHARS + 1];
    if (!step_building_begin(s, "an effect"))
        return;
    if (!edge_find(s, edge, &s->edge))
        edge_fault(s, edge);
    else if (strlen(type) > OUT_NAME_MAX)
        step_fault(s, "the type of an effect is too long");
    if (s->faulty)
        return;
    struct id_seed seed = { t->options.system, t->options.service->name, s->in->id };
    id_derive(&t->scratch, &seed, ++s->outputs, id);
    s->effect_id = arena_copy(&t->arena, bytes_of(id, DERIVED_ID_CHARS));
    s->type = arena_copy(&t->arena, bytes_text(type));
    s->building = BUILDING_EFFECT;
}

struct octavo_text octavo_effect_id(struct octavo_step *s) {
    if (!s->faulty && !s->error && s->building != BUILDING_EFFECT)
        step_fault(s, "octavo_effect_id outside an effect");
    if (s->faulty || s->error)
        return octavo_text("");
    return (struct octavo_text){ (const char *)s->effect_id.data, s->effect_id.len };
}

void step_effect_end(struct octavo_step *s) {
    struct task *t = s->task;
    struct asked asked = {
        .edge = s->edge,
        .id = s->effect_id,
        .key = arena_copy(&t->arena, s->in->key),
        .type = s->type,
        .json = arena_copy(&t->arena, buf_bytes(s->value)),
        .time_ms = s->in->time_ms,
    };
    task_effect_ask(t, &asked);
    s->changed = true;
}
