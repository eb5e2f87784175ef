/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Changing settings: a list is taken whole or not at all, so it is tried on a copy. A list setting
 * (cleanup.policy) can also grow and shrink by a word. */
#include "settings.h"

#include "server_inside.h"

#include <stdlib.h>
#include <string.h>

struct setting_outcome settings_refuse(struct request *r, enum kafka_error code, const char *why) {
    return (struct setting_outcome){ code, arena_copy(&r->arena, bytes_text(why)) };
}

/* What storage said of it, without its first word. */
static struct setting_outcome refuse_value(struct request *r) {
    const char *story = error_story(), *colon = strstr(story, ": ");
    return settings_refuse(r, KAFKA_INVALID_CONFIG, colon ? colon + 2 : story);
}

static bool has_word(struct bytes list, struct bytes word) {
    for (size_t at = 0; word.len && at + word.len <= list.len; at++) {
        bool begins = !at || list.data[at - 1] == ',';
        bool ends = at + word.len == list.len || list.data[at + word.len] == ',';
        if (begins && ends && memcmp(list.data + at, word.data, word.len) == 0)
            return true;
    }
    return false;
}

/* The words of the list without those of `gone`, and then `more`. */
static struct bytes list_without(struct request *r, struct bytes list, struct bytes gone,
                                 struct bytes more) {
    struct buf out = { 0 };
    size_t begin = 0;
    for (size_t at = 0; at <= list.len; at++) {
        if (at < list.len && list.data[at] != ',')
            continue;
        struct bytes word = bytes_part(list, begin, at - begin);
        begin = at + 1;
        if (!word.len || has_word(gone, word))
            continue;
        buf_put_text(&out, out.len ? "," : "");
        buf_put_bytes(&out, word);
    }
    if (more.len)
        buf_put_text(&out, out.len ? "," : "");
    buf_put_bytes(&out, more);
    struct bytes copy = arena_copy(&r->arena, buf_bytes(&out));
    buf_finish(&out);
    return copy;
}

static struct setting_outcome set(struct request *r, struct topic_settings *s, enum setting setting,
                                  struct bytes value) {
    if (topic_settings_set(s, setting, value))
        return refuse_value(r);
    return (struct setting_outcome){ 0 };
}

struct setting_outcome settings_change(struct request *r, struct topic_settings *s,
                                       const struct setting_change *change) {
    static const struct bytes none;
    enum setting setting = setting_find(change->name);
    if (setting == SETTING_COUNT)
        return settings_refuse(r, KAFKA_INVALID_CONFIG, "there is no setting of this name here");
    struct bytes now = bytes_text(setting_value(s, setting));
    switch (change->operation) {
    case SET:
        return set(r, s, setting, change->value);
    case REMOVE:
        return set(r, s, setting, none);
    case APPEND:
    case SUBTRACT:
        if (setting != SETTING_CLEANUP_POLICY)
            return settings_refuse(r, KAFKA_INVALID_CONFIG, "this setting is no list");
        return set(r, s, setting,
                   list_without(r, now, change->value,
                                change->operation == APPEND ? change->value : none));
    }
    return settings_refuse(r, KAFKA_INVALID_REQUEST, "an operation that is not known");
}

static struct setting_outcome change_all(struct request *r, const struct settings_order *order,
                                         struct topic_settings *s) {
    for (size_t i = 0; i < order->count; i++) {
        struct setting_outcome done = settings_change(r, s, &order->changes[i]);
        if (done.code)
            return done;
    }
    return (struct setting_outcome){ 0 };
}

struct setting_outcome settings_alter(struct request *r, const struct settings_order *order,
                                      lsn_t *lsn) {
    struct topic *t = topic_find(r->server->storage, order->name);
    struct topic_settings changed;
    if (order->type == RESOURCE_BROKER)
        return broker_settings_alter(r, order);
    if (order->type != RESOURCE_TOPIC)
        return settings_refuse(r, KAFKA_INVALID_REQUEST, "there are settings of topics only");
    if (!t)
        return settings_refuse(r, KAFKA_UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic");
    if (order->keeps_others)
        topic_settings_copy(&changed, &t->settings);
    else
        topic_settings_init_from(&changed, storage_defaults(r->server->storage));
    struct setting_outcome done = change_all(r, order, &changed);
    if (!done.code && !order->only_tries && topic_configure(r->server->storage, t, &changed, lsn))
        done = settings_refuse(r, KAFKA_KAFKA_STORAGE_ERROR, "the log has no room");
    topic_settings_finish(&changed);
    return done;
}
