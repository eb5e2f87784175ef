/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* From checks to answers: one that is broken breaks every answer that it judges. */
#include "report.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_SLACK_KIB = 96 * 1024, DESCRIPTORS_SLACK = 24 };

const char *answer_state_name(enum answer_state s) {
    switch (s) {
    case STATE_held:
        return "HELD";
    case STATE_broken:
        return "BROKEN";
    case STATE_not_exercised:
        return "NOT EXERCISED";
    case STATE_not_checked:
        return "NOT CHECKED";
    }
    return "";
}

static struct result *result_add(struct results *o, const struct check *c) {
    assert(o->count < RESULTS_MAX);
    struct result *result = &o->all[o->count++];
    *result = (struct result){ .name = c->name, .promise = c->promise, .answers = c->answers };
    return result;
}

static void judge_replay(struct run *r, struct verdict *v) {
    v->looked_at = r->replayed + r->replay_differs;
    if (r->replay_differs)
        verdict_wrong(v, 0, "%s", r->replay_first);
}

static void judge_parked(struct run *r, struct verdict *v) {
    v->looked_at = r->parked;
    if (r->parked_left)
        verdict_wrong(v, 0, "%llu inputs stay parked after their heads were dropped",
                      (unsigned long long)r->parked_left);
}

static void judge_live(struct run *r, struct verdict *v) {
    v->looked_at = 1 + r->problem_count;
    if (r->problem_count)
        verdict_wrong(v, 0, "%.300s", buf_text(&r->problems));
    else if (r->rest_ms < 0)
        verdict_wrong(v, 0,
                      "after the last fault it did not come to rest: requests, outboxes or "
                      "lag are left");
}

/* A service has dozens of Kafka clients, and each may hold a connection more than when it was new:
 * a leak is more than that, and grows. */
static void judge_use(struct run *r, struct verdict *v) {
    for (size_t i = 0; i < r->house.count; i++) {
        const struct process_use *before = &r->baselines[i], *after = &r->after[i];
        if (!before->memory_kib || !after->memory_kib)
            continue;
        v->looked_at++;
        if (after->memory_kib > 2 * before->memory_kib + MEMORY_SLACK_KIB
            || after->descriptors > before->descriptors * 3 / 2 + DESCRIPTORS_SLACK)
            verdict_wrong(v, 0, "%s went from %ld to %ld KiB, from %ld to %ld descriptors",
                          r->house.processes[i].name, before->memory_kib, after->memory_kib,
                          before->descriptors, after->descriptors);
    }
}

static void live_results(struct results *o, struct run *r) {
    static const struct {
        struct check check;
        void (*judge)(struct run *, struct verdict *);
    } lives[] = {
        { { "replay", "what was taken in gives the same rows, events and effects again",
            ANSWER(3) | ANSWER(5), NULL },
          judge_replay },
        { { "parked", "parked keys drain when their poison is dropped", ANSWER(6), NULL },
          judge_parked },
        { { "live", "everybody is back after the last fault, and nothing is left to do",
            ANSWER(1) | ANSWER(4), NULL },
          judge_live },
        { { "use", "memory and descriptors stay what they were", ANSWER(4), NULL }, judge_use },
    };
    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
        lives[i].judge(r, &result_add(o, &lives[i].check)->verdict);
}

static void states_decide(struct results *o) {
    for (size_t i = 0; i < o->count; i++) {
        struct result *result = &o->all[i];
        result->state = result->verdict.wrong                       ? STATE_broken
                        : result->verdict.looked_at && o->inflicted ? STATE_held
                                                                    : STATE_not_exercised;
        if (result->state == STATE_broken && !o->first)
            o->first = result;
    }
    for (unsigned a = 0; a < 8; a++) {
        enum answer_state state = STATE_not_checked;
        for (size_t i = 0; i < o->count; i++)
            if (o->all[i].answers & ANSWER(a + 1)) {
                enum answer_state one = o->all[i].state;
                if (state == STATE_not_checked || one == STATE_broken
                    || (one == STATE_held && state == STATE_not_exercised))
                    state = one;
            }
        o->answers[a] = state;
    }
}

static void trace_take(struct results *o, struct run *r) {
    if (!o->first || !o->first->verdict.id)
        return;
    const char *id = history_called(&r->history, o->first->verdict.id);
    const char *words[] = { "trace", r->options->system->name, id, NULL };
    struct buf said = { 0 };
    int code;
    if (!house_command(&r->house, words, &said, &code) && said.len)
        o->trace = text_copy(buf_text(&said));
    buf_finish(&said);
}

static void checks_judge(struct results *o, const struct evidence *e, const struct check *all) {
    for (; all && all->name; all++)
        all->judge(e, &result_add(o, all)->verdict);
}

void results_gather(struct results *o, struct run *r) {
    struct evidence e = { .history = &r->history };
    outcomes_gather(&e.outcomes, &r->history);
    checks_judge(o, &e, checks);
    checks_judge(o, &e, r->load->checks);
    outcomes_finish(&e.outcomes);
    live_results(o, r);
    for (size_t i = 0; i < r->schedule.kind_count; i++)
        o->inflicted += r->schedule.kinds[i].inflicted;
    for (size_t i = 0; i < r->history.count; i++)
        o->operations += r->history.records[i].kind == HISTORY_invoke
                         || r->history.records[i].operation == HISTORY_scheduled;
    o->seconds = (double)run_now_ms(r) / 1000;
    states_decide(o);
    trace_take(o, r);
}
