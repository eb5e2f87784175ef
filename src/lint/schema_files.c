/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The schemas of a declaration's events, each read once. */
#include "lint/rule.h"

#include <stdlib.h>
#include <string.h>

struct schema_slot {
    struct schema_slot *next;
    const char *path;
    bool before; /* of the older version */
    struct declared_schema *schema;
    char *wrong; /* why there is none */
};

static enum error slot_read(struct lint *l, struct schema_slot *slot) {
    struct buf text = { 0 };
    const struct lint_options *o = l->options;
    enum error e = slot->before ? o->against_read(o->against_context, slot->path, &text)
                                : o->read(o->read_context, slot->path, &text);
    if (!e)
        e = declared_schema_read(&slot->schema, slot->path, buf_bytes(&text));
    buf_finish(&text);
    return e;
}

static struct schema_slot *slot_of(struct lint *l, const char *path, bool before) {
    if (!path || !(before ? l->options->against_read : l->options->read))
        return NULL;
    for (struct schema_slot *s = l->schemas; s; s = s->next)
        if (s->before == before && strcmp(s->path, path) == 0)
            return s;
    struct schema_slot *slot = memory_get(sizeof(*slot));
    *slot = (struct schema_slot){ l->schemas, path, before, NULL, NULL };
    l->schemas = slot;
    if (slot_read(l, slot))
        slot->wrong = text_copy(error_story());
    return slot;
}

const struct declared_schema *event_schema(struct lint *l, const struct declared_event *e) {
    const struct schema_slot *slot = slot_of(l, e->schema, false);
    return slot ? slot->schema : NULL;
}

const struct declared_schema *event_schema_before(struct lint *l, const struct declared_event *e) {
    const struct schema_slot *slot = slot_of(l, e->schema, true);
    return slot ? slot->schema : NULL;
}

const char *event_schema_wrong(struct lint *l, const struct declared_event *e) {
    const struct schema_slot *slot = slot_of(l, e->schema, false);
    return slot ? slot->wrong : NULL;
}

void lint_destroy(struct lint *l) {
    if (!l)
        return;
    while (l->schemas) {
        struct schema_slot *s = l->schemas;
        l->schemas = s->next;
        declared_schema_destroy(s->schema);
        free(s->wrong);
        free(s);
    }
    arena_finish(&l->arena);
    free(l->findings);
    free(l);
}
