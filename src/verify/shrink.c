/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A smaller schedule that still breaks the same promise. Times are the operating system's, so a run
 * that holds proves nothing, and one that breaks proves that its faults are enough: only what was
 * seen is taken. First the newest alone, then without a part of what is left, ever smaller parts.
 */
#include "verify.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

enum { RUNS_MAX = 10 };

struct shrinking {
    const struct verify_options *options;
    struct verify_found best;
    int runs;
};

static void places_print(const struct verify_found *f, struct buf *out) {
    for (size_t i = 0; i < f->count; i++)
        buf_print(out, "%s%u", i ? "," : "", f->places[i]);
}

/* Whether these are enough; then they, or those of them that were inflicted, are the best. */
static bool is_enough(struct shrinking *s, const struct verify_found *candidate) {
    struct verify_found told = { .count = 0 };
    struct verify_options options = *s->options;
    struct buf places = { 0 };
    places_print(candidate, &places);
    options.places = buf_text(&places);
    options.found = &told;
    options.shrink = options.keep = false;
    options.json = true; /* nothing is said on the way */
    options.junit = options.svg = options.history = NULL;
    s->runs++;
    bool enough = verify_run(&options) == VERIFY_BROKEN && strcmp(told.check, s->best.check) == 0;
    if (enough && told.count && told.count <= candidate->count)
        s->best = told;
    buf_finish(&places);
    return enough;
}

static void newest_try(struct shrinking *s) {
    struct verify_found one = s->best;
    one.places[0] = one.places[one.count - 1];
    one.count = 1;
    if (s->best.count > 1 && is_enough(s, &one))
        s->best = one;
}

/* True: a part could go. */
static bool part_try(struct shrinking *s, size_t from, size_t len) {
    struct verify_found less = { .count = 0 };
    for (size_t i = 0; i < s->best.count; i++)
        if (i < from || i >= from + len)
            less.places[less.count++] = s->best.places[i];
    return less.count && is_enough(s, &less);
}

void verify_shrink(const struct verify_options *options, const struct verify_found *found) {
    struct shrinking s = { .options = options, .best = *found };
    struct buf places = { 0 };
    newest_try(&s);
    for (size_t len = s.best.count / 2; len > 0; len /= 2)
        for (size_t from = 0; from < s.best.count && s.runs < RUNS_MAX;)
            from = part_try(&s, from, len) ? from : from + len;
    places_print(&s.best, &places);
    (void)printf("fewer faults, %zu of %zu, after %d runs: octavo verify %s --seed %llu --for %llds"
                 "%s%s%s --only %s\n",
                 s.best.count, found->count, s.runs, options->system->name,
                 (unsigned long long)options->seed, (long long)options->for_ms / 1000,
                 options->only ? " --faults " : "", options->only ? options->only : "",
                 options->all_kinds ? " --all" : "", buf_text(&places));
    buf_finish(&places);
}
