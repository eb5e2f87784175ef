/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `topics` of an octavo.yaml: what a topic is, and what kinds of records it carries. */
#include "declaration/declared_describe.h"
#include "declaration/declared_node.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_MAX = 256, EVENTS_MAX = 256, PERSONAL_MAX = 64, KEYS_MAX = 999999999 };

static const struct span ten_years = { 1000, 3660 * 86400000LL };

/* ---- the kinds of its records */

static enum error read_kind(struct reader *r, const struct node *node, void *into) {
    static const char *const kinds[] = { "event", "command", "tick", NULL };
    int index = 0;
    TRY(node_choice(r, node, kinds, &index));
    *(enum declared_kind *)into = (enum declared_kind)(KIND_EVENT + index);
    return E_ok;
}

/* `NAME:` with nothing behind it is a kind of which nothing is said. */
static enum error read_event(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "schema", declared_path_read, offsetof(struct declared_event, schema), false },
        { "kind", read_kind, offsetof(struct declared_event, kind), false },
        { "business", node_bool, offsetof(struct declared_event, is_business), false },
        { "owner", node_text, offsetof(struct declared_event, owner), false },
        { "version", node_text, offsetof(struct declared_event, version), false },
        { "from", node_text, offsetof(struct declared_event, from), false },
        { NULL, NULL, 0, false },
    };
    if (node_is_nothing(r, node))
        return E_ok;
    return node_fields(r, node, fields, into);
}

static enum error read_events(struct reader *r, const struct node *node, void *into) {
    static const struct wanted type = { "a type of letters, digits, '-', '_' and '.', at most 249",
                                        "order-placed" };
    static const struct collection events = {
        .what = "events",
        .most = EVENTS_MAX,
        .entry_size = sizeof(struct declared_event),
        .name_is_good = is_topic_name,
        .name_wanted = &type,
        .read_entry = read_event,
    };
    struct declared_topic *topic = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &events, &entries));
    topic->events = entries.array;
    topic->event_count = entries.count;
    return E_ok;
}

/* ---- a topic */

static enum error read_partitions(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, 1000 }, into);
}

static enum error read_dedupe(struct reader *r, const struct node *node, void *into) {
    static const struct span a_year = { 1000, 366 * 86400000LL };
    return node_duration(r, node, a_year, into);
}

static enum error read_retention(struct reader *r, const struct node *node, void *into) {
    if (bytes_is_text(node->text, "forever")) {
        *(int64_t *)into = RETENTION_FOREVER;
        return E_ok;
    }
    if (r->describing)
        r->describing->word = "forever";
    return node_duration(r, node, ten_years, into);
}

static enum error read_tombstones(struct reader *r, const struct node *node, void *into) {
    return node_duration(r, node, ten_years, into);
}

static enum error read_envelope(struct reader *r, const struct node *node, void *into) {
    static const char *const envelopes[] = { "cloudevents", "compact", NULL };
    int index = 0;
    TRY(node_choice(r, node, envelopes, &index));
    *(bool *)into = index == 1;
    return E_ok;
}

static enum error read_merge(struct reader *r, const struct node *node, void *into) {
    static const char *const merges[] = { "none", "version", NULL };
    int index = 0;
    TRY(node_choice(r, node, merges, &index));
    *(bool *)into = index == 1;
    return E_ok;
}

static enum error read_personal(struct reader *r, const struct node *node, void *into) {
    static const struct wanted list = { "a list of at most 64 fields with personal data",
                                        "[name, email]" };
    struct declared_topic *topic = into;
    if (r->describing) {
        describe_list(r, "fields with personal data");
        return E_ok;
    }
    if (node->kind != NODE_LIST || node->count > PERSONAL_MAX)
        return node_expected(r, node, list);
    topic->personal = arena_get(r->arena, node->count * sizeof(*topic->personal));
    for (const struct node *item = node->first; item; item = item->next)
        TRY(node_text(r, item, &topic->personal[topic->personal_count++]));
    return E_ok;
}

