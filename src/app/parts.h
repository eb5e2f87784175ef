/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The only list of what this binary is made of: systems, connectors, stores. */
#ifndef OCTAVO_APP_PARTS_H
#define OCTAVO_APP_PARTS_H

#include "connectors/connector.h"
#include "octavo.h"
#include "declaration/declaration.h"
#include "store/store.h"

struct schemas;

extern const struct octavo_system *const parts_systems[]; /* ends with NULL */
extern const struct connectors parts_connectors;
extern const struct store_kind *const parts_stores[]; /* ends with NULL */

const struct octavo_system *parts_system(const char *name); /* NULL when there is none */
/* "SYSTEM.SERVICE" of this binary, "PATH.so:SERVICE", or a program that is started here, and ended
 * by parts_service_end. E_config: there is none. */
enum error parts_service(const struct declaration *d, const struct declared_service *s,
                         const struct octavo_service **out) MUST_CHECK;
/* What a shipped system has beside its octavo.yaml: events/NAME.json, tests/NAME.jsonl. */
struct shipped_file {
    const char *path, *text;
};
bool parts_file(const char *system, size_t number, struct shipped_file *out); /* false: no more */
/* Where the schemas of a declaration are: beside its file, or in this binary. A file that is a copy
 * of a shipped system's finds the shipped ones where it has none beside it. */
struct schema_source {
    const char *system;
    bool is_file;
};
/* The text of one; `context` is a struct schema_source. */
enum error parts_schema_read(void *context, const char *path, struct buf *out) MUST_CHECK;
/* All of them; `file` is NULL for a declaration of this binary, whose handlers are trusted. */
enum error parts_schemas(const struct declaration *d, const char *file,
                         struct schemas **out) MUST_CHECK;
void parts_service_end(const struct octavo_service *service); /* NULL is fine */
const struct store_kind *parts_store(const char *store); /* by "sqlite" or "sqlite:DIR"; or NULL */
/* Reads FILE, or the system's own declaration when file is NULL. OCTAVO_BROKER, OCTAVO_STORE and
 * OCTAVO_TRACE in the environment count instead of what it says. */
enum error parts_declaration(struct declaration **out, const char *system,
                             const char *file) MUST_CHECK;
/* What people name on a command line: a system of this binary, else a file. */
enum error parts_target(struct declaration **out, const char *target) MUST_CHECK;
/* With at most three values from flags, over those of the environment; and echoed. */
enum error parts_target_with(struct declaration **out, const char *target,
                             const struct declared_with *with) MUST_CHECK;

#endif
