/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every message of every API in apis.def, and what they are made of: a list of fields each, in the
 * order of the wire. The lists make the structs here and the tables in messages.c.
 *
 *   F(S, type, name, first version, last version, ...)  a field
 *   A(S, item, name, first version, last version, ...)  an array of structs, and name_count
 *   P(S, type, name, first version, last version, ...)  an array of plain values, and name_count
 *   NULLABLE(v): may be null from version v on.  DEFAULT(n): what an integer is if nobody says.
 *
 * First version 0 means "in all that we decode": fields of older versions are left out. */
#ifndef OCTAVO_WIRE_MESSAGES_H
#define OCTAVO_WIRE_MESSAGES_H

#include "codec.h"

#include "messages_admin.h"
#include "messages_describe.h"
#include "messages_security.h"
#include "messages_transactions.h"

enum { LAST = INT16_MAX, NEVER = INT16_MAX };

/* ---- Produce */

#define FIELDS_produce_request_partition(S, F, A, P)                                               \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, bytes, records, 0, LAST, NULLABLE(0))

#define FIELDS_produce_request_topic(S, F, A, P)                                                   \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, produce_request_partition, partitions, 0, LAST)

#define FIELDS_produce_request(S, F, A, P)                                                         \
    F(S, string, transactional_id, 3, LAST, NULLABLE(0))                                           \
    F(S, int16, acks, 0, LAST)                                                                     \
    F(S, int32, timeout_ms, 0, LAST)                                                               \
    A(S, produce_request_topic, topics, 0, LAST)

#define FIELDS_produce_response_record_error(S, F, A, P)                                           \
    F(S, int32, batch_index, 0, LAST)                                                              \
    F(S, string, error_message, 8, LAST, NULLABLE(0))

#define FIELDS_produce_response_partition(S, F, A, P)                                              \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int64, base_offset, 0, LAST)                                                              \
    F(S, int64, log_append_time_ms, 2, LAST, DEFAULT(-1))                                          \
    F(S, int64, log_start_offset, 5, LAST, DEFAULT(-1))                                            \
    A(S, produce_response_record_error, record_errors, 8, LAST)                                    \
    F(S, string, error_message, 8, LAST, NULLABLE(0))

#define FIELDS_produce_response_topic(S, F, A, P)                                                  \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, produce_response_partition, partitions, 0, LAST)

#define FIELDS_produce_response(S, F, A, P)                                                        \
    A(S, produce_response_topic, topics, 0, LAST)                                                  \
    F(S, int32, throttle_time_ms, 1, LAST)

/* ---- Fetch */

#define FIELDS_fetch_request_partition(S, F, A, P)                                                 \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int32, current_leader_epoch, 9, LAST, DEFAULT(-1))                                        \
    F(S, int64, fetch_offset, 0, LAST)                                                             \
    F(S, int32, last_fetched_epoch, 12, LAST, DEFAULT(-1))                                         \
    F(S, int64, log_start_offset, 5, LAST, DEFAULT(-1))                                            \
    F(S, int32, max_bytes, 0, LAST)

#define FIELDS_fetch_request_topic(S, F, A, P)                                                     \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, fetch_request_partition, partitions, 0, LAST)

#define FIELDS_fetch_request_forgotten_topic(S, F, A, P)                                           \
    F(S, string, name, 7, LAST)                                                                    \
    P(S, int32, partitions, 7, LAST)

#define FIELDS_fetch_request(S, F, A, P)                                                           \
    F(S, int32, replica_id, 0, LAST, DEFAULT(-1))                                                  \
    F(S, int32, max_wait_ms, 0, LAST)                                                              \
    F(S, int32, min_bytes, 0, LAST)                                                                \
    F(S, int32, max_bytes, 3, LAST, DEFAULT(INT32_MAX))                                            \
    F(S, int8, isolation_level, 4, LAST)                                                           \
    F(S, int32, session_id, 7, LAST)                                                               \
    F(S, int32, session_epoch, 7, LAST, DEFAULT(-1))                                               \
    A(S, fetch_request_topic, topics, 0, LAST)                                                     \
    A(S, fetch_request_forgotten_topic, forgotten_topics, 7, LAST)                                 \
    F(S, string, rack_id, 11, LAST)