/* "20/s", "3/m", "100/h", "50/d": so many records a day. */
static enum error read_rate(struct reader *r, const struct node *node, void *into) {
    static const struct wanted rate = { "a number of records /s, /m, /h or /d", "20/s" };
    static const char units[] = "smhd";
    static const int64_t a_day[] = { 86400, 1440, 24, 1 };
    struct bytes text = node->text;
    const char *unit =
        node->kind == NODE_TEXT && text.len > 2 ? strchr(units, text.data[text.len - 1]) : NULL;
    int64_t value = 0;
    if (!unit || text.len > 11 || text.data[text.len - 2] != '/')
        return node_expected(r, node, rate);
    for (size_t i = 0; i < text.len - 2; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return node_expected(r, node, rate);
        value = value * 10 + (text.data[i] - '0');
    }
    *(int64_t *)into = value * a_day[unit - units];
    return value ? E_ok : node_expected(r, node, rate);
}

static enum error read_keys(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 1, KEYS_MAX }, into);
}

static enum error read_largest(struct reader *r, const struct node *node, void *into) {
    return node_size(r, node, (struct sizes){ 1, 64LL << 30 }, into);
}

/* What `schemas` means: the path is that of the folder already. */
static void schemas_fill(struct reader *r, struct declared_topic *topic) {
    for (size_t i = 0; topic->schemas && i < topic->event_count; i++) {
        struct declared_event *e = &topic->events[i];
        if (e->schema)
            continue;
        char *path = text_format("%s/%s.json", topic->schemas, e->name);
        e->schema = arena_text(r->arena, bytes_text(path));
        free(path);
    }
}

/* `name:` with nothing behind it is a topic with the defaults. */
static enum error read_topic(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "partitions", read_partitions, offsetof(struct declared_topic, partitions), false },
        { "compacted", node_bool, offsetof(struct declared_topic, compacted), false },
        { "untimed", node_bool, offsetof(struct declared_topic, untimed), false },
        { "key", node_text, offsetof(struct declared_topic, key), false },
        { "dedupe", read_dedupe, offsetof(struct declared_topic, dedupe_ms), false },
        { "retention", read_retention, offsetof(struct declared_topic, retention_ms), false },
        { "tombstones", read_tombstones, offsetof(struct declared_topic, tombstones_ms), false },
        { "envelope", read_envelope, offsetof(struct declared_topic, envelope_compact), false },
        { "merge", read_merge, offsetof(struct declared_topic, merges_by_version), false },
        { "entity", node_text, offsetof(struct declared_topic, entity), false },
        { "personal", read_personal, 0, false },
        { "sealed", node_bool, offsetof(struct declared_topic, sealed), false },
        { "erase", node_prose, offsetof(struct declared_topic, erase), false },
        { "rate", read_rate, offsetof(struct declared_topic, rate_per_day), false },
        { "keys", read_keys, offsetof(struct declared_topic, keys), false },
        { "largest", read_largest, offsetof(struct declared_topic, largest_bytes), false },
        { "claim_check", node_prose, offsetof(struct declared_topic, claim_check), false },
        { "title", node_text, offsetof(struct declared_topic, title), false },
        { "schemas", declared_path_read, offsetof(struct declared_topic, schemas), false },
        { "events", read_events, 0, false },
        { NULL, NULL, 0, false },
    };
    struct declared_topic *topic = into;
    topic->partitions = 4;
    if (node_is_nothing(r, node))
        return E_ok;
    TRY(node_fields(r, node, fields, topic));
    schemas_fill(r, topic);
    return declared_sealed_check(r, node, topic);
}

enum error declared_topics_read(struct reader *r, const struct node *node, void *into) {
    static const struct collection topics = {
        .what = "topics",
        .most = TOPICS_MAX,
        .entry_size = sizeof(struct declared_topic),
        .name_is_good = is_topic_name,
        .name_wanted = &topic_name_wanted,
        .read_entry = read_topic,
    };
    struct declaration *d = into;
    struct entries entries = { 0 };
    TRY(node_collection(r, node, &topics, &entries));
    d->topics = entries.array;
    d->topic_count = entries.count;
    return E_ok;
}
