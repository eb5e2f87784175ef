/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A topic's settings under Kafka's own names: what they may be, what they mean here. Pure. */
#ifndef OCTAVO_STORAGE_TOPIC_SETTINGS_H
#define OCTAVO_STORAGE_TOPIC_SETTINGS_H

#include "base/bytes.h"
#include "base/error.h"
#include "wire/batch.h"

enum setting {
    SETTING_CLEANUP_POLICY,
    SETTING_RETENTION_MS,
    SETTING_RETENTION_BYTES,
    SETTING_SEGMENT_BYTES,
    SETTING_SEGMENT_MS,
    SETTING_DELETE_RETENTION_MS,
    SETTING_MIN_CLEANABLE_RATIO,
    SETTING_MIN_COMPACTION_LAG_MS,
    SETTING_COMPRESSION_TYPE,
    SETTING_MIN_INSYNC_REPLICAS,
    SETTING_TIMESTAMP_TYPE,
    SETTING_FLUSH_MESSAGES,
    SETTING_UNCLEAN_ELECTION,
    SETTING_MAX_MESSAGE_BYTES,
    SETTING_FLUSH_MS,
    SETTING_INDEX_INTERVAL,
    SETTING_SEGMENT_INDEX_BYTES,
    SETTING_SEGMENT_JITTER,
    SETTING_FILE_DELETE_DELAY,
    SETTING_PREALLOCATE,
    SETTING_COUNT
};

/* What holds where nobody has set it for the topic; NULL: as shipped. Borrowed by settings. */
struct topic_defaults {
    const char *value[SETTING_COUNT];
};

struct topic_settings {
    const struct topic_defaults *defaults; /* NULL: all as shipped */
    char *given[SETTING_COUNT];            /* as somebody set it; NULL: nobody did */
    bool compacts, deletes;                /* cleanup.policy */
    int64_t retention_ms;                  /* -1: for ever */
    int64_t retention_bytes;               /* -1: any */
    int64_t segment_bytes;                 /* 0: storage's own */
    int64_t segment_ms;
    int64_t delete_retention_ms;
    int64_t min_cleanable_millis; /* thousandths of a partition's bytes */
    int64_t min_compaction_lag_ms;
    int64_t max_message_bytes; /* of a batch; 0: the broker's own */
    int64_t flush_messages;    /* how much may be unsynced: both are kept by syncing all, always */
    int64_t flush_ms;
    bool repacks; /* compression.type is one of its own: */
    enum batch_codec codec;
    bool stamps; /* message.timestamp.type=LogAppendTime */
};

void topic_settings_init(struct topic_settings *s);
void topic_settings_init_from(struct topic_settings *s, const struct topic_defaults *defaults);
void topic_settings_refresh(struct topic_settings *s); /* the defaults have changed */
void topic_settings_finish(struct topic_settings *s);
void topic_settings_copy(struct topic_settings *to, const struct topic_settings *from);
/* SETTING_COUNT: there is none of that name here. */
enum setting setting_find(struct bytes name);
const char *setting_name(enum setting setting);
const char *setting_default(enum setting setting);
const char *setting_value(const struct topic_settings *s, enum setting setting);
bool setting_is_number(enum setting setting);
/* A null value means the default. E_config says what is wrong; then nothing is changed. */
enum error topic_settings_set(struct topic_settings *s, enum setting setting,
                              struct bytes value) MUST_CHECK;

#endif
