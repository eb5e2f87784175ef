/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An account and its values, and the values as LDIF.
 *
 * Disabled is said twice: shadowExpire 1 (it expired in 1970) for whoever asks shadow, and a shell
 * that nobody logs in with. Both are absolute, so setting them again changes nothing. */
#include "ldif.h"

#include "values/base64.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char shell_on[] = "/bin/bash", shell_off[] = "/usr/sbin/nologin";

struct bytes *entry_text(struct entry *e, size_t nth) {
    struct bytes *const texts[ENTRY_TEXTS] = { &e->login,  &e->employee,   &e->given,
                                               &e->family, &e->department, &e->title };
    return texts[nth];
}

/* ---- values */

static void put_number(on_value *put, void *context, const char *name, int64_t v) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, v);
    put(context, name, bytes_text(text));
}

void entry_values(const struct directory *d, const struct entry *e, on_value *put, void *context) {
    static const char *const classes[] = { "inetOrgPerson", "posixAccount", "shadowAccount" };
    struct buf text = { 0 };
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        put(context, "objectClass", bytes_text(classes[i]));
    put(context, "uid", e->login);
    buf_print(&text, "%.*s %.*s", (int)e->given.len, (const char *)e->given.data,
              (int)e->family.len, (const char *)e->family.data);
    put(context, "cn", buf_bytes(&text));
    put(context, "sn", e->family);
    put(context, "givenName", e->given);
    put(context, "employeeNumber", e->employee);
    if (e->department.len)
        put(context, "departmentNumber", e->department);
    if (e->title.len)
        put(context, "title", e->title);
    put_number(put, context, "uidNumber", e->uid_number);
    put_number(put, context, "gidNumber", d->group_number);
    buf_clear(&text);
    buf_print(&text, "/home/%.*s", (int)e->login.len, (const char *)e->login.data);
    put(context, "homeDirectory", buf_bytes(&text));
    put(context, "loginShell", bytes_text(e->enabled ? shell_on : shell_off));
    put_number(put, context, "shadowExpire", e->enabled ? -1 : 1);
    buf_finish(&text);
}

void entry_value_take(struct entry *e, struct bytes name, struct bytes value) {
    static const char *const names[ENTRY_TEXTS] = { "uid", "employeeNumber",   "givenName",
                                                    "sn",  "departmentNumber", "title" };
    char text[24];
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        if (name.len == strlen(names[i])
            && strncasecmp((const char *)name.data, names[i], name.len) == 0)
            *entry_text(e, i) = value;
    (void)snprintf(text, sizeof(text), "%.*s", (int)(value.len < 20 ? value.len : 20),
                   (const char *)value.data);
    if (name.len == 9 && strncasecmp((const char *)name.data, "uidNumber", 9) == 0)
        e->uid_number = strtoll(text, NULL, 10);
    if (name.len == 12 && strncasecmp((const char *)name.data, "shadowExpire", 12) == 0)
        e->enabled = strtoll(text, NULL, 10) < 0;
}

/* ---- writing */

static bool is_plain(struct bytes value) {
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < ' ' || value.data[i] >= 0x7f)
            return false;
    return value.len == 0
           || (value.data[0] != ' ' && value.data[0] != ':' && value.data[0] != '<'
               && value.data[value.len - 1] != ' ');
}

static void value_put(void *context, const char *name, struct bytes value) {
    struct buf *out = context;
    buf_print(out, is_plain(value) ? "%s: " : "%s:: ", name);
    if (is_plain(value))
        buf_put_bytes(out, value);
    else
        base64_put(out, value);
    buf_put_byte(out, '\n');
}

void ldif_entry_put(struct buf *out, const struct directory *d, const struct entry *e) {
    buf_print(out, "dn: uid=%.*s,ou=people,%s\n", (int)e->login.len, (const char *)e->login.data,
              d->base);
    entry_values(d, e, value_put, out);
    buf_put_byte(out, '\n');
}

/* "example" of dc=example,dc=org */
void ldif_base_put(struct buf *out, const struct directory *d) {
    static const char *const units[] = { "people", "groups" };
    int len = (int)strcspn(d->base + 3, ",");
    buf_print(out, "dn: %s\nobjectClass: dcObject\nobjectClass: organization\n", d->base);
    buf_print(out, "dc: %.*s\no: %.*s\n\n", len, d->base + 3, len, d->base + 3);
    for (size_t i = 0; i < 2; i++)
        buf_print(out, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", units[i],
                  d->base, units[i]);
}

/* ---- reading */

/* The next line with those that go on from it joined; false at the end of the record. */
static bool line_next(struct bytes *rest, struct buf *line) {
    buf_clear(line);
    do {
        const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
        size_t len = end ? (size_t)(end - rest->data) : rest->len;
        size_t skip = line->len && len && rest->data[0] == ' ';
        buf_put(line, rest->data + skip, len - skip);
        *rest = bytes_part(*rest, len + (end != NULL), rest->len - len - (end != NULL));
        if (line->len && line->data[line->len - 1] == '\r')
            line->len--;
    } while (line->len && rest->len && rest->data[0] == ' ');
    return line->len > 0;
}

static enum error value_read(struct bytes line, struct arena *a, struct entry *e) {
    const uint8_t *colon = memchr(line.data, ':', line.len);
    if (!colon)
        return fail(E_malformed, "a line has no colon");
    struct bytes name = bytes_part(line, 0, (size_t)(colon - line.data));
    size_t at = name.len + 1;
    bool coded = at < line.len && line.data[at] == ':';
    at += coded;
    while (at < line.len && line.data[at] == ' ')
        at++;
    struct bytes value = bytes_part(line, at, line.len - at);
    struct buf decoded = { 0 };
    bool good = !coded || base64_read(value, &decoded);
    if (good)
        entry_value_take(e, name, arena_copy(a, coded ? buf_bytes(&decoded) : value));
    buf_finish(&decoded);
    return good ? E_ok : fail(E_malformed, "a value is no base64");
}

enum error ldif_entry_read(struct bytes text, struct arena *a, struct entry *out) {
    struct buf line = { 0 };
    enum error e = E_ok;
    *out = (struct entry){ .enabled = true };
    while (!e && line_next(&text, &line))
        if (line.data[0] != '#')
            e = value_read(buf_bytes(&line), a, out);
    buf_finish(&line);
    if (!e && (!out->login.len || out->uid_number <= 0))
        e = fail(E_malformed, "it has no uid or no uidNumber");
    return e;
}
