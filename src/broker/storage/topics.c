/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Topics: a name, a number and its partitions. The number is the lowest that was free when it was
 * created; log frames and checkpoints use it.
 *
 * Payload of a WAL_TOPIC frame: number u32, partition count i32, name (length u16, bytes), and if
 * there are any its settings; of a WAL_TOPIC_SETTINGS frame: number u32, settings.
 * Settings: count u16, each a name and a value text. */
#include "storage_state.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static enum error check_name(struct bytes name) {
    if (!name.len || name.len > TOPIC_NAME_BYTES_MAX || memchr(name.data, '/', name.len)
        || memchr(name.data, 0, name.len))
        return fail(E_malformed, "a topic name of %zu bytes", name.len);
    return E_ok;
}

static enum error check_count(const struct storage *s, int32_t partition_count) {
    if (partition_count < 1)
        return fail(E_malformed, "a topic with %d partitions", partition_count);
    if (s->partition_count + partition_count > PARTITIONS_MAX)
        return fail(E_too_large, "%lld partitions and %d more, at most %d",
                    (long long)s->partition_count, partition_count, PARTITIONS_MAX);
    return E_ok;
}

static struct topic_entry *entry_create(struct storage *s, const struct new_entry *wanted) {
    struct topic_entry *t = memory_get(sizeof(*t));
    t->topic.name = text_copy_bytes(wanted->name);
    t->topic.partition_count = wanted->partition_count;
    t->number = wanted->number;
    t->incarnation = wanted->incarnation;
    topic_settings_init_from(&t->topic.settings, &s->defaults);
    t->topic.partitions = memory_get((size_t)wanted->partition_count * sizeof(struct partition *));
    for (int32_t i = 0; i < wanted->partition_count; i++)
        t->topic.partitions[i] = partition_create(s, t, i);
    return t;
}

enum error topic_add(struct storage *s, const struct new_entry *wanted, struct topic_entry **out) {
    struct bytes name = wanted->name;
    TRY(check_name(name));
    TRY(check_count(s, wanted->partition_count));
    if (topic_find(s, name))
        return fail(E_exists, "topic %.*s", (int)name.len, (const char *)name.data);
    assert(wanted->number <= s->topic_count);
    if (wanted->number == s->topic_count)
        s->topics = memory_resize(s->topics, ++s->topic_count * sizeof(struct topic_entry *));
    else
        assert(!s->topics[wanted->number]);
    struct topic_entry *t = entry_create(s, wanted);
    s->topics[t->number] = t;
    s->partition_count += wanted->partition_count;
    (void)table_put(&s->topic_names, name, t);
    *out = t;
    return E_ok;
}

/* One that a start finds too, as it has seen the same topics come and go. */
static uint32_t free_number(const struct storage *s) {
    uint32_t number = 0;
    while (number < s->topic_count && s->topics[number])
        number++;
    return number;
}

struct topic_entry *topic_numbered(struct storage *s, uint32_t number) {
    return number < s->topic_count ? s->topics[number] : NULL;
}

void put_settings(struct buf *out, const struct topic_settings *settings) {
    uint16_t count = 0;
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        count = (uint16_t)(count + (settings->given[i] != NULL));
    buf_put_be16(out, count);
    for (enum setting i = 0; i < SETTING_COUNT; i++) {
        if (!settings->given[i])
            continue;
        put_text(out, bytes_text(setting_name(i)));
        put_text(out, bytes_text(settings->given[i]));
    }
}

enum error read_settings(struct cursor *in, struct topic_settings *settings) {
    uint16_t count = read_u16(in);
    const struct topic_defaults *defaults = settings->defaults;
    topic_settings_finish(settings);
    topic_settings_init_from(settings, defaults);
    for (uint16_t i = 0; i < count && !in->bad; i++) {
        struct bytes name = read_text(in), value = read_text(in);
        enum setting setting = setting_find(name);
        if (in->bad || setting == SETTING_COUNT)
            return fail(E_corrupt, "a setting %.*s", (int)name.len, (const char *)name.data);
        if (topic_settings_set(settings, setting, value))
            return fail(E_corrupt, "a setting of %s that cannot be", setting_name(setting));
    }
    return in->bad ? fail(E_corrupt, "settings end early") : E_ok;
}

