/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a device says of its own state: a flat JSON object of numbers, true, false and texts, as
 *
 *   NAME=VALUE;NAME=VALUE
 *
 * `version` is the version of what was wished that it has come to, and no part of it. */
#ifndef OCTAVO_CONNECTORS_MQTT_REPORT_H
#define OCTAVO_CONNECTORS_MQTT_REPORT_H

#include "payload.h"

enum { REPORT_NAMES_MAX = 64, REPORT_NAME_CHARS = 64, REPORT_VALUE_CHARS = 200 };

/* NULL: out->points is the line, its sequence the version (has_identity: there was one). Otherwise
 * why it is none. */
const char *report_read(struct payload *out, struct arena *arena, struct bytes bytes);

#endif
