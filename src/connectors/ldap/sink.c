/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An effect says how an account shall be; here it is made so.
 *
 * Who has an account is found by the employee's number. If there is none, logins are tried in the
 * order of the policy until one is free; one that is taken is read: it may be our own, of an add
 * whose answer was lost. Never is an account taken over because it has the right name. A person who
 * comes back gets the old account, login and number, enabled.
 *
 * All of that may be done again from any point, so the class is natural: a worker has many at once,
 * and none waits for a commit of its intent. It is queryable, too, for whoever wants that: asking
 * is looking whether the account is as it shall be. */
#include "directory.h"
#include "ldap.h"
#include "login.h"

#include "connectors/answer.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_NUMBER = 10000, GROUP_NUMBER = 10000, EMPLOYEE_MAX = 64 };

struct connector {
    struct directory *directory;
    struct latin *latin;
    char *pattern;
};

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

static enum error settings_read(struct connector *c, const struct url *u, int64_t *first) {
    const char *pattern = url_get(u, "login");
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
    static const char *const known[] = { "base", "bind", "login", "first", NULL };
    const struct url_form form = { how->scheme, known, how->example };
    struct connector *c = memory_get(sizeof(*c));
    struct url u = { 0 };
    int64_t first = FIRST_NUMBER;
    enum error e = url_read(&u, &form, options->url);
    if (!e)
        e = settings_read(c, &u, &first);
    if (!e)
        e = how->open(&c->directory, &(struct directory_options){ &u, options });
    if (!e) {
        c->directory->base = text_copy(url_get(&u, "base"));
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

/* ---- what is wanted */

static bool wanted_read(const struct json *j, struct entry *e) {
    static const char *const names[ENTRY_TEXTS] = { NULL,     "employee",   "given",
                                                    "family", "department", "title" };
    struct bytes state;
    *e = (struct entry){ .enabled = false };
    for (size_t i = 1; i < ENTRY_TEXTS; i++)
        (void)json_get_text(j, names[i], entry_text(e, i));
    if (!json_get_text(j, "state", &state))
        return false;
    e->enabled = bytes_is_text(state, "enabled");
    return (e->enabled || bytes_is_text(state, "disabled")) && e->employee.len
           && e->employee.len <= EMPLOYEE_MAX && e->family.len && e->given.len;
}

static bool is_as_wanted(struct entry *have, struct entry *wanted) {
    for (size_t i = 2; i < ENTRY_TEXTS; i++)
        if (!bytes_equal(*entry_text(have, i), *entry_text(wanted, i)))
            return false;
    return have->enabled == wanted->enabled;
}

/* ---- making it so */

struct work {
    struct connector *c;
    struct arena arena;
    struct entry wanted; /* its login and number as they are found or made */
    const char *how;
};

static enum error change(struct work *w, struct entry *have) {
    struct directory *d = w->c->directory;
    w->wanted.login = have->login;
    w->wanted.uid_number = have->uid_number;
    w->how = "found";
    if (is_as_wanted(have, &w->wanted))
        return E_ok;
    w->how = "changed";
    return d->kind->change(d, &w->wanted);
}

/* The login was taken: by ourselves, when the answer to our add was lost. */
static enum error resolve(struct work *w, bool *ours) {
    struct directory *d = w->c->directory;
    struct entry have;
    *ours = false;
    enum error e = d->kind->read(d, w->wanted.login, &w->arena, &have);
    if (e == E_not_found)
        return E_ok; /* it is gone again: the next choice will do */
    TRY(e);
    *ours = bytes_equal(have.employee, w->wanted.employee);
    return *ours ? change(w, &have) : E_ok;
}

static enum error make(struct work *w) {
    struct directory *d = w->c->directory;
    const struct login_of of = { w->c->pattern, w->wanted.given, w->wanted.family };
    char login[LOGIN_CHARS + 1];
    TRY(d->kind->number(d, &w->wanted.uid_number));
    for (int n = 1; n <= LOGIN_CHOICES; n++) {
        bool ours;
        if (!login_make(w->c->latin, &of, n, login))
            continue;
        w->wanted.login = arena_copy(&w->arena, bytes_text(login));
        enum error e = d->kind->add(d, &w->wanted);
        w->how = "made";
        if (e != E_exists)
            return e;
        TRY(resolve(w, &ours));
        if (ours)
            return E_ok;
    }
    return fail(E_refused, "every login for this name is taken");
}

static enum error work_do(struct work *w) {
    struct directory *d = w->c->directory;
    struct entry have;
    enum error e = d->kind->find(d, w->wanted.employee, &w->arena, &have);
    if (e == E_not_found)
        return make(w);
    TRY(e);
    return change(w, &have);
}

static enum error work_look(struct work *w) {
    struct directory *d = w->c->directory;
    struct entry have;
    TRY(d->kind->find(d, w->wanted.employee, &w->arena, &have));
    w->wanted.login = have.login;
    w->wanted.uid_number = have.uid_number;
    w->how = "found";
    return is_as_wanted(&have, &w->wanted) ? E_ok : fail(E_not_found, "it is not as it shall be");
}

/* ---- answering */

static void answer_done(const struct work *w, struct effect_answer *a) {
    a->verdict = EFFECT_DONE;
    json_begin(a->told);
    json_put_text(a->told, "login", w->wanted.login);
    json_put_int(a->told, "uid_number", w->wanted.uid_number);
    json_put_text(a->told, "how", bytes_text(w->how));
    json_end(a->told);
}

static void answer_error(struct effect_answer *a, enum error e) {
    bool unknown = e == E_timed_out || e == E_io;
    a->edge_down = e != E_refused && e != E_malformed;
    answer_story(a, !a->edge_down ? EFFECT_REFUSED : unknown ? EFFECT_UNKNOWN : EFFECT_AGAIN);
}

typedef enum error work_run(struct work *w);

static void with_work(struct connector *c, const struct effect_request *r, struct effect_answer *a,
                      work_run *run) {
    struct work w = { .c = c };
    struct json j;
    if (json_read(&j, r->json)) {
        answer_story(a, EFFECT_REFUSED);
        return;
    }
    if (!bytes_is_text(r->type, "account") || !wanted_read(&j, &w.wanted)) {
        answer_say(a, EFFECT_REFUSED, "it is no account with employee, given, family and a state");
    } else {
        enum error e = run(&w);
        if (!e)
            answer_done(&w, a);
        else if (e == E_not_found && run == work_look)
            answer_story(a, EFFECT_AGAIN);
        else
            answer_error(a, e);
        if (e && run == work_look && a->verdict == EFFECT_AGAIN && a->edge_down)
            a->verdict = EFFECT_UNKNOWN;
    }
    arena_finish(&w.arena);
    json_finish(&j);
}

static void sink_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    with_work(c, r, a, work_do);
}

static void sink_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    with_work(c, r, a, work_look);
}

#define ACCOUNT_SINK(name, open_it)                                                                \
    const struct connector_sink name##_sink = {                                                    \
        .scheme = #name,                                                                           \
        .can = SINK_ASKED | SINK_NATURAL,                                                          \
        .open = open_it,                                                                           \
        .perform = sink_perform,                                                                   \
        .ask = sink_ask,                                                                           \
        .close = sink_close,                                                                       \
    }

ACCOUNT_SINK(ldif, ldif_open);
ACCOUNT_SINK(ldap, ldap_open);
ACCOUNT_SINK(ldaps, ldaps_open);
ACCOUNT_SINK(ldapi, ldapi_open);
