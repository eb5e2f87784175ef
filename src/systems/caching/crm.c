/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The CRM: a row and a version for each of an entity's ids, and a caller that gets one answer.
 *
 * A request is known again by its Idempotency-Key for a day: the same one gets the same answer,
 * another one with its key is refused. A version never comes twice, not even when what was deleted
 * is made again; its row stays as a grave without fields. The time of a row grows with its version
 * though the clock may be put back. Every answer of a write has a token: a cache that has read as
 * far as it says has read the write. */
#include "crm.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000, DIGEST_CHARS = 64 };
enum {
    REQUEST_DIGEST,
    REQUEST_STATUS,
    REQUEST_ID,
    REQUEST_VERSION,
    REQUEST_TOKEN,
    REQUEST_DETAIL,
    REQUEST_COLUMNS
};
enum {
    OK = 200,
    CREATED = 201,
    NOT_FOUND = 404,
    CONFLICT = 409,
    GONE = 410,
    PRECONDITION_FAILED = 412,
    UNPROCESSABLE = 422
};

struct answer {
    int64_t status, version;
    struct octavo_text id, token;
    const char *detail;
};

enum { MOVED_CHARS = ENTITY_CHARS + 1 + ID_CHARS };

/* ---- answers */

static void answer_tell(struct octavo_step *s, const struct octavo_value *row) {
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "status", row[REQUEST_STATUS].integer);
    octavo_put_text(s, "id", row[REQUEST_ID].text);
    if (row[REQUEST_VERSION].integer)
        octavo_put_int(s, "version", row[REQUEST_VERSION].integer);
    if (row[REQUEST_TOKEN].text.len)
        octavo_put_text(s, "token", row[REQUEST_TOKEN].text);
    if (row[REQUEST_DETAIL].text.len)
        octavo_put_text(s, "detail", row[REQUEST_DETAIL].text);
    octavo_end(s);
}

static void digest_of(struct octavo_step *s, char hex[65]) {
    struct octavo_text json = octavo_event_json(s), type = octavo_event_type(s);
    char of_json[65], both[65 + 256];
    octavo_sha256(json.data, json.len, of_json);
    int len = snprintf(both, sizeof(both), "%s %.*s", of_json,
                       (int)(type.len < 200 ? type.len : 200), type.data);
    octavo_sha256(both, (size_t)len, hex);
}

static void answer_keep(struct octavo_step *s, const struct answer *a) {
    struct octavo_value row[REQUEST_COLUMNS];
    char digest[65];
    digest_of(s, digest);
    row[REQUEST_DIGEST] = octavo_text_value(octavo_text(digest));
    row[REQUEST_STATUS] = octavo_int_value(a->status);
    row[REQUEST_ID] = octavo_text_value(a->id);
    row[REQUEST_VERSION] = octavo_int_value(a->version);
    row[REQUEST_TOKEN] = octavo_text_value(a->token.data ? a->token : octavo_text(""));
    row[REQUEST_DETAIL] = octavo_text_value(octavo_text(a->detail ? a->detail : ""));
    octavo_row_put(s, "request", octavo_event_key(s), row, REQUEST_COLUMNS);
    octavo_timer_set(s, "forget", octavo_event_key(s), octavo_event_time_ms(s) + DAY_MS);
    answer_tell(s, row);
}

static void refuse(struct octavo_step *s, struct octavo_text id, int64_t status,
                   const char *detail) {
    answer_keep(s, &(struct answer){ .status = status, .id = id, .detail = detail });
}

/* True: it was answered before, or its key was another's. */
static bool answered_before(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS];
    char digest[65];
    if (!octavo_row_get(s, "request", octavo_event_key(s), row, REQUEST_COLUMNS))
        return false;
    digest_of(s, digest);
    if (!octavo_text_is(row[REQUEST_DIGEST].text, digest)) {
        row[REQUEST_STATUS] = octavo_int_value(UNPROCESSABLE);
        row[REQUEST_VERSION] = octavo_int_value(0);
        row[REQUEST_TOKEN].text = octavo_text("");
        row[REQUEST_DETAIL].text = octavo_text("another request was made with this key");
    }
    answer_tell(s, row);
    return true;
}

