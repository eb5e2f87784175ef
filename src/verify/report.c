/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The report for people, and who gets which file. */
#include "report.h"

#include "base/clock.h"
#include "base/disk.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const questions[] = {
    "synchronous or asynchronous",
    "events or messages",
    "idempotence",
    "horizontal scale",
    "transactions",
    "ordering",
    "distribution",
    "business event",
};

const char *answer_question(unsigned answer) {
    return questions[answer - 1];
}

static void answers_print(const struct results *o) {
    for (unsigned a = 0; a < 8; a++) {
        (void)printf("  %u  %-28s %-14s", a + 1, questions[a], answer_state_name(o->answers[a]));
        for (size_t i = 0; i < o->count; i++)
            if (o->all[i].answers & ANSWER(a + 1)
                && (o->all[i].verdict.looked_at || o->all[i].verdict.wrong))
                (void)printf(" %s %llu%s", o->all[i].name,
                             (unsigned long long)o->all[i].verdict.looked_at,
                             o->all[i].state == STATE_broken ? "!" : "");
        (void)printf("\n");
    }
}

static void faults_print(const struct run *r) {
    (void)printf("faults:");
    for (size_t i = 0; i < r->schedule.kind_count; i++) {
        const struct kind_count *k = &r->schedule.kinds[i];
        if (k->inflicted)
            (void)printf(" %s %llu", k->fault->name, (unsigned long long)k->inflicted);
    }
    (void)printf("\n");
}

/* Where it was broken first: what, its event's causes, the fault before it, and how to see it
 * again. */
static void first_print(const struct results *o, const struct run *r) {
    const struct verdict *v = &o->first->verdict;
    const struct planned *fault =
        schedule_before(&r->schedule, v->time_ns ? v->time_ns / 1000000 : r->faults_until_ms);
    (void)printf("\nBROKEN: %s: %s\n  %s\n", o->first->name, o->first->promise, v->first);
    if (v->wrong > 1)
        (void)printf("  and %llu more\n", (unsigned long long)v->wrong - 1);
    if (fault)
        (void)printf("  the fault before it: %s of %s %s at %.3f s\n", fault->fault->name,
                     r->house.processes[fault->target].name, fault->what,
                     (double)fault->begun_ms / 1000);
    if (o->trace)
        (void)printf("  its trace:\n%s", o->trace);
    (void)printf(
        "  files are kept in %s\n  again: octavo verify %s --seed %llu --for %llds%s%s%s%s%s\n",
        r->house.dir, r->options->system->name, (unsigned long long)r->options->seed,
        (long long)r->options->for_ms / 1000, r->options->only ? " --faults " : "",
        r->options->only ? r->options->only : "", r->options->all_kinds ? " --all" : "",
        r->options->places ? " --only " : "", r->options->places ? r->options->places : "");
}

void report_text(const struct results *o, struct run *r) {
    answers_print(o);
    faults_print(r);
    for (size_t i = 0; i < o->count; i++)
        if (o->all[i].state == STATE_broken && &o->all[i] != o->first)
            (void)printf("also BROKEN: %s: %s\n", o->all[i].name, o->all[i].verdict.first);
    if (o->first)
        first_print(o, r);
    if (r->house.fenced)
        (void)printf("put out of its group by the cluster, and started again: %u times\n",
                     r->house.fenced);
    (void)printf("back after %.1f s (at most %lld), at rest after %.1f s (at most %lld without "
                 "progress)\n",
                 (double)r->heal_ms / 1000, (long long)r->limits.heal_ms / 1000,
                 (double)r->rest_ms / 1000, (long long)r->limits.idle_ms / 1000);
    (void)printf(
        "%s: seed %llu, %llu faults, %llu operations, at rest after %.1f s, %.0f s in all\n",
        o->first ? "BROKEN" : "HELD", (unsigned long long)r->options->seed,
        (unsigned long long)o->inflicted, (unsigned long long)o->operations,
        (double)r->rest_ms / 1000, o->seconds);
}

static enum error write_file(const char *path, struct buf *content) {
    enum error e = path ? disk_replace(disk_real(), path, buf_bytes(content)) : E_ok;
    if (e)
        fail_while("writing %s", path);
    buf_clear(content);
    return e;
}

static enum error files_write(const struct results *o, struct run *r) {
    const struct verify_options *options = r->options;
    struct buf text = { 0 };
    char *last = text_format("%s/%s/verify/last.json", options->dir, options->system->name);
    report_json(o, r, &text);
    enum error e = write_file(last, &text);
    if (!e && options->junit) {
        report_junit(o, r, &text);
        e = write_file(options->junit, &text);
    }
    if (!e && options->svg) {
        report_svg(o, r, &text);
        e = write_file(options->svg, &text);
    }
    if (!e && options->history)
        e = history_export(&r->history, options->history);
    buf_finish(&text);
    free(last);
    return e;
}

static void found_tell(const struct results *o, const struct run *r, struct verify_found *found) {
    int64_t until_ms =
        o->first && o->first->verdict.time_ns ? o->first->verdict.time_ns / 1000000 : INT64_MAX;
    *found = (struct verify_found){ .count = 0 };
    (void)snprintf(found->check, sizeof(found->check), "%s", o->first ? o->first->name : "");
    for (size_t i = 0; i < r->schedule.count && found->count < VERIFY_PLACES_MAX; i++) {
        const struct planned *p = &r->schedule.all[i];
        if (p->inflicted && p->begun_ms <= until_ms)
            found->places[found->count++] = p->number;
    }
}

static enum verify_end report_quietly(struct run *r) {
    struct results *o = memory_get(sizeof(*o));
    results_gather(o, r);
    found_tell(o, r, r->options->found);
    enum verify_end end = o->first ? VERIFY_BROKEN : VERIFY_HELD;
    free(o->trace);
    free(o);
    return end;
}

enum verify_end report(struct run *r) {
    if (r->options->found)
        return report_quietly(r);
    struct results *o = memory_get(sizeof(*o));
    struct buf text = { 0 };
    results_gather(o, r);
    if (r->options->json) {
        report_json(o, r, &text);
        (void)fwrite(text.data, 1, text.len, stdout);
        (void)printf("\n");
    } else
        report_text(o, r);
    (void)fflush(stdout);
    enum verify_end end = o->first ? VERIFY_BROKEN : VERIFY_HELD;
    if (o->first && r->options->shrink) {
        r->found = memory_get(sizeof(*r->found));
        found_tell(o, r, r->found);
    }
    if (files_write(o, r)) {
        error_print();
        end = end == VERIFY_BROKEN ? end : VERIFY_FAILED;
    }
    buf_finish(&text);
    free(o->trace);
    free(o);
    return end;
}
