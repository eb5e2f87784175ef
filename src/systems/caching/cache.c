/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The cache: two topics folded into one row for each key, whatever order they come in.
 *
 * A version is taken when it is higher than what is there; so late ones, repeats, and an update
 * before its creation are harmless. The same version with other content is a lie of the source: it
 * is passed by and told. A deletion has a version too, and leaves a grave with it: nothing older
 * comes back. The grave goes when no cache can still read what is older (graves_keep_days).
 *
 * A deletion is told in both topics, each time followed by a tombstone, which has no version. Where
 * compaction has left the tombstone alone, it ends what its own topic has told: a row that the
 * other topic has told is newer than it, or will be ended there. So the row knows its origin.
 *
 * created: C1 D6 T            The row is of `updated` (U5). T of `created` leaves it, T of
 * `updated` updated:    U2 .. U5 D6 T   ends it. Made again as C7 it is of `created`, behind T
 * there. */
#include "caching.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000, KEEP_DAYS = 2, KEEP_DAYS_MAX = 3660 };

enum { GRAVE_VERSION, GRAVE_INTO, GRAVE_COLUMNS };

static int64_t grave_version(struct octavo_step *s, const struct entity *e) {
    struct octavo_value grave[GRAVE_COLUMNS];
    return octavo_row_get(s, "grave", octavo_text(e->name), grave, GRAVE_COLUMNS)
               ? grave[GRAVE_VERSION].integer
               : 0;
}

static int64_t keep_ms(struct octavo_step *s) {
    const char *text = octavo_setting(s, "graves_keep_days", "");
    long days = strtol(text, NULL, 10);
    return (days >= 1 && days <= KEEP_DAYS_MAX ? days : KEEP_DAYS) * (int64_t)DAY_MS;
}

/* A merged customer's grave says where it went. */
static void bury(struct octavo_step *s, const struct entity *e, int64_t version) {
    struct octavo_value grave[GRAVE_COLUMNS] = { octavo_int_value(version),
                                                 { .kind = OCTAVO_NULL } };
    struct octavo_text into;
    if (octavo_event_text(s, "merged_into", &into))
        grave[GRAVE_INTO] = octavo_text_value(into);
    char name[ENTITY_CHARS + 8];
    size_t len = strlen(e->name);
    memcpy(name, e->name, len);
    memcpy(name + len, "-bury", sizeof("-bury"));
    octavo_row_put(s, "grave", octavo_text(e->name), grave, GRAVE_COLUMNS);
    octavo_timer_set_event_time(s, name, octavo_event_key(s), octavo_event_time_ms(s) + keep_ms(s));
}

static bool is_created(struct octavo_step *s) {
    static const char end[] = "-created";
    struct octavo_text topic = octavo_event_topic(s);
    size_t len = sizeof(end) - 1;
    return topic.len > len && memcmp(topic.data + topic.len - len, end, len) == 0;
}

/* ---- told */

