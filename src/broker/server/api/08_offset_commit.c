/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* OffsetCommit: the coordinator says whether the member may, storage keeps the offsets, the reply
 * waits for the sync. */
#include "server/api/api.h"
#include "server/groups.h"
#include "server/server_inside.h"

enum { METADATA_MAX_BYTES = 4096 };

static enum kafka_error check_speaker(struct request *r, const struct offset_commit_request *body) {
    struct group_speaker speaker = {
        .group_id = body->group_id,
        .member_id = body->member_id,
        .group_instance_id = body->group_instance_id,
        .generation = body->generation_id,
    };
    enum group_error code =
        coordinator_check_commit(server_coordinator(r->server), &speaker, server_now_ms(r->server));
    groups_settle(r->server);
    return (enum kafka_error)code;
}

static enum kafka_error commit(struct request *r, struct bytes group, struct bytes topic,
                               const struct offset_commit_request_partition *in) {
    struct server *s = r->server;
    if (!server_partition(s, topic, in->index))
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (in->committed_metadata.len > METADATA_MAX_BYTES)
        return KAFKA_OFFSET_METADATA_TOO_LARGE;
    struct committed_offset value = {
        .offset = in->committed_offset,
        .leader_epoch = in->committed_leader_epoch,
        .metadata = arena_text(&r->arena, in->committed_metadata),
        .commit_ms = clock_wall_ms(loop_clock(s->loop)),
    };
    enum error e = offset_commit(s->storage, group, topic, in->index, &value, &r->lsn);
    return e ? KAFKA_COORDINATOR_NOT_AVAILABLE : KAFKA_NONE;
}

void offset_commit_on_request(struct request *r, const struct offset_commit_request *body) {
    struct offset_commit_response response = { .topics_count = body->topics_count };
    enum kafka_error refused = check_speaker(r, body);
    response.topics =
        message_items(&message_offset_commit_response_topic, body->topics_count, &r->arena);
    for (size_t t = 0; t < body->topics_count; t++) {
        const struct offset_commit_request_topic *in = &body->topics[t];
        struct offset_commit_response_topic *out = &response.topics[t];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions = message_items(&message_offset_commit_response_partition,
                                        in->partitions_count, &r->arena);
        for (size_t i = 0; i < in->partitions_count; i++) {
            out->partitions[i].index = in->partitions[i].index;
            out->partitions[i].error_code =
                (int16_t)(refused ? refused
                                  : commit(r, body->group_id, in->name, &in->partitions[i]));
        }
    }
    request_reply_synced(r, &response, r->lsn); /* of the last one taken */
}
