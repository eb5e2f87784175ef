/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects as they are seen from outside: metrics, the report, and an operator's verbs. */
#include "base/metric.h"
#include "runtime/control.h"
#include "runtime/effects_order.h"
#include "runtime/seeing.h"
#include "runtime/service_state.h"
#include "values/json.h"

#include <string.h>

/* ---- metrics: all samples of one stand together */

struct samples {
    const struct effects *effects;
    struct metric_page *page;
    struct bytes service; /* its label */
    struct buf labels;
};

static const struct buf *labels_of(struct samples *s, const struct effects_state *at,
                                   const char *result) {
    buf_clear(&s->labels);
    buf_put_bytes(&s->labels, s->service);
    metric_label(&s->labels, "edge", bytes_text(at->edge->name));
    if (result)
        metric_label(&s->labels, "result", bytes_text(result));
    return &s->labels;
}

static void put_each(struct samples *s, enum metric m,
                     int64_t (*value)(const struct effects_state *)) {
    for (size_t i = 0; i < effects_edges(s->effects); i++) {
        struct effects_state at = effects_state(s->effects, i);
        metric_int(s->page, m, labels_of(s, &at, NULL), value(&at));
    }
}

static int64_t waiting_of(const struct effects_state *s) {
    return (int64_t)s->waiting.effects;
}

static int64_t parked_of(const struct effects_state *s) {
    return (int64_t)s->waiting.parked;
}

static int64_t stalled_of(const struct effects_state *s) {
    return (int64_t)s->workers_stalled;
}

static int64_t tried_of(const struct effects_state *s) {
    return (int64_t)s->counts.tried;
}

static int64_t open_of(const struct effects_state *s) {
    return s->breaker->state != BREAKER_CLOSED;
}

static int64_t windows_of(const struct effects_state *s) {
    return s->account.windows;
}

static void put_results(struct samples *s) {
    for (size_t i = 0; i < effects_edges(s->effects); i++) {
        struct effects_state at = effects_state(s->effects, i);
        const struct {
            const char *result;
            uint64_t count;
        } rows[] = {
            { "done", at.counts.done },       { "again", at.counts.again },
            { "refused", at.counts.refused }, { "late", at.counts.late },
            { "unknown", at.counts.unknown }, { "dropped", at.counts.dropped },
        };
        for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
            metric_int(s->page, M_octavo_effects_total, labels_of(s, &at, rows[r].result),
                       (int64_t)rows[r].count);
    }
}

static void put_window_times(struct samples *s, enum metric m, bool longest) {
    for (size_t i = 0; i < effects_edges(s->effects); i++) {
        struct effects_state at = effects_state(s->effects, i);
        metric_ms(s->page, m, labels_of(s, &at, NULL),
                  longest ? at.account.longest_ms : at.account.sum_ms);
    }
}

void effects_metrics(const struct service *s, struct metric_page *page, struct bytes service) {
    struct samples all = { .effects = s->effects, .page = page, .service = service };
    put_each(&all, M_octavo_effects_waiting, waiting_of);
    put_each(&all, M_octavo_effects_parked, parked_of);
    put_each(&all, M_octavo_effects_tried_total, tried_of);
    put_results(&all);
    put_each(&all, M_octavo_effect_breaker_open, open_of);
    put_each(&all, M_octavo_effect_workers_stalled, stalled_of);
    put_each(&all, M_octavo_effect_windows_total, windows_of);
    put_window_times(&all, M_octavo_effect_window_seconds_total, false);
    put_window_times(&all, M_octavo_effect_window_seconds_longest, true);
    buf_finish(&all.labels);
}

/* ---- the report */

static void put_state(struct buf *out, const struct effects_state *at) {
    json_put_text(out, "edge", bytes_text(at->edge->name));
    json_put_text(out, "class", bytes_text(effect_class_name(at->edge->effects.class)));
    json_put_text(out, "breaker", bytes_text(breaker_state_name(at->breaker->state)));
    json_put_int(out, "opened", at->breaker->opens);
    json_put_int(out, "waiting", (int64_t)at->waiting.effects);
    json_put_int(out, "parked", (int64_t)at->waiting.parked);
    json_put_int(out, "with_workers", (int64_t)at->workers_busy);
    json_put_int(out, "stalled", (int64_t)at->workers_stalled);
    json_put_int(out, "tried", (int64_t)at->counts.tried);
    json_put_int(out, "done", (int64_t)at->counts.done);
    json_put_int(out, "again", (int64_t)at->counts.again);
    json_put_int(out, "refused", (int64_t)at->counts.refused);
    json_put_int(out, "late", (int64_t)at->counts.late);
    json_put_int(out, "unknown", (int64_t)at->counts.unknown);
    json_put_int(out, "windows", at->account.windows);
    json_put_int(out, "window_longest_ms", at->account.longest_ms);
    json_put_int(out, "window_sum_ms", at->account.sum_ms);
}

void effects_report(const struct service *s, struct buf *out) {
    json_open(out, "effects", '[');
    for (size_t i = 0; i < effects_edges(s->effects); i++) {
        struct effects_state at = effects_state(s->effects, i);
        json_open(out, NULL, '{');
        put_state(out, &at);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* ---- verbs: effects {"edge":E}; effects-retry and effects-drop {"effect":ID}, {}: all parked */

enum error effects_control(struct service *s, struct bytes json, struct buf *reply) {
    struct json asked;
    struct bytes edge = bytes_text("");
    size_t i = 0;
    TRY(json_read(&asked, json));
    (void)json_get_text(&asked, "edge", &edge);
    while (i < effects_edges(s->effects)
           && !bytes_is_text(edge, effects_state(s->effects, i).edge->name))
        i++;
    enum error e = i < effects_edges(s->effects)
                       ? E_ok
                       : fail(E_not_found, "service %s has no such edge of effects",
                              s->options.declared->name);
    if (!e) {
        struct effects_state at = effects_state(s->effects, i);
        json_begin(reply);
        put_state(reply, &at);
        json_end(reply);
    }
    json_finish(&asked);
    return e;
}

struct live {
    struct service *service;
    struct slot *slot;
};

static enum error live_apply(void *context, struct task *task, struct pending *p, bool drop) {
    struct live *l = context;
    turn_begin_slot(l->service, l->slot);
    return drop ? effects_drop(l->service->effects, task, p)
                : effects_retry(l->service->effects, task, p);
}

static enum error order_take(struct service *s, struct effects_order *order) {
    for (struct slot *slot = s->slots; slot && effects_edges(s->effects); slot = slot->next) {
        struct live live = { s, slot };
        if (slot->task)
            TRY(effects_order_run(order, slot->task, live_apply, &live));
    }
    return E_ok;
}

static enum error order_control(struct service *s, struct bytes json, struct buf *reply,
                                bool drop) {
    struct effects_order order = { .drop = drop };
    struct json asked;
    TRY(json_read(&asked, json));
    (void)json_get_text(&asked, "effect", &order.id);
    enum error e = order_take(s, &order);
    json_finish(&asked);
    service_arm_turn(s);
    if (!e) {
        json_begin(reply);
        json_put_int(reply, "found", order.found);
        json_put_int(reply, "done", order.done);
        json_put_int(reply, "busy", order.busy);
        json_end(reply);
    }
    if (e && error_action(e) == STOP)
        service_fail(s);
    return e;
}

enum error effects_retry_control(struct service *s, struct bytes json, struct buf *reply) {
    return order_control(s, json, reply, false);
}

enum error effects_drop_control(struct service *s, struct bytes json, struct buf *reply) {
    return order_control(s, json, reply, true);
}
