/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Personal data is sealed where it comes in and opened where it leaves: at edges and in commands.
 * Between them - journals, rows, events, effects that wait, snapshots, logs - it is tokens, and
 * handlers take those for the texts that they are: nothing is drawn or opened in a handler, so that
 * a replay needs no key. docs/decisions/0015 tells why.
 *
 *   comes in    a request of an edge with `seals`; an event of a command to a topic that is
 *               `sealed`; what the receiver of an effect tells, where its edge has `seals`
 *   leaves      an effect, a reply: the fields that its edge `opens`; what a command shows
 *
 * Where a person was erased "erased" is opened instead: who goes on with it harms nobody else. What
 * nobody erased and cannot be opened all the same - its key is damaged, or is not wrapped for this
 * service - is an error: neither the token nor "erased", which would be a lie, goes out. */
#ifndef OCTAVO_RUNTIME_SEALING_H
#define OCTAVO_RUNTIME_SEALING_H

#include "declaration/declaration.h"
#include "runtime/person_keys.h"

struct sealing; /* of one thread */

struct sealing_options {
    struct disk *disk;
    const char *dir; /* with personal.keys */
    const struct declaration *declaration;
    const char *service; /* that opens and seals; NULL: a command, as the first that does */
};

/* *out is NULL when the service seals and opens nothing; everything below takes that. */
enum error sealing_open(struct sealing **out, const struct sealing_options *options) MUST_CHECK;
void sealing_close(struct sealing *s);

struct seals {
    const struct declared_fields *fields;
    const char *person; /* the field that says whose they are */
    struct bytes like;  /* person NULL: whose token stands first in this text; none: as it is */
};

/* Appends the flat object `json` with those of its fields sealed. E_malformed: it is none, or says
 * no person. E_refused: another field of it looks like a token: it would be opened somewhere. */
enum error sealing_seal(struct sealing *s, const struct seals *how, struct bytes json,
                        struct buf *out) MUST_CHECK;
/* What was sealed since is worth something only when its keys are on the disk. */
enum error sealing_sync(struct sealing *s) MUST_CHECK;
/* Appends the JSON text with the tokens of those fields opened. */
enum error sealing_unseal(struct sealing *s, const struct declared_fields *fields,
                          struct bytes json, struct buf *out) MUST_CHECK;
/* The same; what is lost is "". */
enum error sealing_unseal_rest(struct sealing *s, const struct declared_fields *fields,
                               struct bytes json, struct buf *out) MUST_CHECK;
/* The error is of that data alone (E_corrupt, E_refused), not of the file of keys. */
bool sealing_is_lost(enum error e);
/* Appends a text that is no JSON, with every token opened. */
enum error sealing_show(struct sealing *s, struct bytes text, struct buf *out) MUST_CHECK;
enum error sealing_erase(struct sealing *s, struct bytes person, size_t *keys) MUST_CHECK;

#endif