#define FIELDS_fetch_response_aborted_transaction(S, F, A, P)                                      \
    F(S, int64, producer_id, 4, LAST)                                                              \
    F(S, int64, first_offset, 4, LAST)

#define FIELDS_fetch_response_partition(S, F, A, P)                                                \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int64, high_watermark, 0, LAST)                                                           \
    F(S, int64, last_stable_offset, 4, LAST, DEFAULT(-1))                                          \
    F(S, int64, log_start_offset, 5, LAST, DEFAULT(-1))                                            \
    A(S, fetch_response_aborted_transaction, aborted_transactions, 4, LAST, NULLABLE(0))           \
    F(S, int32, preferred_read_replica, 11, LAST, DEFAULT(-1))                                     \
    F(S, bytes, records, 0, LAST)

#define FIELDS_fetch_response_topic(S, F, A, P)                                                    \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, fetch_response_partition, partitions, 0, LAST)

#define FIELDS_fetch_response(S, F, A, P)                                                          \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 7, LAST)                                                               \
    F(S, int32, session_id, 7, LAST)                                                               \
    A(S, fetch_response_topic, topics, 0, LAST)

/* ---- ListOffsets */

#define FIELDS_list_offsets_request_partition(S, F, A, P)                                          \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int32, current_leader_epoch, 4, LAST, DEFAULT(-1))                                        \
    F(S, int64, timestamp_ms, 0, LAST)

#define FIELDS_list_offsets_request_topic(S, F, A, P)                                              \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, list_offsets_request_partition, partitions, 0, LAST)

#define FIELDS_list_offsets_request(S, F, A, P)                                                    \
    F(S, int32, replica_id, 0, LAST, DEFAULT(-1))                                                  \
    F(S, int8, isolation_level, 2, LAST)                                                           \
    A(S, list_offsets_request_topic, topics, 0, LAST)

#define FIELDS_list_offsets_response_partition(S, F, A, P)                                         \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int64, timestamp_ms, 1, LAST, DEFAULT(-1))                                                \
    F(S, int64, offset, 1, LAST, DEFAULT(-1))                                                      \
    F(S, int32, leader_epoch, 4, LAST, DEFAULT(-1))

#define FIELDS_list_offsets_response_topic(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, list_offsets_response_partition, partitions, 0, LAST)

#define FIELDS_list_offsets_response(S, F, A, P)                                                   \
    F(S, int32, throttle_time_ms, 2, LAST)                                                         \
    A(S, list_offsets_response_topic, topics, 0, LAST)

/* ---- Metadata */

#define FIELDS_metadata_request_topic(S, F, A, P) F(S, string, name, 0, LAST)

/* Version 0 asks for all topics with an empty array, later ones with null. */
#define FIELDS_metadata_request(S, F, A, P)                                                        \
    A(S, metadata_request_topic, topics, 0, LAST, NULLABLE(1))                                     \
    F(S, bool, allow_auto_topic_creation, 4, LAST, DEFAULT(1))                                     \
    F(S, bool, include_cluster_authorized_operations, 8, LAST)                                     \
    F(S, bool, include_topic_authorized_operations, 8, LAST)

#define FIELDS_metadata_response_broker(S, F, A, P)                                                \
    F(S, int32, node_id, 0, LAST)                                                                  \
    F(S, string, host, 0, LAST)                                                                    \
    F(S, int32, port, 0, LAST)                                                                     \
    F(S, string, rack, 1, LAST, NULLABLE(1))

#define FIELDS_metadata_response_partition(S, F, A, P)                                             \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int32, leader_id, 0, LAST)                                                                \
    F(S, int32, leader_epoch, 7, LAST, DEFAULT(-1))                                                \
    P(S, int32, replica_nodes, 0, LAST)                                                            \
    P(S, int32, isr_nodes, 0, LAST)                                                                \
    P(S, int32, offline_replicas, 5, LAST)

#define FIELDS_metadata_response_topic(S, F, A, P)                                                 \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, bool, is_internal, 1, LAST)                                                               \
    A(S, metadata_response_partition, partitions, 0, LAST)                                         \
    F(S, int32, topic_authorized_operations, 8, LAST, DEFAULT(INT32_MIN))

