/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a program is told: at its start what is declared, then events with the rows of their keys.
 */
#include "runtime/program_event.h"

#include "runtime/programs.h"
#include "runtime/task_inside.h"
#include "program/hello.h"

#include <string.h>

/* ---- the greeting */

static void table_write(struct buf *out, const struct declared_table *t) {
    json_open(out, t->table.name, '{');
    json_put_text(out, "scope", bytes_text(t->scope == SCOPE_PARTITION ? "partition" : "key"));
    json_put_bool(out, "log", t->table.log);
    json_put_bool(out, "given", program_is_given(t));
    json_open(out, "columns", '{');
    for (size_t i = 0; i < t->table.column_count; i++)
        json_put_text(out, t->table.columns[i].name,
                      bytes_text(t->table.columns[i].type == COLUMN_INT ? "int" : "text"));
    json_close(out, '}');
    json_close(out, '}');
}

void program_greeting(struct buf *out, const struct declaration *d,
                      const struct declared_service *s) {
    json_begin(out);
    json_put_int(out, "octavo", PROGRAM_VERSION);
    json_put_text(out, "system", bytes_text(d->system));
    json_put_text(out, "service", bytes_text(s->name));
    json_open(out, "consumes", '[');
    for (size_t i = 0; i < s->consumes_count; i++)
        json_put_text(out, NULL, bytes_text(s->consumes[i]));
    json_close(out, ']');
    json_open(out, "produces", '[');
    for (size_t i = 0; i < s->produces_count; i++)
        json_put_text(out, NULL, bytes_text(s->produces[i]));
    json_close(out, ']');
    json_open(out, "edges", '[');
    for (size_t i = 0; i < s->edge_count; i++)
        json_put_text(out, NULL, bytes_text(s->edges[i].name));
    json_close(out, ']');
    json_open(out, "tables", '{');
    for (size_t i = 0; i < s->table_count; i++)
        table_write(out, &s->tables[i]);
    json_close(out, '}');
    json_end(out);
}

bool program_is_given(const struct declared_table *table) {
    return table->scope == SCOPE_KEY && !table->table.log && !table->asked;
}

bool program_is_given_any(const struct declared_service *s) {
    for (size_t i = 0; i < s->table_count; i++)
        if (program_is_given(&s->tables[i]))
            return true;
    return false;
}

bool program_asks(const struct declared_service *s) {
    for (size_t i = 0; i < s->table_count; i++)
        if (!s->tables[i].table.log && !program_is_given(&s->tables[i]))
            return true;
    return false;
}

/* ---- rows */

static void values_write(struct buf *out, const struct store_table *t, const struct value *values) {
    buf_put_byte(out, '{');
    for (size_t i = 0; i < t->column_count; i++) {
        const char *name = t->columns[i].name;
        switch (values[i].kind) {
        case VALUE_NULL:
            json_put_null(out, name);
            break;
        case VALUE_INT:
            json_put_int(out, name, values[i].integer);
            break;
        case VALUE_TEXT:
            json_put_text(out, name, values[i].text);
            break;
        }
    }
    buf_put_byte(out, '}');
}

struct given {
    struct buf *out;
    const struct store_table *table;
    size_t from, rows;
};

static void on_given_row(void *context, const struct row_name *name, const struct value *values) {
    struct given *g = context;
    if (++g->rows > PROGRAM_ROWS_MAX || g->out->len - g->from > PROGRAM_ROWS_BYTES_MAX)
        return;
    if (g->out->data[g->out->len - 1] != '{')
        buf_put_byte(g->out, ',');
    json_text_write(g->out, name->sub);
    buf_put_byte(g->out, ':');
    values_write(g->out, g->table, values);
}

static enum error given_write(struct given *g, struct task *t, struct bytes key) {
    for (size_t i = 0; i < t->table_count; i++) {
        const struct declared_table *declared = &t->options.service->tables[i];
        struct row_name name = { i, key, { 0 } };
        if (!program_is_given(declared))
            continue;
        g->table = &t->tables[i];
        json_open(g->out, g->table->name, '{');
        TRY(row_cache_key_each(&t->rows, &name, PROGRAM_ROWS_MAX + 1 - g->rows, on_given_row, g));
        json_close(g->out, '}');
        if (g->rows > PROGRAM_ROWS_MAX || g->out->len - g->from > PROGRAM_ROWS_BYTES_MAX)
            return E_ok;
    }
    g->table = NULL; /* the whole of it fits */
    return E_ok;
}

/* ---- an event */

/* As it came, on one line: a line's end can only be space between its members. */
static void data_write(struct buf *out, struct bytes json) {
    buf_put_text(out, ",\"data\":");
    size_t from = out->len;
    buf_put_bytes(out, json);
    for (uint8_t *at = out->data + from;
         (at = memchr(at, '\n', (size_t)(out->data + out->len - at))); at++)
        *at = ' ';
}

enum error program_event_write(struct buf *out, int64_t n, struct task *t, const struct input *in,
                               const char **too_many) {
    struct given given = { .out = out };
    struct bytes key = in->key.data ? in->key : bytes_text("");
    json_begin(out);
    json_put_int(out, "n", n);
    json_put_text(out, "type", in->type);
    json_put_text(out, "id", in->id);
    json_put_text(out, "key", key);
    json_put_int(out, "time", in->time_ms);
    json_put_int(out, "task", t->options.task);
    if (in->json.data)
        data_write(out, in->json);
    else
        json_put_null(out, "data");
    json_open(out, "rows", '{');
    given.from = out->len;
    TRY(task_enter(t));
    TRY(given_write(&given, t, key));
    json_close(out, '}');
    json_end(out);
    *too_many = given.table ? given.table->name : NULL;
    return E_ok;
}

/* ---- a row that was asked for */

static size_t columns_of(const struct octavo_step *s, const char *table,
                         const struct store_table **out) {
    for (size_t i = 0; i < s->task->table_count; i++)
        if (strcmp(s->task->tables[i].name, table) == 0) {
            *out = &s->task->tables[i];
            return (*out)->column_count;
        }
    return 0;
}

static void stored_values(const struct octavo_value *from, struct value *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[i] = (struct value){ .kind = VALUE_NULL };
        if (from[i].kind == OCTAVO_INT)
            to[i] = (struct value){ .kind = VALUE_INT, .integer = from[i].integer };
        if (from[i].kind == OCTAVO_TEXT)
            to[i] = (struct value){ .kind = VALUE_TEXT,
                                    .text = bytes_of(from[i].text.data, from[i].text.len) };
    }
}

void program_row_write(struct buf *out, struct octavo_step *s, const struct answer *a) {
    struct octavo_value values[FIELDS_MAX];
    struct value stored[FIELDS_MAX];
    const struct store_table *table = NULL;
    struct octavo_text sub = { (const char *)a->get_sub.data, a->get_sub.len };
    size_t count = columns_of(s, a->get_table, &table);
    bool found = octavo_row_get(s, a->get_table, sub, values, count);
    json_begin(out);
    json_put_int(out, "n", a->n);
    if (found && table) {
        stored_values(values, stored, count);
        buf_put_text(out, ",\"row\":");
        values_write(out, table, stored);
    } else {
        json_put_null(out, "row");
    }
    json_end(out);
}
