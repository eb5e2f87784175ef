/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ApiVersions: what we speak, straight from wire/apis.def. */
#include "server/api/api.h"

void api_versions_reply(struct request *r, enum kafka_error code) {
    struct api_versions_response response = { .error_code = (int16_t)code };
    response.api_keys_count = api_count;
    response.api_keys = message_items(&message_api_versions_response_api, api_count, &r->arena);
    for (size_t i = 0; i < api_count; i++) {
        response.api_keys[i].api_key = apis[i].key;
        response.api_keys[i].min_version = apis[i].advertised_from;
        response.api_keys[i].max_version = apis[i].last;
    }
    request_reply(r, &response);
}

void api_versions_on_request(struct request *r, const struct api_versions_request *body) {
    (void)body;
    api_versions_reply(r, KAFKA_NONE);
}
