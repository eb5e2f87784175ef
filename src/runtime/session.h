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
    const struct store_kind *fold_kind;  /* for services with `state: fold`; NULL: has none */
    const struct connectors *connectors; /* that may be asked to look; NULL: none */
};

enum error session_create(struct octavo_session **out,
                          const struct session_options *options) MUST_CHECK;
void session_destroy(struct octavo_session *s); /* NULL is fine */
const struct session_options *session_options_of(const struct octavo_session *s);
/* The content of the event that is begun, which ends with it. */
struct bytes session_event_json(struct octavo_session *s);
/* Where the event that is begun goes; E_config: its topic is not declared. */
struct session_place {
    const char *topic; /* until the next octavo_publish_begin */
    int32_t partition;
};
enum error session_event_place(const struct octavo_session *s,
                               struct session_place *out) MUST_CHECK;

#endif
