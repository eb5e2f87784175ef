/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Topics as several APIs see them: finding, naming, creating, epochs. */
#include "base/event.h"
#include "server_inside.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TOPIC_NAME_MAX = 249 };

struct partition *server_partition(struct server *s, struct bytes name, int32_t index) {
    struct topic *topic = topic_find(s->storage, name);
    if (!topic || index < 0 || index >= topic->partition_count)
        return NULL;
    return topic->partitions[index];
}

static bool is_name_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
           || c == '_' || c == '-';
}

bool topic_name_is_valid(struct bytes name) {
    if (name.len == 0 || name.len > TOPIC_NAME_MAX || bytes_is_text(name, ".")
        || bytes_is_text(name, ".."))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.data[i]))
            return false;
    return true;
}

void topic_names_add(struct topic_names *n, struct bytes name) {
    if (table_put(&n->once, name, n))
        (void)table_put(&n->repeated, name, n);
}

bool topic_name_is_repeated(const struct topic_names *n, struct bytes name) {
    return table_find(&n->repeated, name) != NULL;
}

void topic_names_finish(struct topic_names *n) {
    table_finish(&n->once);
    table_finish(&n->repeated);
}

static enum kafka_error code_of(enum error e) {
    if (e == E_exists)
        return KAFKA_TOPIC_ALREADY_EXISTS;
    if (e == E_too_large)
        return KAFKA_POLICY_VIOLATION; /* the broker's partition limit */
    return e ? KAFKA_KAFKA_STORAGE_ERROR : KAFKA_NONE;
}

enum kafka_error server_create_topic(struct server *s, const struct new_topic *wanted, lsn_t *lsn) {
    if (!topic_name_is_valid(wanted->name))
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    int32_t count = wanted->partitions == -1 ? s->settings.partitions_default : wanted->partitions;
    if (count < 1)
        return KAFKA_INVALID_PARTITIONS;
    char *text = text_copy_bytes(wanted->name);
    enum error e = topic_create_with(s->storage, text, count, wanted->settings, lsn);
    if (!e)
        event_log(EV_topic_created, "topic=%s partitions=%" PRId32, text, count);
    free(text);
    return code_of(e);
}

enum kafka_error leader_epoch_check(const struct partition *p, int32_t known) {
    int32_t epoch = partition_leader_epoch(p);
    if (known == -1 || known == epoch)
        return KAFKA_NONE;
    return known < epoch ? KAFKA_FENCED_LEADER_EPOCH : KAFKA_UNKNOWN_LEADER_EPOCH;
}
