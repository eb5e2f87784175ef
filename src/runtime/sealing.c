/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Objects are read as trees and written again; tokens are found in the text as it stands: they have
 * no character that JSON would write otherwise. */
#include "runtime/sealing.h"

#include "base/check.h"
#include "values/digest.h"
#include "values/json.h"
#include "values/json_tree.h"

#include <stdlib.h>
#include <string.h>

static const char erased[] = "erased";

struct sealing {
    struct person_keys *keys;
    const char *readers[PERSON_READERS_MAX];
};

/* ---- opening */

static bool is_reader(const struct declared_service *s) {
    for (size_t i = 0; i < s->edge_count; i++)
        if (s->edges[i].seals.count || s->edges[i].opens.count)
            return true;
    return false;
}

static enum error readers_find(struct sealing *s, const struct sealing_options *o,
                               struct person_keys_options *keys) {
    size_t self = PERSON_READERS_MAX;
    for (size_t i = 0; i < o->declaration->service_count; i++) {
        const struct declared_service *service = &o->declaration->services[i];
        if (!is_reader(service))
            continue;
        if (keys->reader_count == PERSON_READERS_MAX)
            return fail(E_config, "personal data is sealed for at most %d services",
                        PERSON_READERS_MAX);
        if (self == PERSON_READERS_MAX && (!o->service || !strcmp(o->service, service->name)))
            self = keys->reader_count;
        s->readers[keys->reader_count++] = service->name;
    }
    keys->self = self;
    return E_ok;
}

enum error sealing_open(struct sealing **out, const struct sealing_options *options) {
    struct sealing *s = memory_get(sizeof(*s));
    struct person_keys_options keys = { options->disk, options->dir, s->readers, 0, 0 };
    *out = NULL;
    enum error e = readers_find(s, options, &keys);
    bool seals = !e && keys.self < PERSON_READERS_MAX;
    if (seals)
        e = person_keys_open(&s->keys, &keys);
    if (e || !seals) {
        free(s);
        return e;
    }
    *out = s;
    return E_ok;
}

void sealing_close(struct sealing *s) {
    if (!s)
        return;
    person_keys_close(s->keys);
    free(s);
}

/* ---- sealing */

static bool is_of(const struct declared_fields *fields, struct bytes name) {
    for (size_t i = 0; i < fields->count; i++)
        if (bytes_is_text(name, fields->names[i]))
            return true;
    return false;
}

static enum error key_find(struct sealing *s, const struct seals *how,
                           const struct json_tree *object, struct person_key *out) {
    struct sealed token;
    if (!how->person)
        return sealed_find(how->like, 0, &token) ? person_keys_get(s->keys, token.slot, out)
                                                 : fail(E_not_found, "it is nobody's");
    const struct json_tree *person = json_tree_find(object, how->person);
    if (!person || person->kind != TREE_TEXT || !person->text.len)
        return fail(E_malformed, "its \"%s\" does not say whose data it has", how->person);
    return person_keys_take(s->keys, person->text, out);
}

static bool is_sealed_here(const struct seals *how, const struct json_tree *member) {
    return member->kind == TREE_TEXT && member->text.len && is_of(how->fields, member->name);
}

static enum error members_check(const struct seals *how, const struct json_tree *object,
                                bool *any) {
    if (object->kind != TREE_OBJECT)
        return fail(E_malformed, "it is no object");
    for (const struct json_tree *m = object->first; m; m = m->next) {
        if (is_sealed_here(how, m))
            *any = true;
        else if (m->kind == TREE_TEXT && sealed_is_in(m->text))
            return fail(E_refused, "/%.*s: a text must not begin as sealed data does",
                        (int)m->name.len, (const char *)m->name.data);
    }
    return E_ok;
}

static void members_seal(const struct seals *how, struct json_tree *object, struct arena *arena,
                         const struct person_key *key) {
    struct buf token = { 0 };
    for (struct json_tree *m = object->first; m; m = m->next) {
        if (!is_sealed_here(how, m))
            continue;
        buf_clear(&token);
        sealed_put(&token, &(struct sealed_by){ key->key, key->slot, m->name }, m->text);
        m->text = arena_copy(arena, buf_bytes(&token));
    }
    buf_finish(&token);
}

/* What nobody's key can seal is left out: it is about a person who was erased. */
static void members_drop(const struct seals *how, struct json_tree *object) {
    for (struct json_tree *m = object->first; m; m = m->next)
        if (is_sealed_here(how, m))
            m->text = bytes_of("", 0);
}

