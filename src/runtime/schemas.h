/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The schemas that a declaration names for its events, read once for all tasks of a process.
 *
 * A record that comes from outside - no service of ours sent it - is held against its schema before
 * its handler sees it, and an event that a handler makes before it is committed: so what stands in
 * a topic from us is what was promised, and no record blocks a reader behind it. */
#ifndef OCTAVO_RUNTIME_SCHEMAS_H
#define OCTAVO_RUNTIME_SCHEMAS_H

#include "declaration/declaration.h"

struct schemas;

/* Reads every schema's file. E_config and the like: one cannot be read. */
enum error schemas_open(struct schemas **out, const struct declaration *d) MUST_CHECK;
void schemas_close(struct schemas *s); /* NULL is fine */
/* True as well where no schema is declared, and with NULL. Else `why` says where it is wrong. */
bool schemas_accept(const struct schemas *s, struct bytes topic, struct bytes type,
                    struct bytes json, struct buf *why);

#endif
