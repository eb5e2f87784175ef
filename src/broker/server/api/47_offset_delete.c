/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* OffsetDelete: committed offsets of a group are forgotten, but not of topics that one of its
 * members has subscribed to: it would begin there anew without having been asked. */
#include "server/api/api.h"
#include "base/cursor.h"
#include "server/groups.h"

/* A consumer's subscription: version i16, names: count i32, each i16 and so many bytes. */
static bool is_subscribed(struct bytes metadata, struct bytes topic) {
    struct cursor in = cursor_on(metadata);
    (void)read_int16(&in);
    int32_t count = read_int32(&in);
    for (int32_t i = 0; i < count && !in.bad; i++) {
        int16_t len = read_int16(&in);
        if (len < 0)
            return true; /* nobody knows what it reads: rather not */
        if (bytes_equal(read_bytes(&in, (size_t)len), topic))
            return true;
    }
    return in.bad;
}

static enum kafka_error check(const struct group_view *view, struct bytes topic) {
    for (size_t i = 0; i < view->member_count; i++)
        if (is_subscribed(view->members[i].metadata, topic))
            return KAFKA_GROUP_SUBSCRIBED_TO_TOPIC;
    return KAFKA_NONE;
}

static enum kafka_error forget(struct request *r, const struct offset_key *key, lsn_t *lsn) {
    struct server *s = r->server;
    if (!server_partition(s, key->topic, key->partition))
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return offset_forget(server_storage(s), key, lsn) ? KAFKA_COORDINATOR_NOT_AVAILABLE
                                                      : KAFKA_NONE;
}

static void forget_topic(struct request *r, const struct group_view *view,
                         const struct offset_delete_request_topic *in,
                         struct offset_delete_response_topic *out, lsn_t *lsn) {
    enum kafka_error refused = check(view, in->name);
    out->name = in->name;
    out->partitions_count = in->partitions_count;
    out->partitions =
        message_items(&message_offset_delete_response_partition, in->partitions_count, &r->arena);
    for (size_t i = 0; i < in->partitions_count; i++) {
        struct offset_key key = { view->group_id, in->name, in->partitions[i].index };
        out->partitions[i].index = key.partition;
        out->partitions[i].error_code = (int16_t)(refused ? refused : forget(r, &key, lsn));
    }
}

/* Members that speak another protocol do not say what they read. */
static enum kafka_error find_group(struct request *r, struct bytes id, struct group_view *view) {
    *view = (struct group_view){ .group_id = id };
    if (!id.len)
        return KAFKA_INVALID_GROUP_ID;
    if (!coordinator_view(server_coordinator(r->server), id, &r->arena, view))
        return group_has_offsets(r->server, id) ? KAFKA_NONE : KAFKA_GROUP_ID_NOT_FOUND;
    view->group_id = id;
    if (view->member_count && !bytes_is_text(view->protocol_type, "consumer"))
        return KAFKA_NON_EMPTY_GROUP;
    return KAFKA_NONE;
}

void offset_delete_on_request(struct request *r, const struct offset_delete_request *body) {
    struct offset_delete_response response = { 0 };
    struct group_view view;
    lsn_t lsn = 0;
    if (body->topics_count > PARTITIONS_ASKED_MAX) {
        request_refuse(r, "asks_too_much");
        return;
    }
    response.error_code = (int16_t)find_group(r, body->group_id, &view);
    if (!response.error_code) {
        response.topics_count = body->topics_count;
        response.topics =
            message_items(&message_offset_delete_response_topic, body->topics_count, &r->arena);
        for (size_t t = 0; t < body->topics_count; t++)
            forget_topic(r, &view, &body->topics[t], &response.topics[t], &lsn);
    }
    request_reply_synced(r, &response, lsn);
}
