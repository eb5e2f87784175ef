/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* LDIF content records (RFC 2849): a line for a value, "NAME: TEXT" or "NAME:: BASE64" where the
 * text is not plain; a line that begins with a blank goes on with the one before. */
#ifndef OCTAVO_CONNECTORS_LDAP_LDIF_H
#define OCTAVO_CONNECTORS_LDAP_LDIF_H

#include "dialect.h"

/* One record with the empty line behind it. */
void ldif_entry_put(struct buf *out, const struct directory *d, const struct entry *e);
/* What stands above the accounts: the base, ou=people, ou=groups. */
void ldif_base_put(struct buf *out, const struct directory *d);
/* The first record of the text as an account; texts are in the arena. E_malformed. */
enum error ldif_entry_read(struct bytes text, struct arena *a, struct entry *out) MUST_CHECK;

/* A group of a department and who is in it. */
struct ldif_group {
    struct bytes name;
    int64_t number;
    const struct bytes *members;
    size_t count;
};
void ldif_group_put(struct buf *out, const struct directory *d, const struct ldif_group *g);
/* Its name and number. E_malformed. */
enum error ldif_group_read(struct bytes text, struct arena *a, struct ldif_group *out) MUST_CHECK;

#endif
