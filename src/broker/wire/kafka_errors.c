/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Names of Kafka's error codes. */
#include "kafka_errors.h"

#include <stddef.h>

static const struct {
    int16_t code;
    bool retriable;
    const char *name;
} errors[] = {
#define KAFKA_ERROR(name, code, retriable) { code, retriable, #name },
#include "wire/kafka_errors.def"
#undef KAFKA_ERROR
};

static size_t find(int16_t code) {
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].code == code)
            return i;
    return 0;
}

const char *kafka_error_name(int16_t code) {
    return errors[find(code)].name;
}

bool kafka_error_is_retriable(int16_t code) {
    return errors[find(code)].retriable;
}
