/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows of somebody else's table, as a source of it says them: NAME-captured.
 *
 * The CRM follows: what it is told becomes its row, with a version of its own, so that the topics
 * and the caches cannot tell where a customer is kept. What is as it was has no new version. The
 * fields capture_op and capture_snapshot say what it is (put, gone, whole, keep, wrong), and in
 * which reading of the whole table; 0 where there is no such thing.
 *
 * After a reading that is not the first (the source could not say what happened meanwhile) who was
 * not seen in it is gone. The ids that ever were captured stand in pages of 64, and a timer goes
 * through them, a page at a time. */
#include "crm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_IDS = 64,
    NAME_BYTES = ENTITY_CHARS + ID_CHARS + 24,
    PAGE_BYTES = PAGE_IDS * (ID_CHARS + 8)
};
enum { CAPTURED_SEEN, CAPTURED_COLUMNS };
enum { PAGE_TEXT, PAGE_COUNT, PAGE_COLUMNS };

/* "customer 00001"; of the number of pages "customer". */
static struct octavo_text name_of(const struct asked *a, struct octavo_text id,
                                  char out[NAME_BYTES]) {
    int len = snprintf(out, NAME_BYTES, "%s%s%.*s", a->entity.name, id.len ? " " : "", (int)id.len,
                       id.data ? id.data : "");
    return (struct octavo_text){ out, (size_t)len };
}

static struct octavo_text page_name(const struct asked *a, int64_t page, char out[NAME_BYTES]) {
    int len = snprintf(out, NAME_BYTES, "%s %" PRId64, a->entity.name, page);
    return (struct octavo_text){ out, (size_t)len };
}

static int64_t pages_get(const struct asked *a) {
    char name[NAME_BYTES];
    struct octavo_value row[CAPTURED_COLUMNS];
    return octavo_row_get(a->step, "captured", name_of(a, octavo_text(""), name), row,
                          CAPTURED_COLUMNS)
               ? row[CAPTURED_SEEN].integer
               : 0;
}

/* Behind the ids of the last page: "5:00001". */
static void page_add(const struct asked *a) {
    char name[NAME_BYTES], text[PAGE_BYTES];
    struct octavo_value page[PAGE_COLUMNS], count[CAPTURED_COLUMNS];
    int64_t pages = pages_get(a);
    bool found =
        pages
        && octavo_row_get(a->step, "captured_page", page_name(a, pages, name), page, PAGE_COLUMNS);
    if (!found || page[PAGE_COUNT].integer >= PAGE_IDS) {
        count[CAPTURED_SEEN] = octavo_int_value(++pages);
        octavo_row_put(a->step, "captured", name_of(a, octavo_text(""), name), count,
                       CAPTURED_COLUMNS);
        page[PAGE_TEXT] = octavo_text_value(octavo_text(""));
        page[PAGE_COUNT] = octavo_int_value(0);
    }
    struct octavo_text before = page[PAGE_TEXT].text;
    int len = snprintf(text, sizeof(text), "%.*s%zu:%.*s", (int)before.len, before.data, a->id.len,
                       (int)a->id.len, a->id.data);
    page[PAGE_TEXT] = octavo_text_value((struct octavo_text){ text, (size_t)len });
    page[PAGE_COUNT].integer++;
    octavo_row_put(a->step, "captured_page", page_name(a, pages, name), page, PAGE_COLUMNS);
}

static void seen_note(const struct asked *a, int64_t snapshot) {
    char name[NAME_BYTES];
    struct octavo_value row[CAPTURED_COLUMNS];
    struct octavo_text sub = name_of(a, a->id, name);
    bool found = octavo_row_get(a->step, "captured", sub, row, CAPTURED_COLUMNS);
    if (!snapshot || (found && row[CAPTURED_SEEN].integer == snapshot))
        return;
    row[CAPTURED_SEEN] = octavo_int_value(snapshot);
    octavo_row_put(a->step, "captured", sub, row, CAPTURED_COLUMNS);
    if (!found)
        page_add(a);
}

/* ---- who is gone */

static void sweep_set(const struct asked *a, int64_t snapshot, int64_t page) {
    char name[ENTITY_CHARS + 8], key[48];
    (void)snprintf(name, sizeof(name), "%s-sweep", a->entity.name);
    (void)snprintf(key, sizeof(key), "%" PRId64 "/%" PRId64, snapshot, page);
    octavo_timer_set(a->step, name, octavo_text(key), octavo_event_time_ms(a->step));
}

