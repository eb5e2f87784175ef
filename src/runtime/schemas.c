/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schemas by topic and type. */
#include "runtime/schemas.h"

#include "schema/schema.h"

#include <stdlib.h>

struct event_schema {
    const char *topic, *type;
    char *edge; /* of what comes in: "edge:NAME", which is its topic */
    struct schema *schema;
};

struct schemas {
    const struct schemas_options *options; /* while they are read */
    struct event_schema *array;
    size_t count;
    bool trusts_handlers;
};

static enum error one_read(struct schemas *s, const char *topic, const char *type,
                           const char *path) {
    struct event_schema *one = &s->array[s->count];
    struct buf text = { 0 };
    enum error failed = s->options->read(s->options->context, path, &text);
    if (!failed)
        failed = schema_read(&one->schema, path, buf_bytes(&text));
    buf_finish(&text);
    if (failed)
        return failed;
    schema_check_formats(one->schema);
    one->topic = topic;
    one->type = type;
    s->count++;
    return E_ok;
}

static enum error events_read(struct schemas *s, const struct declared_topic *t) {
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].schema)
            TRY_WHILE(one_read(s, t->name, t->events[i].name, t->events[i].schema),
                      "reading the schema of %s", t->events[i].name);
    return E_ok;
}

static enum error requests_read(struct schemas *s, const struct declared_edge *edge) {
    for (size_t i = 0; i < edge->request_count; i++) {
        const struct declared_request *r = &edge->requests[i];
        TRY_WHILE(one_read(s, NULL, r->type, r->schema), "reading the schema of %s", r->type);
        struct event_schema *one = &s->array[s->count - 1];
        one->topic = one->edge = text_format("edge:%s", edge->name);
    }
    return E_ok;
}

static enum error all_read(struct schemas *s, const struct declaration *d) {
    for (size_t i = 0; i < d->topic_count; i++)
        TRY(events_read(s, &d->topics[i]));
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t k = 0; k < d->services[i].edge_count; k++)
            TRY(requests_read(s, &d->services[i].edges[k]));
    return E_ok;
}

static size_t schemas_most(const struct declaration *d) {
    size_t most = 1;
    for (size_t i = 0; i < d->topic_count; i++)
        most += d->topics[i].event_count;
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t k = 0; k < d->services[i].edge_count; k++)
            most += d->services[i].edges[k].request_count;
    return most;
}

enum error schemas_open(struct schemas **out, const struct schemas_options *options) {
    struct schemas *s = memory_get(sizeof(*s));
    s->options = options;
    s->trusts_handlers = options->trusts_handlers;
    s->array = memory_get(schemas_most(options->declaration) * sizeof(*s->array));
    enum error e = all_read(s, options->declaration);
    s->options = NULL;
    *out = e ? NULL : s;
    if (e)
        schemas_close(s);
    return e;
}

void schemas_close(struct schemas *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        schema_destroy(s->array[i].schema);
        free(s->array[i].edge);
    }
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

bool schemas_promise(const struct schemas *s, struct bytes topic, struct bytes type,
                     struct bytes json, struct buf *why) {
    return !s || s->trusts_handlers || schemas_accept(s, topic, type, json, why);
}
