/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The eight answers of a declaration, each with the mechanism that makes it true, the evidence of
 * the last verification, and what would break it.
 *
 * Mechanisms are read off the declaration: what is not declared is not claimed. An answer without a
 * mechanism, or a mechanism without evidence, is shown as such. */
#ifndef OCTAVO_EXPLAIN_EXPLAIN_H
#define OCTAVO_EXPLAIN_EXPLAIN_H

#include "base/arena.h"
#include "declaration/declaration.h"
#include "store/store.h" /* what a declared table is made of */

/* What verify wrote about one answer. */
struct evidence {
    const char *state; /* HELD, BROKEN, NOT EXERCISED, NOT CHECKED; NULL: nothing was written */
    const char *text;
};

struct evidences {
    struct evidence of[ANSWERS];
    const char *when; /* "2026-11-22 22:10 UTC"; NULL: verify has not run here */
    int64_t seed, seconds;
};

/* From verify's last.json, in `arena`, borrowing `text`. What is no such file is E_malformed. */
enum error evidences_read(struct evidences *out, struct arena *arena, struct bytes text) MUST_CHECK;

struct explain_options {
    const struct declaration *declaration;
    const struct evidences *evidences;
    int question; /* 1 to 8; 0: all of them */
    bool colour;
};

void explain_text(const struct explain_options *options, struct buf *out);
void explain_json(const struct explain_options *options, struct buf *out);

#endif