#define FIELDS_metadata_response(S, F, A, P)                                                       \
    F(S, int32, throttle_time_ms, 3, LAST)                                                         \
    A(S, metadata_response_broker, brokers, 0, LAST)                                               \
    F(S, string, cluster_id, 2, LAST, NULLABLE(2))                                                 \
    F(S, int32, controller_id, 1, LAST, DEFAULT(-1))                                               \
    A(S, metadata_response_topic, topics, 0, LAST)                                                 \
    F(S, int32, cluster_authorized_operations, 8, LAST, DEFAULT(INT32_MIN))

/* ---- OffsetCommit */

#define FIELDS_offset_commit_request_partition(S, F, A, P)                                         \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, committed_offset, 0, LAST)                                                         \
    F(S, int32, committed_leader_epoch, 6, LAST, DEFAULT(-1))                                      \
    F(S, string, committed_metadata, 0, LAST, NULLABLE(0))

#define FIELDS_offset_commit_request_topic(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_commit_request_partition, partitions, 0, LAST)

#define FIELDS_offset_commit_request(S, F, A, P)                                                   \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int32, generation_id, 1, LAST, DEFAULT(-1))                                               \
    F(S, string, member_id, 1, LAST)                                                               \
    F(S, string, group_instance_id, 7, LAST, NULLABLE(0))                                          \
    F(S, int64, retention_time_ms, 2, 4, DEFAULT(-1))                                              \
    A(S, offset_commit_request_topic, topics, 0, LAST)

#define FIELDS_offset_commit_response_partition(S, F, A, P)                                        \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_offset_commit_response_topic(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_commit_response_partition, partitions, 0, LAST)

#define FIELDS_offset_commit_response(S, F, A, P)                                                  \
    F(S, int32, throttle_time_ms, 3, LAST)                                                         \
    A(S, offset_commit_response_topic, topics, 0, LAST)

/* ---- OffsetFetch: one group up to version 7, several from 8; null topics ask for all */

#define FIELDS_offset_fetch_request_topic(S, F, A, P)                                              \
    F(S, string, name, 0, LAST)                                                                    \
    P(S, int32, partitions, 0, LAST)

#define FIELDS_offset_fetch_request_group(S, F, A, P)                                              \
    F(S, string, group_id, 8, LAST)                                                                \
    A(S, offset_fetch_request_topic, topics, 8, LAST, NULLABLE(0))

#define FIELDS_offset_fetch_request(S, F, A, P)                                                    \
    F(S, string, group_id, 0, 7)                                                                   \
    A(S, offset_fetch_request_topic, topics, 0, 7, NULLABLE(2))                                    \
    A(S, offset_fetch_request_group, groups, 8, LAST)                                              \
    F(S, bool, require_stable, 7, LAST)

#define FIELDS_offset_fetch_response_partition(S, F, A, P)                                         \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, committed_offset, 0, LAST)                                                         \
    F(S, int32, committed_leader_epoch, 5, LAST, DEFAULT(-1))                                      \
    F(S, string, metadata, 0, LAST, NULLABLE(0))                                                   \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_offset_fetch_response_topic(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_fetch_response_partition, partitions, 0, LAST)

#define FIELDS_offset_fetch_response_group(S, F, A, P)                                             \
    F(S, string, group_id, 8, LAST)                                                                \
    A(S, offset_fetch_response_topic, topics, 8, LAST)                                             \
    F(S, int16, error_code, 8, LAST)

#define FIELDS_offset_fetch_response(S, F, A, P)                                                   \
    F(S, int32, throttle_time_ms, 3, LAST)                                                         \
    A(S, offset_fetch_response_topic, topics, 0, 7)                                                \
    F(S, int16, error_code, 2, 7)                                                                  \
    A(S, offset_fetch_response_group, groups, 8, LAST)

/* ---- FindCoordinator: one key up to version 3, several from 4 */

#define FIELDS_find_coordinator_request(S, F, A, P)                                                \
    F(S, string, key, 0, 3)                                                                        \
    F(S, int8, key_type, 1, LAST)                                                                  \
    P(S, string, keys, 4, LAST)

