/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Warm-up, faults, healing, rest, judgement: the life of one run, in one thread. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/tree.h"
#include "faults.h"
#include "network.h"
#include "outside.h"
#include "report.h"
#include "rest.h"
#include "stores.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_MS = 5,
    PROBE_EVERY_MS = 1000,
    PROBE_LIMIT_MS = 500,
    BASELINE_EVERY_MS = 500,
    BASELINE_RUN_MS = 20000,
    HEAL_LIMIT_MS = 60000,
    NODES_HEAL_LIMIT_MS = 240000, /* they are slow to start */
    IDLE_LIMIT_MS = 45000,
    REST_LIMIT_MS = 180000,
    PROBLEMS_MAX = 12
};

int64_t run_now_ms(const struct run *r) {
    return clock_steady_ms(clock_real()) - r->began_ms;
}

void run_problem(struct run *r, const char *format, ...) {
    va_list list;
    char text[2048];
    if (r->problem_count++ >= PROBLEMS_MAX)
        return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    buf_print(&r->problems, "%s\n", text);
}

char *run_store_dir(const struct run *r) {
    return text_format("%s/%s", r->house.dir, r->options->system->name);
}

/* ---- what is looked at while it runs */

struct probe {
    struct run *run;
    const char *topic;
    int64_t committed[KAFKA_PARTITIONS_MAX];
};

/* partition, next_offset: asked after the commit was, and it only grows. */
static void on_position(void *context, const struct store_place *place,
                        const struct store_value *row) {
    struct probe *p = context;
    int64_t partition = row[0].integer;
    (void)place;
    if (partition < 0 || partition >= KAFKA_PARTITIONS_MAX || p->committed[partition] < 0)
        return;
    history_put(&p->run->history, (struct history_record){
                                      .kind = HISTORY_seen,
                                      .operation = HISTORY_position,
                                      .lane = history_text(&p->run->history, p->topic),
                                      .process = (uint32_t)partition,
                                      .value = p->committed[partition],
                                      .place = row[1].integer,
                                  });
}

static void probe_service(struct run *r, const struct verify_service *s,
                          const struct verify_topic *t) {
    struct probe p = { .run = r, .topic = t->name };
    struct kafka_reading of = { t->name, t->partitions, 0, PROBE_LIMIT_MS, NULL, NULL };
    char *group = text_format("%s.%s", r->options->system->name, s->name);
    char *dir = run_store_dir(r);
    char *sql =
        text_format("SELECT partition, next_offset FROM position WHERE topic = '%s'", t->name);
    for (size_t i = 0; i < KAFKA_PARTITIONS_MAX; i++)
        p.committed[i] = -1;
    struct store_question q = { dir, r->options->system->name, s->name, sql, on_position, &p };
    if (kafka_committed(r->kafka, group, &of, p.committed) || stores_ask(&q, NULL))
        p.topic = NULL; /* somebody is away: the next time */
    free(group);
    free(dir);
    free(sql);
}

static bool brokers_are_well(const struct run *r) {
    bool well = true;
    for (size_t i = 0; i < r->house.brokers; i++)
        well &= r->house.processes[i].ready && !r->house.processes[i].paused
                && !schedule_touches(&r->schedule, i);
    return well;
}

static void probe(struct run *r, int64_t now_ms) {
    const struct verify_system *s = r->options->system;
    if (now_ms < r->probed_ms + PROBE_EVERY_MS || r->store_is_flipped || !brokers_are_well(r))
        return;
    r->probed_ms = now_ms;
    for (size_t i = 0; i < s->service_count; i++)
        for (size_t k = 0; k < s->topic_count && s->services[i].has_group; k++)
            if (!s->services[i].is_fold)
                probe_service(r, &s->services[i], &s->topics[k]);
}

/* The most that a process has used in the first half of the run, in all its lives: what it uses at
 * rest is held against that. A short run says nothing: it may not even have been given its tasks.
 */
static void baseline_take(struct run *r, int64_t now_ms) {
    if (r->options->for_ms < BASELINE_RUN_MS || now_ms > r->options->for_ms / 2
        || now_ms < r->sampled_ms + BASELINE_EVERY_MS)
        return;
    r->sampled_ms = now_ms;
    for (size_t i = 0; i < r->house.count; i++) {
        struct process_use use = process_use(&r->house.processes[i]);
        struct process_use *most = &r->baselines[i];
        if (use.memory_kib > most->memory_kib)
            most->memory_kib = use.memory_kib;
        if (use.descriptors > most->descriptors)
            most->descriptors = use.descriptors;
    }
}

