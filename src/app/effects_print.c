/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo effects ls and show. What waits is read from the stores; whether an edge is away is known
 * only to the process that tries it. */
#include "effects_print.h"

#include "base/clock.h"
#include "control_client.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edge_sum {
    const struct declared_edge *edge;
    int64_t waiting, tried, parked;
    int64_t windows, longest_ms, sum_ms;
    char breaker[16];
};

struct listing {
    const struct order_call *call;
    const struct declared_service *service;
    int32_t task;
    struct edge_sum *sums; /* of the service's edges */
    struct buf parked, others;
    int64_t parked_count, other_count;
    int64_t now_ms;
};

static const char *state_name(enum effect_state state) {
    switch (state) {
    case EFFECT_WAITING:
        return "waiting";
    case EFFECT_TRIED:
        return "tried";
    case EFFECT_PARKED:
        return "parked";
    }
    return "?";
}

/* ---- one effect */

/* Ids, keys and reasons come from outside: only what moves no terminal. */
static void put_shown(struct buf *out, struct bytes text, size_t most) {
    for (size_t i = 0; i < text.len && i < most; i++)
        buf_put_byte(out, text.data[i] >= ' ' && text.data[i] < 0x7f ? text.data[i] : '?');
}

static void row_json(const struct listing *l, struct buf *out, const struct effect_row *row) {
    json_open(out, NULL, '{');
    json_put_text(out, "service", bytes_text(l->service->name));
    json_put_int(out, "task", l->task);
    json_put_text(out, "id", row->id);
    json_put_text(out, "edge", row->edge);
    json_put_text(out, "key", row->key);
    json_put_text(out, "type", row->type);
    json_put_text(out, "state", bytes_text(state_name(row->state)));
    json_put_int(out, "attempts", row->attempts);
    json_put_int(out, "requested_ms", row->requested_ms);
    json_put_int(out, "due_ms", row->due_ms);
    json_put_int(out, "deadline_ms", row->deadline_ms);
    json_put_text(out, "reason", row->reason);
    json_put_text(out, "json", row->json);
    json_close(out, '}');
}

static void row_line(const struct listing *l, struct buf *out, const struct effect_row *row) {
    buf_print(out, "%-26.*s %-20s %4d  ", (int)row->id.len, (const char *)row->id.data,
              l->service->name, l->task);
    size_t at = out->len;
    put_shown(out, row->edge, 12);
    buf_print(out, "%*s ", (int)(at + 12 - out->len), "");
    at = out->len;
    put_shown(out, row->key, 20);
    buf_print(out, "%*s %-8s %8d %8" PRId64 "  ", (int)(at + 20 - out->len), "",
              state_name(row->state), row->attempts, (l->now_ms - row->requested_ms) / 1000);
    put_shown(out, row->reason, 80);
    buf_put_byte(out, '\n');
}

static void row_whole(const struct listing *l, struct buf *out, const struct effect_row *row) {
    buf_print(out, "service   %s, task %d\nedge      ", l->service->name, l->task);
    put_shown(out, row->edge, SIZE_MAX);
    buf_put_text(out, "\nkey       ");
    put_shown(out, row->key, SIZE_MAX);
    buf_put_text(out, "\ntype      ");
    put_shown(out, row->type, SIZE_MAX);
    buf_print(out, "\nstate     %s, %d attempts\nasked     %" PRId64 " s ago\nreason    ",
              state_name(row->state), row->attempts, (l->now_ms - row->requested_ms) / 1000);
    put_shown(out, row->reason, SIZE_MAX);
    buf_put_text(out, "\ncontent   ");
    put_shown(out, row->json, SIZE_MAX);
    buf_put_byte(out, '\n');
}

static void row_put(const struct listing *l, struct buf *out, const struct effect_row *row) {
    if (l->call->json)
        row_json(l, out, row);
    else if (l->call->which)
        row_whole(l, out, row);
    else
        row_line(l, out, row);
}

/* ---- reading a task */

static struct edge_sum *sum_of(struct listing *l, struct bytes edge) {
    for (size_t i = 0; i < l->service->edge_count; i++)
        if (bytes_is_text(edge, l->service->edges[i].name))
            return &l->sums[i];
    return NULL;
}

