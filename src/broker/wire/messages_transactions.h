/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The messages of transactions, as lists for messages.h, which says how they are read. */
#ifndef OCTAVO_WIRE_MESSAGES_TRANSACTIONS_H
#define OCTAVO_WIRE_MESSAGES_TRANSACTIONS_H

/* ---- AddPartitionsToTxn */

#define FIELDS_add_partitions_to_txn_request_topic(S, F, A, P)                                     \
    F(S, string, name, 0, LAST)                                                                    \
    P(S, int32, partitions, 0, LAST)

#define FIELDS_add_partitions_to_txn_request(S, F, A, P)                                           \
    F(S, string, transactional_id, 0, LAST)                                                        \
    F(S, int64, producer_id, 0, LAST)                                                              \
    F(S, int16, producer_epoch, 0, LAST)                                                           \
    A(S, add_partitions_to_txn_request_topic, topics, 0, LAST)

#define FIELDS_add_partitions_to_txn_response_partition(S, F, A, P)                                \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_add_partitions_to_txn_response_topic(S, F, A, P)                                    \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, add_partitions_to_txn_response_partition, partitions, 0, LAST)

#define FIELDS_add_partitions_to_txn_response(S, F, A, P)                                          \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, add_partitions_to_txn_response_topic, topics, 0, LAST)

/* ---- AddOffsetsToTxn */

#define FIELDS_add_offsets_to_txn_request(S, F, A, P)                                              \
    F(S, string, transactional_id, 0, LAST)                                                        \
    F(S, int64, producer_id, 0, LAST)                                                              \
    F(S, int16, producer_epoch, 0, LAST)                                                           \
    F(S, string, group_id, 0, LAST)

#define FIELDS_add_offsets_to_txn_response(S, F, A, P)                                             \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)

/* ---- EndTxn */

#define FIELDS_end_txn_request(S, F, A, P)                                                         \
    F(S, string, transactional_id, 0, LAST)                                                        \
    F(S, int64, producer_id, 0, LAST)                                                              \
    F(S, int16, producer_epoch, 0, LAST)                                                           \
    F(S, bool, committed, 0, LAST)

#define FIELDS_end_txn_response(S, F, A, P)                                                        \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)

/* ---- TxnOffsetCommit */

#define FIELDS_txn_offset_commit_request_partition(S, F, A, P)                                     \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, committed_offset, 0, LAST)                                                         \
    F(S, int32, committed_leader_epoch, 2, LAST, DEFAULT(-1))                                      \
    F(S, string, committed_metadata, 0, LAST, NULLABLE(0))

#define FIELDS_txn_offset_commit_request_topic(S, F, A, P)                                         \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, txn_offset_commit_request_partition, partitions, 0, LAST)

#define FIELDS_txn_offset_commit_request(S, F, A, P)                                               \
    F(S, string, transactional_id, 0, LAST)                                                        \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int64, producer_id, 0, LAST)                                                              \
    F(S, int16, producer_epoch, 0, LAST)                                                           \
    F(S, int32, generation_id, 3, LAST, DEFAULT(-1))                                               \
    F(S, string, member_id, 3, LAST)                                                               \
    F(S, string, group_instance_id, 3, LAST, NULLABLE(0))                                          \
    A(S, txn_offset_commit_request_topic, topics, 0, LAST)

#define FIELDS_txn_offset_commit_response_partition(S, F, A, P)                                    \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_txn_offset_commit_response_topic(S, F, A, P)                                        \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, txn_offset_commit_response_partition, partitions, 0, LAST)

#define FIELDS_txn_offset_commit_response(S, F, A, P)                                              \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, txn_offset_commit_response_topic, topics, 0, LAST)

#endif
