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
 * not seen in it is gone. A row that waits for an operator was not seen yet: so its erasing is a
 * timer of its own key, which waits behind it and looks again. */
#include "crm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = ENTITY_CHARS + ID_CHARS + 8 };
enum { CAPTURED_SEEN, CAPTURED_COLUMNS };

/* "customer 00001" */
static struct octavo_text name_of(const struct asked *a, char out[NAME_BYTES]) {
    int len = snprintf(out, NAME_BYTES, "%s %.*s", a->entity.name, (int)a->id.len, a->id.data);
    return (struct octavo_text){ out, (size_t)len };
}

static void seen_note(const struct asked *a, int64_t snapshot) {
    char name[NAME_BYTES];
    struct octavo_value row[CAPTURED_COLUMNS];
    if (!snapshot)
        return;
    struct octavo_text sub = name_of(a, name);
    if (octavo_row_get(a->step, "captured", sub, row, CAPTURED_COLUMNS)
        && row[CAPTURED_SEEN].integer == snapshot)
        return;
    row[CAPTURED_SEEN] = octavo_int_value(snapshot);
    octavo_row_put(a->step, "captured", sub, row, CAPTURED_COLUMNS);
}

/* ---- who is gone */

static bool was_seen(const struct asked *a, int64_t snapshot) {
    char name[NAME_BYTES];
    struct octavo_value row[CAPTURED_COLUMNS];
    return !octavo_row_get(a->step, "captured", name_of(a, name), row, CAPTURED_COLUMNS)
           || row[CAPTURED_SEEN].integer >= snapshot;
}

static void one_sweep(struct asked *a, int64_t snapshot) {
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "%s-swept", a->entity.name);
    if (!was_seen(a, snapshot))
        octavo_timer_set(a->step, name, a->id, octavo_event_time_ms(a->step));
}

enum octavo_outcome on_sweep(struct octavo_step *s) {
    struct asked a = { .step = s };
    if (entity_find(s, "-sweep", &a.entity))
        ids_page(&a, "sweep", one_sweep);
    return OCTAVO_DONE;
}

/* The newest whole reading stands under the name of nobody, "customer ". */
enum octavo_outcome on_swept(struct octavo_step *s) {
    char name[NAME_BYTES];
    struct asked a = { .step = s };
    struct octavo_value row[CAPTURED_COLUMNS];
    if (!entity_find(s, "-swept", &a.entity)
        || !octavo_row_get(s, "captured", name_of(&a, name), row, CAPTURED_COLUMNS))
        return OCTAVO_DONE;
    a.id = octavo_event_key(s);
    if (was_seen(&a, row[CAPTURED_SEEN].integer))
        return OCTAVO_DONE;
    asked_look(&a);
    if (!a.lives)
        return OCTAVO_DONE;
    asked_erase(&a);
    asked_put(&a);
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
    if (!a->known)
        ids_add(a);
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
    if (octavo_text_is(op, "whole") && snapshot > 1) {
        seen_note(&a, snapshot);
        ids_walk(&a, "sweep", snapshot);
    }
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

/* ---- what is to be told again: `octavo caching audit --repair` */

static void one_retell(struct asked *a, int64_t purpose) {
    (void)purpose;
    asked_look(a);
    if (a->known)
        asked_tell_again(a);
}

enum octavo_outcome on_retell(struct octavo_step *s) {
    struct asked a = { .step = s };
    if (entity_find(s, "-retell", &a.entity))
        ids_page(&a, "retell", one_retell);
    return OCTAVO_DONE;
}

/* An id, or "*" for all; `number` is that of the asking. */
enum octavo_outcome on_repair(struct octavo_step *s) {
    struct asked a = { .step = s };
    struct octavo_text text;
    struct octavo_value row[CAPTURED_COLUMNS] = { octavo_int_value(0) };
    char digits[24] = "", name[NAME_BYTES];
    if (!octavo_event_text(s, "number", &text) || text.len >= sizeof(digits)
        || !octavo_event_text(s, "id", &a.id) || a.id.len > ID_CHARS
        || !entity_find(s, "-repair", &a.entity) || a.entity.deleted < 0)
        return octavo_refuse(s, OCTAVO_PARK, "a number, an id and an entity are wanted");
    memcpy(digits, text.data, text.len);
    row[CAPTURED_SEEN].integer = strtoll(digits, NULL, 10);
    (void)snprintf(name, sizeof(name), "%s", a.entity.name);
    octavo_row_put(s, "captured", octavo_text(name), row, CAPTURED_COLUMNS);
    if (octavo_text_is(a.id, "*"))
        ids_walk(&a, "retell", row[CAPTURED_SEEN].integer);
    else
        one_retell(&a, 0);
    return OCTAVO_DONE;
}
