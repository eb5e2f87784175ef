/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The schemas that a declaration names, read once for all tasks of a process.
 *
 * Held against them is what comes in: a record that no service of ours sent, before its handler
 * sees it; a request, before anything of it is committed, so that who asks is told; an item of a
 * source, which is parked as a record is. And what goes out: an event that a handler makes, before
 * it is committed, so that what stands in a topic from us is what was promised. The handlers of a
 * shipped system are trusted instead, and their tests hold every event they make against its schema
 * (promised_fixture.h): a check costs as much as a small step. */
#ifndef OCTAVO_RUNTIME_SCHEMAS_H
#define OCTAVO_RUNTIME_SCHEMAS_H

#include "declaration/declaration.h"

struct schemas;

struct schemas_options {
    const struct declaration *declaration;
    /* The text of a schema, whose path is as the declaration has it. */
    enum error (*read)(void *context, const char *path, struct buf *out);
    void *context;
    bool trusts_handlers;
};

/* Reads every schema. E_config and the like: one cannot be read. */
enum error schemas_open(struct schemas **out, const struct schemas_options *options) MUST_CHECK;
void schemas_close(struct schemas *s); /* NULL is fine */
/* True as well where no schema is declared, and with NULL. Else `why` says where it is wrong.
 * The topic of what comes in by an edge is "edge:NAME". */
bool schemas_accept(const struct schemas *s, struct bytes topic, struct bytes type,
                    struct bytes json, struct buf *why);
/* The same of what a handler makes. */
bool schemas_promise(const struct schemas *s, struct bytes topic, struct bytes type,
                     struct bytes json, struct buf *why);

#endif