#define FIELDS_find_coordinator_response_coordinator(S, F, A, P)                                   \
    F(S, string, key, 4, LAST)                                                                     \
    F(S, int32, node_id, 4, LAST)                                                                  \
    F(S, string, host, 4, LAST)                                                                    \
    F(S, int32, port, 4, LAST)                                                                     \
    F(S, int16, error_code, 4, LAST)                                                               \
    F(S, string, error_message, 4, LAST, NULLABLE(0))

#define FIELDS_find_coordinator_response(S, F, A, P)                                               \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 0, 3)                                                                  \
    F(S, string, error_message, 1, 3, NULLABLE(0))                                                 \
    F(S, int32, node_id, 0, 3)                                                                     \
    F(S, string, host, 0, 3)                                                                       \
    F(S, int32, port, 0, 3)                                                                        \
    A(S, find_coordinator_response_coordinator, coordinators, 4, LAST)

/* ---- JoinGroup */

#define FIELDS_join_group_request_protocol(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, bytes, metadata, 0, LAST)

/* Version 0 has no rebalance timeout: the session timeout stands for it. */
#define FIELDS_join_group_request(S, F, A, P)                                                      \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int32, session_timeout_ms, 0, LAST)                                                       \
    F(S, int32, rebalance_timeout_ms, 1, LAST, DEFAULT(-1))                                        \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, string, group_instance_id, 5, LAST, NULLABLE(0))                                          \
    F(S, string, protocol_type, 0, LAST)                                                           \
    A(S, join_group_request_protocol, protocols, 0, LAST)                                          \
    F(S, string, reason, 8, LAST, NULLABLE(0))

#define FIELDS_join_group_response_member(S, F, A, P)                                              \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, string, group_instance_id, 5, LAST, NULLABLE(0))                                          \
    F(S, bytes, metadata, 0, LAST)

#define FIELDS_join_group_response(S, F, A, P)                                                     \
    F(S, int32, throttle_time_ms, 2, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int32, generation_id, 0, LAST, DEFAULT(-1))                                               \
    F(S, string, protocol_type, 7, LAST, NULLABLE(0))                                              \
    F(S, string, protocol_name, 0, LAST, NULLABLE(7))                                              \
    F(S, string, leader, 0, LAST)                                                                  \
    F(S, bool, skip_assignment, 9, LAST)                                                           \
    F(S, string, member_id, 0, LAST)                                                               \
    A(S, join_group_response_member, members, 0, LAST)

/* ---- Heartbeat */

#define FIELDS_heartbeat_request(S, F, A, P)                                                       \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int32, generation_id, 0, LAST)                                                            \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, string, group_instance_id, 3, LAST, NULLABLE(0))

#define FIELDS_heartbeat_response(S, F, A, P)                                                      \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)

/* ---- LeaveGroup: one member up to version 2, several from 3 */

#define FIELDS_leave_group_request_member(S, F, A, P)                                              \
    F(S, string, member_id, 3, LAST)                                                               \
    F(S, string, group_instance_id, 3, LAST, NULLABLE(0))                                          \
    F(S, string, reason, 5, LAST, NULLABLE(0))

#define FIELDS_leave_group_request(S, F, A, P)                                                     \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, string, member_id, 0, 2)                                                                  \
    A(S, leave_group_request_member, members, 3, LAST)

#define FIELDS_leave_group_response_member(S, F, A, P)                                             \
    F(S, string, member_id, 3, LAST)                                                               \
    F(S, string, group_instance_id, 3, LAST, NULLABLE(0))                                          \
    F(S, int16, error_code, 3, LAST)

#define FIELDS_leave_group_response(S, F, A, P)                                                    \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    A(S, leave_group_response_member, members, 3, LAST)

/* ---- SyncGroup */

#define FIELDS_sync_group_request_assignment(S, F, A, P)                                           \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, bytes, assignment, 0, LAST)

#define FIELDS_sync_group_request(S, F, A, P)                                                      \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int32, generation_id, 0, LAST)                                                            \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, string, group_instance_id, 3, LAST, NULLABLE(0))                                          \
    F(S, string, protocol_type, 5, LAST, NULLABLE(0))                                              \
    F(S, string, protocol_name, 5, LAST, NULLABLE(0))                                              \
    A(S, sync_group_request_assignment, assignments, 0, LAST)

