/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A whole system in this process, without broker, clock or outside world: what `octavo test` feeds.
 *
 * Each declared topic has all its partitions, each service all its tasks, each task a store of its
 * own in a directory that goes afterwards. An event goes to every service that consumes its topic,
 * and what they send goes on, first in first out, until nothing moves. Time stands still but when
 * it is told to pass; then timers fire. Effects are told, not done. What happens is written as one
 * JSON object a line, in an order that depends on the input alone. */
#ifndef OCTAVO_APP_TRIAL_H
#define OCTAVO_APP_TRIAL_H

#include "declaration/declaration.h"

struct trial;

enum error trial_open(struct trial **out, const struct declaration *d, const char *dir) MUST_CHECK;
void trial_close(struct trial *t); /* NULL is fine */
/* One line of a file of events; `name` and `number` are its id unless it names one. */
enum error trial_feed(struct trial *t, struct bytes line, const char *name, int number) MUST_CHECK;
/* Every row there is, told. Nothing is fed afterwards. */
enum error trial_rows(struct trial *t) MUST_CHECK;
struct bytes trial_told(const struct trial *t); /* so far; valid until the next call */

#endif
