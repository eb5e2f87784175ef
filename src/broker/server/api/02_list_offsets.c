/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ListOffsets: where a partition begins and ends, and which offset a time has. */
#include "server/api/api.h"
#include "storage/transactions.h"

enum { LATEST = -1, EARLIEST = -2, MAX_TIME = -3, READ_COMMITTED = 1 };

static enum error find(struct partition *p, int64_t timestamp_ms, int64_t *offset,
                       int64_t *found_ms) {
    *found_ms = -1;
    if (timestamp_ms == EARLIEST)
        *offset = partition_log_start(p);
    else if (timestamp_ms == MAX_TIME)
        return partition_find_max_time(p, offset, found_ms);
    else
        return partition_find_time(p, timestamp_ms, offset, found_ms);
    return E_ok;
}

static enum kafka_error answer(struct request *r, bool read_committed, struct bytes topic,
                               const struct list_offsets_request_partition *in,
                               struct list_offsets_response_partition *out) {
    struct partition *p = server_partition(r->server, topic, in->index);
    if (!p)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    enum kafka_error code = leader_epoch_check(p, in->current_leader_epoch);
    if (code)
        return code;
    if (in->timestamp_ms < MAX_TIME || (in->timestamp_ms == MAX_TIME && r->header.api_version < 7))
        return KAFKA_INVALID_REQUEST;
    if (in->timestamp_ms == LATEST)
        out->offset = read_committed ? partition_last_stable(p) : partition_high_watermark(p);
    else if (find(p, in->timestamp_ms, &out->offset, &out->timestamp_ms))
        return KAFKA_KAFKA_STORAGE_ERROR;
    out->leader_epoch = partition_leader_epoch(p);
    return KAFKA_NONE;
}

static bool names_too_many(const struct list_offsets_request *body) {
    size_t count = 0;
    for (size_t t = 0; t < body->topics_count; t++)
        count += body->topics[t].partitions_count;
    return count > PARTITIONS_ASKED_MAX;
}

void list_offsets_on_request(struct request *r, const struct list_offsets_request *body) {
    if (names_too_many(body)) { /* each may cost a search */
        request_refuse(r, "asks_too_much");
        return;
    }
    struct list_offsets_response response = { .topics_count = body->topics_count };
    response.topics =
        message_items(&message_list_offsets_response_topic, body->topics_count, &r->arena);
    for (size_t t = 0; t < body->topics_count; t++) {
        const struct list_offsets_request_topic *in = &body->topics[t];
        struct list_offsets_response_topic *out = &response.topics[t];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions = message_items(&message_list_offsets_response_partition,
                                        in->partitions_count, &r->arena);
        for (size_t i = 0; i < in->partitions_count; i++) {
            struct list_offsets_response_partition *p = &out->partitions[i];
            p->index = in->partitions[i].index;
            p->error_code = (int16_t)answer(r, body->isolation_level == READ_COMMITTED, in->name,
                                            &in->partitions[i], p);
        }
    }
    request_reply(r, &response);
}
