/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What of an octavo.yaml is about sealed personal data: `sealed` of a topic, and `person`, `seals`
 * and `opens` of an edge. */
#include "declaration/declared_describe.h"
#include "declaration/declared_node.h"

enum { FIELDS_MAX = 64, FIELD_CHARS = 32 };

static const struct wanted fields_wanted = { "a list of at most 64 fields: letters, digits, - and "
                                             "_, 32 of them at most",
                                             "[given, family]" };

static bool is_field(struct bytes t) {
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
              || c == '_'))
            return false;
    }
    return t.len > 0 && t.len <= FIELD_CHARS;
}

enum error declared_fields_read(struct reader *r, const struct node *node, void *into) {
    struct declared_fields *out = into;
    if (r->describing) {
        describe_list(r, "fields with personal data");
        return E_ok;
    }
    if (node->kind != NODE_LIST || node->count > FIELDS_MAX)
        return node_expected(r, node, fields_wanted);
    out->names = arena_get(r->arena, node->count * sizeof(*out->names));
    for (const struct node *item = node->first; item; item = item->next) {
        TRY(node_text(r, item, &out->names[out->count++]));
        if (!is_field(item->text))
            return node_expected(r, item, fields_wanted);
    }
    return E_ok;
}

enum error declared_sealed_check(struct reader *r, const struct node *node,
                                 const struct declared_topic *topic) {
    static const struct wanted personal = { "`key` and `personal` beside `sealed`: whose data, and "
                                            "which fields",
                                            "key: employee, personal: [given, family]" };
    bool whole = topic->key && topic->personal_count;
    return r->describing || !topic->sealed || whole
               ? E_ok
               : node_expected(r, node_find(node, "sealed"), personal);
}

enum error declared_seals_check(struct reader *r, const struct node *node,
                                const struct declared_edge *edge) {
    static const struct wanted person = { "a `person` beside `seals`: the field that says whose "
                                          "data it is",
                                          "person: employee" };
    static const struct wanted alone = { "no `person` without `seals`, or beside a `class`: an "
                                         "effect is of the person whose data it has",
                                         "seals: [given, family]" };
    bool takes = edge->effects.class == CLASS_NONE;
    if (r->describing)
        return E_ok;
    if (takes && edge->seals.count && !edge->person)
        return node_expected(r, node_find(node, "seals")->name, person);
    if (edge->person && (!takes || !edge->seals.count))
        return node_expected(r, node_find(node, "person")->name, alone);
    return E_ok;
}
