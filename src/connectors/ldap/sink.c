/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Addresses of directories, read and opened. */
#include "account.h"
#include "dialect.h"
#include "ldap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_NUMBER = 10000, GROUP_NUMBER = 10000 };

/* ---- opening */

static bool base_is_good(const char *base) {
    if (!base || strncmp(base, "dc=", 3) != 0 || strlen(base) > 200)
        return false;
    for (; *base; base++)
        if (!((*base >= 'a' && *base <= 'z') || (*base >= '0' && *base <= '9')
              || strchr("=,-", *base)))
            return false;
    return true;
}

static void sink_close(struct connector *c) {
    if (c->directory)
        c->directory->kind->close(c->directory);
    latin_close(c->latin);
    free(c->pattern);
    free(c);
}

static enum error number_read(const struct url *u, int64_t *out) {
    const char *text = url_get(u, "first");
    char *end = NULL;
    *out = text ? strtoll(text, &end, 10) : FIRST_NUMBER;
    bool good = !text || (end != text && *end == 0 && *out >= 1000 && *out <= 2000000000);
    return good ? E_ok : url_wrong(u, "first=N, the first uidNumber, is 1000 to 2000000000");
}

/* posix unless it says ad, which a folder cannot. */
static enum error dialect_read(const struct url *u, const struct dialect **out) {
    const char *name = url_get(u, "dialect");
    bool ad = name && strcmp(name, dialect_ad.name) == 0;
    *out = ad ? &dialect_ad : &dialect_posix;
    if (name && !ad && strcmp(name, dialect_posix.name) != 0)
        return url_wrong(u, "dialect is posix or ad");
    return ad && strcmp(u->form->scheme, "ldif") == 0 ? url_wrong(u, "a folder's dialect is posix")
                                                      : E_ok;
}

static enum error settings_read(struct connector *c, const struct url *u, int64_t *first) {
    const char *pattern = url_get(u, "login"), *groups = url_get(u, "groups");
    if (groups && strcmp(groups, "department") != 0)
        return url_wrong(u, "groups=department is all there is");
    c->groups = groups != NULL;
    if (!base_is_good(url_get(u, "base")))
        return url_wrong(u, "it does not say base=dc=...,dc=..., in small letters");
    if (pattern && !login_pattern_is_good(pattern))
        return url_wrong(u, "login is made of {given} {family} {g} {f}, dots, dashes, a-z and 0-9");
    c->pattern = text_copy(pattern ? pattern : LOGIN_PATTERN);
    TRY(number_read(u, first));
    return latin_open(&c->latin);
}

typedef enum error open_directory(struct directory **out, const struct directory_options *o);

struct opening {
    const char *scheme, *example;
    open_directory *open;
};

static enum error sink_open(struct connector **out, const struct sink_options *options,
                            const struct opening *how) {
    static const char *const known[] = {
        "base", "bind", "login", "first", "dialect", "groups", NULL
    };
    const struct url_form form = { how->scheme, known, how->example };
    struct connector *c = memory_get(sizeof(*c));
    struct url u = { 0 };
    const struct dialect *dialect = NULL;
    int64_t first = FIRST_NUMBER;
    c->clock = clock_real();
    c->timeout_ms = options->timeout_ms;
    enum error e = url_read(&u, &form, options->url);
    if (!e)
        e = settings_read(c, &u, &first);
    if (!e)
        e = dialect_read(&u, &dialect);
    if (!e)
        e = how->open(&c->directory, &(struct directory_options){ &u, options });
    if (!e) {
        c->directory->base = text_copy(url_get(&u, "base"));
        c->directory->dialect = dialect;
        c->directory->first_number = first;
        c->directory->group_number = GROUP_NUMBER;
    }
    url_finish(&u);
    if (e) {
        sink_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static enum error ldif_open(struct connector **out, const struct sink_options *o) {
    static const struct opening how = { "ldif", "ldif:directory?base=dc=example,dc=org",
                                        folder_directory_open };
    return sink_open(out, o, &how);
}

static enum error ldap_open(struct connector **out, const struct sink_options *o) {
    static const struct opening how = {
        "ldap", "ldap://ldap.example:389?base=dc=example,dc=org&bind=cn=octavo,dc=example,dc=org",
        server_directory_open
    };
    return sink_open(out, o, &how);
}

static enum error ldaps_open(struct connector **out, const struct sink_options *o) {
    static const struct opening how = {
        "ldaps", "ldaps://ldap.example?base=dc=example,dc=org&bind=cn=octavo,dc=example,dc=org",
        server_directory_open
    };
    return sink_open(out, o, &how);
}

static enum error ldapi_open(struct connector **out, const struct sink_options *o) {
    static const struct opening how = {
        "ldapi", "ldapi:/run/slapd/ldapi?base=dc=example,dc=org&bind=cn=octavo,dc=example,dc=org",
        server_directory_open
    };
    return sink_open(out, o, &how);
}

#define ACCOUNT_SINK(name, open_it)                                                                \
    const struct connector_sink name##_sink = {                                                    \
        .scheme = #name,                                                                           \
        .can = SINK_ASKED | SINK_NATURAL,                                                          \
        .open = open_it,                                                                           \
        .perform = account_perform,                                                                \
        .perform_many = account_perform_many,                                                      \
        .ask = account_ask,                                                                        \
        .close = sink_close,                                                                       \
    }

ACCOUNT_SINK(ldif, ldif_open);
ACCOUNT_SINK(ldap, ldap_open);
ACCOUNT_SINK(ldaps, ldaps_open);
ACCOUNT_SINK(ldapi, ldapi_open);