static void one_sweep(struct asked *a, int64_t snapshot) {
    char name[NAME_BYTES];
    struct octavo_value row[CAPTURED_COLUMNS];
    if (!octavo_row_get(a->step, "captured", name_of(a, a->id, name), row, CAPTURED_COLUMNS)
        || row[CAPTURED_SEEN].integer >= snapshot)
        return;
    asked_look(a);
    if (!a->lives)
        return;
    asked_erase(a);
    asked_put(a);
}

/* The ids of a page lie in the row until it is put, and none is put here. */
static void page_sweep(struct asked *a, int64_t snapshot, struct octavo_text ids) {
    const char *at = ids.data, *end = ids.data + ids.len;
    while (at < end) {
        char *colon;
        size_t len = strtoul(at, &colon, 10);
        at = colon + 1;
        a->id = (struct octavo_text){ at, len };
        one_sweep(a, snapshot);
        at += len;
    }
}

enum octavo_outcome on_sweep(struct octavo_step *s) {
    struct asked a = { .step = s };
    char key[48], ids[PAGE_BYTES], name[NAME_BYTES], *slash;
    struct octavo_value page[PAGE_COLUMNS];
    struct octavo_text at = octavo_event_key(s);
    if (at.len >= sizeof(key) || !entity_find(s, "-sweep", &a.entity))
        return OCTAVO_DONE;
    memcpy(key, at.data, at.len);
    key[at.len] = 0;
    int64_t snapshot = strtoll(key, &slash, 10), number = *slash ? strtoll(slash + 1, NULL, 10) : 0;
    if (!octavo_row_get(s, "captured_page", page_name(&a, number, name), page, PAGE_COLUMNS))
        return OCTAVO_DONE;
    struct octavo_text text = page[PAGE_TEXT].text;
    int len = snprintf(ids, sizeof(ids), "%.*s", (int)text.len, text.data);
    page_sweep(&a, snapshot, (struct octavo_text){ ids, (size_t)len });
    if (number < pages_get(&a))
        sweep_set(&a, snapshot, number + 1);
    return OCTAVO_DONE;
}

/* ---- what is said */

static enum octavo_outcome gone_take(struct asked *a) {
    if (!a->lives)
        return OCTAVO_DONE;
    asked_erase(a);
    asked_put(a);
    return OCTAVO_DONE;
}

static enum octavo_outcome put_take(struct asked *a) {
    const struct entity *e = &a->entity;
    struct octavo_value before[COLUMNS_MAX];
    char wrong[160];
    for (size_t i = 0; i < e->count && !a->lives; i++)
        if (entity_is_field(e, i))
            a->row[i] = (struct octavo_value){ .kind = OCTAVO_NULL };
    memcpy(before, a->row, sizeof(before));
    const char *why = captured_over(a->step, e, a->row, wrong);
    if (why)
        return octavo_refuse(a->step, OCTAVO_PARK, "%s", why);
    if (a->lives && entity_same(e, before, a->row))
        return OCTAVO_DONE;
    version_next(a);
    a->row[e->deleted] = octavo_int_value(0);
    changed_tell(a, a->lives ? "updated" : "created");
    asked_put(a);
    return OCTAVO_DONE;
}

enum octavo_outcome on_captured(struct octavo_step *s) {
    struct asked a = { .step = s };
    struct octavo_text op = octavo_text("put");
    int64_t snapshot = 0;
    (void)octavo_event_text(s, "capture_op", &op);
    (void)octavo_event_int(s, "capture_snapshot", &snapshot);
    if (!entity_find(s, "-captured", &a.entity) || a.entity.deleted < 0)
        return octavo_refuse(s, OCTAVO_PARK, "there is no table for it");
    struct octavo_text reason = octavo_text("it cannot be read");
    if (octavo_text_is(op, "wrong")) {
        (void)octavo_event_text(s, "capture_reason", &reason);
        return octavo_refuse(s, OCTAVO_PARK, "%.*s", (int)reason.len, reason.data);
    }
    if (octavo_text_is(op, "whole") && snapshot > 1)
        sweep_set(&a, snapshot, 1);
    if (octavo_text_is(op, "whole") || octavo_text_is(op, "keep"))
        return OCTAVO_DONE;
    if (!octavo_event_text(s, "id", &a.id) || !a.id.len || a.id.len > ID_CHARS)
        return octavo_refuse(s, OCTAVO_PARK, "an id of 1 to 200 characters is wanted");
    asked_look(&a);
    enum octavo_outcome outcome = octavo_text_is(op, "gone") ? gone_take(&a) : put_take(&a);
    if (outcome == OCTAVO_DONE)
        seen_note(&a, snapshot);
    return outcome;
}