static enum octavo_outcome on_forget(struct octavo_step *s) {
    octavo_row_delete(s, "request", octavo_event_key(s));
    return OCTAVO_DONE;
}

/* ---- what is asked of which */

void asked_look(struct asked *a) {
    a->known = octavo_row_get(a->step, a->entity.name, a->id, a->row, a->entity.count);
    a->lives = a->known && !a->row[a->entity.deleted].integer;
}

/* False: it has been answered. */
static bool asked_take(struct octavo_step *s, const char *suffix, struct asked *a) {
    a->step = s;
    if (answered_before(s))
        return false;
    if (!octavo_event_text(s, "id", &a->id) || !a->id.len || a->id.len > ID_CHARS) {
        refuse(s, octavo_text(""), UNPROCESSABLE, "an id of 1 to 200 characters is wanted");
        return false;
    }
    if (!entity_find(s, suffix, &a->entity) || a->entity.deleted < 0) {
        refuse(s, a->id, NOT_FOUND, "there is no such entity");
        return false;
    }
    asked_look(a);
    return true;
}

/* If-Match, or the field if_match; false: what is there is another version. */
static bool version_matches(const struct asked *a) {
    int64_t wanted;
    struct octavo_text text;
    if (octavo_event_int(a->step, "if_match", &wanted))
        return a->row[a->entity.version].integer == wanted;
    char have[32];
    (void)snprintf(have, sizeof(have), "%lld", (long long)a->row[a->entity.version].integer);
    return !octavo_event_text(a->step, "if_match", &text) || octavo_text_is(text, have);
}

void version_next(struct asked *a) {
    const struct entity *e = &a->entity;
    int64_t version = a->known ? a->row[e->version].integer : 0;
    int64_t after = a->known ? a->row[e->time].integer + 1 : 0;
    int64_t now = octavo_event_time_ms(a->step);
    a->row[e->version] = octavo_int_value(version + 1);
    a->row[e->time] = octavo_int_value(now > after ? now : after);
}

/* ---- telling */

static void event_begin(const struct asked *a, const char *topic, const char *what) {
    char full_topic[ENTITY_CHARS + 16], type[ENTITY_CHARS + 16];
    (void)snprintf(full_topic, sizeof(full_topic), "%s-%s", a->entity.name, topic);
    (void)snprintf(type, sizeof(type), "%s-%s", a->entity.name, what);
    octavo_event_begin(a->step, full_topic, type, a->id);
    octavo_put_text(a->step, "id", a->id);
    octavo_put_int(a->step, "version", a->row[a->entity.version].integer);
    octavo_put_int(a->step, "time", a->row[a->entity.time].integer);
}

void changed_tell(const struct asked *a, const char *topic) {
    event_begin(a, topic, topic);
    entity_put(a->step, &a->entity, a->row);
    octavo_end(a->step);
}

/* ---- who was merged into whom: said as long as nobody has the id again */

static struct octavo_text moved_name(const struct asked *a, char name[MOVED_CHARS + 1]) {
    int len =
        snprintf(name, MOVED_CHARS + 1, "%s %.*s", a->entity.name, (int)a->id.len, a->id.data);
    return (struct octavo_text){ name, (size_t)len };
}

static bool moved_get(const struct asked *a, struct octavo_text *into) {
    char name[MOVED_CHARS + 1];
    struct octavo_value row[1];
    bool found =
        octavo_row_get(a->step, "moved", moved_name(a, name), row, 1) && row[0].kind == OCTAVO_TEXT;
    *into = found ? row[0].text : octavo_text("");
    return found;
}

/* ---- telling that it is gone */

