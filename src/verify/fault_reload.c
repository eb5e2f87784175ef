/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Another configuration under load: a setting of a topic changes while it is written and read - its
 * segments end after moments, or the broker packs its records anew - and a service is ended in
 * order and reads its declaration again, as an operator does it. In the end the setting is what it
 * was. */
#include "faults.h"

#include "kafka_setting.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 1000, STOP_LIMIT_MS = 60000, BACK_LIMIT_MS = 30000 };

static const struct {
    const char *name, *value;
} changes[] = {
    { "segment.ms", "50" },           { "segment.ms", "400" },
    { "compression.type", "lz4" },    { "compression.type", "zstd" },
    { "compression.type", "gzip" },   { "max.message.bytes", "2097152" },
    { "compression.type", "snappy" },
};

static size_t change_of(const struct planned *p) {
    return p->dice % (sizeof(changes) / sizeof(changes[0]));
}

static const char *topic_of(struct run *r, const struct planned *p) {
    const struct verify_system *s = r->options->system;
    return s->topics[(p->dice >> 16) % s->topic_count].name;
}

static enum error setting_put(struct run *r, const struct planned *p, bool back) {
    size_t i = change_of(p);
    return kafka_setting(&(struct kafka_setting){
        .bootstrap = r->house.bootstrap,
        .topic = topic_of(r, p),
        .name = changes[i].name,
        .value = back ? NULL : changes[i].value,
        .limit_ms = ASK_MS,
    });
}

static const char *no_topic(struct run *r) {
    return r->options->system->topic_count ? NULL : "no topic is declared";
}

static void reload_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, false);
    (void)snprintf(p->what, sizeof(p->what), "and %s=%s of %.40s", changes[change_of(p)].name,
                   changes[change_of(p)].value, topic_of(r, p));
}

static void reload_begin(struct run *r, struct planned *p) {
    enum error e = setting_put(r, p, false);
    if (e == E_refused)
        run_problem(r, "%s", error_story());
    p->inflicted = !e;
    process_ask_to_stop(&r->house.processes[p->target]);
}

/* Step 0: it ends; 1: it comes back; 2: the setting does, whatever the line is like. */
static bool reload_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (p->step == 0 && process_look(process)) {
        if (now_ms < p->begun_ms + STOP_LIMIT_MS)
            return false;
        run_problem(r, "%s does not stop on SIGTERM within %d s", process->name,
                    STOP_LIMIT_MS / 1000);
        process_kill(process);
    } else if (p->step == 0 && process->code)
        run_problem(r, "%s stopped with %d", process->name, process->code);
    if (p->step == 0)
        p->step = 1;
    if (p->step == 1 && (!revived(r, p->target) || now_ms < p->begun_ms + p->for_ms))
        return false;
    if (p->step == 1)
        p->step_ms = now_ms;
    p->step = 2;
    if (!setting_put(r, p, true))
        return true;
    if (now_ms < p->step_ms + BACK_LIMIT_MS)
        return false;
    run_problem(r, "%s", error_story());
    return true;
}

const struct fault fault_reload = {
    .name = "reload",
    .sentence = "a topic's settings change in use, and a service ends in order and starts again",
    .weight = 1,
    .for_least_ms = 300,
    .for_most_ms = 2500,
    .own_coin = true,
    .lacks = no_topic,
    .plan = reload_plan,
    .begin = reload_begin,
    .turn = reload_turn,
};
