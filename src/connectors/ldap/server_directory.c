/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A directory server, by libldap.
 *
 * A person is found by employeeNumber, never by a name or an address: those are other people's,
 * too. Numbers are counted in cn=next-uid,BASE: a modify-increment with post-read (RFC 4525, 4527)
 * gives each block of them to one asker, whoever else asks; what a connection had left of its block
 * when it ended is a gap. An add is
 * atomic at the server, which says entryAlreadyExists to the second one of a login. */
#include "server.h"

#include "base/check.h"
#include "values/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { BLOCK = 20 };
#define BLOCK_TEXT "20"

struct server_directory *server_of(struct directory *d) {
    return (struct server_directory *)d;
}

/* ---- results */

void server_leave(struct server_directory *s) {
    if (s->ldap)
        (void)ldap_unbind_ext_s(s->ldap, NULL, NULL);
    s->ldap = NULL;
}

static const char *said(const struct server_directory *s) {
    static _Thread_local char text[160];
    char *message = NULL;
    text[0] = 0;
    if (s->ldap && ldap_get_option(s->ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &message) == LDAP_SUCCESS
        && message && message[0])
        (void)snprintf(text, sizeof(text), " (%s)", message);
    ldap_memfree(message);
    return text;
}

/* `sent`: it may have been done when no answer came. */
enum error server_result(struct server_directory *s, int code, bool sent) {
    char why[256];
    (void)snprintf(why, sizeof(why), "the directory says: %s%s", ldap_err2string(code), said(s));
    switch (code) {
    case LDAP_SUCCESS:
        return E_ok;
    case LDAP_NO_SUCH_OBJECT:
        return fail(E_not_found, "%s", why);
    case LDAP_ALREADY_EXISTS:
        return fail(E_exists, "%s", why);
    case LDAP_SERVER_DOWN:
    case LDAP_TIMEOUT:
    case LDAP_CONNECT_ERROR:
    case LDAP_LOCAL_ERROR:
    case LDAP_DECODING_ERROR:
        server_leave(s);
        return fail(sent ? E_timed_out : E_network, "%s", why);
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_INVALID_CREDENTIALS: /* of the service itself: no person's fault */
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_OTHER:
        server_leave(s);
        return fail(E_busy, "%s", why);
    case LDAP_UNAVAILABLE_CRITICAL_EXTENSION: /* all accounts need it */
        return fail(E_busy,
                    "%s: permissive modify, modify-increment or post-read is not switched on there",
                    why);
    default:
        return fail(E_refused, "%s", why);
    }
}

struct timeval server_limit(const struct server_directory *s) {
    return (struct timeval){ s->timeout_ms / 1000, s->timeout_ms % 1000 * 1000 };
}

