/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a command of a system may do from outside any step: publish events, read committed rows.
 * octavo.h declares the calls (octavo_publish_*, octavo_rows ...); this makes the session. */
#ifndef OCTAVO_RUNTIME_SESSION_H
#define OCTAVO_RUNTIME_SESSION_H

#include "octavo.h"
#include "declaration/declaration.h"

struct session_options {
    const struct declaration *declaration;
    const struct store_kind *store_kind;
    const char *data_dir;
    const char *bootstrap; /* NULL: publishing fails with a remedy */
    bool json;
    const struct store_kind *fold_kind; /* for services with `state: fold`; NULL: has none */
};

enum error session_create(struct octavo_session **out,
                          const struct session_options *options) MUST_CHECK;
void session_destroy(struct octavo_session *s); /* NULL is fine */
const struct session_options *session_options_of(const struct octavo_session *s);

#endif
