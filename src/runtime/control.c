/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The only list of what a running service can be asked to do. */
#include "runtime/control.h"

static const struct control controls[] = {
    { "state", state_control },
    { "status", status_control },
    { "park-retry", park_retry_control },
    { "park-drop", park_drop_control },
    { "effects", effects_control },
    { "effects-retry", effects_retry_control },
    { "effects-drop", effects_drop_control },
};

enum error service_control(struct service *s, struct bytes verb, struct bytes json,
                           struct buf *reply) {
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
        if (bytes_is_text(verb, controls[i].verb))
            return controls[i].run(s, json, reply);
    return fail(E_not_found, "a service has no verb %.*s", (int)(verb.len < 40 ? verb.len : 40),
                (const char *)verb.data);
}
