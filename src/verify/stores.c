/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SYSTEM.SERVICE.GENERATION.TASK.db: the names of files say whose store it is. */
#include "stores.h"

#include "base/disk.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { STORES_MAX = 512, BUSY_MS = 2000 };

struct found {
    char *service, *path;
    long generation, task;
};

struct search {
    const struct store_question *question;
    struct found found[STORES_MAX];
    size_t count;
};

/* The number that ends `text` behind a dot, which is cut off; -1: there is none. */
static long number_cut(char *text) {
    char *dot = strrchr(text, '.');
    char *end;
    if (!dot || !dot[1])
        return -1;
    long number = strtol(dot + 1, &end, 10);
    if (*end)
        return -1;
    *dot = 0;
    return number;
}

static bool name_read(const struct store_question *q, const char *name, struct found *f) {
    size_t len = strlen(name), system_len = strlen(q->system);
    if (len < 4 || strcmp(name + len - 3, ".db") != 0 || strncmp(name, q->system, system_len) != 0
        || name[system_len] != '.')
        return false;
    f->service = text_copy_bytes(bytes_of(name + system_len + 1, len - system_len - 4));
    f->task = number_cut(f->service);
    f->generation = f->task < 0 ? -1 : number_cut(f->service);
    if (f->generation >= 0 && (!q->service || strcmp(q->service, f->service) == 0))
        return true;
    free(f->service);
    return false;
}

/* Of two generations of a task the newer stays. */
static void found_keep(struct search *s, struct found f) {
    for (size_t i = 0; i < s->count; i++)
        if (s->found[i].task == f.task && strcmp(s->found[i].service, f.service) == 0) {
            struct found *old = &s->found[i];
            struct found less = old->generation < f.generation ? *old : f;
            if (old->generation < f.generation)
                *old = f;
            free(less.service);
            free(less.path);
            return;
        }
    if (s->count < STORES_MAX)
        s->found[s->count++] = f;
}

static void on_name(void *context, const char *name) {
    struct search *s = context;
    struct found f = { 0 };
    if (!name_read(s->question, name, &f))
        return;
    f.path = text_format("%s/%s", s->question->dir, name);
    found_keep(s, f);
}

static int by_name(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    int order = strcmp(x->service, y->service);
    return order ? order : (x->task > y->task) - (x->task < y->task);
}

static void row_give(const struct store_question *q, const struct store_place *place,
                     sqlite3_stmt *s) {
    struct store_value row[STORE_COLUMNS_MAX] = { 0 };
    for (int i = 0; i < sqlite3_column_count(s) && i < STORE_COLUMNS_MAX; i++) {
        row[i].integer = sqlite3_column_int64(s, i);
        row[i].text = bytes_of(sqlite3_column_text(s, i), (size_t)sqlite3_column_bytes(s, i));
    }
    q->on_row(q->context, place, row);
}

static enum error file_ask(const struct store_question *q, const struct found *f) {
    struct store_place place = { f->service, (uint32_t)f->task, f->path };
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int code = sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL);
    if (code == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db, BUSY_MS);
        code = sqlite3_prepare_v2(db, q->sql, -1, &s, NULL);
    }
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(s);
        if (code == SQLITE_ROW)
            row_give(q, &place, s);
    }
    enum error e = code == SQLITE_DONE
                       ? E_ok
                       : fail(E_busy, "%s: %s", f->path, db ? sqlite3_errmsg(db) : "no memory");
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    return e;
}

enum error stores_ask(const struct store_question *q, size_t *stores) {
    struct search *s = memory_get(sizeof(*s));
    s->question = q;
    enum error e = disk_list(disk_real(), q->dir, on_name, s);
    qsort(s->found, s->count, sizeof(s->found[0]), by_name);
    for (size_t i = 0; i < s->count && !e; i++)
        e = file_ask(q, &s->found[i]);
    for (size_t i = 0; i < s->count; i++) {
        free(s->found[i].service);
        free(s->found[i].path);
    }
    if (stores)
        *stores = s->count;
    free(s);
    return e;
}