#define FIELDS_sync_group_response(S, F, A, P)                                                     \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, protocol_type, 5, LAST, NULLABLE(0))                                              \
    F(S, string, protocol_name, 5, LAST, NULLABLE(0))                                              \
    F(S, bytes, assignment, 0, LAST)

/* ---- ApiVersions */

#define FIELDS_api_versions_request(S, F, A, P)                                                    \
    F(S, string, client_software_name, 3, LAST)                                                    \
    F(S, string, client_software_version, 3, LAST)

#define FIELDS_api_versions_response_api(S, F, A, P)                                               \
    F(S, int16, api_key, 0, LAST)                                                                  \
    F(S, int16, min_version, 0, LAST)                                                              \
    F(S, int16, max_version, 0, LAST)

#define FIELDS_api_versions_response(S, F, A, P)                                                   \
    F(S, int16, error_code, 0, LAST)                                                               \
    A(S, api_versions_response_api, api_keys, 0, LAST)                                             \
    F(S, int32, throttle_time_ms, 1, LAST)

/* ---- CreateTopics */

#define FIELDS_create_topics_request_assignment(S, F, A, P)                                        \
    F(S, int32, index, 0, LAST)                                                                    \
    P(S, int32, broker_ids, 0, LAST)

#define FIELDS_create_topics_request_config(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, string, value, 0, LAST, NULLABLE(0))

#define FIELDS_create_topics_request_topic(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int32, partition_count, 0, LAST)                                                          \
    F(S, int16, replication_factor, 0, LAST)                                                       \
    A(S, create_topics_request_assignment, assignments, 0, LAST)                                   \
    A(S, create_topics_request_config, configs, 0, LAST)

#define FIELDS_create_topics_request(S, F, A, P)                                                   \
    A(S, create_topics_request_topic, topics, 0, LAST)                                             \
    F(S, int32, timeout_ms, 0, LAST, DEFAULT(60000))                                               \
    F(S, bool, validate_only, 1, LAST)

#define FIELDS_create_topics_response_config(S, F, A, P)                                           \
    F(S, string, name, 5, LAST)                                                                    \
    F(S, string, value, 5, LAST, NULLABLE(0))                                                      \
    F(S, bool, is_read_only, 5, LAST)                                                              \
    F(S, int8, config_source, 5, LAST, DEFAULT(-1))                                                \
    F(S, bool, is_sensitive, 5, LAST)

#define FIELDS_create_topics_response_topic(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 1, LAST, NULLABLE(0))                                              \
    F(S, int32, partition_count, 5, LAST, DEFAULT(-1))                                             \
    F(S, int16, replication_factor, 5, LAST, DEFAULT(-1))                                          \
    A(S, create_topics_response_config, configs, 5, LAST, NULLABLE(0))

#define FIELDS_create_topics_response(S, F, A, P)                                                  \
    F(S, int32, throttle_time_ms, 2, LAST)                                                         \
    A(S, create_topics_response_topic, topics, 0, LAST)

/* ---- InitProducerId */

#define FIELDS_init_producer_id_request(S, F, A, P)                                                \
    F(S, string, transactional_id, 0, LAST, NULLABLE(0))                                           \
    F(S, int32, transaction_timeout_ms, 0, LAST)                                                   \
    F(S, int64, producer_id, 3, LAST, DEFAULT(-1))                                                 \
    F(S, int16, producer_epoch, 3, LAST, DEFAULT(-1))

#define FIELDS_init_producer_id_response(S, F, A, P)                                               \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int64, producer_id, 0, LAST, DEFAULT(-1))                                                 \
    F(S, int16, producer_epoch, 0, LAST)

