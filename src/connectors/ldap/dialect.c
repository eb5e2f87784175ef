/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The two dialects, and values as they say them. */
#include "dialect.h"

#include "base/check.h"
#include "base/random.h"
#include "values/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONTROL_NORMAL = 512, CONTROL_DISABLED = 2, PASSWORD_CHARS = 40 };

static const char shell_on[] = "/bin/bash", shell_off[] = "/usr/sbin/nologin";

static const char *const posix_classes[] = { "inetOrgPerson", "posixAccount", "shadowAccount",
                                             NULL };
static const char *const posix_group_classes[] = { "posixGroup", NULL };
static const struct attribute posix_attributes[] = {
    { "uid", OF_LOGIN, false },
    { "cn", OF_BOTH_NAMES, true },
    { "sn", OF_FAMILY, true },
    { "givenName", OF_GIVEN, true },
    { "employeeNumber", OF_EMPLOYEE, false },
    { "departmentNumber", OF_DEPARTMENT, true },
    { "title", OF_TITLE, true },
    { "uidNumber", OF_NUMBER, false },
    { "gidNumber", OF_GROUP_NUMBER, false },
    { "homeDirectory", OF_HOME, false },
    { "loginShell", OF_SHELL, true },
    { "shadowExpire", OF_EXPIRY, true },
    { NULL, OF_LOGIN, false },
};
const struct dialect dialect_posix = {
    .name = "posix",
    .people = "ou=people",
    .groups = "ou=groups",
    .naming = "uid",
    .classes = posix_classes,
    .group_classes = posix_group_classes,
    .attributes = posix_attributes,
    .member = "memberUid",
    .has_numbers = true,
};

static const char *const ad_classes[] = { "user", NULL };
static const char *const ad_group_classes[] = { "group", NULL };
static const struct attribute ad_attributes[] = {
    { "cn", OF_LOGIN, false },
    { "sAMAccountName", OF_LOGIN, false },
    { "userPrincipalName", OF_PRINCIPAL, false },
    { "displayName", OF_BOTH_NAMES, true },
    { "sn", OF_FAMILY, true },
    { "givenName", OF_GIVEN, true },
    { "employeeNumber", OF_EMPLOYEE, false },
    { "department", OF_DEPARTMENT, true },
    { "title", OF_TITLE, true },
    { "userAccountControl", OF_CONTROL, true },
    { "unicodePwd", OF_PASSWORD, false },
    { NULL, OF_LOGIN, false },
};
const struct dialect dialect_ad = {
    .name = "ad",
    .people = "cn=users",
    .groups = "cn=users",
    .naming = "cn",
    .login = "sAMAccountName",
    .classes = ad_classes,
    .group_classes = ad_group_classes,
    .attributes = ad_attributes,
    .member = "member",
    .member_is_dn = true,
};

struct bytes *entry_text(struct entry *e, size_t nth) {
    struct bytes *const texts[ENTRY_TEXTS] = { &e->login,  &e->employee,   &e->given,
                                               &e->family, &e->department, &e->title };
    return texts[nth];
}

/* ---- values */

static void put_text(struct buf *out, struct bytes text) {
    buf_put_bytes(out, text);
}

/* example.org of dc=example,dc=org */
static void put_domain(struct buf *out, const char *base) {
    for (const char *at = base; *at;) {
        size_t len = strcspn(at, ",");
        if (at > base)
            buf_put_byte(out, '.');
        buf_put(out, at + 3, len > 3 ? len - 3 : 0);
        at += len + (at[len] == ',');
    }
}

/* In quotes and UTF-16, as the directory wants it; letters of every kind, so that no policy
 * objects.
 */
static void put_password(struct buf *out) {
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789+-_.";
    uint8_t drawn[PASSWORD_CHARS];
    char text[PASSWORD_CHARS + 8] = "\"Aa1+";
    size_t len = strlen(text);
    random_system(drawn, sizeof(drawn));
    for (size_t i = 0; i < PASSWORD_CHARS; i++)
        text[len++] = letters[drawn[i] % (sizeof(letters) - 1)];
    text[len++] = '"';
    for (size_t i = 0; i < len; i++) {
        buf_put_byte(out, (uint8_t)text[i]);
        buf_put_byte(out, 0);
    }
    secret_forget(drawn, sizeof(drawn));
    secret_forget(text, sizeof(text));
}

