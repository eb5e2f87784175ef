/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The promises of iot: what a device was told is kept is in the log, rollups are the fold of it in
 * whatever order it came, and an incident is one alert, raised once and over once. */
#include "check.h"

#include "base/check.h"
#include "unusual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- kept */

enum { ASKED = 1, TOLD = 2, THERE = 4 };

void check_kept(const struct evidence *e, struct verdict *v) {
    struct tally messages = { 0 };
    const struct history *h = e->history;
    for (size_t i = 0; i < h->count; i++) {
        const struct history_record *r = &h->records[i];
        if (r->operation == HISTORY_message)
            tally_at(&messages, r->id)->note |= r->kind == HISTORY_ok ? TOLD : ASKED;
        else if (r->operation == HISTORY_reading)
            tally_at(&messages, r->id)->note |= THERE;
    }
    for (size_t i = 0; i < messages.capacity; i++) {
        const struct tally_place *m = &messages.places[i];
        if (!m->id)
            continue;
        v->looked_at += (m->note & TOLD) != 0;
        if (m->note & TOLD && !(m->note & THERE))
            verdict_wrong(v, m->id, "%s was acknowledged, and is not in the topic",
                          evidence_called(e, m->id));
        else if (m->note == THERE)
            verdict_wrong(v, m->id, "%s is in the topic, and no device has sent it",
                          evidence_called(e, m->id));
    }
    tally_finish(&messages);
}

/* ---- rollups */

static const struct {
    const char *name;
    int64_t length_ms;
} levels[] = {
    { "1s", 1000 }, { "1m", 60000 }, { "15m", 900000 }, { "1h", 3600000 }, { "1d", 86400000 }
};

struct window {
    uint64_t id;
    int64_t count, sum, least, most, first, first_ms, last, last_ms; /* millionths */
    bool seen;
};

struct windows {
    struct window *all;
    size_t count, capacity;
    struct tally index; /* sum: place in `all` */
};

static struct window *window_at(struct windows *w, uint64_t id) {
    struct tally_place *place = tally_at(&w->index, id);
    if (place->note)
        return &w->all[place->sum];
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 1024;
        w->all = memory_resize(w->all, w->capacity * sizeof(*w->all));
    }
    *place = (struct tally_place){ id, (int64_t)w->count, 1 };
    w->all[w->count] = (struct window){ .id = id };
    return &w->all[w->count++];
}

static void window_add(struct window *w, int64_t value, int64_t time_ms) {
    bool none = w->count++ == 0;
    w->sum += value;
    w->least = none || value < w->least ? value : w->least;
    w->most = none || value > w->most ? value : w->most;
    if (none || time_ms < w->first_ms) {
        w->first = value;
        w->first_ms = time_ms;
    }
    if (none || time_ms >= w->last_ms) {
        w->last = value;
        w->last_ms = time_ms;
    }
}

struct points {
    struct windows *windows;
    const char *device;
};

static void on_point(void *context, const struct unusual_point *p) {
    struct points *of = context;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        char *name = text_format("%s %s/%s/%lld", of->device, p->metric, levels[i].name,
                                 (long long)(p->time_ms - p->time_ms % levels[i].length_ms));
        window_add(window_at(of->windows, history_hash(bytes_text(name))), p->millionths,
                   p->time_ms);
        free(name);
    }
}

static void windows_fold(const struct evidence *e, struct windows *w) {
    struct tally known = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_reading || tally_at(&known, r->id)->note++)
            continue;
        struct points of = { w, evidence_called(e, r->key) };
        unusual_points(evidence_called(e, r->other), on_point, &of);
    }
    tally_finish(&known);
}

/* COUNT SUM MIN MAX FIRST TIME LAST TIME SQUARES, as its owner has written them. */
static bool row_is(const char *text, const struct window *w) {
    char sum[40], least[40], most[40], first[40], last[40];
    long long count, first_ms, last_ms;
    return sscanf(text, "%lld %39s %39s %39s %39s %lld %39s %lld", &count, sum, least, most, first,
                  &first_ms, last, &last_ms)
               == 8
           && count == w->count && unusual_millionths(sum) == w->sum
           && unusual_millionths(least) == w->least && unusual_millionths(most) == w->most
           && unusual_millionths(first) == w->first && unusual_millionths(last) == w->last
           && first_ms == w->first_ms && last_ms == w->last_ms;
}