/* What is inside messages, each before its users. */
#define MESSAGE_PARTS(M)                                                                           \
    M(produce_request_partition)                                                                   \
    M(produce_request_topic)                                                                       \
    M(produce_response_record_error)                                                               \
    M(produce_response_partition)                                                                  \
    M(produce_response_topic)                                                                      \
    M(fetch_request_partition)                                                                     \
    M(fetch_request_topic)                                                                         \
    M(fetch_request_forgotten_topic)                                                               \
    M(fetch_response_aborted_transaction)                                                          \
    M(fetch_response_partition)                                                                    \
    M(fetch_response_topic)                                                                        \
    M(list_offsets_request_partition)                                                              \
    M(list_offsets_request_topic)                                                                  \
    M(list_offsets_response_partition)                                                             \
    M(list_offsets_response_topic)                                                                 \
    M(metadata_request_topic)                                                                      \
    M(metadata_response_broker)                                                                    \
    M(metadata_response_partition)                                                                 \
    M(metadata_response_topic)                                                                     \
    M(offset_commit_request_partition)                                                             \
    M(offset_commit_request_topic)                                                                 \
    M(offset_commit_response_partition)                                                            \
    M(offset_commit_response_topic)                                                                \
    M(offset_fetch_request_topic)                                                                  \
    M(offset_fetch_request_group)                                                                  \
    M(offset_fetch_response_partition)                                                             \
    M(offset_fetch_response_topic)                                                                 \
    M(offset_fetch_response_group)                                                                 \
    M(find_coordinator_response_coordinator)                                                       \
    M(join_group_request_protocol)                                                                 \
    M(join_group_response_member)                                                                  \
    M(leave_group_request_member)                                                                  \
    M(leave_group_response_member)                                                                 \
    M(sync_group_request_assignment)                                                               \
    M(api_versions_response_api)                                                                   \
    M(create_topics_request_assignment)                                                            \
    M(create_topics_request_config)                                                                \
    M(create_topics_request_topic)                                                                 \
    M(create_topics_response_config)                                                               \
    M(create_topics_response_topic)                                                                \
    M(add_partitions_to_txn_request_topic)                                                         \
    M(add_partitions_to_txn_response_partition)                                                    \
    M(add_partitions_to_txn_response_topic)                                                        \
    M(txn_offset_commit_request_partition)                                                         \
    M(txn_offset_commit_request_topic)                                                             \
    M(txn_offset_commit_response_partition)                                                        \
    M(txn_offset_commit_response_topic)                                                            \
    M(delete_topics_response_topic)                                                                \
    M(delete_records_request_partition)                                                            \
    M(delete_records_request_topic)                                                                \
    M(delete_records_response_partition)                                                           \
    M(delete_records_response_topic)                                                               \
    M(describe_configs_request_resource)                                                           \
    M(describe_configs_response_synonym)                                                           \
    M(describe_configs_response_config)                                                            \
    M(describe_configs_response_result)                                                            \
    M(alter_configs_request_config)                                                                \
    M(alter_configs_request_resource)                                                              \
    M(alter_configs_response_resource)                                                             \
    M(incremental_alter_configs_request_config)                                                    \
    M(incremental_alter_configs_request_resource)

#define TYPE_OF_bool bool
#define TYPE_OF_int8 int8_t
#define TYPE_OF_int16 int16_t
#define TYPE_OF_int32 int32_t
#define TYPE_OF_int64 int64_t
#define TYPE_OF_string struct bytes
#define TYPE_OF_bytes struct bytes
#define FIELD_MEMBER(S, type, name, first, last, ...) TYPE_OF_##type name;
#define ARRAY_MEMBER(S, type, name, first, last, ...)                                              \
    struct type *name;                                                                             \
    size_t name##_count;
#define PLAIN_MEMBER(S, type, name, first, last, ...)                                              \
    TYPE_OF_##type *name;                                                                          \
    size_t name##_count;
#define MESSAGE_STRUCT(name)                                                                       \
    struct name {                                                                                  \
        FIELDS_##name(name, FIELD_MEMBER, ARRAY_MEMBER, PLAIN_MEMBER)                              \
    };                                                                                             \
    extern const struct message message_##name;

MESSAGE_PARTS(MESSAGE_STRUCT)
MESSAGE_PARTS_DESCRIBE(MESSAGE_STRUCT)
#define API(key, name, ...) MESSAGE_STRUCT(name##_request) MESSAGE_STRUCT(name##_response)
#include "wire/apis.def"
#undef API

#endif