static void on_effect(void *context, const struct effect_row *row) {
    struct listing *l = context;
    struct edge_sum *sum = sum_of(l, row->edge);
    bool parked = row->state == EFFECT_PARKED;
    if (sum) {
        sum->waiting += row->state == EFFECT_WAITING;
        sum->tried += row->state == EFFECT_TRIED;
        sum->parked += parked;
    }
    if (l->call->which && !bytes_is_text(row->id, l->call->which))
        return;
    int64_t *count = parked ? &l->parked_count : &l->other_count;
    if (*count < l->call->limit)
        row_put(l, parked ? &l->parked : &l->others, row);
    ++*count;
}

static enum error account_read(struct store *store, struct edge_sum *sum) {
    struct buf text = { 0 };
    struct json json;
    int64_t number;
    bool found = false;
    char *name = text_format("effects:%s", sum->edge->name);
    enum error e = store->ops->fact_get(store, name, &text, &found);
    if (!e && found && json_read(&json, buf_bytes(&text)) == E_ok) {
        if (json_get_int(&json, "windows", &number))
            sum->windows += number;
        if (json_get_int(&json, "sum_ms", &number))
            sum->sum_ms += number;
        if (json_get_int(&json, "longest_ms", &number) && number > sum->longest_ms)
            sum->longest_ms = number;
        json_finish(&json);
    }
    free(name);
    buf_finish(&text);
    return e;
}

static enum error task_read(struct listing *l) {
    struct store *store;
    enum error e = order_look(l->call, l->service, l->task, &store);
    if (e)
        return e == E_not_found ? E_ok : e;
    e = store->ops->effect_each(store, 0, INT32_MAX, on_effect, l);
    for (size_t i = 0; i < l->service->edge_count && !e; i++)
        e = account_read(store, &l->sums[i]);
    store->ops->close(store);
    return e;
}

/* The worst that a process says: one that has the edge open is enough to look. */
static void breaker_read(const struct control_peer *peer, struct edge_sum *sum) {
    struct buf asked = { 0 }, reply = { 0 };
    struct json json;
    struct bytes state;
    json_begin(&asked);
    json_put_text(&asked, "edge", bytes_text(sum->edge->name));
    json_end(&asked);
    if (control_call(peer, "effects", buf_bytes(&asked), &reply) == E_ok
        && json_read(&json, buf_bytes(&reply)) == E_ok) {
        if (json_get_text(&json, "breaker", &state)
            && (sum->breaker[0] == '-' || strcmp(sum->breaker, "closed") == 0))
            (void)snprintf(sum->breaker, sizeof(sum->breaker), "%.*s", (int)state.len,
                           (const char *)state.data);
        json_finish(&json);
    }
    buf_finish(&asked);
    buf_finish(&reply);
}

static enum error breakers_read(struct listing *l) {
    struct control_peers peers = { 0 };
    TRY(control_peers_find(&peers, &l->call->place, l->call->declaration->system,
                           l->service->name));
    for (size_t p = 0; p < peers.count; p++)
        for (size_t i = 0; i < l->service->edge_count; i++)
            if (l->sums[i].edge->effects.class != CLASS_NONE)
                breaker_read(&peers.peers[p], &l->sums[i]);
    control_peers_finish(&peers);
    return E_ok;
}

/* ---- printing */

static void sum_json(const struct listing *l, struct buf *out, const struct edge_sum *sum) {
    json_open(out, NULL, '{');
    json_put_text(out, "service", bytes_text(l->service->name));
    json_put_text(out, "edge", bytes_text(sum->edge->name));
    json_put_text(out, "class", bytes_text(effect_class_name(sum->edge->effects.class)));
    json_put_int(out, "waiting", sum->waiting);
    json_put_int(out, "tried", sum->tried);
    json_put_int(out, "parked", sum->parked);
    json_put_int(out, "windows", sum->windows);
    json_put_int(out, "window_longest_ms", sum->longest_ms);
    json_put_int(out, "window_sum_ms", sum->sum_ms);
    json_put_text(out, "breaker", bytes_text(sum->breaker));
    json_close(out, '}');
}

