/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Caching: a CRM, two compacted topics, and caches. README.md has the drawing and the eight
 * answers.
 *
 * An entity has a name, `customer`. By it are found the topics customer-created and
 * customer-updated, the events of these names and customer-deleted, a table `customer` in each
 * service, and the requests customer-create-asked and so on. Its fields are the table's columns but
 * for those that are ours: version, time, and deleted (crm) or origin (cache). */
#ifndef OCTAVO_SYSTEMS_CACHING_H
#define OCTAVO_SYSTEMS_CACHING_H

#include "octavo.h"

extern const struct octavo_system caching_system;
extern const char caching_files[]; /* events/, as app/parts.h reads them */
extern const struct octavo_handler crm_handlers[];
extern const struct octavo_handler cache_handlers[];

enum { COLUMNS_MAX = 64, ENTITY_CHARS = 48, ID_CHARS = 200 };
enum { DONE, FOUND_WRONG, USAGE, FAILED };

enum column_role { ROLE_FIELD, ROLE_VERSION, ROLE_TIME, ROLE_DELETED, ROLE_ORIGIN };

struct entity {
    char name[ENTITY_CHARS + 1];
    struct octavo_column columns[COLUMNS_MAX];
    size_t count;
    int version, time, deleted, origin; /* their places among the columns; -1: there is none */
};

/* The type of the event is NAME and then the suffix. False: there is no such table, or it is none
 * of an entity's. */
bool entity_find(struct octavo_step *s, const char *suffix, struct entity *out);
bool entity_is_field(const struct entity *e, size_t column);
/* Fields of the event into values, those that are not there become null. */
void entity_take(struct octavo_step *s, const struct entity *e, struct octavo_value *values);
/* Fields of a row into the event or reply that is begun. */
void entity_put(struct octavo_step *s, const struct entity *e, const struct octavo_value *values);
bool entity_same(const struct entity *e, const struct octavo_value *a,
                 const struct octavo_value *b);

/* What a request says of the fields, put over `values`. NULL, or what is wrong with it. */
const char *request_over(struct octavo_step *s, const struct entity *e, struct octavo_value *values,
                         char wrong[160]);

/* What a source says of the fields, likewise: a column that is no field is passed by, numbers and
 * texts become what the field is. */
const char *captured_over(struct octavo_step *s, const struct entity *e,
                          struct octavo_value *values, char wrong[160]);

int caching_list(struct octavo_session *s, int count, char **arguments);
int caching_show(struct octavo_session *s, int count, char **arguments);
int caching_audit(struct octavo_session *s, int count, char **arguments);
int caching_tail(struct octavo_session *s, int count, char **arguments);

#endif
