/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Mechanisms, question by question, from what is declared. */
#include "explain/mechanism.h"

#include <string.h>

static bool edge_asks(const struct declared_service *s, const struct declared_edge *e) {
    return e->effects.class == CLASS_NONE && !e->asks_queries && s->tasks > 0
           && strncmp(e->url, "sql+", 4) != 0;
}

/* ---- 1: synchronous or asynchronous */

static void synchronous_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t k = 0; k < d->services[i].edge_count; k++) {
            const struct declared_service *s = &d->services[i];
            const struct declared_edge *e = &s->edges[k];
            if (edge_asks(s, e))
                buf_print(out,
                          "%s answers at its edge %s: a request is committed before it is an "
                          "event; unknown outcome: %s\n",
                          s->name, e->name, e->unknown ? e->unknown : "not said");
            else if (e->asks_queries)
                buf_print(out,
                          "%s is asked at its edge %s: it reads what it owns and waits for "
                          "nobody\n",
                          s->name, e->name);
        }
    for (size_t i = 0; i < d->service_count; i++)
        if (d->services[i].consumes_count)
            buf_print(out, "%s follows its topics when it is ready\n", d->services[i].name);
}

/* ---- 2: events or messages */

static void kinds_put(const struct declaration *d, enum declared_kind kind, const char *what,
                      struct buf *out) {
    size_t begin = out->len;
    for (size_t i = 0; i < d->topic_count; i++)
        for (size_t k = 0; k < d->topics[i].event_count; k++)
            if (d->topics[i].events[k].kind == kind)
                buf_print(out, "%s%s", out->len == begin ? what : ", ",
                          d->topics[i].events[k].name);
    if (out->len > begin)
        buf_put_text(out, "\n");
}

static void messages_put(const struct declaration *d, struct buf *out) {
    kinds_put(d, KIND_COMMAND, "commands, which one service fulfils or refuses: ", out);
    kinds_put(d, KIND_EVENT, "events, which anybody may learn: ", out);
}

/* ---- 3: idempotence */

static void idempotence_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t k = 0; k < d->services[i].edge_count; k++) {
            const struct declared_service *s = &d->services[i];
            const struct declared_edge *e = &s->edges[k];
            if (edge_asks(s, e))
                buf_print(out, "requests at %s have the identity that their %s gave them\n",
                          e->name, e->names_requests ? "edge" : "caller");
            if (e->effects.class != CLASS_NONE)
                buf_print(out, "effects at %s are %s%s\n", e->name,
                          effect_class_name(e->effects.class),
                          e->effects.class != CLASS_BLIND ? ", their ids derived"
                          : e->effects.at_most_once       ? ": at most once, its window counted"
                                                          : ": at least once, its window counted");
        }
    for (size_t i = 0; i < d->topic_count; i++)
        if (d->topics[i].dedupe_ms)
            buf_print(out, "%s: ids of strangers are known again for %lld h\n", d->topics[i].name,
                      (long long)(d->topics[i].dedupe_ms / 3600000));
    for (size_t i = 0; i < d->service_count; i++)
        if (d->services[i].produces_count)
            buf_print(out,
                      "%s: ids derive from inputs, lanes count what it sends, its readers drop "
                      "what they had\n",
                      d->services[i].name);
}

/* ---- 4: scale */

static void scale_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->service_count; i++) {
        const struct declared_service *s = &d->services[i];
        if (s->tasks)
            buf_print(out, "%s: %d task%s, each reads every partition\n", s->name, (int)s->tasks,
                      s->tasks == 1 ? "" : "s");
        else if (s->consumes_count)
            buf_print(out,
                      "%s: a task for each of %d partitions, on up to as many processes (%d "
                      "declared)\n",
                      s->name, (int)declaration_topic(d, s->consumes[0])->partitions,
                      (int)s->replicas);
    }
}

/* ---- 5: transactions */

static void transactions_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->service_count; i++) {
        const struct declared_service *s = &d->services[i];
        if (s->state == STATE_FOLD)
            buf_print(out, "%s: state, positions and sequences are saved together\n", s->name);
        else if (s->table_count)
            buf_print(out,
                      "%s: position, %zu table%s, outgoing events and effects are one commit\n",
                      s->name, s->table_count, s->table_count == 1 ? "" : "s");
    }
    for (size_t i = 0; i < d->saga_count; i++) {
        buf_print(out, "saga %s:", d->sagas[i].name);
        for (size_t k = 0; k < d->sagas[i].step_count; k++) {
            const struct declared_saga_step *step = &d->sagas[i].steps[k];
            buf_print(out, "%s %s%s%s", k ? "," : "", step->name,
                      step->pivot  ? " (the pivot)"
                      : step->undo ? ", undone by "
                                   : "",
                      step->pivot || !step->undo ? "" : step->undo);
        }
        buf_put_text(out, "\n");
    }
}

/* ---- 6: order */

static size_t makers_of(const struct declared_topic *t) {
    size_t count = 0;
    for (size_t i = 0; i < t->event_count; i++)
        count += t->events[i].from != NULL;
    return count;
}

static void order_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->topic_count; i++) {
        const struct declared_topic *t = &d->topics[i];
        if (t->key)
            buf_print(out,
                      "%s: all records of one %s are in one partition, read by one task of each "
                      "service\n",
                      t->name, t->key);
        if (t->merges_by_version)
            buf_print(out, "%s: the highest version wins, in whatever order\n", t->name);
        if (t->event_count && makers_of(t) == t->event_count)
            buf_print(out, "%s: each kind of its records has one maker\n", t->name);
    }
    for (size_t i = 0; i < d->service_count; i++)
        if (d->services[i].state == STATE_ROWS && d->services[i].consumes_count)
            buf_print(out,
                      "%s: a record that fails waits, and every later one of its key behind it\n",
                      d->services[i].name);
}

/* ---- 7: distribution */

static void distribution_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->topic_count; i++) {
        const struct declared_topic *t = &d->topics[i];
        buf_print(out, "%s: %d partition%s by murmur2 of %s%s\n", t->name, (int)t->partitions,
                  t->partitions == 1 ? "" : "s", t->key ? t->key : "the key (not said which)",
                  t->compacted ? ", compacted" : "");
    }
}

/* ---- 8: business events */

static void business_put(const struct declaration *d, struct buf *out) {
    for (size_t i = 0; i < d->topic_count; i++)
        for (size_t k = 0; k < d->topics[i].event_count; k++) {
            const struct declared_event *e = &d->topics[i].events[k];
            if (e->is_business)
                buf_print(out, "%s: owner %s, version %s, schema %s\n", e->name,
                          e->owner ? e->owner : "nobody", e->version ? e->version : "none",
                          e->schema ? e->schema : "none");
        }
}

void mechanism_put(const struct declaration *d, int question, struct buf *out) {
    static void (*const puts[ANSWERS])(const struct declaration *d, struct buf *out) = {
        synchronous_put,  messages_put, idempotence_put,  scale_put,
        transactions_put, order_put,    distribution_put, business_put,
    };
    puts[question - 1](d, out);
}