static enum error object_seal(struct sealing *s, const struct seals *how, struct json_tree *object,
                              struct arena *arena) {
    struct person_key key = { 0 };
    bool any = false;
    TRY(members_check(how, object, &any));
    if (!any || (!how->person && !sealed_is_in(how->like))) /* of nobody whose data is sealed */
        return E_ok;
    enum error e = key_find(s, how, object, &key);
    if (e == E_not_found && !how->person) {
        members_drop(how, object);
        return E_ok;
    }
    TRY(e);
    members_seal(how, object, arena, &key);
    secret_forget(key.key, sizeof(key.key));
    return E_ok;
}

enum error sealing_seal(struct sealing *s, const struct seals *how, struct bytes json,
                        struct buf *out) {
    struct json_tree *object;
    struct arena arena = { 0 };
    if (!s) {
        buf_put_bytes(out, json);
        return E_ok;
    }
    enum error e = json_tree_read(&object, &arena, json);
    if (!e)
        e = object_seal(s, how, object, &arena);
    if (!e)
        json_tree_write(out, object);
    arena_finish(&arena);
    return e;
}

enum error sealing_sync(struct sealing *s) {
    return s ? person_keys_sync(s->keys) : E_ok;
}

/* ---- opening what was sealed */

struct unsealing {
    struct sealing *s;
    const struct declared_fields *fields; /* NULL: all */
    bool is_json;
    bool lost_is_nothing; /* what cannot be opened, though nobody erased it, is ""; else an error */
};

bool sealing_is_lost(enum error e) {
    return e == E_corrupt || e == E_refused;
}

static void text_put(const struct unsealing *u, struct bytes text, struct buf *out) {
    struct buf quoted = { 0 };
    if (!u->is_json) {
        buf_put_bytes(out, text);
        return;
    }
    json_text_write(&quoted, text);
    buf_put(out, quoted.data + 1, quoted.len - 2);
    secret_forget(quoted.data, quoted.len);
    buf_finish(&quoted);
}

static enum error token_put(const struct unsealing *u, const struct sealed *token,
                            struct buf *out) {
    struct person_key key;
    struct buf text = { 0 };
    enum error e = person_keys_get(u->s->keys, token->slot, &key);
    if (e == E_not_found) {
        text_put(u, bytes_text(bytes_is_text(token->form, "digits") ? "" : erased), out);
        return E_ok;
    }
    TRY(e);
    if (sealed_open(token, key.key, &text))
        text_put(u, buf_bytes(&text), out);
    else
        e = fail(E_corrupt, "sealed data is damaged, or was sealed by another key");
    secret_forget(key.key, sizeof(key.key));
    secret_forget(text.data, text.len);
    buf_finish(&text);
    return e;
}

static enum error unseal(const struct unsealing *u, struct bytes text, struct buf *out) {
    struct sealed token;
    size_t at = 0;
    while (u->s && sealed_find(text, at, &token)) {
        struct bytes as = bytes_part(text, token.from, token.len);
        buf_put_bytes(out, bytes_part(text, at, token.from - at));
        enum error e = E_ok;
        if (!u->fields || is_of(u->fields, token.field))
            e = token_put(u, &token, out);
        else
            buf_put_bytes(out, as);
        if (e && !(u->lost_is_nothing && sealing_is_lost(e)))
            return e;
        at = token.from + token.len;
    }
    buf_put_bytes(out, bytes_part(text, at, text.len - at));
    return E_ok;
}

enum error sealing_unseal(struct sealing *s, const struct declared_fields *fields,
                          struct bytes json, struct buf *out) {
    return unseal(&(struct unsealing){ s, fields, true, false }, json, out);
}

enum error sealing_unseal_rest(struct sealing *s, const struct declared_fields *fields,
                               struct bytes json, struct buf *out) {
    return unseal(&(struct unsealing){ s, fields, true, true }, json, out);
}

enum error sealing_show(struct sealing *s, struct bytes text, struct buf *out) {
    return unseal(&(struct unsealing){ s, NULL, false, false }, text, out);
}

enum error sealing_erase(struct sealing *s, struct bytes person, size_t *keys) {
    *keys = 0;
    return s ? person_keys_destroy(s->keys, person, keys)
             : fail(E_config, "the declaration seals nothing");
}
