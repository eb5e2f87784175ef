/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a run has shown, for people and for programs. */
#ifndef OCTAVO_VERIFY_REPORT_H
#define OCTAVO_VERIFY_REPORT_H

#include "run.h"

enum answer_state { STATE_held, STATE_broken, STATE_not_exercised, STATE_not_checked };

enum { RESULTS_MAX = 64 };

/* One promise and how it did. */
struct result {
    const char *name, *promise;
    unsigned answers;
    struct verdict verdict;
    enum answer_state state;
};

struct results {
    struct result all[RESULTS_MAX];
    size_t count;
    enum answer_state answers[8];
    uint64_t inflicted; /* faults */
    uint64_t operations;
    const struct result *first; /* the first that is broken; NULL: all held */
    char *trace;                /* of its event; NULL: none */
    double seconds;
};

const char *answer_state_name(enum answer_state s);
const char *answer_question(unsigned answer); /* 1 to 8 */
void results_gather(struct results *o, struct run *r);
/* Judges, prints, writes what was asked for and DIR/SYSTEM/verify/last.json. */
enum verify_end report(struct run *r);

void report_text(const struct results *o, struct run *r);
void report_json(const struct results *o, struct run *r, struct buf *out);
void report_junit(const struct results *o, struct run *r, struct buf *out);
void report_svg(const struct results *o, struct run *r, struct buf *out);

#endif
