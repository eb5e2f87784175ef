/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The four steps of the signature, as AWS writes them down: a canonical request, the text that is
 * signed, a key for this day, region and service, and the HMAC of one by the other. */
#include "deliver/s3_signature.h"

#include "values/digest.h"
#include "values/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DATE_CHARS = 8, HEX_CHARS = 2 * SHA256_BYTES + 1 };

void s3_time_write(int64_t now_ms, char out[S3_TIME_CHARS]) {
    int64_t seconds = now_ms / 1000;
    int of_day = (int)(seconds % 86400);
    char text[40];
    (void)snprintf(text, sizeof(text), "%08" PRId64 "T%02d%02d%02dZ",
                   zone_date_of_days(seconds / 86400), of_day / 3600, of_day / 60 % 60,
                   of_day % 60);
    memcpy(out, text, S3_TIME_CHARS - 1);
    out[S3_TIME_CHARS - 1] = 0;
}

void s3_path_put(const char *path, struct buf *out) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (; *path; path++)
        if (strchr(plain, *path))
            buf_put_byte(out, (uint8_t)*path);
        else
            buf_print(out, "%%%02X", (unsigned)(uint8_t)*path);
}

static void names_put(const struct s3_request *r, struct buf *out) {
    for (size_t i = 0; i < r->count; i++)
        buf_print(out, "%s%s", i ? ";" : "", r->headers[i].name);
}

static const char *header_get(const struct s3_request *r, const char *name) {
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return "";
}

static void canonical_hash(const struct s3_request *r, char hex[HEX_CHARS]) {
    struct buf text = { 0 };
    uint8_t digest[SHA256_BYTES];
    buf_print(&text, "%s\n%s\n\n", r->method, r->path);
    for (size_t i = 0; i < r->count; i++)
        buf_print(&text, "%s:%s\n", r->headers[i].name, r->headers[i].value);
    buf_put_byte(&text, '\n');
    names_put(r, &text);
    buf_print(&text, "\n%s", header_get(r, "x-amz-content-sha256"));
    sha256(buf_bytes(&text), digest);
    sha256_hex(digest, hex);
    buf_finish(&text);
}

/* The secret itself signs only the day; what signs this request is good for nothing else. */
static void day_key(const struct s3_key *key, const char *time, uint8_t out[SHA256_BYTES]) {
    const struct bytes steps[] = { bytes_of(time, DATE_CHARS), bytes_text(key->region),
                                   bytes_text("s3"), bytes_text("aws4_request") };
    struct buf first = { 0 };
    uint8_t step[SHA256_BYTES];
    buf_print(&first, "AWS4%s", key->secret);
    hmac_sha256(buf_bytes(&first), steps[0], out);
    for (size_t i = 1; i < sizeof(steps) / sizeof(*steps); i++) {
        memcpy(step, out, SHA256_BYTES);
        hmac_sha256(bytes_of(step, SHA256_BYTES), steps[i], out);
    }
    secret_forget(first.data, first.len);
    buf_finish(&first);
}

void s3_authorization_put(const struct s3_request *r, const struct s3_key *key, const char *time,
                          struct buf *out) {
    uint8_t signing[SHA256_BYTES], digest[SHA256_BYTES];
    char hex[HEX_CHARS];
    struct buf text = { 0 };
    canonical_hash(r, hex);
    buf_print(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/s3/aws4_request\n%s", time, time, key->region,
              hex);
    day_key(key, time, signing);
    hmac_sha256(bytes_of(signing, SHA256_BYTES), buf_bytes(&text), digest);
    sha256_hex(digest, hex);
    buf_print(out, "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/s3/aws4_request,SignedHeaders=", key->id,
              time, key->region);
    names_put(r, out);
    buf_print(out, ",Signature=%s", hex);
    secret_forget(signing, sizeof(signing));
    buf_finish(&text);
}
