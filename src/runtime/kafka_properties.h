/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Properties of librdkafka that a declaration passes on: security, tuning, whatever is not the
 * promise itself. They are set over ours in every client this process makes from then on. */
#ifndef OCTAVO_RUNTIME_KAFKA_PROPERTIES_H
#define OCTAVO_RUNTIME_KAFKA_PROPERTIES_H

#include "base/error.h"

#include <stddef.h>

struct kafka_property {
    const char *name, *value;
};

/* Copies them, in place of those used before; on the first thread, before there are others.
 * E_config names one that is Octavo's own: it carries a promise (docs/operate/kafka-settings.md).
 */
enum error kafka_properties_use(const struct kafka_property *properties, size_t count) MUST_CHECK;

#endif
