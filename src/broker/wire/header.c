/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The API table and the headers.
 *
 *   request 1: api key 2, api version 2, correlation id 4, client id (nullable string)
 *   request 2: the same and tagged fields; the client id stays an old-style string
 *   response 0: correlation id 4         response 1: the same and tagged fields */
#include "header.h"

#include "messages.h"

#include <inttypes.h>

const struct api apis[] = {
#define API(key, name, advertised_from, last, decoded_from, flexible_from)                         \
    { key,          #name,         advertised_from,           last,                                \
      decoded_from, flexible_from, &message_##name##_request, &message_##name##_response },
#include "wire/apis.def"
#undef API
};
const size_t api_count = sizeof(apis) / sizeof(apis[0]);

const struct api *api_find(int16_t key) {
    for (size_t i = 0; i < api_count; i++)
        if (apis[i].key == key)
            return &apis[i];
    return NULL;
}

bool api_has_version(const struct api *api, int16_t version) {
    return version >= api->decoded_from && version <= api->last;
}

static struct bytes client_id_read(struct cursor *in) {
    int16_t length = read_int16(in);
    if (length < -1)
        in->bad = true;
    return length < 0 ? (struct bytes){ 0 } : read_bytes(in, (size_t)length);
}

enum error request_header_read(struct request_header *out, struct cursor *in) {
    *out = (struct request_header){ .api_key = read_int16(in) };
    out->api_version = read_int16(in);
    out->correlation_id = read_int32(in);
    out->api = api_find(out->api_key);
    if (out->api) {
        out->client_id = client_id_read(in);
        if (out->api_version >= out->api->flexible_from)
            tagged_fields_skip(in);
    }
    if (in->bad)
        return fail(E_malformed, "request header of API %" PRId16 " ends early", out->api_key);
    return E_ok;
}

void response_header_write(const struct request_header *request, struct buf *out) {
    const struct api *api = request->api;
    buf_put_be32(out, (uint32_t)request->correlation_id);
    if (api && api->key != API_api_versions && request->api_version >= api->flexible_from)
        buf_put_byte(out, 0); /* no tagged fields */
}
