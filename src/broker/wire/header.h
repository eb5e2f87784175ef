/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What stands before every message: the API table, request headers 1 and 2, response headers 0
 * and 1.
 */
#ifndef OCTAVO_WIRE_HEADER_H
#define OCTAVO_WIRE_HEADER_H

#include "codec.h"

enum {
#define API(key, name, advertised_from, last, decoded_from, flexible_from) API_##name = key,
#include "wire/apis.def"
#undef API
};

struct api {
    int16_t key;
    const char *name;
    int16_t advertised_from;
    int16_t last;
    int16_t decoded_from;
    int16_t flexible_from;
    const struct message *request;
    const struct message *response;
};

extern const struct api apis[];
extern const size_t api_count;

const struct api *api_find(int16_t key);                      /* NULL: we do not speak it */
bool api_has_version(const struct api *api, int16_t version); /* decodes and is not too new */

struct request_header {
    const struct api *api; /* NULL: no such API; then client_id was not read */
    int16_t api_key;
    int16_t api_version; /* as sent: ask api_has_version before decoding */
    int32_t correlation_id;
    struct bytes client_id; /* borrowed; may be null */
};

/* E_malformed when the bytes end inside the header. */
enum error request_header_read(struct request_header *out, struct cursor *in) MUST_CHECK;
/* ApiVersions always gets version 0 (KIP-511): its client does not know yet what we understand. */
void response_header_write(const struct request_header *request, struct buf *out);

#endif
