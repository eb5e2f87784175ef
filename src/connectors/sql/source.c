/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows of a table as items: the position is the value of the order column, as decimal digits.
 *
 * The file is opened for each read and closed again: a file that was put in its place is seen, and
 * no reader of ours keeps its writer's log from being cut. Columns that change while we run are an
 * error, not a guess: the handler was written for the others. */
#include "sql/sql.h"

#include "connectors/url.h"
#include "sql/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connector {
    struct url url;
    char *file;
    struct table_names names;
    const char *type;
    struct buf shape; /* of the columns at the first read */
    struct buf json;  /* scratch */
};

/* Where the items of one read go. */
struct reading {
    struct connector *connector;
    struct table_read *table;
    void (*on_item)(void *context, const struct source_item *item);
    void *context;
    int64_t last; /* order of the row before */
};

static enum error names_check(struct connector *c) {
    const char *const names[] = { c->names.table, c->names.order, c->names.key };
    for (size_t i = 0; i < 3; i++) {
        if (!names[i])
            return url_wrong(&c->url, "table, order and key are wanted, each once");
        if (!table_name_is_good(names[i]))
            return url_wrong(&c->url, "a name has something else than letters, digits and _, or "
                                      "over 64 of them");
    }
    if (!*c->type)
        return url_wrong(&c->url, "its type is empty");
    return E_ok;
}

static void source_close(struct connector *c) {
    url_finish(&c->url);
    buf_finish(&c->shape);
    buf_finish(&c->json);
    free(c->file);
    free(c);
}

static enum error source_open(struct connector **out, const struct source_options *options) {
    static const char *const known[] = { "table", "order", "key", "type", NULL };
    static const struct url_form form = {
        "sql+sqlite", known, "sql+sqlite:/srv/bank.db?table=payment&order=id&key=account"
    };
    struct connector *c = memory_get(sizeof(*c));
    enum error e = url_read(&c->url, &form, options->url);
    if (!e) {
        c->file = url_path(&c->url, options->data_dir);
        c->names = (struct table_names){ c->file, url_get(&c->url, "table"),
                                         url_get(&c->url, "order"), url_get(&c->url, "key") };
        c->type = url_get(&c->url, "type") ? url_get(&c->url, "type") : c->names.table;
        e = names_check(c);
    }
    if (e) {
        source_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static enum error position_read(struct bytes text, int64_t *out) {
    char digits[24] = "", *end;
    *out = INT64_MIN;
    if (!text.len)
        return E_ok;
    if (text.len < sizeof(digits))
        memcpy(digits, text.data, text.len);
    *out = strtoll(digits, &end, 10);
    if (digits[0] && !*end)
        return E_ok;
    return fail(E_diverged, "a position \"%.*s\" that is none of an SQL source",
                (int)(text.len < 40 ? text.len : 40), (const char *)text.data);
}

static enum error shape_check(struct connector *c, const struct table_read *t) {
    struct buf now = { 0 };
    table_shape(t, &now);
    if (!c->shape.len)
        buf_put_bytes(&c->shape, buf_bytes(&now));
    enum error e = E_ok;
    if (!bytes_equal(buf_bytes(&now), buf_bytes(&c->shape))) {
        e = fail(E_config, "%s, table %s: its columns were (%s) and are (%s)", c->names.file,
                 c->names.table, buf_text(&c->shape), buf_text(&now));
        fail_try("start the service again once its handler knows the new ones");
    }
    buf_finish(&now);
    return e;
}

static struct bytes key_of(const struct table_read *t) {
    const unsigned char *text = sqlite3_column_text(t->rows, t->key_at);
    return bytes_of(text ? (const void *)text : "",
                    (size_t)sqlite3_column_bytes(t->rows, t->key_at));
}

static enum error item_tell(struct reading *r) {
    struct connector *c = r->connector;
    char position[24], id[96];
    int64_t order = sqlite3_column_int64(r->table->rows, r->table->order_at);
    if (order == r->last)
        return fail(E_config, "%s, table %s: column %s has %lld twice", c->names.file,
                    c->names.table, c->names.order, (long long)order);
    r->last = order;
    buf_clear(&c->json);
    TRY(table_row_json(r->table, &c->json));
    int position_len = snprintf(position, sizeof(position), "%lld", (long long)order);
    int id_len = snprintf(id, sizeof(id), "%s/%s", c->names.table, position);
    struct source_item item = {
        .type = c->type,
        .id = bytes_of(id, (size_t)id_len),
        .key = key_of(r->table),
        .json = buf_bytes(&c->json),
        .position = bytes_of(position, (size_t)position_len),
    };
    r->on_item(r->context, &item);
    return E_ok;
}

static enum error rows_tell(struct reading *r) {
    TRY(shape_check(r->connector, r->table));
    for (bool found;;) {
        TRY(table_next_row(r->table, &found));
        if (!found)
            return E_ok;
        TRY(item_tell(r));
    }
}

static enum error source_read(struct connector *c, struct bytes after_position, size_t max,
                              void (*on_item)(void *context, const struct source_item *item),
                              void *context) {
    struct table_read table;
    int64_t after;
    TRY(position_read(after_position, &after));
    TRY(table_open(&table, &c->names, after, max));
    struct reading reading = { c, &table, on_item, context, after };
    enum error e = rows_tell(&reading);
    table_close(&table);
    return e;
}

const struct connector_source sql_sqlite_source = {
    .scheme = "sql+sqlite",
    .open = source_open,
    .read = source_read,
    .close = source_close,
};
