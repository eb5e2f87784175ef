/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* From a frame to its handler: header, API table, version, body.
 *
 * An API or version we do not speak closes the connection, as Kafka does; only ApiVersions is
 * answered, in version 0 with code 35 and the ranges, so that the client can ask again (KIP-511).
 */
#include "server/api/api.h"
#include "base/check.h"
#include "server_inside.h"

struct handler {
    int16_t key;
    void (*on_request)(struct request *r, const void *body);
};

#define API(key, name, ...)                                                                        \
    static void call_##name(struct request *r, const void *body) {                                 \
        name##_on_request(r, body);                                                                \
    }
#include "wire/apis.def"
#undef API

static const struct handler handlers[] = {
#define API(key, name, ...) { key, call_##name },
#include "wire/apis.def"
#undef API
};

static void call_handler(struct request *r, const void *body) {
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].key == r->header.api_key) {
            handlers[i].on_request(r, body);
            return;
        }
    }
    assert(!r);
}

static void refuse_version(struct request *r) {
    if (r->header.api_key != API_api_versions) {
        request_refuse(r, "unsupported_version");
        return;
    }
    r->header.api_version = 0;
    api_versions_reply(r, KAFKA_UNSUPPORTED_VERSION);
}

/* A produce is large and done with its body when its handler returns; others may wait with it. */
static struct bytes frame_keep(struct request *r, struct bytes frame) {
    return r->header.api_key == API_produce ? frame : arena_copy(&r->arena, frame);
}

void dispatch(struct client *c, struct bytes frame) {
    struct request *r = request_create(c);
    struct cursor in = cursor_on(frame);
    enum error e = request_header_read(&r->header, &in);
    c->others_count += r->header.api_key != API_produce;
    if (e)
        return request_refuse(r, "malformed_header");
    if (!r->header.api)
        return request_refuse(r, "unknown_api");
    const char *refusal = authentication_refuses(c, r->header.api_key);
    if (refusal)
        return request_refuse(r, refusal);
    if (!api_has_version(r->header.api, r->header.api_version))
        return refuse_version(r);
    in = cursor_on(frame_keep(r, frame));
    e = request_header_read(&r->header, &in);
    assert(e == E_ok);
    const struct message *m = r->header.api->request;
    void *body = message_items(m, 1, &r->arena);
    if (message_decode(m, r->header.api_version, &in, &r->arena, body) != E_ok)
        return request_refuse(r, "malformed_request");
    call_handler(r, body);
}
