/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* AddPartitionsToTxn: opens the transaction; all of the partitions are added or, if one of them
 * does not exist, none. */
#include "server/api/api.h"
#include "server/transactions.h"

enum { FENCED_FROM = 2 };

struct addition {
    struct request *r;
    const struct add_partitions_to_txn_request *body;
    struct partition **partitions; /* of the whole request; NULL where there is none */
    size_t count;
    bool any_missing;
};

static size_t count_asked(const struct add_partitions_to_txn_request *body) {
    size_t count = 0;
    for (size_t t = 0; t < body->topics_count; t++)
        count += body->topics[t].partitions_count;
    return count;
}

static void find_partitions(struct addition *a) {
    size_t count = count_asked(a->body);
    a->partitions = arena_get(&a->r->arena, (count + 1) * sizeof(struct partition *));
    for (size_t t = 0; t < a->body->topics_count; t++) {
        const struct add_partitions_to_txn_request_topic *topic = &a->body->topics[t];
        for (size_t i = 0; i < topic->partitions_count; i++) {
            struct partition *p = server_partition(a->r->server, topic->name, topic->partitions[i]);
            a->partitions[a->count++] = p;
            a->any_missing = a->any_missing || !p;
        }
    }
}

static bool has_all(const struct addition *a, const struct txn *t) {
    for (size_t i = 0; i < a->count; i++)
        if (!txn_has_partition(t, a->partitions[i]))
            return false;
    return true;
}

/* The code of each partition that exists. */
static enum kafka_error add(struct addition *a, lsn_t *lsn) {
    struct transaction_event event = { .kind = TRANSACTION_ADD,
                                       .producer_id = a->body->producer_id,
                                       .epoch = a->body->producer_epoch };
    struct transaction t = transaction_ask(a->r, a->body->transactional_id, &event);
    if (t.verdict.code)
        return transaction_code(a->r, t.verdict.code, FENCED_FROM);
    if (a->any_missing)
        return KAFKA_OPERATION_NOT_ATTEMPTED;
    *lsn = storage_appended_lsn(server_storage(a->r->server));
    if ((t.verdict.opens || !has_all(a, t.txn))
        && txn_add_partitions(server_storage(a->r->server), t.txn, a->partitions, a->count, lsn))
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    transaction_opened(a->r, &t);
    return KAFKA_NONE;
}

static void fill(struct addition *a, enum kafka_error code,
                 struct add_partitions_to_txn_response *out) {
    struct partition **p = a->partitions;
    out->topics_count = a->body->topics_count;
    out->topics = message_items(&message_add_partitions_to_txn_response_topic, out->topics_count,
                                &a->r->arena);
    for (size_t t = 0; t < out->topics_count; t++) {
        const struct add_partitions_to_txn_request_topic *in = &a->body->topics[t];
        struct add_partitions_to_txn_response_topic *topic = &out->topics[t];
        topic->name = in->name;
        topic->partitions_count = in->partitions_count;
        topic->partitions = message_items(&message_add_partitions_to_txn_response_partition,
                                          in->partitions_count, &a->r->arena);
        for (size_t i = 0; i < in->partitions_count; i++, p++) {
            bool is_missing = code == KAFKA_OPERATION_NOT_ATTEMPTED && !*p;
            topic->partitions[i].index = in->partitions[i];
            topic->partitions[i].error_code =
                (int16_t)(is_missing ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : code);
        }
    }
}

void add_partitions_to_txn_on_request(struct request *r,
                                      const struct add_partitions_to_txn_request *body) {
    struct add_partitions_to_txn_response response = { 0 };
    struct addition a = { .r = r, .body = body };
    lsn_t lsn = 0;
    if (count_asked(body) > PARTITIONS_ASKED_MAX) {
        request_refuse(r, "asks_too_much");
        return;
    }
    find_partitions(&a);
    enum kafka_error code = add(&a, &lsn);
    fill(&a, code, &response);
    request_reply_synced(r, &response, code ? 0 : lsn);
}
