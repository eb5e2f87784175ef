/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is posted in one piece, as messages of devices: JSON, or lines of the line protocol.
 *
 *   [{"device":"pump-7","temperature":21.5,"time":1700000000,"boot":1,"seq":7}, ...]
 *   pump,device=pump-7,boot=1,seq=7 temperature=21.5,on=true 1700000000000000000
 *
 * Consecutive points of a device are one message, but where one names itself by `seq`. A line's
 * device is its tag `device`, or `host`, else its measurement; its metrics are its fields, of a
 * field named value the measurement; other tags and texts say nothing. All of it is read or none:
 * the first fault is told with where it is. */
#ifndef OCTAVO_CONNECTORS_MQTT_MESSAGES_H
#define OCTAVO_CONNECTORS_MQTT_MESSAGES_H

#include "payload.h"

enum { MESSAGES_MAX = 1000 };

struct message { /* device and points lie in the batch's text */
    size_t device, device_len, points, points_len;
    bool has_identity, has_boot;
    int64_t boot, sequence;
};

struct messages {
    struct message messages[MESSAGES_MAX];
    size_t count;
    struct buf text;
    struct payload payload; /* of the message that is being read */
    struct buf device;      /* of it */
    char wrong[160];
};

void messages_finish(struct messages *b);

/* NULL: read. Else why not. `device` of len 0: the objects name theirs. */
const char *messages_read_json(struct messages *b, struct arena *arena, struct bytes body,
                               const struct topic_place *place, int64_t now_ms);
/* `unit_ns`: what a time counts: 1, 1000, 1000000, 1000000000. */
const char *messages_read_lines(struct messages *b, struct bytes body, int64_t unit_ns,
                                int64_t now_ms);

/* For those two. */
void messages_begin(struct messages *b);
const char *messages_device(struct messages *b, struct bytes device, bool names_itself);
const char *messages_end(struct messages *b);
const char *messages_say(struct messages *b, const char *what, size_t number, const char *why);

#endif
