/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Groups of departments at a server: those whose names begin with dept-, and no other.
 *
 * All that join one group join it by one change; each leaves by a change of its own. Permissive
 * modify (1.2.840.113556.1.4.1413, which OpenLDAP, Active Directory and Samba have) makes a change
 * absolute: who is in the group already is no error, nor who is not there any more. Samba takes the
 * control and does not heed it for members: it is told apart by asking, and they join one by one.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERMISSIVE_MODIFY "1.2.840.113556.1.4.1413"

/* The logins, or DNs, of those that join (or leave) the group of the first one. */
static void members_put(struct server_values *v, const struct directory *d,
                        const struct membership *m, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool same = bytes_equal(m[i].department, m[0].department) && m[i].member == m[0].member;
        char *dn = d->dialect->member_is_dn ? server_dn(d, m[i].login, m[i].dn) : NULL;
        if (same)
            server_value_put(v, d->dialect->member, dn ? bytes_text(dn) : m[i].login);
        free(dn);
    }
}

/* The server says that there is no such member. */
static bool is_out(struct server_directory *s, const char *dn, const struct membership *m) {
    const struct dialect *dialect = s->directory.dialect;
    char *own = dialect->member_is_dn ? server_dn(&s->directory, m->login, m->dn)
                                      : text_copy_bytes(m->login);
    struct berval value = { strlen(own), own }, escaped = { 0, NULL };
    LDAPMessage *found = NULL;
    struct timeval limit = server_limit(s);
    bool out = false;
    if (!ldap_bv2escaped_filter_value(&value, &escaped)) {
        char *filter =
            text_format("(%s=%.*s)", dialect->member, (int)escaped.bv_len, escaped.bv_val);
        out = ldap_search_ext_s(s->ldap, dn, LDAP_SCOPE_BASE, filter, NULL, 0, NULL, NULL, &limit,
                                1, &found)
                  == LDAP_SUCCESS
              && ldap_count_entries(s->ldap, found) == 0;
        free(filter);
    }
    if (escaped.bv_val != value.bv_val)
        ber_memfree(escaped.bv_val);
    ldap_msgfree(found);
    free(own);
    return out;
}

/* E_exists: one of many is in it already, and so none of them joined. */
static enum error group_change(struct server_directory *s, const char *dn,
                               const struct membership *m, size_t count) {
    struct server_values v = { .operation = m->member ? LDAP_MOD_ADD : LDAP_MOD_DELETE };
    LDAPControl permissive = { .ldctl_oid = (char *)(uintptr_t)PERMISSIVE_MODIFY,
                               .ldctl_iscritical = 1 };
    LDAPControl *controls[] = { &permissive, NULL };
    members_put(&v, &s->directory, m, count);
    int code = ldap_modify_ext_s(s->ldap, dn, v.list, controls, NULL);
    if (!m->member && code == LDAP_NO_SUCH_ATTRIBUTE)
        code = LDAP_SUCCESS; /* OpenLDAP says so all the same of one who is not there */
    if (!m->member && code == LDAP_UNWILLING_TO_PERFORM && is_out(s, dn, m))
        code = LDAP_SUCCESS;
    if (m->member && (code == LDAP_TYPE_OR_VALUE_EXISTS || code == LDAP_ALREADY_EXISTS))
        code = count == 1 ? LDAP_SUCCESS : LDAP_ALREADY_EXISTS;
    enum error e = server_result(s, code, true);
    arena_finish(&v.arena);
    return e;
}

static enum error members_change(struct server_directory *s, const char *dn,
                                 const struct membership *m, size_t count) {
    enum error e = group_change(s, dn, m, count);
    if (e != E_exists)
        return e;
    for (size_t i = 0; i < count; i++)
        if (m[i].member && bytes_equal(m[i].department, m->department))
            TRY(group_change(s, dn, m + i, 1));
    return E_ok;
}

/* A login's letters are fewer than a department's: the others are %XX. */
static void login_name_put(struct buf *out, struct bytes name) {
    static const char none[] = "\"/\\[]:;|=,+*?<>@%";
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        buf_print(out, c < ' ' || strchr(none, c) ? "%%%02x" : "%c", c);
    }
}

/* Only a department that is called too long is a person's trouble. What else a server has against a
 * group is its schema: it knows no such class, or wants more of it. */
static enum error group_add_result(struct server_directory *s, int code) {
    enum error e = server_result(s, code, true);
    if (e == E_exists)
        return E_ok; /* another one was quicker */
    if (e != E_refused || code == LDAP_CONSTRAINT_VIOLATION)
        return e;
    return fail(E_busy, "the directory takes no %s as it is made for a department: %s",
                s->directory.dialect->group_classes[0], ldap_err2string(code));
}

static enum error group_add(struct server_directory *s, const char *dn, struct bytes name) {
    struct server_values v = { .operation = LDAP_MOD_ADD };
    const struct dialect *dialect = s->directory.dialect;
    struct buf login = { 0 };
    char number[24];
    int64_t taken;
    TRY(server_number(&s->directory, &taken));
    (void)snprintf(number, sizeof(number), "%lld", (long long)taken);
    for (const char *const *class = dialect->group_classes; *class; class ++)
        server_value_put(&v, "objectClass", bytes_text(*class));
    server_value_put(&v, "cn", name);
    login_name_put(&login, name);
    if (dialect->has_numbers)
        server_value_put(&v, "gidNumber", bytes_text(number));
    if (dialect->login)
        server_value_put(&v, dialect->login, buf_bytes(&login));
    enum error e = group_add_result(s, ldap_add_ext_s(s->ldap, dn, v.list, NULL, NULL));
    buf_finish(&login);
    arena_finish(&v.arena);
    return e;
}

static enum error group_set(struct server_directory *s, const struct membership *m, size_t count) {
    struct buf dn = { 0 }, name = { 0 };
    group_name_put(&name, m->department);
    group_dn_put(&dn, &s->directory, buf_bytes(&name));
    enum error e = members_change(s, buf_text(&dn), m, count);
    if (e == E_not_found && m->member) {
        e = group_add(s, buf_text(&dn), buf_bytes(&name));
        if (!e)
            e = members_change(s, buf_text(&dn), m, count);
    }
    buf_finish(&dn);
    buf_finish(&name);
    if (e
        == E_not_found) /* none to leave; or no place for groups, which no person is to blame for */
        e = m->member ? fail(E_busy, "the directory has no %s,%s for groups",
                             s->directory.dialect->groups, s->directory.base)
                      : E_ok;
    return e;
}

enum error server_regroup(struct directory *d, const struct membership *m, size_t count) {
    struct server_directory *s = server_of(d);
    for (size_t i = 0; i < count; i++) {
        size_t before = m[i].member ? 0 : i;
        while (before < i
               && !(m[before].member == m[i].member
                    && bytes_equal(m[before].department, m[i].department)))
            before++;
        if (before < i)
            continue; /* with the first of its group */
        TRY(server_ready(s));
        TRY(group_set(s, m + i, m[i].member ? count - i : 1));
    }
    return E_ok;
}
