/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Error codes and their names. */
#include "kafka_errors.h"

#include "base/test.h"

TEST(an_error_code_has_its_name_and_says_whether_to_try_again) {
    CHECK_TEXT(kafka_error_name(KAFKA_NONE), "NONE");
    CHECK_TEXT(kafka_error_name(45), "OUT_OF_ORDER_SEQUENCE_NUMBER");
    CHECK_TEXT(kafka_error_name(12345), "UNKNOWN_SERVER_ERROR");
    CHECK_INT(KAFKA_PRODUCER_FENCED, 90);
    CHECK(kafka_error_is_retriable(KAFKA_NOT_COORDINATOR));
    CHECK(!kafka_error_is_retriable(KAFKA_NONE));
}
