/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fleet of devices on one loop: they publish by MQTT with QoS 1, some on each connection, and
 * send again what was not acknowledged when a connection was lost. Each message is one reading, or
 * some, with boot and sequence. Values are a real series' (readings.h), scaled for each device, a
 * second apart. */
#ifndef OCTAVO_APP_DEMO_FLEET_H
#define OCTAVO_APP_DEMO_FLEET_H

#include "readings.h"

#include "net/loop.h"

struct fleet;

struct fleet_options {
    struct loop *loop;
    const char *host; /* default 127.0.0.1 */
    int port;
    int devices;
    int connections;                 /* that they share; 0: 16 */
    int points;                      /* of a message, a second apart; 0: 1 */
    int64_t messages;                /* of all of them; 0: each the whole of its series */
    int64_t rate;                    /* messages a second; 0: as fast as they are acknowledged */
    const struct readings *readings; /* as long as the fleet */
};

struct fleet_counts {
    int64_t sent; /* messages, each counted once */
    int64_t acknowledged;
    int64_t again;        /* sent again after a connection was lost */
    int64_t total;        /* to be sent */
    int64_t latency_ns;   /* of acknowledgements, summed */
    int64_t connected_ms; /* until all were connected: at the start, or after the latest loss */
};

enum error fleet_start(struct fleet **out, const struct fleet_options *options) MUST_CHECK;
void fleet_stop_sending(struct fleet *f); /* what was sent is waited for */
bool fleet_is_done(const struct fleet *f);
struct fleet_counts fleet_counts(const struct fleet *f);
void fleet_destroy(struct fleet *f); /* NULL is fine */

#endif
