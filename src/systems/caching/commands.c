/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ls, show and tail. The tables' columns are not known by name here: a row is version, time, then
 * deleted or origin, then the fields. */
#include "caching.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_FIELD = 3 };

struct listing {
    struct octavo_session *session;
    const char *id; /* only this one; NULL: all */
    const char *where;
    bool graves; /* a source's rows may be graves */
    size_t count;
};

static void row_json(const struct listing *l, struct octavo_text id,
                     const struct octavo_value *values, size_t count) {
    octavo_print(l->session, "{\"where\":\"%s\",", l->where);
    octavo_print_member(l->session, "id", id);
    octavo_print(l->session, ",\"version\":%" PRId64 ",\"time\":%" PRId64 ",\"fields\":[",
                 values[0].integer, values[1].integer);
    for (size_t i = FIRST_FIELD; i < count; i++) {
        octavo_print(l->session, i > FIRST_FIELD ? "," : "");
        if (values[i].kind == OCTAVO_TEXT)
            octavo_print_json(l->session, values[i].text);
        else if (values[i].kind == OCTAVO_INT)
            octavo_print(l->session, "%" PRId64, values[i].integer);
        else
            octavo_print(l->session, "null");
    }
    octavo_print(l->session, "]}\n");
}

static void row_text(const struct listing *l, struct octavo_text id,
                     const struct octavo_value *values, size_t count) {
    octavo_print(l->session, "%-24s %-20.*s version %-6" PRId64, l->where, (int)id.len, id.data,
                 values[0].integer);
    for (size_t i = FIRST_FIELD; i < count; i++)
        if (values[i].kind == OCTAVO_TEXT)
            octavo_print(l->session, " %.*s", (int)values[i].text.len, values[i].text.data);
        else if (values[i].kind == OCTAVO_INT)
            octavo_print(l->session, " %" PRId64, values[i].integer);
    octavo_print(l->session, "\n");
}

static void row_print(struct listing *l, struct octavo_text id, const struct octavo_value *values,
                      size_t count) {
    bool is_grave = l->graves && values[2].integer;
    if (count < FIRST_FIELD || is_grave || (l->id && !octavo_text_is(id, l->id)))
        return;
    l->count++;
    if (octavo_json_wanted(l->session))
        row_json(l, id, values, count);
    else
        row_text(l, id, values, count);
}

static void on_source_row(void *context, struct octavo_text key, struct octavo_text sub,
                          const struct octavo_value *values, size_t count) {
    (void)key;
    row_print(context, sub, values, count);
}

static void on_cache_row(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *values, size_t count) {
    (void)sub;
    row_print(context, key, values, count);
}

int caching_list(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s, .where = "crm", .graves = true };
    const char *entity = "customer";
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "[ENTITY]", &entity }, NULL))
        return USAGE;
    return octavo_rows(s, "crm", entity, NULL, on_source_row, &l) ? DONE : FAILED;
}

int caching_show(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s, .where = "crm", .graves = true };
    const char *words[2] = { NULL, "customer" };
    char where[48];
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "ID [ENTITY]", words }, NULL))
        return USAGE;
    const char *entity = words[1];
    l.id = words[0];
    if (!octavo_rows(s, "crm", entity, NULL, on_source_row, &l))
        return FAILED;
    l.graves = false;
    l.where = where;
    for (int32_t task = 0; task < octavo_tasks(s, "operational-data-cache"); task++) {
        (void)snprintf(where, sizeof(where), "cache %d", (int)task);
        if (octavo_task_has_store(s, "operational-data-cache", task)
            && !octavo_rows_of_task(s, "operational-data-cache", task, entity, l.id, on_cache_row,
                                    &l))
            return FAILED;
    }
    if (!l.count)
        (void)fprintf(stderr, "octavo: there is no %s %s; see `octavo caching ls`\n", entity, l.id);
    return l.count ? DONE : FOUND_WRONG;
}

static bool on_record(void *context, const struct octavo_record *r) {
    struct listing *l = context;
    if (octavo_text_is(r->type, "octavo.tick") || (l->id && !octavo_text_is(r->key, l->id)))
        return true;
    octavo_print(l->session,
                 "{\"topic\":\"%s\",\"partition\":%d,\"offset\":%" PRId64 ",\"time\":%" PRId64 ",",
                 l->where, (int)r->partition, r->offset, r->time_ms);
    octavo_print_member(l->session, "type", r->type);
    octavo_print(l->session, ",");
    octavo_print_member(l->session, "key", r->key);
    octavo_print(l->session, ",\"value\":%.*s}\n", r->json.len ? (int)r->json.len : 4,
                 r->json.len ? r->json.data : "null");
    return true;
}

int caching_tail(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "[ID]", &l.id }, NULL))
        return USAGE;
    l.where = "customer-created";
    if (!octavo_records(s, l.where, on_record, &l))
        return FAILED;
    l.where = "customer-updated";
    return octavo_records(s, l.where, on_record, &l) ? DONE : FAILED;
}
