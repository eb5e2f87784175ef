/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The ids of an entity, in the table id_page: sub "customer 7" is the seventh page, 64 ids as
 * "5:00001", one behind the other; sub "customer" counts the pages. An id is added once, when its
 * row is made, and stays, as its row does. Where the table is not declared nothing is kept, and
 * there is nothing to walk. */
#include "crm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_IDS = 64,
    NAME_BYTES = ENTITY_CHARS + 24,
    KEY_BYTES = 48,
    PAGE_BYTES = PAGE_IDS * (ID_CHARS + 8)
};
enum { PAGE_TEXT, PAGE_COUNT, PAGE_COLUMNS };

static bool is_kept(const struct asked *a) {
    struct octavo_column columns[PAGE_COLUMNS];
    return octavo_columns(a->step, "id_page", columns, PAGE_COLUMNS) == PAGE_COLUMNS;
}

/* page 0: the count of them. */
static struct octavo_text page_name(const struct asked *a, int64_t page, char out[NAME_BYTES]) {
    int len = page ? snprintf(out, NAME_BYTES, "%s %" PRId64, a->entity.name, page)
                   : snprintf(out, NAME_BYTES, "%s", a->entity.name);
    return (struct octavo_text){ out, (size_t)len };
}

static bool page_get(const struct asked *a, int64_t page, struct octavo_value *row) {
    char name[NAME_BYTES];
    return octavo_row_get(a->step, "id_page", page_name(a, page, name), row, PAGE_COLUMNS);
}

static void page_put(const struct asked *a, int64_t page, struct octavo_text ids, int64_t count) {
    char name[NAME_BYTES];
    struct octavo_value row[PAGE_COLUMNS] = { octavo_text_value(ids), octavo_int_value(count) };
    octavo_row_put(a->step, "id_page", page_name(a, page, name), row, PAGE_COLUMNS);
}

static int64_t pages_get(const struct asked *a) {
    struct octavo_value row[PAGE_COLUMNS];
    return page_get(a, 0, row) ? row[PAGE_COUNT].integer : 0;
}

void ids_add(const struct asked *a) {
    char text[PAGE_BYTES];
    struct octavo_value page[PAGE_COLUMNS];
    if (!is_kept(a))
        return;
    int64_t pages = pages_get(a);
    if (!pages || !page_get(a, pages, page) || page[PAGE_COUNT].integer >= PAGE_IDS) {
        page_put(a, 0, octavo_text(""), ++pages);
        page[PAGE_TEXT] = octavo_text_value(octavo_text(""));
        page[PAGE_COUNT] = octavo_int_value(0);
    }
    struct octavo_text before = page[PAGE_TEXT].text;
    int len = snprintf(text, sizeof(text), "%.*s%zu:%.*s", (int)before.len, before.data, a->id.len,
                       (int)a->id.len, a->id.data);
    page_put(a, pages, (struct octavo_text){ text, (size_t)len }, page[PAGE_COUNT].integer + 1);
}

/* ---- walking */

static void page_set(const struct asked *a, const char *suffix, int64_t purpose, int64_t page) {
    char name[ENTITY_CHARS + 24], key[KEY_BYTES];
    (void)snprintf(name, sizeof(name), "%s-%s", a->entity.name, suffix);
    (void)snprintf(key, sizeof(key), "%" PRId64 "/%" PRId64, purpose, page);
    octavo_timer_set(a->step, name, octavo_text(key), octavo_event_time_ms(a->step));
}

void ids_walk(const struct asked *a, const char *suffix, int64_t purpose) {
    if (is_kept(a))
        page_set(a, suffix, purpose, 1);
}

void ids_page(struct asked *a, const char *suffix, void (*each)(struct asked *a, int64_t purpose)) {
    char key[KEY_BYTES], ids[PAGE_BYTES], *slash, *colon;
    struct octavo_value page[PAGE_COLUMNS];
    struct octavo_text name = octavo_event_key(a->step);
    size_t len = name.len < sizeof(key) ? name.len : 0;
    memcpy(key, name.data, len);
    key[len] = 0;
    int64_t purpose = strtoll(key, &slash, 10), number = *slash ? strtoll(slash + 1, NULL, 10) : 0;
    if (!number || !page_get(a, number, page))
        return;
    (void)snprintf(ids, sizeof(ids), "%.*s", (int)page[PAGE_TEXT].text.len,
                   page[PAGE_TEXT].text.data); /* other rows are put while it is read */
    for (char *at = ids; *at; at += a->id.len) {
        a->id.len = strtoul(at, &colon, 10);
        a->id.data = at = colon + 1;
        each(a, purpose);
    }
    if (number < pages_get(a))
        page_set(a, suffix, purpose, number + 1);
}
