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
/* Of a declaration that was read from a FILE, beside which its schemas are; NULL where it was not.
 */
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
