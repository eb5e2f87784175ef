/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a running service is asked from outside: each process listens on its control socket,
 * DIR/SYSTEM/SERVICE.INSTANCE.sock, and POST /control/VERB with a flat JSON object runs a verb of
 * the table in control.c on the service's own thread, between two turns.
 *
 * A verb writes a JSON object as its reply, or fails: E_usage and E_malformed say that the asker
 * is wrong (400), E_not_found 404, E_busy and E_timed_out 503, other refusals 409; an error that
 * stops the service is the verb's own to hand to service_fail. */
#ifndef OCTAVO_RUNTIME_CONTROL_H
#define OCTAVO_RUNTIME_CONTROL_H

#include "base/bytes.h"
#include "base/error.h"

struct service;

struct control {
    const char *verb;
    enum error (*run)(struct service *s, struct bytes json, struct buf *reply);
};

/* E_not_found: there is no such verb. `json` may be empty. */
enum error service_control(struct service *s, struct bytes verb, struct bytes json,
                           struct buf *reply) MUST_CHECK;

/* ---- the verbs of this file's neighbours */
/* Everything, nested; and one flat object for a line of `octavo status`. */
enum error state_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;
enum error status_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;
/* An operator's word on parked keys (park_order.c). */
enum error park_retry_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;
enum error park_drop_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;
enum error effects_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;
enum error effects_retry_control(struct service *s, struct bytes json,
                                 struct buf *reply) MUST_CHECK;
enum error effects_drop_control(struct service *s, struct bytes json, struct buf *reply) MUST_CHECK;

#endif
