/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* OffsetForLeaderEpoch: where the records of an epoch end, by which a consumer sees that a log was
 * cut behind it. A partition has one epoch at a time; of those before it nothing is remembered, so
 * what they wrote is only certain up to the log's start. */
#include "server/api/api.h"

static void answer(struct request *r, struct bytes topic,
                   const struct offset_for_leader_epoch_request_partition *in,
                   struct offset_for_leader_epoch_response_partition *out) {
    const struct partition *p = server_partition(r->server, topic, in->index);
    out->index = in->index;
    out->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (!p)
        return;
    out->error_code = (int16_t)leader_epoch_check(p, in->current_leader_epoch);
    if (out->error_code || in->leader_epoch < 0 || in->leader_epoch > partition_leader_epoch(p))
        return; /* an epoch that has not been is answered by -1 */
    out->leader_epoch = in->leader_epoch;
    out->end_offset = in->leader_epoch == partition_leader_epoch(p) ? partition_high_watermark(p)
                                                                    : partition_log_start(p);
}

void offset_for_leader_epoch_on_request(struct request *r,
                                        const struct offset_for_leader_epoch_request *body) {
    struct offset_for_leader_epoch_response response = { .topics_count = body->topics_count };
    response.topics = message_items(&message_offset_for_leader_epoch_response_topic,
                                    body->topics_count, &r->arena);
    for (size_t t = 0; t < body->topics_count; t++) {
        const struct offset_for_leader_epoch_request_topic *in = &body->topics[t];
        struct offset_for_leader_epoch_response_topic *out = &response.topics[t];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions = message_items(&message_offset_for_leader_epoch_response_partition,
                                        in->partitions_count, &r->arena);
        for (size_t i = 0; i < in->partitions_count; i++)
            answer(r, in->name, &in->partitions[i], &out->partitions[i]);
    }
    request_reply(r, &response);
}
