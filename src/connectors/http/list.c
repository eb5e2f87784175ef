/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lists of rows. */
#include "list.h"

#include "connectors/rows.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 1000, LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, COLUMNS_MAX = 64 };
enum { BYTES_MAX = 16 * 1024 * 1024 };

/* ---- what is shown */

static bool list_has(const char *list, struct bytes name) {
    for (const char *at = list; at && *at;) {
        size_t len = strcspn(at, ",");
        if (len == name.len && memcmp(at, name.data, len) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

void http_shown_put(const struct http_shown *shown, struct bytes json, struct buf *out) {
    struct json j;
    json_begin(out);
    bool good = json_read(&j, json) == E_ok;
    for (size_t i = 0; good && i < j.count; i++) {
        const struct json_member *m = &j.members[i];
        char *name = text_copy_bytes(m->name);
        if (list_has(shown->hide, m->name)) {
            free(name);
            continue;
        }
        if (list_has(shown->mask, m->name))
            json_put_text(out, name, bytes_text("***"));
        else if (m->kind == JSON_INT)
            json_put_int(out, name, m->integer);
        else if (m->kind == JSON_TEXT)
            json_put_text(out, name, m->text);
        free(name);
    }
    if (good)
        json_finish(&j);
    json_end(out);
}

/* ---- one list */

struct list {
    const struct connector_options *options;
    const struct connector_rows *rows;
    const struct http_shown *shown;
    const char *type;
    struct http_request *request;
    struct buf out;
    size_t count;
    bool failed; /* it is answered */
};

static void refuse(struct list *l, int status, const char *why) {
    http_answer_error(l->request, status, why);
    l->failed = true;
}

/* The handler's reply for a key, or null. Its status is the list's, not the row's. */
static void row_put(struct list *l, struct bytes key) {
    struct connector_request asked = { .type = l->type, .key = key, .json = bytes_text("{}") };
    struct buf reply = { 0 }, row = { 0 };
    int64_t status = 200;
    struct json j;
    enum error e = l->options->on_query(l->options->context, &asked, &reply);
    if (!e && json_read(&j, buf_bytes(&reply)) == E_ok) {
        (void)json_get_int(&j, "status", &status);
        json_finish(&j);
    }
    http_shown_put(l->shown, buf_bytes(&reply), &row);
    if (l->count++)
        buf_put_byte(&l->out, ',');
    if (e || status != 200)
        buf_put_text(&l->out, "null");
    else
        buf_put_bytes(&l->out, buf_bytes(&row));
    if (e && e != E_not_found)
        refuse(l, e == E_busy ? 503 : 500, error_story());
    else if (l->out.len > BYTES_MAX)
        refuse(l, 413, "the rows are over 16 MiB: ask for fewer at once");
    buf_finish(&reply);
    buf_finish(&row);
}

static void ids_put(struct list *l, struct bytes ids) {
    size_t many = 1;
    for (size_t i = 0; i < ids.len; i++)
        many += ids.data[i] == ',';
    if (many > IDS_MAX) {
        refuse(l, 400, "at most 1000 ids at once");
        return;
    }
    while (!l->failed && ids.data) {
        const uint8_t *comma = ids.len ? memchr(ids.data, ',', ids.len) : NULL;
        size_t len = comma ? (size_t)(comma - ids.data) : ids.len;
        row_put(l, bytes_part(ids, 0, len));
        ids = comma ? bytes_part(ids, len + 1, ids.len - len - 1) : (struct bytes){ 0 };
    }
}

/* ---- by what rows say */

static size_t table_of(const struct list *l) {
    const char *type = strncmp(l->type, "query:", 6) == 0 ? l->type + 6 : l->type;
    for (size_t i = 0; i < l->rows->table_count; i++) {
        size_t len = strlen(l->rows->tables[i].name);
        if (strncmp(type, l->rows->tables[i].name, len) == 0 && type[len] == '-')
            return i;
    }
    return SIZE_MAX;
}

static bool number_read(const char *text, int64_t *out) {
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return *text && end && !*end && strlen(text) < 20;
}

/* The index whose column the query names, and the value. `text` keeps it. False: none, or it is
 * answered. */
static bool wanted_read(struct list *l, struct rows_wanted *w, struct buf *text) {
    size_t table = table_of(l);
    for (size_t i = 0; i < l->rows->index_count; i++) {
        const struct rows_index *index = &l->rows->indexes[i];
        if (index->table != table)
            continue;
        const struct rows_column *column = &l->rows->tables[table].columns[index->column];
        struct bytes name = bytes_text(column->name);
        buf_clear(text);
        if (list_has(l->shown->hide, name) || list_has(l->shown->mask, name)
            || !http_query(l->request, column->name, text))
            continue;
        *w = (struct rows_wanted){ i, { .kind = ROWS_TEXT, .text = buf_bytes(text) } };
        if (!column->is_int)
            return true;
        w->value = (struct rows_value){ .kind = ROWS_INT };
        if (number_read(buf_text(text), &w->value.integer))
            return true;
        refuse(l, 400, "a whole number is wanted for this column");
        return false;
    }
    return false;
}

static void one_put(struct list *l, const struct rows_wanted *w) {
    struct rows_value values[COLUMNS_MAX];
    struct buf key = { 0 };
    enum rows_newest newest = rows_newest_find(l->rows, w, values, &key);
    if (newest == ROWS_ONE)
        row_put(l, buf_bytes(&key));
    else if (newest == ROWS_TWO)
        refuse(l, 503, "two rows say that at this moment: ask again");
    buf_finish(&key);
}

/* A parameter that is a number; false: it is answered. */
static bool number_given(struct list *l, const char *name, int64_t most, int64_t *out) {
    struct buf text = { 0 };
    bool good = !http_query(l->request, name, &text)
                || (number_read(buf_text(&text), out) && *out >= 0 && *out <= most);
    if (!good)
        refuse(l, 400, "limit is 1 to 1000, after what `next` was");
    buf_finish(&text);
    return good;
}

/* Keys first: asking a handler for a row may move what a walk stands on. */
static void all_put(struct list *l, const struct rows_wanted *w, uint64_t *at) {
    struct rows_value values[COLUMNS_MAX];
    struct buf keys = { 0 };
    struct bytes key;
    int64_t limit = LIMIT_DEFAULT, after = 0;
    if (!number_given(l, "limit", LIMIT_MAX, &limit)
        || !number_given(l, "after", INT64_MAX, &after))
        return;
    *at = (uint64_t)after;
    do {
        if (!l->rows->find(l->rows->context, w->index, &w->value, at, &key, values))
            break;
        buf_put_be32(&keys, (uint32_t)key.len);
        buf_put_bytes(&keys, key);
    } while (
        *at
        && (--limit > 0 || !l->rows->find_may_rest(l->rows->context, w->index, &w->value, *at)));
    for (size_t i = 0; i < keys.len && !l->failed;) {
        const uint8_t *len = keys.data + i;
        key = bytes_of(len + 4,
                       (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3]);
        row_put(l, key);
        i += 4 + key.len;
    }
    buf_finish(&keys);
}

static void found_put(struct list *l, uint64_t *at) {
    struct rows_wanted w;
    struct buf text = { 0 };
    if (wanted_read(l, &w, &text)) {
        if (l->rows->indexes[w.index].unique)
            one_put(l, &w);
        else
            all_put(l, &w, at);
    } else if (!l->failed) {
        refuse(l, 400, "name ids, or a column by which rows are found: `unique` or `index`");
    }
    buf_finish(&text);
}

void http_list_answer(const struct connector_options *o, const struct http_shown *shown,
                      const char *type, struct http_request *r) {
    struct list l = { .options = o, .rows = o->rows, .shown = shown, .type = type, .request = r };
    struct buf ids = { 0 };
    uint64_t at = 0;
    buf_put_text(&l.out, "{\"rows\":[");
    if (http_query(r, "ids", &ids))
        ids_put(&l, buf_bytes(&ids));
    else
        found_put(&l, &at);
    buf_put_text(&l.out, "]");
    if (at)
        buf_print(&l.out, ",\"next\":\"%" PRIu64 "\"", at);
    buf_put_text(&l.out, "}");
    if (!l.failed)
        http_answer(r, &(struct http_answer){ .status = 200, .body = buf_bytes(&l.out) });
    buf_finish(&l.out);
    buf_finish(&ids);
}
