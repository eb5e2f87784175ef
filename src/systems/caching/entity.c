/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An entity as its table declares it. */
#include "caching.h"

#include <stdio.h>
#include <string.h>

static int place_of(const struct entity *e, const char *column) {
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->columns[i].name, column) == 0)
            return (int)i;
    return -1;
}

bool entity_find(struct octavo_step *s, const char *suffix, struct entity *out) {
    struct octavo_text type = octavo_event_type(s);
    const char *colon = memchr(type.data, ':', type.len); /* of a timer or a query */
    size_t skip = colon ? (size_t)(colon - type.data) + 1 : 0;
    size_t len = type.len - strlen(suffix) - skip; /* the handler's pattern has matched */
    if (len > ENTITY_CHARS)
        return false;
    memcpy(out->name, type.data + skip, len);
    out->name[len] = 0;
    out->count = octavo_columns(s, out->name, out->columns, COLUMNS_MAX);
    out->version = place_of(out, "version");
    out->time = place_of(out, "time");
    out->deleted = place_of(out, "deleted");
    out->origin = place_of(out, "origin");
    return out->version >= 0 && out->time >= 0;
}

bool entity_is_field(const struct entity *e, size_t column) {
    int place = (int)column;
    return place != e->version && place != e->time && place != e->deleted && place != e->origin;
}

void entity_take(struct octavo_step *s, const struct entity *e, struct octavo_value *values) {
    for (size_t i = 0; i < e->count; i++) {
        struct octavo_text text;
        int64_t number;
        values[i] = (struct octavo_value){ .kind = OCTAVO_NULL };
        if (!entity_is_field(e, i))
            continue;
        if (e->columns[i].is_int && octavo_event_int(s, e->columns[i].name, &number))
            values[i] = octavo_int_value(number);
        if (!e->columns[i].is_int && octavo_event_text(s, e->columns[i].name, &text))
            values[i] = octavo_text_value(text);
    }
}

void entity_put(struct octavo_step *s, const struct entity *e, const struct octavo_value *values) {
    for (size_t i = 0; i < e->count; i++) {
        if (!entity_is_field(e, i))
            continue;
        if (values[i].kind == OCTAVO_INT)
            octavo_put_int(s, e->columns[i].name, values[i].integer);
        if (values[i].kind == OCTAVO_TEXT)
            octavo_put_text(s, e->columns[i].name, values[i].text);
    }
}

static bool value_same(const struct octavo_value *a, const struct octavo_value *b) {
    if (a->kind != b->kind)
        return false;
    return a->kind == OCTAVO_NULL || (a->kind == OCTAVO_INT && a->integer == b->integer)
           || (a->kind == OCTAVO_TEXT && octavo_text_equal(a->text, b->text));
}

bool entity_same(const struct entity *e, const struct octavo_value *a,
                 const struct octavo_value *b) {
    for (size_t i = 0; i < e->count; i++)
        if (entity_is_field(e, i) && !value_same(&a[i], &b[i]))
            return false;
    return true;
}
