/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings as data: name, default, and either a range or the only value there is. A setting that
 * asks for what the broker does anyway is taken; any other value of it is refused by name rather
 * than ignored. cleanup.policy is a list. */
#include "topic_settings.h"

#include "base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES_MAX = 64 };

struct row {
    const char *name;
    const char *otherwise; /* the default */
    const char *only;      /* the one value; "": any, it changes nothing here; NULL: see below */
    int64_t least, most;   /* of a number */
};

static const struct row rows[SETTING_COUNT] = {
    [SETTING_CLEANUP_POLICY] = { .name = "cleanup.policy", .otherwise = "delete" },
    [SETTING_RETENTION_MS] = { "retention.ms", "-1", NULL, -1, INT64_MAX / 4 },
    [SETTING_RETENTION_BYTES] = { "retention.bytes", "-1", NULL, -1, INT64_MAX / 4 },
    [SETTING_SEGMENT_BYTES] = { "segment.bytes", "1073741824", NULL, 14, 1 << 30 },
    [SETTING_SEGMENT_MS] = { "segment.ms", "604800000", NULL, 1, INT64_MAX / 4 },
    [SETTING_DELETE_RETENTION_MS] = { "delete.retention.ms", "86400000", NULL, 0, INT64_MAX / 4 },
    [SETTING_MIN_CLEANABLE_RATIO] = { .name = "min.cleanable.dirty.ratio", .otherwise = "0.5" },
    [SETTING_MIN_COMPACTION_LAG_MS] = { "min.compaction.lag.ms", "0", NULL, 0, INT64_MAX / 4 },
    [SETTING_COMPRESSION_TYPE] = { .name = "compression.type", .otherwise = "producer" },
    [SETTING_MIN_INSYNC_REPLICAS] = { "min.insync.replicas", "1", "1", 0, 0 },
    [SETTING_TIMESTAMP_TYPE] = { .name = "message.timestamp.type", .otherwise = "CreateTime" },
    [SETTING_FLUSH_MESSAGES] = { "flush.messages", "1", NULL, 1, INT64_MAX },
    [SETTING_UNCLEAN_ELECTION] = { "unclean.leader.election.enable", "false", "", 0, 0 },
    [SETTING_MAX_MESSAGE_BYTES] = { "max.message.bytes", "1048588", NULL, 1, INT32_MAX },
    [SETTING_FLUSH_MS] = { "flush.ms", "9223372036854775807", NULL, 0, INT64_MAX },
    [SETTING_INDEX_INTERVAL] = { "index.interval.bytes", "4096", "", 0, 0 },
    [SETTING_SEGMENT_INDEX_BYTES] = { "segment.index.bytes", "10485760", "", 0, 0 },
    [SETTING_SEGMENT_JITTER] = { "segment.jitter.ms", "0", "", 0, 0 },
    [SETTING_FILE_DELETE_DELAY] = { "file.delete.delay.ms", "60000", "", 0, 0 },
    [SETTING_PREALLOCATE] = { "preallocate", "false", "", 0, 0 },
};

enum setting setting_find(struct bytes name) {
    enum setting i = 0;
    while (i < SETTING_COUNT && !bytes_is_text(name, rows[i].name))
        i++;
    return i;
}

const char *setting_name(enum setting setting) {
    return rows[setting].name;
}

const char *setting_default(enum setting setting) {
    return rows[setting].otherwise;
}

static bool is_shipped(const struct topic_settings *s, enum setting setting) {
    return !s->defaults || !s->defaults->value[setting];
}

static const char *otherwise(const struct topic_settings *s, enum setting setting) {
    return is_shipped(s, setting) ? rows[setting].otherwise : s->defaults->value[setting];
}

const char *setting_value(const struct topic_settings *s, enum setting setting) {
    return s->given[setting] ? s->given[setting] : otherwise(s, setting);
}

bool setting_is_number(enum setting setting) {
    return rows[setting].most > 0;
}

static enum error wrong(enum setting setting, const char *value, const char *wanted) {
    return fail(E_config, "%s=%s: %s", rows[setting].name, value, wanted);
}

static enum error read_policy(struct topic_settings *s, const char *value) {
    bool compacts = false, deletes = false;
    char copy[VALUE_BYTES_MAX + 1], *rest;
    memcpy(copy, value, strlen(value) + 1);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        compacts = compacts || strcmp(word, "compact") == 0;
        deletes = deletes || strcmp(word, "delete") == 0;
        if (strcmp(word, "compact") != 0 && strcmp(word, "delete") != 0)
            return wrong(SETTING_CLEANUP_POLICY, value, "give delete, compact, or both");
    }
    if (!compacts && !deletes)
        return wrong(SETTING_CLEANUP_POLICY, value, "give delete, compact, or both");
    s->compacts = compacts;
    s->deletes = deletes;
    return E_ok;
}

static enum error read_ratio(struct topic_settings *s, const char *value) {
    char *end;
    double ratio = strtod(value, &end);
    if (end == value || *end || !(ratio >= 0 && ratio <= 1))
        return wrong(SETTING_MIN_CLEANABLE_RATIO, value, "give a number from 0 to 1");
    s->min_cleanable_millis = (int64_t)(ratio * 1000 + 0.5);
    return E_ok;
}