static void sums_put(const struct listing *l, struct buf *out) {
    for (size_t i = 0; i < l->service->edge_count; i++) {
        const struct edge_sum *sum = &l->sums[i];
        if (sum->edge->effects.class == CLASS_NONE)
            continue;
        if (l->call->json) {
            sum_json(l, out, sum);
            continue;
        }
        char *name = text_format("%s.%s", l->service->name, sum->edge->name);
        buf_print(out,
                  "%-32s %-9s %8" PRId64 " %6" PRId64 " %6" PRId64 " %8" PRId64
                  " %10.3f %8.3f  %s\n",
                  name, effect_class_name(sum->edge->effects.class), sum->waiting, sum->tried,
                  sum->parked, sum->windows, (double)sum->longest_ms / 1000,
                  (double)sum->sum_ms / 1000, sum->breaker);
        free(name);
    }
}

static enum error service_list(struct listing *l, struct buf *edges) {
    enum error e = E_ok;
    l->sums = memory_get((l->service->edge_count + 1) * sizeof(*l->sums));
    for (size_t i = 0; i < l->service->edge_count; i++)
        l->sums[i] = (struct edge_sum){ .edge = &l->service->edges[i], .breaker = "-" };
    for (l->task = 0; l->task < order_tasks(l->call, l->service) && !e; l->task++)
        e = task_read(l);
    if (!e && !l->call->which)
        e = breakers_read(l);
    if (!e)
        sums_put(l, edges);
    free(l->sums);
    return e;
}

static void json_print(struct listing *l, struct buf *edges) {
    bool both = l->parked.len > 1 && l->others.len > 1;
    (void)printf("{\"edges\":%s],\"effects\":%s%s%s]}\n", buf_text(edges), buf_text(&l->parked),
                 both ? "," : "", buf_text(&l->others) + 1);
}

static void table_print(struct listing *l, struct buf *edges) {
    int64_t all = l->parked_count + l->other_count;
    (void)printf("%-32s %-9s %8s %6s %6s %8s %10s %8s  %s\n%s", "EDGE", "CLASS", "WAITING", "TRIED",
                 "PARKED", "WINDOWS", "LONGEST(s)", "SUM(s)", "BREAKER", buf_text(edges));
    if (all)
        (void)printf("\n%-26s %-20s %4s  %-12s %-20s %-8s %8s %8s  %s\n%s%s", "ID", "SERVICE",
                     "TASK", "EDGE", "KEY", "STATE", "ATTEMPTS", "AGE(s)", "REASON",
                     buf_text(&l->parked), buf_text(&l->others));
    if (l->parked_count > l->call->limit || l->other_count > l->call->limit)
        (void)printf("... of %" PRId64 " effects; --limit shows more\n", all);
}

static bool has_edges(const struct declared_service *s) {
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].effects.class != CLASS_NONE)
            return true;
    return false;
}

static bool is_wanted(const struct order_call *c, const struct declared_service *s) {
    return has_edges(s) && (!c->service || strcmp(c->service, s->name) == 0);
}

enum error effects_print(const struct order_call *c, int64_t *shown) {
    const struct declaration *d = c->declaration;
    struct listing l = { .call = c, .now_ms = clock_wall_ms(clock_real()) };
    struct buf edges = { 0 };
    enum error e = E_ok;
    if (c->json) { /* three lists, each without its end */
        buf_put_byte(&edges, '[');
        buf_put_byte(&l.parked, '[');
        buf_put_byte(&l.others, '[');
    }
    for (size_t i = 0; i < d->service_count && !e; i++)
        if (is_wanted(c, l.service = &d->services[i]))
            e = service_list(&l, &edges);
    *shown = l.parked_count + l.other_count;
    if (!e && c->json)
        json_print(&l, &edges);
    else if (!e && c->which)
        (void)printf("%s%s", buf_text(&l.parked), buf_text(&l.others));
    else if (!e)
        table_print(&l, &edges);
    buf_finish(&edges);
    buf_finish(&l.parked);
    buf_finish(&l.others);
    return e;
}
