/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Promises that are checked, one file each; checks.c has the table of those that any system is
 * judged by. A system's own stand in its load's table (load.h).
 *
 * A check passes over a history and says how much it looked at, how much of that was wrong and what
 * was wrong first. It names the answers of the declaration that it judges: one that is broken
 * breaks each of them. A check that looked at nothing held nothing: it is not exercised. */
#ifndef OCTAVO_VERIFY_CHECK_H
#define OCTAVO_VERIFY_CHECK_H

#include "history.h"
#include "outcomes.h"

#define ANSWER(number) (1U << ((number)-1))

enum { VERDICT_TEXT = 320 };

struct verdict {
    uint64_t looked_at, wrong;
    uint64_t id;     /* of the first that is wrong, for its trace; 0: nobody knows */
    int64_t time_ns; /* when it was seen; 0: at the end */
    char first[VERDICT_TEXT];
};

struct evidence {
    const struct history *history;
    struct outcomes outcomes;
};

struct check {
    const char *name;
    const char *promise;
    unsigned answers;
    void (*judge)(const struct evidence *, struct verdict *);
};

extern const struct check checks[], checks_accounts[], checks_caching[], checks_extracts[],
    checks_iot[], checks_onboarding[]; /* name NULL at the end */

/* One more that is wrong; the first one is kept. */
void verdict_wrong(struct verdict *v, uint64_t id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *evidence_called(const struct evidence *e, uint64_t hash);

void check_acknowledged(const struct evidence *, struct verdict *);
void check_unmoved(const struct evidence *, struct verdict *);
void check_answers(const struct evidence *, struct verdict *);
void check_once(const struct evidence *, struct verdict *);
void check_sums(const struct evidence *, struct verdict *);
void check_balances(const struct evidence *, struct verdict *);
void check_overdraft(const struct evidence *, struct verdict *);
void check_lanes(const struct evidence *, struct verdict *);
void check_order(const struct evidence *, struct verdict *);
void check_places(const struct evidence *, struct verdict *);
void check_announced(const struct evidence *, struct verdict *);
void check_committed(const struct evidence *, struct verdict *);
void check_effects(const struct evidence *, struct verdict *);

void check_versions(const struct evidence *, struct verdict *);
void check_reads(const struct evidence *, struct verdict *);
void check_converged(const struct evidence *, struct verdict *);

void check_files(const struct evidence *, struct verdict *);
void check_whole(const struct evidence *, struct verdict *);
void check_intervals(const struct evidence *, struct verdict *);

void check_kept(const struct evidence *, struct verdict *);
void check_windows(const struct evidence *, struct verdict *);
void check_alerts(const struct evidence *, struct verdict *);
void check_incidents(const struct evidence *, struct verdict *);

void check_desk(const struct evidence *, struct verdict *);
void check_ends(const struct evidence *, struct verdict *);
void check_directory(const struct evidence *, struct verdict *);
void check_carrier(const struct evidence *, struct verdict *);
void check_vendor(const struct evidence *, struct verdict *);
void check_told(const struct evidence *, struct verdict *);

#endif