/* Nobody's fault is no reason to stay down: as a supervisor would. */
static void revive_fallen(struct run *r) {
    for (size_t i = 0; i < r->house.count; i++) {
        struct process *p = &r->house.processes[i];
        if (p->pid || schedule_touches(&r->schedule, i) || p->surprises > 5)
            continue;
        if (process_start(p, NULL))
            run_problem(r, "%s: %s", p->name, error_story());
    }
}

void run_turn(struct run *r) {
    struct pollfd polls[RUN_POLLS_MAX];
    size_t count = r->load->polls ? r->load->polls(r, polls) : 0;
    (void)poll(polls, (nfds_t)count, TURN_MS);
    int64_t now = run_now_ms(r);
    r->load->turn(r, now, polls);
    outside_look(r->outside, now);
    if (!house_look(&r->house, &r->problems))
        r->problem_count++;
    if (!r->is_reference)
        baseline_take(r, now);
}

/* ---- phases */

static bool is_stopped(const struct run *r) {
    return r->options->stop && *r->options->stop;
}

static bool is_all_alive(const struct run *r) {
    bool busy = false;
    for (size_t i = 0; i < r->house.count; i++)
        busy |= schedule_touches(&r->schedule, i);
    return !busy;
}

static void faults_run(struct run *r) {
    uint64_t progress = 0;
    int64_t since = -1; /* everybody is alive, and nothing has come of it yet */
    while (run_now_ms(r) < r->options->for_ms && !is_stopped(r)) {
        run_turn(r);
        int64_t now = run_now_ms(r);
        schedule_turn(&r->schedule, r, now);
        if (is_all_alive(r)) {
            revive_fallen(r);
            if (since < 0) {
                since = now;
                progress = r->load->progress(r);
            }
            if (r->load->progress(r) == progress && now - since > r->longest_ms)
                r->longest_ms = now - since;
        } else
            since = -1;
        probe(r, now);
    }
    r->faults_until_ms = run_now_ms(r);
}

static bool heal(struct run *r) {
    int64_t begin = run_now_ms(r), until = begin + r->limits.heal_ms;
    bool healed = false;
    while (!is_stopped(r) && run_now_ms(r) < until && !(healed && house_is_ready(&r->house))) {
        run_turn(r);
        healed = schedule_heal(&r->schedule, r, run_now_ms(r));
        if (healed)
            revive_fallen(r);
    }
    r->heal_ms = run_now_ms(r) - begin;
    if (!house_is_ready(&r->house))
        run_problem(r, "not everybody is back %lld s after the last fault",
                    (long long)r->limits.heal_ms / 1000);
    return house_is_ready(&r->house);
}

/* Whatever shows that somebody is at work: a slow machine takes longer, and is not at fault. */
static uint64_t marks(struct run *r) {
    return r->load->progress(r) + outside_count(r->outside) + r->moves;
}

enum error run_wait_rest(struct run *r, int64_t idle_ms) {
    int64_t begin = run_now_ms(r), until = begin + idle_ms;
    uint64_t seen = marks(r);
    r->drained = 0;
    while (!is_stopped(r) && run_now_ms(r) < until) {
        run_turn(r);
        if (!r->is_reference)
            revive_fallen(r);
        if (r->load->is_idle(r) && rest_is_drained(r))
            return E_ok;
        if (marks(r) != seen && run_now_ms(r) < begin + REST_LIMIT_MS)
            until = run_now_ms(r) + idle_ms;
        seen = marks(r);
    }
    return fail(E_timed_out, "%s does not come to rest within %lld s", r->options->system->name,
                (long long)(run_now_ms(r) - begin) / 1000);
}

/* Who has not come back is the finding: without it nothing comes to rest, and nobody waits for it.
 */
static void come_to_rest(struct run *r, bool healed) {
    int64_t begin = run_now_ms(r);
    if (r->load->rest)
        r->load->rest(r);
    r->rest_ms = -1;
    if (healed)
        r->rest_ms = run_wait_rest(r, r->limits.idle_ms) ? -1 : run_now_ms(r) - begin;
}

static void judge_live(struct run *r) {
    for (size_t i = 0; i < r->house.count; i++)
        r->after[i] = process_use(&r->house.processes[i]);
    rest_unpark(r);
    probe(r, r->probed_ms + PROBE_EVERY_MS);
    rest_replay(r);
}

static enum error run_through(struct run *r) {
    if (r->house.broker_list)
        TRY(cluster_claim(&r->cluster, &r->house));
    TRY_WHILE(house_start(&r->house), "starting %s", r->options->system->name);
    TRY(kafka_open(&r->kafka, r->house.bootstrap));
    TRY_WHILE(r->load->begin(r), "putting work into %s", r->options->system->name);
    r->began_ms = clock_steady_ms(clock_real());
    r->history.began_ns = clock_steady_ns(clock_real());
    faults_run(r);
    bool healed = heal(r);
    come_to_rest(r, healed);
    if (is_stopped(r))
        return fail(E_closed, "stopped before it could judge");
    if (healed)
        judge_live(r);
    enum error e = r->load->collect(r);
    if (e && !r->problem_count) {
        fail_while("reading what came of it");
        return e;
    }
    if (e) /* somebody did not come back, and that is the finding */
        run_problem(r, "and what came of it cannot be read: %s", error_story());
    r->judged = true;
    size_t before = r->problems.len;
    house_stop_services(&r->house, &r->problems); /* the broker stays: traces are read from it */
    r->problem_count += r->problems.len > before;
    return E_ok;
}

