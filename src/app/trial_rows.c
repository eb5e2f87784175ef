/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rows of a system on trial, told table by table in the order of their keys. */
#include "trial_inside.h"

#include <stdlib.h>

struct rows_tell {
    struct trial *trial;
    const struct trial_service *service;
    const struct declared_table *table;
    int32_t number;
};

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    const struct rows_tell *tell = context;
    struct buf *out = trial_line_begin(tell->trial, tell->service, tell->number);
    json_put_text(out, "table", bytes_text(tell->table->table.name));
    json_put_text(out, "key", key);
    json_put_text(out, "sub", sub);
    json_open(out, "row", '{');
    for (size_t i = 0; i < count; i++) {
        const char *name = tell->table->table.columns[i].name;
        if (values[i].kind == VALUE_INT)
            json_put_int(out, name, values[i].integer);
        else if (values[i].kind == VALUE_TEXT)
            json_put_text(out, name, values[i].text);
        else
            json_put_null(out, name);
    }
    json_close(out, '}');
    trial_line_end(tell->trial);
}

static enum error table_tell(struct rows_tell *tell, size_t table) {
    const struct trial_service *s = tell->service;
    struct trial *t = tell->trial;
    struct store_table *tables = memory_get((s->declared->table_count + 1) * sizeof(*tables));
    char *url = text_format("%s:%s", s->store->scheme, t->url_dir);
    for (size_t i = 0; i < s->declared->table_count; i++)
        tables[i] = s->declared->tables[i].table;
    struct store_options options = { .url = url,
                                     .system = t->declaration->system,
                                     .service = s->declared->name,
                                     .generation = s->declared->generation,
                                     .task = tell->number,
                                     .tables = tables,
                                     .table_count = s->declared->table_count };
    tell->table = &s->declared->tables[table];
    enum error e = s->store->read(&options, table, NULL, on_row, tell);
    free(tables);
    free(url);
    return e;
}

/* A fold's rows can be read from its snapshot. */
static enum error fold_keep(struct trial *t, struct task *task) {
    bool done;
    if (!task_is_fold(task))
        return E_ok;
    TRY(task_flush(task, t->now_ms));
    TRY(task_save(task, t->now_ms));
    return task_saved(task, true, &done);
}

enum error trial_rows(struct trial *t) {
    for (size_t i = 0; i < t->declaration->service_count; i++) {
        struct trial_service *s = &t->services[i];
        for (int32_t n = 0; n < s->task_count; n++) {
            struct rows_tell tell = { .trial = t, .service = s, .number = n };
            if (!s->tasks[n].task)
                continue;
            TRY(fold_keep(t, s->tasks[n].task));
            for (size_t table = 0; table < s->declared->table_count; table++)
                TRY(table_tell(&tell, table));
        }
    }
    return E_ok;
}
