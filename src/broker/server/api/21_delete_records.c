/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DeleteRecords: a partition's log begins at the offset from now on; -1 is its high watermark. */
#include "server/api/api.h"

enum { HIGH_WATERMARK = -1 };

static enum kafka_error delete (struct request *r, struct bytes topic,
                                const struct delete_records_request_partition *in,
                                struct delete_records_response_partition *out, lsn_t *last) {
    struct partition *p = server_partition(r->server, topic, in->index); lsn_t lsn = 0;
    if (!p) return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    int64_t offset = in->offset == HIGH_WATERMARK ? partition_high_watermark(p) : in->offset;
    enum error e = partition_delete_records(p, offset, &lsn);
    if (e) return e == E_not_found ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_KAFKA_STORAGE_ERROR;
    *last = lsn > *last ? lsn : *last;
    out->low_watermark = partition_log_start(p);
    return KAFKA_NONE;
}

void delete_records_on_request(struct request *r, const struct delete_records_request *body) {
    struct delete_records_response response = { .topics_count = body->topics_count };
    lsn_t last = 0;
    response.topics =
        message_items(&message_delete_records_response_topic, body->topics_count, &r->arena);
    for (size_t t = 0; t < body->topics_count; t++) {
        const struct delete_records_request_topic *in = &body->topics[t];
        struct delete_records_response_topic *out = &response.topics[t];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions = message_items(&message_delete_records_response_partition,
                                        in->partitions_count, &r->arena);
        for (size_t i = 0; i < in->partitions_count; i++) {
            struct delete_records_response_partition *p = &out->partitions[i];
            p->index = in->partitions[i].index;
            p->error_code = (int16_t) delete (r, in->name, &in->partitions[i], p, &last);
        }
    }
    request_reply_synced(r, &response, last);
}
