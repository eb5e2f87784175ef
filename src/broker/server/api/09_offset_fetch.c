/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* OffsetFetch: committed offsets of one group (to version 7) or several (from 8).
 *
 * Storage shows only durable ones: nobody shall start from an offset that a crash takes back. One
 * whose commit is still on its way to the disk is not told yet, as its committer is not. Who asks
 * for stable ones (read_committed) is told to ask again while a transaction, or a commit on its
 * way, may still change one: it would begin where the transaction began, and repeat it. */
#include "base/check.h"
#include "server/api/api.h"
#include "server/server_inside.h"
#include "storage/transactions.h"

struct question {
    struct request *r;
    bool require_stable;
};

static void fill_partition(const struct question *q, struct bytes group, struct bytes topic,
                           struct offset_fetch_response_partition *out) {
    struct offset_key key = { group, topic, out->index };
    struct committed_offset found;
    struct request *r = q->r;
    out->committed_offset = -1;
    out->metadata = bytes_text("");
    if (q->require_stable && !offset_is_stable(server_storage(r->server), &key)) {
        out->error_code = KAFKA_UNSTABLE_OFFSET_COMMIT;
        return;
    }
    if (!offset_find(server_storage(r->server), group, topic, out->index, &found))
        return;
    out->committed_offset = found.offset;
    out->committed_leader_epoch = found.leader_epoch;
    out->metadata = arena_copy(&r->arena, bytes_text(found.metadata));
}

static struct offset_fetch_response_topic *topics_asked(const struct question *q,
                                                        struct bytes group,
                                                        const struct offset_fetch_request_topic *in,
                                                        size_t count) {
    struct request *r = q->r;
    assert(in || !count);
    struct offset_fetch_response_topic *topics =
        message_items(&message_offset_fetch_response_topic, count, &r->arena);
    for (size_t t = 0; t < count && !request_asks_too_much(r); t++) {
        topics[t].name = in[t].name;
        topics[t].partitions_count = in[t].partitions_count;
        topics[t].partitions = message_items(&message_offset_fetch_response_partition,
                                             in[t].partitions_count, &r->arena);
        for (size_t i = 0; i < in[t].partitions_count && !request_asks_too_much(r); i++) {
            topics[t].partitions[i].index = in[t].partitions[i];
            fill_partition(q, group, in[t].name, &topics[t].partitions[i]);
        }
    }
    return topics;
}

/* One topic entry for each offset: a client puts them together by name and partition. */
static struct offset_fetch_response_topic *topics_all(const struct question *q, struct bytes group,
                                                      size_t *count) {
    struct request *r = q->r;
    struct storage *storage = server_storage(r->server);
    struct committed_offset found;
    struct bytes name;
    int32_t index;
    *count = 0;
    for (size_t at = 0; offset_next(storage, group, &at, &name, &index, &found);)
        (*count)++;
    struct offset_fetch_response_topic *topics =
        message_items(&message_offset_fetch_response_topic, *count, &r->arena);
    struct offset_fetch_response_topic *out = topics;
    for (size_t at = 0; offset_next(storage, group, &at, &name, &index, &found); out++) {
        out->name = arena_copy(&r->arena, name);
        out->partitions_count = 1;
        out->partitions = message_items(&message_offset_fetch_response_partition, 1, &r->arena);
        out->partitions[0].index = index;
        fill_partition(q, group, out->name, out->partitions);
    }
    return topics;
}

static void answer_groups(const struct question *q, const struct offset_fetch_request *body,
                          struct offset_fetch_response *response) {
    struct request *r = q->r;
    response->groups_count = body->groups_count;
    response->groups =
        message_items(&message_offset_fetch_response_group, body->groups_count, &r->arena);
    for (size_t i = 0; i < body->groups_count && !request_asks_too_much(r); i++) {
        const struct offset_fetch_request_group *in = &body->groups[i];
        struct offset_fetch_response_group *out = &response->groups[i];
        out->group_id = in->group_id;
        out->topics_count = in->topics_count;
        out->topics = in->topics ? topics_asked(q, in->group_id, in->topics, in->topics_count)
                                 : topics_all(q, in->group_id, &out->topics_count);
    }
}

void offset_fetch_on_request(struct request *r, const struct offset_fetch_request *body) {
    struct offset_fetch_response response = { .topics_count = body->topics_count };
    struct question q = { r, r->header.api_version >= 7 && body->require_stable };
    if (r->header.api_version >= 8)
        answer_groups(&q, body, &response);
    else if (body->topics || r->header.api_version < 2)
        response.topics = topics_asked(&q, body->group_id, body->topics, body->topics_count);
    else
        response.topics = topics_all(&q, body->group_id, &response.topics_count);
    if (request_asks_too_much(r))
        request_refuse(r, "asks_too_much");
    else
        request_reply(r, &response);
}
