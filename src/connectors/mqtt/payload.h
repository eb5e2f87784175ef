/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a device says, as points: one line of text that any reader can cut.
 *
 *   TIME VALUE METRIC;TIME VALUE METRIC       time in ms since 1970, the value as it was written
 *
 * A payload is JSON: a number or true or false (where the topic names the metric); an object; or a
 * list of objects. An object's `time` (or `ts`, `timestamp`) is seconds, milliseconds, microseconds
 * or nanoseconds since 1970, told apart by their size; without one a point has the time it came.
 * `boot` and `seq` name the message, so that a repeat of it is known; of a list the first object's
 * count. `value` is the value of the topic's metric; without a metric every other number, true and
 * false is a point of its name, also inside `values`. Texts and null say nothing. */
#ifndef OCTAVO_CONNECTORS_MQTT_PAYLOAD_H
#define OCTAVO_CONNECTORS_MQTT_PAYLOAD_H

#include "topics.h"

#include "base/arena.h"

enum { POINTS_MAX = 1000, VALUE_CHARS = 32 };
#define VALUE_MOST 1e12 /* either side of zero; what is larger is no reading */

struct payload {
    struct buf points; /* the line above */
    size_t count;
    bool has_identity, has_boot;
    int64_t boot, sequence;
};

/* NULL: *out is complete. Otherwise why the payload is none; *out may hold anything. */
const char *payload_read(struct payload *out, struct arena *arena, const struct topic_place *place,
                         struct bytes bytes, int64_t now_ms);
void payload_finish(struct payload *p);

/* The same by pieces: begin, then points or objects. */
struct json_tree;
struct payload_value {
    struct bytes metric, text; /* the value as it was written */
    const char *closed;        /* the same, closed by a zero */
    int64_t time_ms;
};
void payload_begin(struct payload *p);
const char *payload_add(struct payload *p, const struct json_tree *object,
                        const struct topic_place *place, int64_t now_ms);
const char *payload_point(struct payload *p, const struct payload_value *v);

#endif
