/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A directory of accounts, as little of it as an account needs. Two kinds: files, and a server.
 *
 * Errors: E_not_found; E_exists, the login is taken; E_refused, the directory will not have it so;
 * E_busy, E_locked: not now; E_network: it cannot be reached, and no other account would fare
 * better; E_timed_out and E_io: it may have happened. */
#ifndef OCTAVO_CONNECTORS_LDAP_DIRECTORY_H
#define OCTAVO_CONNECTORS_LDAP_DIRECTORY_H

#include "base/arena.h"
#include "base/error.h"
#include "connectors/connector.h"
#include "connectors/url.h"

struct entry {
    struct bytes login; /* a to z, digits, dots and dashes: fit for a DN and a file name */
    struct bytes employee, given, family, department, title;
    int64_t uid_number; /* 0: accounts of the dialect have none */
    int64_t flags;      /* of Active Directory: userAccountControl; 0: not read */
    bool enabled;
    struct bytes dn; /* where it was found; empty: where the dialect puts it */
};

enum { ENTRY_TEXTS = 6 };
struct bytes *entry_text(struct entry *e, size_t nth); /* login first */

struct dialect;

struct directory {
    const struct directory_kind *kind;
    const struct dialect *dialect;
    char *base;           /* dc=example,dc=org */
    int64_t first_number; /* uidNumber of the first account */
    int64_t group_number;
};

/* What became of one of many. */
enum found {
    FOUND_NOT_KNOWN, /* asked in vain, or it is not as simple: it is done by itself, from its start
                      */
    FOUND_NONE,
    FOUND_ONE,
};
struct finding {
    struct bytes employee;
    enum found found;
    struct entry entry;
};
enum added { ADDED_NOT_KNOWN, ADDED, ADDED_TAKEN };
struct adding {
    const struct entry *entry;
    enum added added;
};

/* Whether a login is in the group of a department, which is dept-DEPARTMENT (group_name_put). */
struct membership {
    struct bytes department, login;
    struct bytes dn; /* of the account, as of an entry */
    bool member;
};

struct directory_kind {
    /* By the number of the employee, in any state. What it finds is valid in the arena. */
    enum error (*find)(struct directory *d, struct bytes employee, struct arena *a,
                       struct entry *out);
    enum error (*read)(struct directory *d, struct bytes login, struct arena *a, struct entry *out);
    /* A number that nobody has and nobody gets again. */
    enum error (*number)(struct directory *d, int64_t *out);
    enum error (*add)(struct directory *d, const struct entry *e);    /* atomic */
    enum error (*change)(struct directory *d, const struct entry *e); /* all but login, number */
    /* As find and add of each, all on their way at once; never fail as a whole. NULL: one by one.
     */
    void (*find_many)(struct directory *d, struct finding *f, size_t count, struct arena *a);
    void (*add_many)(struct directory *d, struct adding *a, size_t count);
    /* Makes them so, and groups that are wanted and not there; again is no harm. */
    enum error (*regroup)(struct directory *d, const struct membership *m, size_t count);
    void (*close)(struct directory *d);
};

struct directory_options {
    const struct url *url;
    const struct sink_options *sink;
};

enum error folder_directory_open(struct directory **out,
                                 const struct directory_options *o) MUST_CHECK;
enum error server_directory_open(struct directory **out,
                                 const struct directory_options *o) MUST_CHECK;

#endif
