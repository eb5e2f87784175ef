/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Tokens are compared in a time that tells nothing about them. */
#include "token.h"

#include "values/digest.h"

#include <string.h>
#include <strings.h>

char *token_of(struct bytes secret) {
    struct buf hex = { 0 };
    bool printable = true;
    while (secret.len
           && (secret.data[secret.len - 1] == '\n' || secret.data[secret.len - 1] == '\r'))
        secret.len--;
    for (size_t i = 0; i < secret.len; i++) {
        printable = printable && secret.data[i] > ' ' && secret.data[i] < 0x7f;
        buf_print(&hex, "%02x", secret.data[i]);
    }
    char *token = text_copy_bytes(printable ? secret : buf_bytes(&hex));
    buf_finish(&hex);
    return token;
}

bool token_is_shown(const char *token, struct bytes authorization) {
    static const char scheme[] = "Bearer ";
    size_t len = sizeof(scheme) - 1;
    if (!token)
        return true;
    if (authorization.len < len || strncasecmp((const char *)authorization.data, scheme, len) != 0)
        return false;
    return secrets_equal(bytes_part(authorization, len, authorization.len - len),
                         bytes_text(token));
}
