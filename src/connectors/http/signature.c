/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every secret is held against every signature, also after one fitted. */
#include "signature.h"

#include "values/base64.h"
#include "values/digest.h"

#include <string.h>

static const char prefix[] = "whsec_";

enum { SECONDS_DIGITS = 12, PREFIX_CHARS = sizeof(prefix) - 1 };

static bool is_text(struct bytes secrets) {
    for (size_t i = 0; i < secrets.len; i++)
        if (secrets.data[i] >= 0x7f
            || (secrets.data[i] < ' ' && secrets.data[i] != '\n' && secrets.data[i] != '\r'))
            return false;
    return true;
}

/* What is before the next `end`, which is taken off `rest` with it. */
static struct bytes part_cut(struct bytes *rest, char end) {
    const uint8_t *at = rest->len ? memchr(rest->data, end, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    struct bytes part = bytes_part(*rest, 0, len);
    *rest = bytes_part(*rest, len + (at != NULL), rest->len - len - (at != NULL));
    return part;
}

static bool seconds_read(struct bytes text, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (text.data[i] - '0');
    }
    return text.len > 0;
}

/* One secret against all that was signed. */
static bool fits(struct bytes secret, const struct signed_request *r, struct bytes content) {
    struct buf decoded = { 0 }, wanted = { 0 };
    uint8_t mac[SHA256_BYTES];
    bool found = false;
    struct bytes all = r->signatures;
    if (secret.len > PREFIX_CHARS && memcmp(secret.data, prefix, PREFIX_CHARS) == 0
        && base64_read(bytes_part(secret, PREFIX_CHARS, secret.len - PREFIX_CHARS), &decoded))
        secret = buf_bytes(&decoded);
    hmac_sha256(secret, content, mac);
    buf_put_text(&wanted, "v1,");
    base64_put(&wanted, bytes_of(mac, sizeof(mac)));
    for (int i = 0; i < SIGNATURES_MAX && all.len; i++)
        found = secrets_equal(part_cut(&all, ' '), buf_bytes(&wanted)) || found;
    if (decoded.len)
        secret_forget(decoded.data, decoded.len);
    buf_finish(&decoded);
    buf_finish(&wanted);
    return found;
}

static bool one_fits(struct bytes secrets, const struct signed_request *r, struct bytes content) {
    bool found = false;
    if (!is_text(secrets))
        return fits(secrets, r, content);
    for (int i = 0; i < SIGNATURE_SECRETS_MAX && secrets.len; i++) {
        struct bytes line = part_cut(&secrets, '\n');
        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len)
            found = fits(line, r, content) || found;
    }
    return found;
}

const char *signature_fault(struct bytes secrets, const struct signed_request *r, int64_t now_ms) {
    int64_t seconds;
    if (!r->id.len || !r->signatures.len)
        return "it is not signed: webhook-id, webhook-timestamp and webhook-signature are wanted";
    if (r->timestamp.len > SECONDS_DIGITS || !seconds_read(r->timestamp, &seconds))
        return "its webhook-timestamp is not seconds since 1970";
    int64_t off = now_ms / 1000 - seconds;
    if (off > SIGNATURE_TOLERANCE_S || off < -SIGNATURE_TOLERANCE_S)
        return "its webhook-timestamp is more than five minutes off";
    struct buf content = { 0 };
    buf_put_bytes(&content, r->id);
    buf_put_byte(&content, '.');
    buf_put_bytes(&content, r->timestamp);
    buf_put_byte(&content, '.');
    buf_put_bytes(&content, r->body);
    bool good = secrets.len && one_fits(secrets, r, buf_bytes(&content));
    buf_finish(&content);
    return good ? NULL : "its signature does not fit";
}
