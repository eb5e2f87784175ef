/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A directory server between its files: server_directory.c talks to it, server_flight.c asks many
 * things of it at once. */
#ifndef OCTAVO_CONNECTORS_LDAP_SERVER_H
#define OCTAVO_CONNECTORS_LDAP_SERVER_H

#include "directory.h"
#include "ldif.h"

#include <ldap.h>

enum { SERVER_VALUES = 24, SERVER_FOUND_MOST = 2 };

struct server_directory {
    struct directory directory;
    char *uri;
    char *bind; /* NULL: nobody in particular */
    char *password;
    long timeout_ms;
    LDAP *ldap;                   /* NULL: not connected */
    int64_t number, numbers_left; /* of the block */
};

struct server_directory *server_of(struct directory *d);
enum error server_ready(struct server_directory *s) MUST_CHECK; /* connected */
void server_leave(struct server_directory *s);                  /* what was asked is lost */
struct timeval server_limit(const struct server_directory *s);

/* Where it was found, or where the dialect puts the login. Both are freed by the caller. */
char *server_dn(const struct directory *d, struct bytes login, struct bytes found);
char *server_base(const struct directory *d); /* all accounts are below it */
/* (employeeNumber=...), freed by the caller; NULL: it cannot be searched for. */
char *server_filter(struct bytes employee);
void server_entry_take(const struct server_directory *s, LDAPMessage *message, struct arena *a,
                       struct entry *out);

/* Values as libldap wants them: on_value of entry_values; freed by values_finish. */
struct server_values {
    LDAPMod mods[SERVER_VALUES], *list[SERVER_VALUES + 1];
    struct berval *pointers[SERVER_VALUES][SINK_MANY + 2];
    struct arena arena;
    size_t count;
    int operation;
};
void server_value_put(void *context, const char *name, struct bytes value);
void server_new_put(void *context, const char *name, struct bytes value); /* but no empty one */

/* What the server said: E_ok, or as directory.h says. `sent`: it may have been done when no answer
 * came. */
enum error server_result(struct server_directory *s, int code, bool sent) MUST_CHECK;
enum error server_number(struct directory *d, int64_t *out) MUST_CHECK;
enum error server_regroup(struct directory *d, const struct membership *m, size_t count) MUST_CHECK;
void server_find_many(struct directory *d, struct finding *f, size_t count, struct arena *a);
void server_add_many(struct directory *d, struct adding *a, size_t count);

#endif