void check_windows(const struct evidence *e, struct verdict *v) {
    struct windows w = { 0 };
    windows_fold(e, &w);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_rollup)
            continue;
        const char *name = evidence_called(e, r->id), *row = evidence_called(e, r->other);
        const struct tally_place *place = tally_find(&w.index, r->id);
        v->looked_at++;
        if (!place) {
            verdict_wrong(v, 0, "the window %s is there (%s), and nothing fell into it", name, row);
            continue;
        }
        assert(w.all);
        struct window *window = &w.all[place->sum];
        if (window->seen || !row_is(row, window))
            verdict_wrong(v, 0,
                          "the window %s is %s; it should count %lld, and sum to %lld millionths",
                          name, row, (long long)window->count, (long long)window->sum);
        window->seen = true;
    }
    for (size_t i = 0; i < w.count; i++)
        if (!w.all[i].seen)
            verdict_wrong(v, 0, "a window that %lld points fell into is not there",
                          (long long)w.all[i].count);
    free(w.all);
    tally_finish(&w.index);
}

/* ---- alerts */

/* As the detectors of unusual.c raise them. */
static void alerts_expect(const struct evidence *e, struct unusual *unusual) {
    struct tally known = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_reading && !tally_at(&known, r->id)->note++)
            unusual_reading(unusual, evidence_called(e, r->key), evidence_called(e, r->other));
    }
    tally_finish(&known);
}

static void row_judge(const struct evidence *e, const struct history_record *r,
                      struct unusual_alert *a, struct verdict *v) {
    const char *name = evidence_called(e, r->id);
    v->looked_at++;
    if (!a)
        verdict_wrong(v, 0, "the alert %s is there, and nothing was unusual", name);
    else if (a->seen)
        verdict_wrong(v, 0, "the alert %s is there twice", name);
    else if (r->value != a->raised_ms || r->place != a->cleared_ms)
        verdict_wrong(v, 0, "the alert %s is from %lld to %lld; it should be from %lld to %lld",
                      name, (long long)r->value, (long long)r->place, (long long)a->raised_ms,
                      (long long)a->cleared_ms);
    if (a)
        a->seen = true;
}

void check_alerts(const struct evidence *e, struct verdict *v) {
    struct unusual *unusual = unusual_create();
    alerts_expect(e, unusual);
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation == HISTORY_alert)
            row_judge(e, r, unusual_alert_find(unusual, r->id), v);
    }
    for (size_t i = 0; i < unusual_alert_count(unusual); i++) {
        const struct unusual_alert *a = unusual_alert_at(unusual, i);
        if (!a->seen)
            verdict_wrong(v, 0, "what began at %lld was unusual, and there is no alert of it",
                          (long long)a->raised_ms);
    }
    unusual_destroy(unusual);
}

/* ---- incidents: as they are told */

static uint64_t place_of(const struct history_record *r) {
    return tally_mix(tally_mix(r->lane, r->process + 1U), (uint64_t)r->value);
}

/* What a relay says again has the same place in its lane. */
void check_incidents(const struct evidence *e, struct verdict *v) {
    struct tally told = { 0 }, open = { 0 }, raised = { 0 };
    for (size_t i = 0; i < e->history->count; i++) {
        const struct history_record *r = &e->history->records[i];
        if (r->operation != HISTORY_alarm || tally_at(&told, place_of(r))->note++)
            continue;
        struct tally_place *now = tally_at(&open, r->key);
        const char *name = evidence_called(e, r->id);
        v->looked_at++;
        if (memcmp(r->code, "on", 2) != 0 && now->note != r->id)
            verdict_wrong(v, 0, "%s is over, and was not open", name);
        else if (memcmp(r->code, "on", 2) == 0 && now->note)
            verdict_wrong(v, 0, "%s is raised while %s is open", name,
                          evidence_called(e, now->note));
        else if (memcmp(r->code, "on", 2) == 0 && tally_at(&raised, r->id)->note++)
            verdict_wrong(v, 0, "%s is raised twice", name);
        now->note = memcmp(r->code, "on", 2) == 0 ? r->id : 0;
    }
    tally_finish(&told);
    tally_finish(&open);
    tally_finish(&raised);
}

const struct check checks_iot[] = {
    { "kept", "a message that was acknowledged is in the topic, and none that nobody sent",
      ANSWER(1) | ANSWER(3), check_kept },
    { "windows", "rollups are the fold of the messages, each once, in whatever order they came",
      ANSWER(3) | ANSWER(5) | ANSWER(6), check_windows },
    { "alerts", "what is unusual in the messages is an alert, and nothing else is",
      ANSWER(2) | ANSWER(6) | ANSWER(8), check_alerts },
    { "incidents", "an incident is raised once and over once", ANSWER(3) | ANSWER(8),
      check_incidents },
    { NULL, NULL, 0, NULL },
};
