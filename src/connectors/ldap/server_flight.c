/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Many requests on their way at once over one connection: all are sent, then the answers are taken,
 * so that neither the wire nor the directory waits for the other. A server works at several of one
 * connection's at a time, and answers in its own order: each is waited for by its number.
 *
 * What is not answered as expected is left as not known. Who asked does that one by itself then,
 * and is told there what is wrong. */
#include "server.h"

#include <stdlib.h>
#include <sys/time.h>

enum { NOT_SENT = -1 };

struct flight {
    struct server_directory *server;
    int ids[SINK_MANY];
};

/* NULL: there is none, and there will be no other of this flight when the line is lost. */
static LDAPMessage *answer_take(struct flight *f, size_t nth, int *code) {
    LDAPMessage *message = NULL;
    LDAP *ldap = f->server->ldap;
    struct timeval limit = server_limit(f->server);
    if (!ldap || f->ids[nth] == NOT_SENT)
        return NULL;
    if (ldap_result(ldap, f->ids[nth], LDAP_MSG_ALL, &limit, &message) <= 0
        || ldap_parse_result(ldap, message, code, NULL, NULL, NULL, NULL, 0) != LDAP_SUCCESS) {
        ldap_msgfree(message);
        server_leave(f->server);
        return NULL;
    }
    return message;
}

static void search_send(struct flight *f, size_t nth, const char *base, struct bytes employee) {
    struct timeval limit = server_limit(f->server);
    char *filter = server_filter(employee);
    f->ids[nth] = NOT_SENT;
    if (!filter || !f->server->ldap
        || ldap_search_ext(f->server->ldap, base, LDAP_SCOPE_SUBTREE, filter, NULL, 0, NULL, NULL,
                           &limit, SERVER_FOUND_MOST, &f->ids[nth])
               != LDAP_SUCCESS)
        f->ids[nth] = NOT_SENT;
    free(filter);
}

/* More than one is for an operator: told by who looks at it alone. */
static void search_take(struct flight *f, size_t nth, struct finding *out, struct arena *a) {
    int code = LDAP_SUCCESS;
    LDAPMessage *message = answer_take(f, nth, &code);
    if (!message)
        return;
    int count = code == LDAP_SUCCESS ? ldap_count_entries(f->server->ldap, message) : -1;
    if (count == 0)
        out->found = FOUND_NONE;
    if (count == 1) {
        server_entry_take(f->server, ldap_first_entry(f->server->ldap, message), a, &out->entry);
        out->found = FOUND_ONE;
    }
    ldap_msgfree(message);
}

void server_find_many(struct directory *d, struct finding *findings, size_t count,
                      struct arena *a) {
    struct flight f = { .server = server_of(d) };
    if (server_ready(f.server))
        return;
    char *base = server_base(d);
    for (size_t i = 0; i < count; i++)
        search_send(&f, i, base, findings[i].employee);
    for (size_t i = 0; i < count; i++)
        search_take(&f, i, &findings[i], a);
    free(base);
}

static void add_send(struct flight *f, size_t nth, const struct entry *entry) {
    struct server_values v = { .operation = LDAP_MOD_ADD };
    const struct directory *d = &f->server->directory;
    char *dn = server_dn(d, entry->login, (struct bytes){ NULL, 0 });
    f->ids[nth] = NOT_SENT;
    entry_values(d, entry, WRITE_NEW, server_new_put, &v);
    if (!f->server->ldap
        || ldap_add_ext(f->server->ldap, dn, v.list, NULL, NULL, &f->ids[nth]) != LDAP_SUCCESS)
        f->ids[nth] = NOT_SENT;
    free(dn);
    arena_finish(&v.arena);
}

void server_add_many(struct directory *d, struct adding *addings, size_t count) {
    struct flight f = { .server = server_of(d) };
    if (server_ready(f.server))
        return;
    for (size_t i = 0; i < count; i++)
        add_send(&f, i, addings[i].entry);
    for (size_t i = 0; i < count; i++) {
        int code = LDAP_OTHER;
        LDAPMessage *message = answer_take(&f, i, &code);
        if (message && code == LDAP_SUCCESS)
            addings[i].added = ADDED;
        if (message && code == LDAP_ALREADY_EXISTS)
            addings[i].added = ADDED_TAKEN;
        ldap_msgfree(message);
    }
}