static void deleted_tell(const struct asked *a, const char *topic) {
    struct octavo_text into;
    char full_topic[ENTITY_CHARS + 16], type[ENTITY_CHARS + 16];
    (void)snprintf(full_topic, sizeof(full_topic), "%s-%s", a->entity.name, topic);
    (void)snprintf(type, sizeof(type), "%s-deleted", a->entity.name);
    bool moved = moved_get(a, &into);
    event_begin(a, topic, "deleted");
    if (moved)
        octavo_put_text(a->step, "merged_into", into);
    octavo_end(a->step);
    octavo_tombstone(a->step, full_topic, type, a->id);
}

void asked_put(const struct asked *a) {
    octavo_row_put(a->step, a->entity.name, a->id, a->row, a->entity.count);
}

static void written(const struct asked *a, int64_t status) {
    asked_put(a);
    answer_keep(a->step, &(struct answer){ .status = status,
                                           .id = a->id,
                                           .version = a->row[a->entity.version].integer,
                                           .token = octavo_event_token(a->step) });
}

/* ---- requests */

static enum octavo_outcome on_create(struct octavo_step *s) {
    struct asked a;
    char wrong[160];
    if (!asked_take(s, "-create-asked", &a))
        return OCTAVO_DONE;
    const struct entity *e = &a.entity;
    if (a.lives) {
        refuse(s, a.id, CONFLICT, "it is there already");
        return OCTAVO_DONE;
    }
    for (size_t i = 0; i < e->count; i++)
        if (entity_is_field(e, i))
            a.row[i] = (struct octavo_value){ .kind = OCTAVO_NULL };
    const char *why = request_over(s, e, a.row, wrong);
    if (why) {
        refuse(s, a.id, UNPROCESSABLE, why);
        return OCTAVO_DONE;
    }
    char name[MOVED_CHARS + 1];
    octavo_row_delete(s, "moved", moved_name(&a, name));
    version_next(&a);
    a.row[e->deleted] = octavo_int_value(0);
    changed_tell(&a, "created");
    if (!a.known)
        ids_add(&a);
    written(&a, CREATED);
    return OCTAVO_DONE;
}

/* One that is there, in the version that the asker has read; false: it was refused. */
static bool living_take(struct octavo_step *s, const char *suffix, struct asked *a) {
    if (!asked_take(s, suffix, a))
        return false;
    if (!a->lives) {
        refuse(s, a->id, NOT_FOUND, "there is none with this id");
        return false;
    }
    if (!version_matches(a)) {
        refuse(s, a->id, PRECONDITION_FAILED, "it has another version by now: read it again");
        return false;
    }
    return true;
}

static enum octavo_outcome on_patch(struct octavo_step *s) {
    struct asked a;
    char wrong[160];
    if (!living_take(s, "-patch-asked", &a))
        return OCTAVO_DONE;
    const char *why = request_over(s, &a.entity, a.row, wrong);
    if (why) {
        refuse(s, a.id, UNPROCESSABLE, why);
        return OCTAVO_DONE;
    }
    version_next(&a);
    changed_tell(&a, "updated");
    written(&a, OK);
    return OCTAVO_DONE;
}

void asked_erase(struct asked *a) {
    version_next(a);
    for (size_t i = 0; i < a->entity.count; i++)
        if (entity_is_field(&a->entity, i))
            a->row[i] = (struct octavo_value){ .kind = OCTAVO_NULL };
    a->row[a->entity.deleted] = octavo_int_value(1);
    deleted_tell(a, "created");
    deleted_tell(a, "updated");
}

static enum octavo_outcome on_delete(struct octavo_step *s) {
    struct asked a;
    if (!living_take(s, "-delete-asked", &a))
        return OCTAVO_DONE;
    asked_erase(&a);
    written(&a, OK);
    return OCTAVO_DONE;
}

