/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* AlterConfigs: what is named is set, everything else becomes the default. */
#include "server/api/api.h"
#include "server/settings.h"

static void alter(struct request *r, const struct alter_configs_request_resource *in,
                  bool only_tries, struct alter_configs_response_resource *out, lsn_t *lsn) {
    struct setting_change *changes =
        arena_get(&r->arena, (in->configs_count + 1) * sizeof(*changes));
    for (size_t i = 0; i < in->configs_count; i++)
        changes[i] = (struct setting_change){ in->configs[i].name, SET, in->configs[i].value };
    struct settings_order order = { in->type,          in->name, changes,
                                    in->configs_count, false,    only_tries };
    struct setting_outcome done = settings_alter(r, &order, lsn);
    out->type = in->type;
    out->name = in->name;
    out->error_code = (int16_t)done.code;
    out->error_message = done.message;
}

void alter_configs_on_request(struct request *r, const struct alter_configs_request *body) {
    struct alter_configs_response response = { .resources_count = body->resources_count };
    lsn_t lsn = 0;
    response.resources =
        message_items(&message_alter_configs_response_resource, body->resources_count, &r->arena);
    for (size_t i = 0; i < body->resources_count; i++)
        alter(r, &body->resources[i], body->validate_only, &response.resources[i], &lsn);
    request_reply_synced(r, &response, lsn);
}
