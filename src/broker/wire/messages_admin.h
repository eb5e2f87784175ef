/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The messages of topics and records deleted and settings changed, as lists for messages.h, which
 * says how they are read. */
#ifndef OCTAVO_WIRE_MESSAGES_ADMIN_H
#define OCTAVO_WIRE_MESSAGES_ADMIN_H

/* ---- DeleteTopics */

#define FIELDS_delete_topics_request(S, F, A, P)                                                   \
    P(S, string, topic_names, 0, LAST)                                                             \
    F(S, int32, timeout_ms, 0, LAST)

#define FIELDS_delete_topics_response_topic(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 5, LAST, NULLABLE(5))

#define FIELDS_delete_topics_response(S, F, A, P)                                                  \
    F(S, int32, throttle_time_ms, 1, LAST)                                                         \
    A(S, delete_topics_response_topic, topics, 0, LAST)

/* ---- DeleteRecords */

#define FIELDS_delete_records_request_partition(S, F, A, P)                                        \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, offset, 0, LAST)

#define FIELDS_delete_records_request_topic(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, delete_records_request_partition, partitions, 0, LAST)

#define FIELDS_delete_records_request(S, F, A, P)                                                  \
    A(S, delete_records_request_topic, topics, 0, LAST)                                            \
    F(S, int32, timeout_ms, 0, LAST)

#define FIELDS_delete_records_response_partition(S, F, A, P)                                       \
    F(S, int32, index, 0, LAST)                                                                    \
    F(S, int64, low_watermark, 0, LAST, DEFAULT(-1))                                               \
    F(S, int16, error_code, 0, LAST)

#define FIELDS_delete_records_response_topic(S, F, A, P)                                           \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, delete_records_response_partition, partitions, 0, LAST)

#define FIELDS_delete_records_response(S, F, A, P)                                                 \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, delete_records_response_topic, topics, 0, LAST)

/* ---- DescribeConfigs: null keys ask for all */

#define FIELDS_describe_configs_request_resource(S, F, A, P)                                       \
    F(S, int8, type, 0, LAST)                                                                      \
    F(S, string, name, 0, LAST)                                                                    \
    P(S, string, keys, 0, LAST, NULLABLE(0))

#define FIELDS_describe_configs_request(S, F, A, P)                                                \
    A(S, describe_configs_request_resource, resources, 0, LAST)                                    \
    F(S, bool, include_synonyms, 1, LAST)                                                          \
    F(S, bool, include_documentation, 3, LAST)

#define FIELDS_describe_configs_response_synonym(S, F, A, P)                                       \
    F(S, string, name, 1, LAST)                                                                    \
    F(S, string, value, 1, LAST, NULLABLE(0))                                                      \
    F(S, int8, source, 1, LAST)

#define FIELDS_describe_configs_response_config(S, F, A, P)                                        \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, string, value, 0, LAST, NULLABLE(0))                                                      \
    F(S, bool, is_read_only, 0, LAST)                                                              \
    F(S, int8, source, 1, LAST, DEFAULT(-1))                                                       \
    F(S, bool, is_sensitive, 0, LAST)                                                              \
    A(S, describe_configs_response_synonym, synonyms, 1, LAST)                                     \
    F(S, int8, type, 3, LAST)                                                                      \
    F(S, string, documentation, 3, LAST, NULLABLE(0))

#define FIELDS_describe_configs_response_result(S, F, A, P)                                        \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 0, LAST, NULLABLE(0))                                              \
    F(S, int8, type, 0, LAST)                                                                      \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, describe_configs_response_config, configs, 0, LAST)

#define FIELDS_describe_configs_response(S, F, A, P)                                               \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, describe_configs_response_result, results, 0, LAST)

/* ---- AlterConfigs */

#define FIELDS_alter_configs_request_config(S, F, A, P)                                            \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, string, value, 0, LAST, NULLABLE(0))

#define FIELDS_alter_configs_request_resource(S, F, A, P)                                          \
    F(S, int8, type, 0, LAST)                                                                      \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, alter_configs_request_config, configs, 0, LAST)

#define FIELDS_alter_configs_request(S, F, A, P)                                                   \
    A(S, alter_configs_request_resource, resources, 0, LAST)                                       \
    F(S, bool, validate_only, 0, LAST)

#define FIELDS_alter_configs_response_resource(S, F, A, P)                                         \
    F(S, int16, error_code, 0, LAST)                                                               \
    F(S, string, error_message, 0, LAST, NULLABLE(0))                                              \
    F(S, int8, type, 0, LAST)                                                                      \
    F(S, string, name, 0, LAST)

#define FIELDS_alter_configs_response(S, F, A, P)                                                  \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, alter_configs_response_resource, resources, 0, LAST)

/* ---- IncrementalAlterConfigs */

#define FIELDS_incremental_alter_configs_request_config(S, F, A, P)                                \
    F(S, string, name, 0, LAST)                                                                    \
    F(S, int8, operation, 0, LAST)                                                                 \
    F(S, string, value, 0, LAST, NULLABLE(0))

#define FIELDS_incremental_alter_configs_request_resource(S, F, A, P)                              \
    F(S, int8, type, 0, LAST)                                                                      \
    F(S, string, name, 0, LAST)                                                                    \
    A(S, incremental_alter_configs_request_config, configs, 0, LAST)

#define FIELDS_incremental_alter_configs_request(S, F, A, P)                                       \
    A(S, incremental_alter_configs_request_resource, resources, 0, LAST)                           \
    F(S, bool, validate_only, 0, LAST)

#define FIELDS_incremental_alter_configs_response(S, F, A, P)                                      \
    F(S, int32, throttle_time_ms, 0, LAST)                                                         \
    A(S, alter_configs_response_resource, resources, 0, LAST)

#endif
