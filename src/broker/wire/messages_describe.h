/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The messages by which groups, partitions and the broker are looked at, and groups forgotten,
 * topics grown, as lists for messages.h, which says how they are read. */
#ifndef OCTAVO_WIRE_MESSAGES_DESCRIBE_H
#define OCTAVO_WIRE_MESSAGES_DESCRIBE_H

/* ---- DescribeGroups */

#define FIELDS_describe_groups_request(S, F, A, P)                                                 \
    P(S, string, groups, 0, LAST)                                                                  \
    F(S, bool, include_authorized_operations, 3, LAST)

#define FIELDS_describe_groups_response_member(S, F, A, P)                                         \
    F(S, string, member_id, 0, LAST)                                                               \
    F(S, string, group_instance_id, 4, LAST, NULLABLE(4))                                          \
    F(S, string, client_id, 0, LAST)                                                               \
    F(S, string, client_host, 0, LAST)                                                             \
    F(S, bytes, member_metadata, 0, LAST)                                                          \
    F(S, bytes, member_assignment, 0, LAST)

#define FIELDS_describe_groups_response_group(S, F, A, P)                                          \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, string, group_state, 0, LAST)                                                             \
    F(S, string, protocol_type, 0, LAST)                                                           \
    F(S, string, protocol_data, 0, LAST)                                                           \
    A(S, describe_groups_response_member, members, 0, LAST)                                        \
    F(S, int32, authorized_operations, 3, LAST, DEFAULT(INT32_MIN))

#define FIELDS_describe_groups_response(S, F, A, P)                                                \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    A(S, describe_groups_response_group, groups, 0, LAST)

/* ---- ListGroups */

#define FIELDS_list_groups_request(S, F, A, P) P(S, string, states_filter, 4, LAST)

#define FIELDS_list_groups_response_group(S, F, A, P)                                              \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, string, protocol_type, 0, LAST)                                                           \
    F(S, string, group_state, 4, LAST)

#define FIELDS_list_groups_response(S, F, A, P)                                                    \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    A(S, list_groups_response_group, groups, 0, LAST)

/* ---- DeleteGroups */

#define FIELDS_delete_groups_request(S, F, A, P) P(S, string, groups, 0, LAST)

#define FIELDS_delete_groups_response_group(S, F, A, P)                                            \
    F(S, string, group_id, 0, LAST)                                                                \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_delete_groups_response(S, F, A, P)                                                  \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, delete_groups_response_group, groups, 0, LAST)

/* ---- OffsetDelete */

#define FIELDS_offset_delete_request_partition(S, F, A, P) F(S, int32, index, 0, LAST)

#define FIELDS_offset_delete_request_topic(S, F, A, P)                                             \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_delete_request_partition, partitions, 0, LAST)

#define FIELDS_offset_delete_request(S, F, A, P)                                                   \
    F(S, string, group_id, 0, LAST)                                                                \
    A(S, offset_delete_request_topic, topics, 0, LAST)

#define FIELDS_offset_delete_response_partition(S, F, A, P)                                        \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_offset_delete_response_topic(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_delete_response_partition, partitions, 0, LAST)

#define FIELDS_offset_delete_response(S, F, A, P)                                                  \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, offset_delete_response_topic, topics, 0, LAST)

/* ---- OffsetForLeaderEpoch */

#define FIELDS_offset_for_leader_epoch_request_partition(S, F, A, P)                               \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int32, current_leader_epoch, 2, LAST, DEFAULT(-1))                                        \
    F(S, int32, leader_epoch, 0, LAST)

#define FIELDS_offset_for_leader_epoch_request_topic(S, F, A, P)                                   \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_for_leader_epoch_request_partition, partitions, 0, LAST)

#define FIELDS_offset_for_leader_epoch_request(S, F, A, P)                                         \
    F(S, int32, replica_id, 3, LAST, DEFAULT(-2))                                                  \
    A(S, offset_for_leader_epoch_request_topic, topics, 0, LAST)

#define FIELDS_offset_for_leader_epoch_response_partition(S, F, A, P)                              \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int32, leader_epoch, 1, LAST, DEFAULT(-1))                                                \
    F(S, int64, end_offset, 0, LAST, DEFAULT(-1))

#define FIELDS_offset_for_leader_epoch_response_topic(S, F, A, P)                                  \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, offset_for_leader_epoch_response_partition, partitions, 0, LAST)

#define FIELDS_offset_for_leader_epoch_response(S, F, A, P)                                        \
    F(S, int32, throttle_time_ms, 2, LAST)                                                         \
    A(S, offset_for_leader_epoch_response_topic, topics, 0, LAST)

/* ---- DescribeLogDirs */

