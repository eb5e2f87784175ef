/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the CRM's handlers have in common: one of an entity's ids, its row, and what is told of it.
 */
#ifndef OCTAVO_SYSTEMS_CACHING_CRM_H
#define OCTAVO_SYSTEMS_CACHING_CRM_H

#include "caching.h"

struct asked {
    struct octavo_step *step;
    struct entity entity;
    struct octavo_text id;
    struct octavo_value row[COLUMNS_MAX];
    bool known; /* there is a row, be it a grave */
    bool lives;
};

void asked_look(struct asked *a); /* fills row, known and lives by entity and id */
/* The row gets the version and time that come next. */
void version_next(struct asked *a);
/* Tells the row: topic `created` or `updated`. */
void changed_tell(const struct asked *a, const char *topic);
/* No field of it stays, here or in the topics; the row is not put yet. */
void asked_erase(struct asked *a);
void asked_put(const struct asked *a);

/* Told again as it is: who has it passes it by. Of what was deleted, that it was. */
void asked_tell_again(const struct asked *a);

/* The ids that there ever were, in pages of 64, as a handler cannot go through a table: each is
 * added when it comes first. */
void ids_add(const struct asked *a);
/* A timer NAME-SUFFIX for each page, one behind the other, with what it is for in its key. */
void ids_walk(const struct asked *a, const char *suffix, int64_t purpose);
/* In such a timer: `each` for all ids of the page, in a->id, and the next timer. */
void ids_page(struct asked *a, const char *suffix, void (*each)(struct asked *a, int64_t purpose));

enum octavo_outcome on_captured(struct octavo_step *s);
enum octavo_outcome on_sweep(struct octavo_step *s);
enum octavo_outcome on_swept(struct octavo_step *s);
enum octavo_outcome on_repair(struct octavo_step *s);
enum octavo_outcome on_retell(struct octavo_step *s);

#endif