/* As given, over this storage's defaults, whatever they were made over. */
static void topic_take_settings(struct storage *s, struct topic *t,
                                const struct topic_settings *settings) {
    topic_settings_finish(&t->settings);
    topic_settings_copy(&t->settings, settings);
    t->settings.defaults = &s->defaults;
    topic_settings_refresh(&t->settings);
}

enum error topic_create(struct storage *s, const char *name, int32_t partition_count, lsn_t *lsn) {
    return topic_create_with(s, name, partition_count, NULL, lsn);
}

enum error topic_create_with(struct storage *s, const char *name, int32_t partition_count,
                             const struct topic_settings *settings, lsn_t *lsn) {
    struct topic_entry *t;
    size_t begin;
    struct new_entry wanted = { bytes_text(name), partition_count, free_number(s), s->deletions };
    TRY(storage_admit(s, 10 + strlen(name) + SETTINGS_BYTES_MAX));
    TRY(topic_add(s, &wanted, &t));
    struct buf *out = storage_frame_open(s, &begin);
    buf_put_be32(out, t->number);
    buf_put_be32(out, (uint32_t)partition_count);
    put_text(out, bytes_text(name));
    if (settings) {
        topic_take_settings(s, &t->topic, settings);
        put_settings(out, settings);
    }
    *lsn = storage_frame_close(s, begin, WAL_TOPIC);
    return E_ok;
}

enum error topic_configure(struct storage *s, struct topic *t,
                           const struct topic_settings *settings, lsn_t *lsn) {
    size_t begin;
    TRY(storage_admit(s, 4 + SETTINGS_BYTES_MAX));
    struct buf *out = storage_frame_open(s, &begin);
    buf_put_be32(out, t->partitions[0]->topic_number);
    put_settings(out, settings);
    *lsn = storage_frame_close(s, begin, WAL_TOPIC_SETTINGS);
    topic_take_settings(s, t, settings);
    return E_ok;
}

enum error topic_settings_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    uint32_t number = read_u32(&in);
    struct topic_entry *t = topic_numbered(s, number);
    if (in.bad || !t)
        return fail(E_corrupt, "settings of topic number %u", number);
    TRY(read_settings(&in, &t->topic.settings));
    return cursor_left(&in) ? fail(E_corrupt, "settings of topic number %u", number) : E_ok;
}

enum error topic_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct topic_entry *t;
    uint32_t number = read_u32(&in);
    int32_t count = read_int32(&in);
    struct new_entry wanted = { read_text(&in), count, number, s->deletions };
    if (in.bad || number != free_number(s))
        return fail(E_corrupt, "topic number %u, %u is next", number, free_number(s));
    TRY(topic_add(s, &wanted, &t));
    if (!cursor_left(&in))
        return E_ok;
    TRY(read_settings(&in, &t->topic.settings));
    return cursor_left(&in) ? fail(E_corrupt, "bytes behind topic number %u", number) : E_ok;
}

struct topic *topic_find(struct storage *s, struct bytes name) {
    struct topic_entry *t = table_find(&s->topic_names, name);
    return t ? &t->topic : NULL;
}

struct topic *topic_next(struct storage *s, size_t *at) {
    while (*at < s->topic_count) {
        struct topic_entry *t = s->topics[(*at)++];
        if (t)
            return &t->topic;
    }
    return NULL;
}

struct partition *partition_find(struct storage *s, uint32_t topic_number, int32_t index) {
    const struct topic_entry *t = topic_numbered(s, topic_number);
    return t && index >= 0 && index < t->topic.partition_count ? t->topic.partitions[index] : NULL;
}

void topic_destroy(struct topic_entry *t) {
    if (!t)
        return;
    for (int32_t i = 0; i < t->topic.partition_count; i++)
        partition_destroy(t->topic.partitions[i]);
    topic_settings_finish(&t->topic.settings);
    free(t->topic.partitions);
    free(t->topic.name);
    free(t);
}

void topics_finish(struct storage *s) {
    for (size_t i = 0; i < s->topic_count; i++)
        topic_destroy(s->topics[i]);
    free(s->topics);
    table_finish(&s->topic_names);
}
