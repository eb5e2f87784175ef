/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings of a topic, changed while it is in use, as an operator does with kafka-configs. */
#ifndef OCTAVO_VERIFY_KAFKA_SETTING_H
#define OCTAVO_VERIFY_KAFKA_SETTING_H

#include "base/error.h"

struct kafka_setting {
    const char *bootstrap, *topic;
    const char *name, *value; /* value NULL: the default again */
    int limit_ms;
};

/* One setting; the others stay what they were. Blocks, at most limit_ms twice. E_network: the
 * broker could not be asked, and the change may have been made. */
enum error kafka_setting(const struct kafka_setting *change) MUST_CHECK;

#endif
