/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the parts of `octavo park` share. */
#ifndef OCTAVO_APP_PARK_COMMAND_H
#define OCTAVO_APP_PARK_COMMAND_H

#include "place.h"
#include "declaration/declaration.h"

struct park_call {
    const char *verb; /* ls, show, retry, drop */
    const char *system;
    const char *service; /* NULL: all; only ls */
    const char *key;     /* NULL: none given */
    const char *file;
    const char *dir;
    int64_t number; /* of a drop: the key's head as it was looked at before */
    bool json;
    bool all; /* retry: every key */
    struct place place;
    struct declaration *declaration;
    const struct store_kind *store_kind;
    char *store_url;
};

int32_t park_tasks(const struct park_call *c, const struct declared_service *s);
/* The store of a task; its tables array is `tables`, of the service's count. */
struct store_options park_store_options(const struct park_call *c, const struct declared_service *s,
                                        int32_t task, struct store_table *tables);
/* ls and show: read from the stores, whether the service runs or not. *shown: inputs or keys. */
enum error park_print(const struct park_call *c, int64_t *shown) MUST_CHECK;

#endif
