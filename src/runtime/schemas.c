/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schemas by topic and type. */
#include "runtime/schemas.h"

#include "schema/schema.h"

#include <stdlib.h>

enum { SCHEMA_BYTES_MAX = 1 << 20 };

struct event_schema {
    const char *topic, *type;
    struct schema *schema;
};

struct schemas {
    struct event_schema *array;
    size_t count;
};

static enum error one_read(struct schemas *s, const char *topic, const struct declared_event *e) {
    struct event_schema *one = &s->array[s->count];
    struct buf text = { 0 };
    enum error failed = disk_read_whole(disk_real(), e->schema, SCHEMA_BYTES_MAX, &text);
    if (!failed)
        failed = schema_read(&one->schema, e->schema, buf_bytes(&text));
    buf_finish(&text);
    if (failed)
        return failed;
    schema_check_formats(one->schema);
    one->topic = topic;
    one->type = e->name;
    s->count++;
    return E_ok;
}

static enum error all_read(struct schemas *s, const struct declaration *d) {
    for (size_t i = 0; i < d->topic_count; i++) {
        const struct declared_topic *t = &d->topics[i];
        for (size_t k = 0; k < t->event_count; k++)
            if (t->events[k].schema)
                TRY_WHILE(one_read(s, t->name, &t->events[k]), "reading the schema of %s",
                          t->events[k].name);
    }
    return E_ok;
}

enum error schemas_open(struct schemas **out, const struct declaration *d) {
    struct schemas *s = memory_get(sizeof(*s));
    size_t most = 1;
    for (size_t i = 0; i < d->topic_count; i++)
        most += d->topics[i].event_count;
    s->array = memory_get(most * sizeof(*s->array));
    enum error e = all_read(s, d);
    *out = e ? NULL : s;
    if (e)
        schemas_close(s);
    return e;
}

void schemas_close(struct schemas *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        schema_destroy(s->array[i].schema);
    free(s->array);
    free(s);
}

bool schemas_accept(const struct schemas *s, struct bytes topic, struct bytes type,
                    struct bytes json, struct buf *why) {
    for (size_t i = 0; s && json.data && i < s->count; i++)
        if (bytes_is_text(type, s->array[i].type) && bytes_is_text(topic, s->array[i].topic))
            return schema_accepts_text(s->array[i].schema, json, why);
    return true; /* a tombstone has no value to be judged */
}
