/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the parts of `octavo effects` share. */
#ifndef OCTAVO_APP_EFFECTS_COMMAND_H
#define OCTAVO_APP_EFFECTS_COMMAND_H

#include "place.h"
#include "declaration/declaration.h"

struct effects_call {
    const char *verb; /* ls, show, retry, drop */
    const char *system;
    const char *service; /* NULL: all; only ls */
    const char *id;      /* NULL: none given */
    const char *file;
    const char *dir;
    int64_t limit; /* of effects listed */
    bool json;
    bool all; /* retry, drop: every parked one */
    struct place place;
    struct declaration *declaration;
    const struct store_kind *store_kind;
    char *store_url;
};

bool effects_has_edges(const struct declared_service *s);
int32_t effects_tasks(const struct effects_call *c, const struct declared_service *s);
/* The task's store for reading beside its owner; E_not_found: it has none yet. */
enum error effects_look(const struct effects_call *c, const struct declared_service *s,
                        int32_t task, struct store **out) MUST_CHECK;
/* ls and show: from the stores, whether the service runs or not. *shown: effects printed. */
enum error effects_print(const struct effects_call *c, int64_t *shown) MUST_CHECK;

#endif
