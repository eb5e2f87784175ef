/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The outside world of a system: where the effects of its declared edges arrive, and are counted by
 * who receives them, not by who did them. Folders are read; servers are played (double.h). */
#ifndef OCTAVO_VERIFY_OUTSIDE_H
#define OCTAVO_VERIFY_OUTSIDE_H

#include "run.h"

struct outside;

/* Chooses where each edge with effects leads in this run. */
struct outside *outside_open(struct run *r);
void outside_close(struct outside *o);                  /* NULL is fine */
enum error outside_build(struct outside *o) MUST_CHECK; /* the house, with those edges */
void outside_look(struct outside *o, int64_t now_ms);   /* now and then; INT64_MAX: to the end */
uint64_t outside_count(const struct outside *o);

#endif
