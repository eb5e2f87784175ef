/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts and groups as LDIF, in the dialect that slapadd takes. */
#include "ldif.h"

#include "values/base64.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    if (!value.len)
        return;
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
    entry_values(d, e, WRITE_NEW, value_put, out);
    buf_put_byte(out, '\n');
}

void ldif_group_put(struct buf *out, const struct directory *d, const struct ldif_group *g) {
    buf_put_text(out, "dn: ");
    group_dn_put(out, d, g->name);
    buf_print(out, "\nobjectClass: %s\n", d->dialect->group_classes[0]);
    value_put(out, "cn", g->name);
    buf_print(out, "gidNumber: %" PRId64 "\n", g->number);
    for (size_t i = 0; i < g->count; i++)
        value_put(out, d->dialect->member, g->members[i]);
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

/* The line's name and value, in the arena. */
static enum error value_read(struct bytes line, struct arena *a, struct bytes *name,
                             struct bytes *out) {
    const uint8_t *colon = memchr(line.data, ':', line.len);
    if (!colon)
        return fail(E_malformed, "a line has no colon");
    *name = arena_copy(a, bytes_part(line, 0, (size_t)(colon - line.data)));
    size_t at = name->len + 1;
    bool coded = at < line.len && line.data[at] == ':';
    at += coded;
    while (at < line.len && line.data[at] == ' ')
        at++;
    struct bytes value = bytes_part(line, at, line.len - at);
    struct buf decoded = { 0 };
    bool good = !coded || base64_read(value, &decoded);
    if (good)
        *out = arena_copy(a, coded ? buf_bytes(&decoded) : value);
    buf_finish(&decoded);
    return good ? E_ok : fail(E_malformed, "a value is no base64");
}

/* Each value of the first record. */
static enum error record_read(struct bytes text, struct arena *a,
                              void (*take)(void *context, struct bytes name, struct bytes value),
                              void *context) {
    struct buf line = { 0 };
    struct bytes name, value;
    enum error e = E_ok;
    while (!e && line_next(&text, &line)) {
        if (line.data[0] == '#')
            continue;
        e = value_read(buf_bytes(&line), a, &name, &value);
        if (!e)
            take(context, name, value);
    }
    buf_finish(&line);
    return e;
}

static void entry_take(void *context, struct bytes name, struct bytes value) {
    entry_value_take(&dialect_posix, context, name, value);
}

enum error ldif_entry_read(struct bytes text, struct arena *a, struct entry *out) {
    *out = (struct entry){ .enabled = true };
    enum error e = record_read(text, a, entry_take, out);
    if (!e && (!out->login.len || out->uid_number <= 0))
        e = fail(E_malformed, "it has no uid or no uidNumber");
    return e;
}

static void group_take(void *context, struct bytes name, struct bytes value) {
    struct ldif_group *g = context;
    char text[24];
    (void)snprintf(text, sizeof(text), "%.*s", (int)(value.len < 20 ? value.len : 20),
                   (const char *)value.data);
    if (bytes_is_text(name, "cn"))
        g->name = value;
    if (bytes_is_text(name, "gidNumber"))
        g->number = strtoll(text, NULL, 10);
}

enum error ldif_group_read(struct bytes text, struct arena *a, struct ldif_group *out) {
    *out = (struct ldif_group){ .number = 0 };
    TRY(record_read(text, a, group_take, out));
    return out->name.len && out->number > 0 ? E_ok
                                            : fail(E_malformed, "it has no cn or no gidNumber");
}