static int64_t control_of(const struct entry *e) {
    int64_t flags = e->flags ? e->flags & ~(int64_t)CONTROL_DISABLED : CONTROL_NORMAL;
    return e->enabled ? flags : flags | CONTROL_DISABLED;
}

static void value_write(const struct directory *d, const struct entry *e, enum source source,
                        struct buf *out) {
    struct entry of = *e;
    switch (source) {
    case OF_LOGIN:
    case OF_EMPLOYEE:
    case OF_GIVEN:
    case OF_FAMILY:
    case OF_DEPARTMENT:
    case OF_TITLE:
        put_text(out, *entry_text(&of, (size_t)source));
        return;
    case OF_BOTH_NAMES:
        put_text(out, e->given);
        buf_put_byte(out, ' ');
        put_text(out, e->family);
        return;
    case OF_NUMBER:
        buf_print(out, "%" PRId64, e->uid_number);
        return;
    case OF_GROUP_NUMBER:
        buf_print(out, "%" PRId64, d->group_number);
        return;
    case OF_HOME:
        buf_put_text(out, "/home/");
        put_text(out, e->login);
        return;
    case OF_SHELL:
        buf_put_text(out, e->enabled ? shell_on : shell_off);
        return;
    case OF_EXPIRY:
        buf_put_text(out, e->enabled ? "-1" : "1");
        return;
    case OF_CONTROL:
        buf_print(out, "%" PRId64, control_of(e));
        return;
    case OF_PRINCIPAL:
        put_text(out, e->login);
        buf_put_byte(out, '@');
        put_domain(out, d->base);
        return;
    case OF_PASSWORD:
        put_password(out);
        return;
    }
    assert(false && "a source");
}

void entry_values(const struct directory *d, const struct entry *e, enum writing how, on_value *put,
                  void *context) {
    struct buf text = { 0 };
    for (const char *const *class = d->dialect->classes; how == WRITE_NEW && *class; class ++)
        put(context, "objectClass", bytes_text(*class));
    for (const struct attribute *a = d->dialect->attributes; a->name; a++) {
        if (how == WRITE_CHANGE && !a->changes)
            continue;
        buf_clear(&text);
        value_write(d, e, a->source, &text);
        put(context, a->name, buf_bytes(&text));
        if (a->source == OF_PASSWORD)
            secret_forget(text.data, text.len);
    }
    buf_finish(&text);
}

static bool is_named(struct bytes name, const char *wanted) {
    return name.len == strlen(wanted)
           && strncasecmp((const char *)name.data, wanted, name.len) == 0;
}

void entry_value_take(const struct dialect *dialect, struct entry *e, struct bytes name,
                      struct bytes value) {
    const struct attribute *a = dialect->attributes;
    char text[24];
    while (a->name && !is_named(name, a->name))
        a++;
    if (!a->name)
        return;
    (void)snprintf(text, sizeof(text), "%.*s", (int)(value.len < 20 ? value.len : 20),
                   (const char *)value.data);
    int64_t number = strtoll(text, NULL, 10);
    if (a->source == OF_LOGIN && dialect->login && strcmp(a->name, dialect->login) != 0)
        return; /* an administrator may give it another cn */
    if (a->source <= OF_TITLE)
        *entry_text(e, (size_t)a->source) = value;
    if (a->source == OF_NUMBER)
        e->uid_number = number;
    if (a->source == OF_EXPIRY)
        e->enabled = number < 0;
    if (a->source == OF_CONTROL) {
        e->flags = number;
        e->enabled = !(number & CONTROL_DISABLED);
    }
}

void group_name_put(struct buf *out, struct bytes department) {
    buf_put_text(out, "dept-");
    buf_put_bytes(out, department);
}

void group_dn_put(struct buf *out, const struct directory *d, struct bytes group) {
    buf_put_text(out, "cn=");
    for (size_t i = 0; i < group.len; i++) {
        uint8_t c = group.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                     || (c == '-' && i);
        buf_print(out, plain ? "%c" : "\\%02x", c);
    }
    buf_print(out, ",%s,%s", d->dialect->groups, d->base);
}
