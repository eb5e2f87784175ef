/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How kinds of directories say the same of a person: two dialects, as data.
 *
 * posix  inetOrgPerson, posixAccount and shadowAccount (RFC 2307, 2798). Disabled is said twice:
 *        shadowExpire 1 (it expired in 1970) for whoever asks shadow, and a shell that nobody logs
 *        in with.
 * ad     Active Directory's user. Disabled is bit 2 of userAccountControl; its other bits are an
 *        administrator's, and stay. A new account has a password that nobody knows (unicodePwd,
 *        over an encrypted line only): whoever hands out the first one sets another.
 *
 * A department is called as somebody likes, "Domain Admins" or "sudo". So the groups of departments
 * have a prefix of their own, and no group that an administrator made is joined or left. */
#ifndef OCTAVO_CONNECTORS_LDAP_DIALECT_H
#define OCTAVO_CONNECTORS_LDAP_DIALECT_H

#include "directory.h"

enum source {
    OF_LOGIN,
    OF_EMPLOYEE,
    OF_GIVEN,
    OF_FAMILY,
    OF_DEPARTMENT,
    OF_TITLE, /* so far in the order of entry_text */
    OF_BOTH_NAMES,
    OF_NUMBER,
    OF_GROUP_NUMBER,
    OF_HOME,
    OF_SHELL,
    OF_EXPIRY,
    OF_CONTROL,
    OF_PRINCIPAL, /* login@example.org */
    OF_PASSWORD,
};

struct attribute {
    const char *name; /* NULL ends the list */
    enum source source;
    bool changes; /* it is written again when an account changes */
};

struct dialect {
    const char *name;
    const char *people, *groups; /* where they are, below the base */
    const char *naming;          /* of an account's DN */
    const char *login;           /* by which a login is found, if not by its DN: NULL */
    const char *const *classes, *const *group_classes;
    const struct attribute *attributes;
    const char *member; /* of a group */
    bool member_is_dn;
    bool has_numbers;
};
extern const struct dialect dialect_posix, dialect_ad;

/* Each value of an account; an empty one is given for what it has not. */
typedef void on_value(void *context, const char *name, struct bytes value);
enum writing { WRITE_NEW, WRITE_CHANGE };
void entry_values(const struct directory *d, const struct entry *e, enum writing how, on_value *put,
                  void *context);
/* Sets what a value of this name means for an account; others are passed by. */
void entry_value_take(const struct dialect *dialect, struct entry *e, struct bytes name,
                      struct bytes value);

/* dept-DEPARTMENT: what begins so is ours. */
void group_name_put(struct buf *out, struct bytes department);
/* cn=GROUP,ou=groups,BASE with all that needs it escaped (RFC 4514). */
void group_dn_put(struct buf *out, const struct directory *d, struct bytes group);

#endif