enum error server_ready(struct server_directory *s) {
    struct timeval limit = server_limit(s);
    int version = LDAP_VERSION3;
    struct berval password = { s->password ? strlen(s->password) : 0, s->password };
    if (s->ldap)
        return E_ok;
    int code = ldap_initialize(&s->ldap, s->uri);
    if (code != LDAP_SUCCESS)
        return server_result(s, code, false);
    (void)ldap_set_option(s->ldap, LDAP_OPT_PROTOCOL_VERSION, &version);
    (void)ldap_set_option(s->ldap, LDAP_OPT_NETWORK_TIMEOUT, &limit);
    (void)ldap_set_option(s->ldap, LDAP_OPT_TIMEOUT, &limit);
    (void)ldap_set_option(s->ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    code = ldap_sasl_bind_s(s->ldap, s->bind, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
    enum error e = server_result(s, code, false);
    if (e)
        server_leave(s);
    /* Whoever it is for: the next one would fare the same, and a password be wrong once more. */
    return e ? E_network : E_ok;
}

/* ---- searching */

char *server_dn(const struct directory *d, struct bytes login, struct bytes found) {
    if (found.len)
        return text_copy_bytes(found);
    return text_format("%s=%.*s,%s,%s", d->dialect->naming, (int)login.len,
                       (const char *)login.data, d->dialect->people, d->base);
}

void server_entry_take(const struct server_directory *s, LDAPMessage *message, struct arena *a,
                       struct entry *out) {
    BerElement *ber = NULL;
    char *dn = ldap_get_dn(s->ldap, message);
    *out = (struct entry){ .enabled = true };
    if (dn)
        out->dn = arena_copy(a, bytes_text(dn));
    for (char *name = ldap_first_attribute(s->ldap, message, &ber); name;
         name = ldap_next_attribute(s->ldap, message, ber)) {
        struct berval **values = ldap_get_values_len(s->ldap, message, name);
        if (values && values[0])
            entry_value_take(s->directory.dialect, out, arena_copy(a, bytes_text(name)),
                             arena_copy(a, bytes_of(values[0]->bv_val, values[0]->bv_len)));
        ldap_value_free_len(values);
        ldap_memfree(name);
    }
    ber_free(ber, 0);
    ldap_memfree(dn);
}

struct search {
    const char *base, *filter;
    int scope;
};

static enum error search(struct server_directory *s, const struct search *what, struct arena *a,
                         struct entry *out) {
    LDAPMessage *found = NULL;
    struct timeval limit = server_limit(s);
    TRY(server_ready(s));
    int code = ldap_search_ext_s(s->ldap, what->base, what->scope, what->filter, NULL, 0, NULL,
                                 NULL, &limit, SERVER_FOUND_MOST, &found);
    if (code == LDAP_SIZELIMIT_EXCEEDED)
        code = LDAP_SUCCESS; /* two are too many however many there are */
    enum error e = server_result(s, code, false);
    int count = e ? 0 : ldap_count_entries(s->ldap, found);
    if (!e && count == 1)
        server_entry_take(s, ldap_first_entry(s->ldap, found), a, out);
    ldap_msgfree(found);
    if (!e && count == 0)
        e = fail(E_not_found, "there is no such account");
    if (!e && count > 1)
        e = fail(E_refused, "more than one account has this employeeNumber: an operator must say "
                            "which is the right one");
    return e;
}

char *server_filter(struct bytes employee) {
    struct berval value = { employee.len, (char *)(uintptr_t)employee.data }, escaped;
    if (ldap_bv2escaped_filter_value(&value, &escaped))
        return NULL;
    char *filter = text_format("(employeeNumber=%.*s)", (int)escaped.bv_len, escaped.bv_val);
    if (escaped.bv_val != value.bv_val)
        ber_memfree(escaped.bv_val);
    return filter;
}

/* An administrator may have moved an account of Active Directory anywhere. */
char *server_base(const struct directory *d) {
    return d->dialect->login ? text_copy(d->base)
                             : text_format("%s,%s", d->dialect->people, d->base);
}

static enum error server_find(struct directory *d, struct bytes employee, struct arena *a,
                              struct entry *out) {
    char *filter = server_filter(employee);
    if (!filter)
        return fail(E_refused, "the employee's number cannot be searched for");
    char *base = server_base(d);
    enum error e =
        search(server_of(d), &(struct search){ base, filter, LDAP_SCOPE_SUBTREE }, a, out);
    free(filter);
    free(base);
    return e;
}

static enum error server_read(struct directory *d, struct bytes login, struct arena *a,
                              struct entry *out) {
    const char *name = d->dialect->login;
    char *dn = name ? text_copy(d->base) : server_dn(d, login, (struct bytes){ NULL, 0 });
    char *filter = name ? text_format("(%s=%.*s)", name, (int)login.len, (const char *)login.data)
                        : text_copy("(objectClass=*)");
    const struct search what = { dn, filter, name ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE };
    enum error e = search(server_of(d), &what, a, out);
    free(filter);
    free(dn);
    return e;
}

/* ---- values for libldap */

/* A value joins those of the same name, which stand next to each other. */
void server_value_put(void *context, const char *name, struct bytes value) {
    struct server_values *v = context;
    struct bytes kept = arena_copy(&v->arena, value);
    LDAPMod *last = v->count ? v->list[v->count - 1] : NULL;
    bool joins = last && strcmp(last->mod_type, name) == 0;
    struct berval *held = arena_get(&v->arena, sizeof(*held));
    *held = (struct berval){ kept.len, (char *)(uintptr_t)kept.data };
    if (!joins) {
        assert(v->count < SERVER_VALUES);
        last = v->list[v->count] = &v->mods[v->count];
        last->mod_op = v->operation | LDAP_MOD_BVALUES;
        last->mod_type = arena_text(&v->arena, bytes_text(name));
        last->mod_bvalues = v->pointers[v->count++];
    }
    size_t at = 0;
    while (last->mod_bvalues[at])
        at++;
    assert(at < SINK_MANY + 1);
    last->mod_bvalues[at] = held;
}

/* ---- numbers */

static enum error counter_add(struct server_directory *s, const char *dn) {
    struct server_values v = { .operation = LDAP_MOD_ADD };
    char first[24];
    (void)snprintf(first, sizeof(first), "%lld", (long long)s->directory.first_number - 1);
    server_value_put(&v, "objectClass", bytes_text("organizationalRole"));
    server_value_put(&v, "objectClass", bytes_text("extensibleObject"));
    server_value_put(&v, "cn", bytes_text("next-uid"));
    server_value_put(&v, "uidNumber", bytes_text(first));
    enum error e = server_result(s, ldap_add_ext_s(s->ldap, dn, v.list, NULL, NULL), true);
    arena_finish(&v.arena);
    return e == E_exists ? E_ok : e;
}

/* The value of uidNumber in the control by which the server answers. */
static enum error number_read(LDAP *ldap, LDAPControl **controls, int64_t *out) {
    LDAPControl *c = ldap_control_find(LDAP_CONTROL_POST_READ, controls, NULL);
    struct berval dn, name, value = { 0, NULL };
    BerVarray values = NULL;
    BerElement *ber = c ? ber_init(&c->ldctl_value) : NULL;
    enum error e = fail(E_refused, "the directory does not answer post-read (RFC 4527)");
    (void)ldap;
    if (ber && ber_scanf(ber, "{m{{m[W]}}}", &dn, &name, &values) != LBER_ERROR && values)
        value = values[0];
    if (value.bv_len > 0 && value.bv_len < 20) {
        char text[24];
        (void)snprintf(text, sizeof(text), "%.*s", (int)value.bv_len, value.bv_val);
        *out = strtoll(text, NULL, 10);
        e = E_ok;
    }
    if (values)
        ber_bvarray_free(values);
    if (ber)
        ber_free(ber, 1);
    return e;
}

static LDAPControl *post_read(void) {
    LDAPControl *control = NULL;
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    assert(ber); /* memory */
    struct berval *value = NULL;
    if (ber_printf(ber, "{s}", "uidNumber") >= 0 && ber_flatten(ber, &value) == 0)
        (void)ldap_control_create(LDAP_CONTROL_POST_READ, 1, value, 1, &control);
    ber_bvfree(value);
    ber_free(ber, 1);
    return control;
}

static enum error increment(struct server_directory *s, const char *dn, int64_t *out) {
    struct server_values v = { .operation = LDAP_MOD_INCREMENT };
    LDAPControl *control = post_read(), *asked[] = { control, NULL }, **answered = NULL;
    LDAPMessage *answer = NULL;
    int id, code, told = LDAP_SUCCESS;
    struct timeval limit = server_limit(s);
    server_value_put(&v, "uidNumber", bytes_text(BLOCK_TEXT));
    code = ldap_modify_ext(s->ldap, dn, v.list, asked, NULL, &id);
    if (code == LDAP_SUCCESS && ldap_result(s->ldap, id, LDAP_MSG_ALL, &limit, &answer) <= 0)
        code = LDAP_TIMEOUT;
    if (code == LDAP_SUCCESS)
        code = ldap_parse_result(s->ldap, answer, &told, NULL, NULL, NULL, &answered, 0);
    enum error e =
        server_result(s, code == LDAP_SUCCESS ? told : code, false); /* a gap is no harm */
    if (!e)
        e = number_read(s->ldap, answered, out);
    if (answered)
        ldap_controls_free(answered);
    if (control)
        ldap_control_free(control);
    ldap_msgfree(answer);
    arena_finish(&v.arena);
    return e;
}

/* `number` becomes the last of a new block. */
static enum error block_take(struct server_directory *s) {
    char *dn = text_format("cn=next-uid,%s", s->directory.base);
    enum error e = server_ready(s);
    if (!e)
        e = increment(s, dn, &s->number);
    if (e == E_not_found)
        e = counter_add(s, dn) ? E_busy : increment(s, dn, &s->number);
    free(dn);
    return e;
}

enum error server_number(struct directory *d, int64_t *out) {
    struct server_directory *s = server_of(d);
    *out = 0;
    if (!d->dialect->has_numbers)
        return E_ok;
    if (!s->numbers_left) {
        TRY(block_take(s));
        s->numbers_left = BLOCK;
    }
    *out = s->number - --s->numbers_left;
    return E_ok;
}

/* ---- writing */

void server_new_put(void *context, const char *name, struct bytes value) {
    if (value.len)
        server_value_put(context, name, value);
}

static enum error server_add(struct directory *d, const struct entry *entry) {
    struct server_directory *s = server_of(d);
    struct server_values v = { .operation = LDAP_MOD_ADD };
    TRY(server_ready(s));
    char *dn = server_dn(d, entry->login, (struct bytes){ NULL, 0 });
    entry_values(d, entry, WRITE_NEW, server_new_put, &v);
    enum error e = server_result(s, ldap_add_ext_s(s->ldap, dn, v.list, NULL, NULL), true);
    free(dn);
    arena_finish(&v.arena);
    return e;
}

/* What an account does not have any more is replaced by nothing. What it has beyond the dialect's
 * is its administrator's, and stays. */
static void change_put(void *context, const char *name, struct bytes value) {
    struct server_values *v = context;
    if (value.len) {
        server_value_put(v, name, value);
        return;
    }
    assert(v->count < SERVER_VALUES);
    LDAPMod *mod = v->list[v->count] = &v->mods[v->count];
    v->count++;
    mod->mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES;
    mod->mod_type = arena_text(&v->arena, bytes_text(name));
}

static enum error server_change(struct directory *d, const struct entry *entry) {
    struct server_directory *s = server_of(d);
    struct server_values v = { .operation = LDAP_MOD_REPLACE };
    TRY(server_ready(s));
    char *dn = server_dn(d, entry->login, entry->dn);
    entry_values(d, entry, WRITE_CHANGE, change_put, &v);
    enum error e = server_result(s, ldap_modify_ext_s(s->ldap, dn, v.list, NULL, NULL), true);
    free(dn);
    arena_finish(&v.arena);
    return e;
}

static void server_close(struct directory *d) {
    struct server_directory *s = server_of(d);
    server_leave(s);
    if (s->password)
        secret_forget(s->password, strlen(s->password));
    free(s->password);
    free(s->uri);
    free(s->bind);
    free(d->base);
    free(s);
}

static const struct directory_kind server_kind = {
    .find = server_find,
    .read = server_read,
    .number = server_number,
    .add = server_add,
    .change = server_change,
    .regroup = server_regroup,
    .find_many = server_find_many,
    .add_many = server_add_many,
    .close = server_close,
};

/* A path has no place in an LDAP URI but as %2F. */
static char *uri_of(const struct url *u) {
    struct buf out = { 0 };
    const char *where = strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
    buf_print(&out, "%s://", u->form->scheme);
    for (; *where; where++)
        if (*where == '/')
            buf_put_text(&out, "%2F");
        else
            buf_put_byte(&out, (uint8_t)*where);
    char *text = text_copy(buf_text(&out));
    buf_finish(&out);
    return text;
}

enum error server_directory_open(struct directory **out, const struct directory_options *o) {
    struct server_directory *s = memory_get(sizeof(*s));
    const char *bind = url_get(o->url, "bind");
    size_t len = o->sink->secret_len;
    s->directory.kind = &server_kind;
    s->uri = uri_of(o->url);
    s->bind = bind ? text_copy(bind) : NULL;
    while (len && (o->sink->secret[len - 1] == '\n' || o->sink->secret[len - 1] == '\r'))
        len--;
    if (len)
        s->password = text_copy_bytes(bytes_of(o->sink->secret, len));
    s->timeout_ms = o->sink->timeout_ms / 2; /* an account takes more than one call */
    *out = &s->directory;
    return E_ok;
}
