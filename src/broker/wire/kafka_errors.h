/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Kafka's error codes as they stand in responses: KAFKA_NONE, KAFKA_UNKNOWN_MEMBER_ID, ... */
#ifndef OCTAVO_WIRE_KAFKA_ERRORS_H
#define OCTAVO_WIRE_KAFKA_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

enum kafka_error {
#define KAFKA_ERROR(name, code, retriable) KAFKA_##name = code,
#include "wire/kafka_errors.def"
#undef KAFKA_ERROR
};

const char *kafka_error_name(int16_t code); /* "UNKNOWN_SERVER_ERROR" for one we do not know */
bool kafka_error_is_retriable(int16_t code);

#endif
