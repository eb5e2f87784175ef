/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The signature of a webhook, as Standard Webhooks 1.0 has it:
 *
 *   webhook-id: ID   webhook-timestamp: SECONDS   webhook-signature: v1,BASE64 v1,BASE64 ...
 *   v1 = HMAC-SHA256 with the secret over ID.SECONDS.BODY, the body byte for byte
 *
 * The receiver has one secret, or two while one is being changed, each a line of its secret file;
 * "whsec_" and base64 is what it decodes to, any other line stands for itself, and a file that is
 * no text (as we make one) is one secret. The sender may sign with several as well: one that fits
 * is enough. A timestamp more than five minutes off is refused, so that what was recorded long ago
 * cannot be sent again; what is younger is known by its id, which is the handler's to remember. */
#ifndef OCTAVO_CONNECTORS_HTTP_SIGNATURE_H
#define OCTAVO_CONNECTORS_HTTP_SIGNATURE_H

#include "base/bytes.h"

enum { SIGNATURE_TOLERANCE_S = 300, SIGNATURE_SECRETS_MAX = 4, SIGNATURES_MAX = 16 };

struct signed_request {
    struct bytes id, timestamp, signatures, body;
};

/* NULL, or why it is not taken. Takes a time that tells nothing about the secrets. */
const char *signature_fault(struct bytes secrets, const struct signed_request *r, int64_t now_ms);

#endif