static void limits_take(struct run *r) {
    const struct verify_limits *given = &r->options->limits;
    int64_t heal_ms = house_is_foreign(&r->house) ? NODES_HEAL_LIMIT_MS : HEAL_LIMIT_MS;
    r->limits.heal_ms = given->heal_ms ? given->heal_ms : heal_ms;
    r->limits.idle_ms = given->idle_ms ? given->idle_ms : IDLE_LIMIT_MS;
}

/* An edge that stays where the declaration leads it may lead to another machine. */
static bool leads_out(const struct run *r) {
    const struct verify_system *s = r->options->system;
    for (size_t i = 0; i < s->service_count; i++)
        for (size_t k = 0; k < s->services[i].edge_count && r->load == &load_events; k++) {
            const struct verify_edge *e = &s->services[i].edges[k];
            if (e->class && strncmp(e->url, "file:", 5) != 0 && strncmp(e->url, "smtp", 4) != 0
                && strncmp(e->url, "http", 4) != 0)
                return true;
        }
    return false;
}

/* A seed that never cuts it has no use for one. */
static void network_choose(struct run *r) {
    r->no_network = r->options->broker ? "the brokers are elsewhere, and so is their network"
                    : leads_out(r)     ? "an edge leads out of a network of its own"
                                       : network_lacks();
    if (r->no_network || !schedule_may_have(r->options, &fault_network_cut))
        return;
    r->house.own_network = !network_enter();
    if (!r->house.own_network)
        r->no_network = "a network namespace cannot be had here";
}

static enum error run_prepare(struct run *r) {
    const struct verify_options *o = r->options;
    char *dir = text_format("%s/%s/verify/run-%llu%s", o->dir, o->system->name,
                            (unsigned long long)o->seed, o->found ? "-less" : "");
    r->house = (struct house){ .system = o->system,
                               .binary = o->binary,
                               .dir = dir,
                               .broker_list = o->broker,
                               .nodes = o->nodes,
                               .node_count = o->node_count };
    r->load = load_find(o->system->name);
    limits_take(r);
    network_choose(r);
    TRY(tree_remove(dir));
    TRY(disk_make_dir(disk_real(), dir));
    if (r->load->open)
        TRY_WHILE(r->load->open(r), "making the world of %s", o->system->name);
    r->outside = outside_open(r);
    TRY(outside_build(r->outside));
    TRY(schedule_make(&r->schedule, r));
    if (!o->json && !o->found)
        schedule_print(&r->schedule, r);
    return preload_open(&r->house.preload, dir, schedule_wants(&r->schedule));
}

static void run_finish(struct run *r, bool keep) {
    char *dir = r->house.dir ? text_copy(r->house.dir) : NULL;
    if (r->load)
        r->load->finish(r);
    house_finish(&r->house);
    outside_close(r->outside);
    kafka_close(r->kafka);
    cluster_leave(r->cluster, r->options->keep);
    schedule_finish(&r->schedule);
    history_finish(&r->history);
    buf_finish(&r->problems);
    free(r->replay_first);
    if (dir && !keep && tree_remove(dir))
        error_print();
    free(dir);
    free(r);
}

enum verify_end verify_run(const struct verify_options *options) {
    struct run *r = memory_get(sizeof(*r));
    enum verify_end end = VERIFY_FAILED;
    r->options = options;
    r->began_ms = clock_steady_ms(clock_real());
    r->history.began_ns = clock_steady_ns(clock_real());
    enum error e = run_prepare(r);
    if (!e)
        e = run_through(r);
    if (r->judged)
        end = report(r);
    else if (e) {
        error_print();
        end = e == E_usage ? VERIFY_USAGE : VERIFY_FAILED;
    }
    struct verify_found *found = r->found;
    bool red = end == VERIFY_BROKEN || (end == VERIFY_FAILED && r->kafka && !is_stopped(r));
    run_finish(r, options->keep || (red && !options->found));
    if (found)
        verify_shrink(options, found);
    free(found);
    return end;
}

void verify_faults_print(void) {
    for (size_t i = 0; faults[i]; i++)
        (void)printf("  %-18s %s\n", faults[i]->name, faults[i]->sentence);
}
