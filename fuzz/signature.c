// rooms: connectors/http
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any five lines as secrets and a signed request: taken or refused, never a crash; and what nobody
 * signed is not taken. */
#include "http/signature.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes line_cut(struct bytes *rest) {
    const uint8_t *end = rest->len ? memchr(rest->data, '\t', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct bytes line = bytes_part(*rest, 0, len);
    *rest = bytes_part(*rest, len + (end != NULL), rest->len - len - (end != NULL));
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes rest = bytes_of(data, size), secrets = line_cut(&rest);
    struct signed_request r;
    r.id = line_cut(&rest);
    r.timestamp = line_cut(&rest);
    r.signatures = line_cut(&rest);
    r.body = rest;
    (void)signature_fault(secrets, &r, 1614265330000);
    return 0;
}