static enum error read_compression(struct topic_settings *s, const char *value) {
    static const char *const names[] = { "uncompressed", "gzip", "snappy", "lz4", "zstd" };
    s->repacks = strcmp(value, "producer") != 0;
    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        s->codec = (enum batch_codec)i;
        return E_ok;
    }
    return s->repacks ? wrong(SETTING_COMPRESSION_TYPE, value,
                              "give producer, uncompressed, gzip, snappy, lz4 or zstd")
                      : E_ok;
}

static enum error read_timestamp_type(struct topic_settings *s, const char *value) {
    s->stamps = strcmp(value, "LogAppendTime") == 0;
    if (!s->stamps && strcmp(value, "CreateTime") != 0)
        return wrong(SETTING_TIMESTAMP_TYPE, value, "give CreateTime or LogAppendTime");
    return E_ok;
}

static int64_t *number_of(struct topic_settings *s, enum setting setting) {
    switch (setting) {
    case SETTING_RETENTION_MS:
        return &s->retention_ms;
    case SETTING_RETENTION_BYTES:
        return &s->retention_bytes;
    case SETTING_SEGMENT_BYTES:
        return &s->segment_bytes;
    case SETTING_SEGMENT_MS:
        return &s->segment_ms;
    case SETTING_DELETE_RETENTION_MS:
        return &s->delete_retention_ms;
    case SETTING_MIN_COMPACTION_LAG_MS:
        return &s->min_compaction_lag_ms;
    case SETTING_MAX_MESSAGE_BYTES:
        return &s->max_message_bytes;
    case SETTING_FLUSH_MESSAGES:
        return &s->flush_messages;
    case SETTING_FLUSH_MS:
        return &s->flush_ms;
    case SETTING_CLEANUP_POLICY:
    case SETTING_MIN_CLEANABLE_RATIO:
    case SETTING_COMPRESSION_TYPE:
    case SETTING_MIN_INSYNC_REPLICAS:
    case SETTING_TIMESTAMP_TYPE:
    case SETTING_UNCLEAN_ELECTION:
    case SETTING_INDEX_INTERVAL:
    case SETTING_SEGMENT_INDEX_BYTES:
    case SETTING_SEGMENT_JITTER:
    case SETTING_FILE_DELETE_DELAY:
    case SETTING_PREALLOCATE:
    case SETTING_COUNT:
        break;
    }
    return NULL;
}

static enum error read_number(struct topic_settings *s, enum setting setting, const char *value) {
    const struct row *row = &rows[setting];
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno || number < row->least || number > row->most)
        return fail(E_config, "%s=%s: give a number from %lld to %lld", row->name, value,
                    (long long)row->least, (long long)row->most);
    *number_of(s, setting) = number;
    return E_ok;
}

static enum error read_value(struct topic_settings *s, enum setting setting, const char *value) {
    const char *only = rows[setting].only;
    if (setting == SETTING_CLEANUP_POLICY)
        return read_policy(s, value);
    if (setting == SETTING_COMPRESSION_TYPE)
        return read_compression(s, value);
    if (setting == SETTING_TIMESTAMP_TYPE)
        return read_timestamp_type(s, value);
    if (setting == SETTING_MIN_CLEANABLE_RATIO)
        return read_ratio(s, value);
    if (number_of(s, setting))
        return read_number(s, setting, value);
    if (*only && strcmp(only, value) != 0)
        return fail(E_config, "%s=%s: this broker has %s only", rows[setting].name, value, only);
    return E_ok;
}

static void use_default(struct topic_settings *s, enum setting setting) {
    free(s->given[setting]);
    s->given[setting] = NULL;
    enum error e = read_value(s, setting, otherwise(s, setting));
    assert(e == E_ok);
    if (!is_shipped(s, setting))
        return;
    if (setting == SETTING_SEGMENT_BYTES)
        s->segment_bytes = 0;
    if (setting == SETTING_MAX_MESSAGE_BYTES)
        s->max_message_bytes = 0;
}

enum error topic_settings_set(struct topic_settings *s, enum setting setting, struct bytes value) {
    assert(setting < SETTING_COUNT);
    if (!value.data) {
        use_default(s, setting);
        return E_ok;
    }
    if (value.len > VALUE_BYTES_MAX || memchr(value.data, 0, value.len))
        return fail(E_config, "%s: a value of %zu bytes", rows[setting].name, value.len);
    char *text = text_copy_bytes(value);
    enum error e = read_value(s, setting, text);
    if (e) {
        free(text);
        return e;
    }
    free(s->given[setting]);
    s->given[setting] = text;
    return E_ok;
}

void topic_settings_init(struct topic_settings *s) {
    topic_settings_init_from(s, NULL);
}

void topic_settings_refresh(struct topic_settings *s) {
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        if (!s->given[i])
            use_default(s, i);
}

void topic_settings_init_from(struct topic_settings *s, const struct topic_defaults *defaults) {
    *s = (struct topic_settings){ .defaults = defaults };
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        use_default(s, i);
}

void topic_settings_finish(struct topic_settings *s) {
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        free(s->given[i]);
}

void topic_settings_copy(struct topic_settings *to, const struct topic_settings *from) {
    *to = *from;
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        to->given[i] = from->given[i] ? text_copy(from->given[i]) : NULL;
}