#define FIELDS_describe_log_dirs_request_topic(S, F, A, P)                                         \
    F(S, string, name, 0, LAST)                                                                    \
    P(S, int32, partitions, 0, LAST)

#define FIELDS_describe_log_dirs_request(S, F, A, P)                                               \
    A(S, describe_log_dirs_request_topic, topics, 0, LAST, NULLABLE(0))

#define FIELDS_describe_log_dirs_response_partition(S, F, A, P)                                    \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, size_bytes, 0, LAST)                                                               \
    F(S, int64, offset_lag, 0, LAST)                                                               \
    F(S, bool, is_future_key, 0, LAST)

#define FIELDS_describe_log_dirs_response_topic(S, F, A, P)                                        \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, describe_log_dirs_response_partition, partitions, 0, LAST)

#define FIELDS_describe_log_dirs_response_dir(S, F, A, P)                                          \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, log_dir, 0, LAST)                                                                 \
    A(S, describe_log_dirs_response_topic, topics, 0, LAST)                                        \
    F(S, int64, total_bytes, 4, LAST, DEFAULT(-1))                                                 \
    F(S, int64, usable_bytes, 4, LAST, DEFAULT(-1))

#define FIELDS_describe_log_dirs_response(S, F, A, P)                                              \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    F(S, int16, error_code, 3, LAST)                                                               \
    A(S, describe_log_dirs_response_dir, dirs, 0, LAST)

/* ---- DescribeCluster */

#define FIELDS_describe_cluster_request(S, F, A, P)                                                \
    F(S, bool, include_authorized_operations, 0, LAST)                                             \
    F(S, int8, endpoint_type, 1, LAST, DEFAULT(1))

#define FIELDS_describe_cluster_response_broker(S, F, A, P)                                        \
    F(S, int32, broker_id, 0, LAST)                                                                \
    F(S, string, host, 0, LAST)                                                                    \
    F(S, int32, port, 0, LAST)                                                                     \
    F(S, string, rack, 0, LAST, NULLABLE(0))

#define FIELDS_describe_cluster_response(S, F, A, P)                                               \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 0, LAST, NULLABLE(0))                                              \
    F(S, int8, endpoint_type, 1, LAST, DEFAULT(1))                                                 \
    F(S, string, cluster_id, 0, LAST)                                                              \
    F(S, int32, controller_id, 0, LAST, DEFAULT(-1))                                               \
    A(S, describe_cluster_response_broker, brokers, 0, LAST)                                       \
    F(S, int32, authorized_operations, 0, LAST, DEFAULT(INT32_MIN))

/* ---- CreatePartitions */

#define FIELDS_create_partitions_request_assignment(S, F, A, P) P(S, int32, broker_ids, 0, LAST)

#define FIELDS_create_partitions_request_topic(S, F, A, P)                                         \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int32, count, 0, LAST)                                                                    \
    A(S, create_partitions_request_assignment, assignments, 0, LAST, NULLABLE(0))

#define FIELDS_create_partitions_request(S, F, A, P)                                               \
    A(S, create_partitions_request_topic, topics, 0, LAST)                                         \
    F(S, int32, timeout_ms, 0, LAST)                                                               \
    F(S, bool, validate_only, 0, LAST)

#define FIELDS_create_partitions_response_topic(S, F, A, P)                                        \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 0, LAST, NULLABLE(0))

#define FIELDS_create_partitions_response(S, F, A, P)                                              \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, create_partitions_response_topic, results, 0, LAST)

#define MESSAGE_PARTS_DESCRIBE(M)                                                                  \
    M(create_partitions_request_assignment)                                                        \
    M(create_partitions_request_topic)                                                             \
    M(create_partitions_response_topic)                                                            \
    M(describe_groups_response_member)                                                             \
    M(describe_groups_response_group)                                                              \
    M(list_groups_response_group)                                                                  \
    M(delete_groups_response_group)                                                                \
    M(offset_delete_request_partition)                                                             \
    M(offset_delete_request_topic)                                                                 \
    M(offset_delete_response_partition)                                                            \
    M(offset_delete_response_topic)                                                                \
    M(offset_for_leader_epoch_request_partition)                                                   \
    M(offset_for_leader_epoch_request_topic)                                                       \
    M(offset_for_leader_epoch_response_partition)                                                  \
    M(offset_for_leader_epoch_response_topic)                                                      \
    M(describe_log_dirs_request_topic)                                                             \
    M(describe_log_dirs_response_partition)                                                        \
    M(describe_log_dirs_response_topic)                                                            \
    M(describe_log_dirs_response_dir)                                                              \
    M(describe_cluster_response_broker)

#endif
