/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Making and following a schedule. Two lanes: what is short comes one after the other, what lasts
 * runs beside it. */
#include "schedule.h"

#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP_MS = 1200, GAP_LEAST_MS = 100, GAP_MOST_MS = 700, BESIDE_GAP_MS = 8000 };

static bool is_among(const char *list, const char *name) {
    size_t len = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += len)
        if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
            return true;
    return false;
}

static enum error only_check(const char *only) {
    size_t named = 1, known = 0;
    for (const char *c = only; *c; c++)
        named += *c == ',';
    for (size_t i = 0; faults[i]; i++)
        known += is_among(only, faults[i]->name);
    if (named == known)
        return E_ok;
    enum error e = fail(E_usage, "--faults %s: a kind that does not exist", only);
    fail_try("octavo verify --faults list");
    return e;
}

static bool own_coin_falls(const struct verify_options *o, size_t kind) {
    struct random own = random_seeded(o->seed + kind);
    return random_below(&own, 2) == 0;
}

bool schedule_may_have(const struct verify_options *o, const struct fault *fault) {
    size_t kind = 0;
    while (faults[kind] != fault)
        kind++;
    return o->only ? is_among(o->only, fault->name)
                   : o->all_kinds || !fault->own_coin || own_coin_falls(o, kind);
}

static void kinds_choose(struct schedule *s, struct run *r, struct random *random) {
    for (size_t i = 0; i < FAULT_KINDS_MAX && faults[i]; i++) {
        struct kind_count *k = &s->kinds[s->kind_count++];
        bool chosen =
            faults[i]->own_coin ? own_coin_falls(r->options, i) : random_below(random, 2) == 0;
        k->fault = faults[i];
        k->on = r->options->only ? is_among(r->options->only, k->fault->name)
                                 : r->options->all_kinds || chosen;
        k->skipped = k->fault->lacks ? k->fault->lacks(r) : NULL;
    }
    bool any = false;
    for (size_t i = 0; i < s->kind_count; i++)
        any |= s->kinds[i].on && !s->kinds[i].skipped;
    if (!any && !r->options->only) /* nothing at all would prove nothing */
        s->kinds[0].on = true;
}

static struct kind_count *kind_draw(struct schedule *s, struct random *random, bool beside) {
    unsigned sum = 0;
    for (size_t i = 0; i < s->kind_count; i++)
        if (s->kinds[i].on && !s->kinds[i].skipped && s->kinds[i].fault->beside == beside)
            sum += s->kinds[i].fault->weight;
    uint64_t at = sum ? random_below(random, sum) : 0;
    for (size_t i = 0; i < s->kind_count && sum; i++)
        if (s->kinds[i].on && !s->kinds[i].skipped && s->kinds[i].fault->beside == beside) {
            if (at < s->kinds[i].fault->weight)
                return &s->kinds[i];
            at -= s->kinds[i].fault->weight;
        }
    return NULL;
}

static void planned_add(struct schedule *s, struct planned p) {
    if (s->count % 64 == 0)
        s->all = memory_resize(s->all, (s->count + 64) * sizeof(*s->all));
    s->all[s->count++] = p;
}

static void lane_make(struct schedule *s, struct run *r, struct random *random, bool beside) {
    int64_t at = WARM_UP_MS + (beside ? (int64_t)random_below(random, BESIDE_GAP_MS) : 0);
    while (at < r->options->for_ms && s->count < SCHEDULE_MAX) {
        struct kind_count *k = kind_draw(s, random, beside);
        if (!k)
            return;
        const struct fault *f = k->fault;
        struct planned p = { .fault = f, .at_ms = at, .dice = random_next(random) };
        if (f->for_most_ms)
            p.for_ms =
                f->for_least_ms
                + (int64_t)random_below(random, (uint64_t)(f->for_most_ms - f->for_least_ms + 1));
        f->plan(r, &p, random);
        if (at + p.for_ms / 2 < r->options->for_ms || !beside)
            planned_add(s, p);
        k->planned++;
        at += p.for_ms + GAP_LEAST_MS
              + (int64_t)random_below(random, beside ? BESIDE_GAP_MS : GAP_MOST_MS - GAP_LEAST_MS);
    }
}

static int by_time(const void *a, const void *b) {
    const struct planned *x = a, *y = b;
    return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

static bool number_is_among(const char *list, unsigned number) {
    char *end;
    for (const char *at = list; *at; at = *end ? end + 1 : end) {
        if (strtoul(at, &end, 10) == number)
            return true;
        if (end == at)
            return false;
    }
    return false;
}

/* Numbers stay those of the whole schedule. */
static void places_keep(struct schedule *s, const char *places) {
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->all[i].number = (unsigned)i + 1;
        if (!places || number_is_among(places, s->all[i].number))
            s->all[kept++] = s->all[i];
    }
    s->count = kept;
}

