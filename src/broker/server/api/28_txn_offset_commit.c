/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* TxnOffsetCommit: offsets that count once the transaction is committed. From version 3 on it says
 * which member of which generation speaks, and one that has lost its partitions is refused: else a
 * zombie's transaction could move a group that others read for (KIP-447). */
#include "server/api/api.h"
#include "server/groups.h"
#include "server/server_inside.h"
#include "server/transactions.h"

static enum kafka_error check_member(struct request *r,
                                     const struct txn_offset_commit_request *body) {
    struct group_speaker speaker = {
        .group_id = body->group_id,
        .member_id = body->member_id,
        .group_instance_id = body->group_instance_id,
        .generation = body->generation_id,
    };
    if (body->generation_id < 0 && !body->member_id.len && !body->group_instance_id.data)
        return KAFKA_NONE; /* says nothing, as before version 3 */
    enum group_error code =
        coordinator_check_commit(server_coordinator(r->server), &speaker, server_now_ms(r->server));
    groups_settle(r->server);
    return (enum kafka_error)code;
}

static enum kafka_error check(struct request *r, const struct txn_offset_commit_request *body,
                              struct txn **out) {
    struct txn *known = txn_find(server_storage(r->server), body->transactional_id);
    struct transaction_event event = { .kind = TRANSACTION_OFFSETS,
                                       .producer_id = body->producer_id,
                                       .epoch = body->producer_epoch,
                                       .is_added = known && txn_has_group(known, body->group_id) };
    struct transaction t = transaction_ask(r, body->transactional_id, &event);
    *out = t.txn;
    return t.verdict.code ? (enum kafka_error)t.verdict.code : check_member(r, body);
}

static enum kafka_error code_of(enum error e) {
    if (e == E_too_large)
        return KAFKA_OFFSET_METADATA_TOO_LARGE;
    return e ? KAFKA_COORDINATOR_NOT_AVAILABLE : KAFKA_NONE;
}

static enum kafka_error add(struct request *r, struct txn *t, const struct offset_key *key,
                            const struct txn_offset_commit_request_partition *in, lsn_t *lsn) {
    if (!server_partition(r->server, key->topic, in->index))
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    struct committed_offset value = {
        .offset = in->committed_offset,
        .leader_epoch = in->committed_leader_epoch,
        .metadata = arena_text(&r->arena, in->committed_metadata),
        .commit_ms = clock_wall_ms(loop_clock(r->server->loop)),
    };
    return code_of(txn_add_offset(server_storage(r->server), t, key, &value, lsn));
}

void txn_offset_commit_on_request(struct request *r, const struct txn_offset_commit_request *body) {
    struct txn_offset_commit_response response = { .topics_count = body->topics_count };
    struct txn *t;
    lsn_t lsn = 0;
    enum kafka_error refused = check(r, body, &t);
    response.topics =
        message_items(&message_txn_offset_commit_response_topic, body->topics_count, &r->arena);
    for (size_t n = 0; n < body->topics_count; n++) {
        const struct txn_offset_commit_request_topic *in = &body->topics[n];
        struct txn_offset_commit_response_topic *out = &response.topics[n];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions = message_items(&message_txn_offset_commit_response_partition,
                                        in->partitions_count, &r->arena);
        for (size_t i = 0; i < in->partitions_count; i++) {
            struct offset_key key = { body->group_id, in->name, in->partitions[i].index };
            out->partitions[i].index = key.partition;
            out->partitions[i].error_code =
                (int16_t)(refused ? refused : add(r, t, &key, &in->partitions[i], &lsn));
        }
    }
    request_reply_synced(r, &response, lsn);
}
