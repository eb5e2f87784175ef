/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* LDIF content records (RFC 2849): a line for a value, "NAME: TEXT" or "NAME:: BASE64" where the
 * text is not plain; a line that begins with a blank goes on with the one before. */
#ifndef OCTAVO_CONNECTORS_LDAP_LDIF_H
#define OCTAVO_CONNECTORS_LDAP_LDIF_H

#include "directory.h"

/* The account as inetOrgPerson, posixAccount and shadowAccount: entry_values gives each value. */
typedef void on_value(void *context, const char *name, struct bytes value);
void entry_values(const struct directory *d, const struct entry *e, on_value *put, void *context);

/* One record with the empty line behind it. */
void ldif_entry_put(struct buf *out, const struct directory *d, const struct entry *e);
/* What stands above the accounts: the base, ou=people, ou=groups. */
void ldif_base_put(struct buf *out, const struct directory *d);
/* The first record of the text as an account; texts are in the arena. E_malformed. */
enum error ldif_entry_read(struct bytes text, struct arena *a, struct entry *out) MUST_CHECK;

/* Sets what a value of this name means for an account; others are passed by. */
void entry_value_take(struct entry *e, struct bytes name, struct bytes value);

#endif