enum error schedule_make(struct schedule *s, struct run *r) {
    struct random random = random_seeded(r->options->seed);
    if (r->options->only)
        TRY(only_check(r->options->only));
    kinds_choose(s, r, &random);
    lane_make(s, r, &random, false);
    lane_make(s, r, &random, true);
    if (s->count)
        qsort(s->all, s->count, sizeof(s->all[0]), by_time);
    places_keep(s, r->options->places);
    return E_ok;
}

struct preload_wants schedule_wants(const struct schedule *s) {
    struct preload_wants wants = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        wants.layer |= s->all[i].fault->wants.layer;
        wants.clock |= s->all[i].fault->wants.clock;
    }
    return wants;
}

static void planned_print(const struct planned *p, const struct run *r) {
    (void)printf("  %3u %7.3f s  %-18s %s%s%s", p->number, (double)p->at_ms / 1000, p->fault->name,
                 r->house.processes[p->target].name ? r->house.processes[p->target].name : "",
                 p->what[0] ? " " : "", p->what);
    if (p->for_ms)
        (void)printf("  for %.3f s", (double)p->for_ms / 1000);
    (void)printf("\n");
}

void schedule_print(const struct schedule *s, struct run *r) {
    (void)printf("schedule of seed %llu: %zu faults\n", (unsigned long long)r->options->seed,
                 s->count);
    for (size_t i = 0; i < s->count; i++)
        planned_print(&s->all[i], r);
    for (size_t i = 0; i < s->kind_count; i++)
        if (s->kinds[i].skipped)
            (void)printf("  skipped    %-18s %s\n", s->kinds[i].fault->name, s->kinds[i].skipped);
    (void)fflush(stdout);
}

static struct kind_count *kind_of(struct schedule *s, const struct fault *f) {
    size_t i = 0;
    while (s->kinds[i].fault != f)
        i++;
    return &s->kinds[i];
}

bool schedule_touches(const struct schedule *s, size_t process) {
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].state == PLANNED_on && s->all[i].target == process)
            return true;
    return false;
}

static bool lane_is_busy(const struct schedule *s, bool beside) {
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].state == PLANNED_on && s->all[i].fault->beside == beside)
            return true;
    return false;
}

static void planned_turn(struct schedule *s, struct run *r, struct planned *p, int64_t now_ms) {
    if (!p->fault->turn(r, p, now_ms))
        return;
    p->state = PLANNED_over;
    p->ended_ms = now_ms;
    kind_of(s, p->fault)->inflicted += p->inflicted;
}

static void on_going(struct schedule *s, struct run *r, int64_t now_ms) {
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].state == PLANNED_on)
            planned_turn(s, r, &s->all[i], now_ms);
}

static void next_begin(struct schedule *s, struct run *r, bool beside, int64_t now_ms) {
    if (lane_is_busy(s, beside))
        return;
    for (size_t i = 0; i < s->count; i++) {
        struct planned *p = &s->all[i];
        if (p->state != PLANNED_waits || p->fault->beside != beside)
            continue;
        if (p->at_ms > now_ms)
            return;
        if (schedule_touches(s, p->target) || !r->house.processes[p->target].ready)
            continue; /* its turn comes when its target is there again */
        p->state = PLANNED_on;
        p->begun_ms = p->step_ms = now_ms;
        p->fault->begin(r, p);
        return;
    }
}

void schedule_turn(struct schedule *s, struct run *r, int64_t now_ms) {
    on_going(s, r, now_ms);
    next_begin(s, r, false, now_ms);
    next_begin(s, r, true, now_ms);
}

bool schedule_heal(struct schedule *s, struct run *r, int64_t now_ms) {
    on_going(s, r, now_ms);
    return !lane_is_busy(s, false) && !lane_is_busy(s, true);
}

const struct planned *schedule_before(const struct schedule *s, int64_t at_ms) {
    const struct planned *last = NULL;
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].begun_ms && s->all[i].begun_ms <= at_ms && s->all[i].inflicted
            && (!last || s->all[i].begun_ms > last->begun_ms))
            last = &s->all[i];
    return last;
}

void schedule_finish(struct schedule *s) {
    free(s->all);
    *s = (struct schedule){ 0 };
}