static enum octavo_outcome version_take(struct octavo_step *s, const struct entity *e,
                                        struct octavo_value *told) {
    struct octavo_value row[COLUMNS_MAX];
    bool found = octavo_row_get(s, e->name, octavo_text(""), row, e->count);
    int64_t version = told[e->version].integer;
    int64_t have = found ? row[e->version].integer : grave_version(s, e);
    if (found && version == have && !entity_same(e, row, told))
        return octavo_refuse(s, OCTAVO_PARK, "version %lld was told with other content before",
                             (long long)version);
    if (version <= have)
        return OCTAVO_DONE;
    octavo_row_put(s, e->name, octavo_text(""), told, e->count);
    if (!found && have)
        octavo_row_delete(s, "grave", octavo_text(e->name));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_told(struct octavo_step *s, const char *suffix) {
    struct octavo_value told[COLUMNS_MAX];
    struct entity e;
    int64_t version, time;
    if (!entity_find(s, suffix, &e))
        return octavo_refuse(s, OCTAVO_PARK, "there is no table for it");
    if (!octavo_event_int(s, "version", &version) || version < 1
        || !octavo_event_int(s, "time", &time))
        return octavo_refuse(s, OCTAVO_PARK, "it has no version or no time");
    entity_take(s, &e, told);
    told[e.version] = octavo_int_value(version);
    told[e.time] = octavo_int_value(time);
    if (e.origin >= 0)
        told[e.origin] = octavo_int_value(!is_created(s));
    return version_take(s, &e, told);
}

static enum octavo_outcome on_created(struct octavo_step *s) {
    return on_told(s, "-created");
}

static enum octavo_outcome on_updated(struct octavo_step *s) {
    return on_told(s, "-updated");
}

/* ---- deleted */

/* A tombstone has no version. A block that its source sends again, as it died before it knew that
 * the block is there, may hold one that is older than what was made since: the source's time tells.
 */
static enum octavo_outcome on_tombstone(struct octavo_step *s, const struct entity *e) {
    struct octavo_value row[COLUMNS_MAX];
    if (!octavo_row_get(s, e->name, octavo_text(""), row, e->count)
        || (e->origin >= 0 && row[e->origin].integer != !is_created(s))
        || octavo_event_time_ms(s) < row[e->time].integer)
        return OCTAVO_DONE;
    octavo_row_delete(s, e->name, octavo_text(""));
    bury(s, e, row[e->version].integer);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_deleted(struct octavo_step *s) {
    struct octavo_value row[COLUMNS_MAX];
    struct entity e;
    int64_t version;
    if (!entity_find(s, "-deleted", &e))
        return octavo_refuse(s, OCTAVO_PARK, "there is no table for it");
    if (!octavo_event_json(s).len)
        return on_tombstone(s, &e);
    if (!octavo_event_int(s, "version", &version) || version < 1)
        return octavo_refuse(s, OCTAVO_PARK, "it has no version");
    bool found = octavo_row_get(s, e.name, octavo_text(""), row, e.count);
    if (version <= (found ? row[e.version].integer : grave_version(s, &e)))
        return OCTAVO_DONE;
    if (found)
        octavo_row_delete(s, e.name, octavo_text(""));
    bury(s, &e, version);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_bury(struct octavo_step *s) {
    struct entity e;
    if (entity_find(s, "-bury", &e))
        octavo_row_delete(s, "grave", octavo_text(e.name));
    return OCTAVO_DONE;
}

/* ---- read over HTTP, by query:NAME-read */

static enum octavo_outcome on_read(struct octavo_step *s) {
    struct octavo_value row[COLUMNS_MAX];
    struct entity e;
    struct octavo_value grave[GRAVE_COLUMNS];
    bool asks = entity_find(s, "-read", &e);
    bool found = asks && octavo_row_get(s, e.name, octavo_text(""), row, e.count);
    bool moved = asks && !found
                 && octavo_row_get(s, "grave", octavo_text(e.name), grave, GRAVE_COLUMNS)
                 && grave[GRAVE_INTO].kind == OCTAVO_TEXT;
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "status", found ? 200 : moved ? 410 : 404);
    if (found) {
        octavo_put_text(s, "id", octavo_event_key(s));
        octavo_put_int(s, "version", row[e.version].integer);
        octavo_put_int(s, "time", row[e.time].integer);
        entity_put(s, &e, row);
    } else if (moved) {
        octavo_put_text(s, "detail", octavo_text("it was merged into another"));
        octavo_put_text(s, "merged_into", grave[GRAVE_INTO].text);
    } else {
        octavo_put_text(s, "detail", octavo_text("there is none with this id here"));
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

const struct octavo_handler cache_handlers[] = {
    { "*-updated", on_updated }, { "*-created", on_created }, { "*-deleted", on_deleted },
    { "*-bury", on_bury },       { "*-read", on_read },       { NULL, NULL },
};
