/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold's rows as its query connectors read them (connectors/rows.h). Private to the service. */
#ifndef OCTAVO_RUNTIME_VIEW_H
#define OCTAVO_RUNTIME_VIEW_H

#include "connectors/rows.h"

struct service;
struct task;
struct view;

/* NULL: the service is no fold. */
struct view *view_create(struct service *s);
const struct connector_rows *view_rows(const struct view *v); /* of NULL: NULL */
void view_destroy(struct view *v);

/* Outside a group. Whether the task has read as far as the token says. */
enum error task_has_reached(struct task *t, struct bytes token, bool *reached) MUST_CHECK;

#endif
