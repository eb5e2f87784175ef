/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Walking all keys. A cursor is the table's number above the place in it; rows.h says what a walk
 * promises while rows change. */
#include "inside.h"

#include "glob.h"

#include <inttypes.h>
#include <stdio.h>

enum { COUNT_DEFAULT = 10, COUNT_MAX = 10000, TABLE_SHIFT = 41, CURSOR_CHARS = 20 };

struct scan {
    uint64_t at;
    size_t table;
    int64_t count;
    struct bytes pattern; /* NULL: all */
    bool nothing;         /* TYPE of another kind than hash */
};

static bool scan_read(struct asked *a, struct scan *s) {
    int64_t cursor;
    *s = (struct scan){ .count = COUNT_DEFAULT };
    if (!resp_number(a->arguments[1], INT64_MAX, &cursor)) {
        resp_error(a->out, "ERR invalid cursor");
        return false;
    }
    s->table = (size_t)(cursor >> TABLE_SHIFT);
    s->at = (uint64_t)cursor & ((1ULL << TABLE_SHIFT) - 1);
    for (size_t i = 2; i < a->count; i += 2) {
        bool has_value = i + 1 < a->count;
        if (has_value && resp_is(a->arguments[i], "match"))
            s->pattern = a->arguments[i + 1];
        else if (has_value && resp_is(a->arguments[i], "type"))
            s->nothing = !resp_is(a->arguments[i + 1], "hash");
        else if (!has_value || !resp_is(a->arguments[i], "count")
                 || !resp_number(a->arguments[i + 1], COUNT_MAX, &s->count) || !s->count) {
            resp_error(a->out, "ERR syntax error");
            return false;
        }
    }
    return true;
}

/* Keys of the table into `keys`; returns how many. */
static size_t table_walk(struct asked *a, struct scan *s, struct resp_out keys) {
    struct connector *c = a->connector;
    const struct rows_table *t = &c->rows->tables[s->table];
    struct bytes key;
    size_t found = 0;
    do {
        if (!c->rows->next(c->rows->context, s->table, &s->at, &key, c->values))
            return found;
        buf_clear(&c->json);
        buf_print(&c->json, "%s:", t->name);
        buf_put_bytes(&c->json, key);
        if (s->nothing || (s->pattern.data && !glob_matches(s->pattern, buf_bytes(&c->json))))
            continue;
        resp_bulk(keys, buf_bytes(&c->json));
        found++;
    } while ((--s->count > 0 || !c->rows->may_rest(c->rows->context, s->at)) && s->at);
    return found;
}

static bool is_seen(const struct connector *c, size_t table) {
    return !resp_names_have(&c->hidden, c->rows->tables[table].name)
           && c->rows->tables[table].column_count <= RESP_COLUMNS_MAX;
}

static uint64_t cursor_after(const struct connector *c, struct scan *s) {
    if (!s->at)
        s->table++;
    while (s->table < c->rows->table_count && !is_seen(c, s->table))
        s->table++;
    return s->table < c->rows->table_count ? (uint64_t)s->table << TABLE_SHIFT | s->at : 0;
}

void resp_scan(struct asked *a) {
    struct scan s;
    struct buf keys = { 0 };
    char cursor[CURSOR_CHARS + 1];
    size_t found = 0;
    if (!scan_read(a, &s))
        return;
    if (s.table < a->connector->rows->table_count && is_seen(a->connector, s.table))
        found = table_walk(a, &s, (struct resp_out){ &keys, a->out.version });
    (void)snprintf(cursor, sizeof(cursor), "%" PRIu64, cursor_after(a->connector, &s));
    resp_array(a->out, 2);
    resp_text(a->out, cursor);
    resp_array(a->out, found);
    buf_put_bytes(a->out.to, buf_bytes(&keys));
    buf_finish(&keys);
}

void resp_dbsize(struct asked *a) {
    const struct connector *c = a->connector;
    uint64_t count = 0;
    for (size_t i = 0; i < c->rows->table_count; i++)
        count += is_seen(c, i) ? c->rows->count(c->rows->context, i) : 0;
    resp_int(a->out, (int64_t)count);
}

void resp_keys(struct asked *a) {
    resp_error(a->out, "ERR KEYS looks at every key while all others wait: use SCAN");
}