/* The one who stays, in `into`; NULL, or why not. */
static const char *into_find(const struct asked *a, struct asked *into) {
    *into = *a;
    if (!octavo_event_text(a->step, "into", &into->id) || !into->id.len || into->id.len > ID_CHARS
        || octavo_text_equal(into->id, a->id))
        return "into whom? another id is wanted";
    asked_look(into);
    return into->lives ? NULL : "there is none with the id that it goes into";
}

/* The one who stays gets the fields that it has not, and a version; the other is erased, and says
 * for whom it went. */
static void merge(struct asked *a, struct asked *into) {
    const struct entity *e = &a->entity;
    struct octavo_value moved[] = { octavo_text_value(into->id) };
    char name[MOVED_CHARS + 1];
    for (size_t i = 0; i < e->count; i++)
        if (entity_is_field(e, i) && into->row[i].kind == OCTAVO_NULL)
            into->row[i] = a->row[i];
    version_next(into);
    changed_tell(into, "updated");
    octavo_row_put(a->step, e->name, into->id, into->row, e->count);
    octavo_row_put(a->step, "moved", moved_name(a, name), moved, 1);
    asked_erase(a);
}

static enum octavo_outcome on_merge(struct octavo_step *s) {
    struct asked a, into;
    if (!living_take(s, "-merge-asked", &a))
        return OCTAVO_DONE;
    const char *why = into_find(&a, &into);
    if (why) {
        refuse(s, a.id, UNPROCESSABLE, why);
        return OCTAVO_DONE;
    }
    merge(&a, &into);
    written(&a, OK);
    return OCTAVO_DONE;
}

void asked_tell_again(const struct asked *a) {
    if (a->lives) {
        changed_tell(a, "updated");
        return;
    }
    deleted_tell(a, "created");
    deleted_tell(a, "updated");
}

/* Told again as it is, with the version that it has: who has it passes it by, who has lost it is
 * whole again. Of what was deleted, that it was. */
static enum octavo_outcome on_tell(struct octavo_step *s) {
    struct asked a;
    if (!asked_take(s, "-tell-asked", &a))
        return OCTAVO_DONE;
    if (!a.known) {
        refuse(s, a.id, NOT_FOUND, "there was never one with this id");
        return OCTAVO_DONE;
    }
    asked_tell_again(&a);
    written(&a, OK);
    return OCTAVO_DONE;
}

/* A read leaves nothing behind, so it is not known again. */
static enum octavo_outcome on_get(struct octavo_step *s) {
    struct asked a = { .step = s };
    struct octavo_text into;
    const struct entity *e = &a.entity;
    bool asks = octavo_event_text(s, "id", &a.id) && entity_find(s, "-get-asked", &a.entity)
                && e->deleted >= 0;
    bool good =
        asks && octavo_row_get(s, e->name, a.id, a.row, e->count) && !a.row[e->deleted].integer;
    bool moved = asks && !good && a.id.len <= ID_CHARS && moved_get(&a, &into);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "status", good ? OK : moved ? GONE : NOT_FOUND);
    if (good) {
        octavo_put_text(s, "id", a.id);
        octavo_put_int(s, "version", a.row[e->version].integer);
        octavo_put_int(s, "time", a.row[e->time].integer);
        entity_put(s, e, a.row);
    } else if (moved) {
        octavo_put_text(s, "detail", octavo_text("it was merged into another"));
        octavo_put_text(s, "merged_into", into);
    } else {
        octavo_put_text(s, "detail", octavo_text("there is none with this id"));
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

const struct octavo_handler crm_handlers[] = {
    { "*-create-asked", on_create },
    { "*-patch-asked", on_patch },
    { "*-delete-asked", on_delete },
    { "*-get-asked", on_get },
    { "*-merge-asked", on_merge },
    { "*-tell-asked", on_tell },
    { "*-captured", on_captured },
    { "*-sweep", on_sweep },
    { "*-repair", on_repair },
    { "*-swept", on_swept },
    { "*-retell", on_retell },
    { "timer:forget", on_forget },
    { NULL, NULL },
};
