/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A query's way: from its edge to the task that owns the key, and into a group that is given up. */
#include "runtime/query.h"

#include "base/check.h"
#include "base/event.h"
#include "runtime/secret.h"
#include "runtime/service_state.h"
#include "runtime/task_inside.h"
#include "runtime/view.h"

#include <stdlib.h>
#include <string.h>

struct queries {
    struct queries *next;
    const struct connector_query *kind;
    struct connector *connector;
    struct connector_route *routes;
    struct view *view; /* of a fold; else NULL */
    struct buf secret;
};

/* ---- the task's side */

static bool has_written(const struct task *t) {
    return t->changed || t->outbox.len || t->effects.asked_count || t->effects.settled_count;
}

static enum error query_verdict(struct task *t, enum tried tried, struct bytes type) {
    switch (tried) {
    case TRIED_PASSED:
        return fail(E_not_found, "there is no %.*s", (int)type.len, (const char *)type.data);
    case TRIED_RETRY:
    case TRIED_PARK:
        return fail(E_refused, "%s", buf_text(&t->reason));
    case TRIED_DONE:
        break;
    }
    if (has_written(t))
        return fail(E_refused, "%.*s writes; a query only reads", (int)type.len,
                    (const char *)type.data);
    return t->reply_count == 1 ? E_ok
                               : fail(E_refused, "%.*s gives %zu answers, not one", (int)type.len,
                                      (const char *)type.data, t->reply_count);
}

/* Nothing of it may go into the journal's account of a group, nor into the counts. */
static enum error query_leave(struct task *t) {
    struct committed nothing;
    t->reply_count = 0;
    t->group_counts = (struct task_counts){ 0 };
    return task_commit(t, 0, &nothing);
}

enum error task_query(struct task *t, const struct input *in, struct buf *reply) {
    enum tried tried;
    task_begin(t);
    enum error e = task_try(t, in, &tried);
    bool dirty = e || has_written(t);
    if (!e)
        e = query_verdict(t, tried, in->type);
    if (!e)
        buf_put_bytes(reply, t->replies[0].json);
    if (dirty)
        task_drop(t);
    else
        TRY(query_leave(t));
    return e;
}

/* ---- the service's side */

/* A consumer group's state lies where the key's partition is; else the one task has it. */
static int32_t task_of_key(const struct service *s, struct bytes key) {
    const struct declared_service *declared = s->options.declared;
    if (declared->tasks)
        return s->slots ? s->slots->number : 0;
    return partition_of_key(
        key, declaration_topic(s->options.declaration, declared->consumes[0])->partitions);
}

static struct slot *slot_of(const struct service *s, int32_t task) {
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->number == task && slot->task)
            return slot;
    return NULL;
}

static enum error query_run(struct service *s, struct slot *slot, const struct connector_request *r,
                            struct buf *reply) {
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = bytes_text(r->type),
        .id = r->key,
        .key = r->key,
        .json = r->json,
        .time_ms = clock_wall_ms(s->clock),
    };
    enum error e = turn_commit_slot(s, slot); /* what is not committed is not to be seen */
    if (e) {
        service_fail(s);
        return fail(E_busy, "the service is stopping");
    }
    return task_query(slot->task, &in, reply);
}

static enum error on_query(void *context, const struct connector_request *r, struct buf *reply) {
    struct service *s = context;
    int32_t task = task_of_key(s, r->key);
    struct slot *slot = slot_of(s, task);
    if (s->stopping || s->failed || !s->ready)
        return fail(E_busy, "the service is starting or stopping");
    if (!slot)
        return fail(E_fenced, "the key is in task %d, which this process does not own", task);
    enum error e = query_run(s, slot, r, reply);
    if (!e)
        s->queries_answered++;
    return e;
}

/* ---- edges */

struct connector_route *query_routes(const struct declared_edge *edge) {
    struct connector_route *routes = memory_get((edge->route_count + 1) * sizeof(*routes));
    for (size_t i = 0; i < edge->route_count; i++)
        routes[i] = (struct connector_route){ edge->routes[i].pattern, edge->routes[i].type };
    return routes;
}

static const struct connector_query *kind_of(const struct service *s, const char *url) {
    const struct connectors *c = s->options.connectors;
    size_t len = strcspn(url, ":");
    for (size_t i = 0; c->queries && c->queries[i]; i++)
        if (strlen(c->queries[i]->scheme) == len && memcmp(c->queries[i]->scheme, url, len) == 0)
            return c->queries[i];
    return NULL;
}

enum error query_open(struct service *s, const struct declared_edge *edge) {
    const struct connector_query *kind = kind_of(s, edge->url);
    if (!kind)
        return fail(E_config, "edge %s: no connector of queries for %s", edge->name, edge->url);
    struct queries *q = memory_get(sizeof(*q));
    q->next = s->queries;
    s->queries = q;
    q->kind = kind;
    q->routes = query_routes(edge);
    q->view = view_create(s);
    if (edge->secret_file)
        TRY(secret_load(disk_real(), s->options.data_dir, edge->secret_file, &q->secret));
    struct connector_options options = {
        .loop = s->options.loop,
        .url = edge->url,
        .secret = (const char *)q->secret.data,
        .secret_len = q->secret.len,
        .on_query = on_query,
        .context = s,
        .routes = q->routes,
        .route_count = edge->route_count,
        .rows = view_rows(q->view),
        .keyed = s->options.declared->tasks == 0,
    };
    TRY(kind->open(&q->connector, &options));
    if (q->next) /* the first one's port is the service's */
        event_log(EV_edge_listens, "edge=%s port=%d", edge->name, kind->port(q->connector));
    return E_ok;
}

int queries_port(const struct service *s) {
    const struct queries *first = s->queries;
    while (first && first->next)
        first = first->next;
    return first && first->connector ? first->kind->port(first->connector) : 0;
}

uint64_t queries_count(const struct service *s) {
    return s->queries_answered;
}

void queries_close(struct service *s) {
    while (s->queries) {
        struct queries *q = s->queries;
        s->queries = q->next;
        if (q->connector)
            q->kind->close(q->connector);
        view_destroy(q->view);
        buf_finish(&q->secret);
        free(q->routes);
        free(q);
    }
}
