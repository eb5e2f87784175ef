/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Amazon's Signature Version 4 for S3: what stands in the header Authorization.
 *
 * Signed is a text of the method, the path, the headers and the content's SHA-256; a server that
 * holds the same secret makes it, too, and compares. The content is named before it is sent, so
 * that a server which gets other bytes refuses them. There is no query string in what we ask. */
#ifndef OCTAVO_CONNECTORS_DELIVER_S3_SIGNATURE_H
#define OCTAVO_CONNECTORS_DELIVER_S3_SIGNATURE_H

#include "base/bytes.h"

enum { S3_TIME_CHARS = 17 };

struct s3_key {
    const char *id, *secret, *region;
};

struct s3_header {
    const char *name; /* in small letters */
    const char *value;
};

struct s3_request {
    const char *method;
    const char *path;                /* as it is sent: encoded by s3_path_put */
    const struct s3_header *headers; /* by name; host, x-amz-date, x-amz-content-sha256 with them */
    size_t count;
};

/* "20130524T000000Z" of a moment: the value of x-amz-date. */
void s3_time_write(int64_t now_ms, char out[S3_TIME_CHARS]);
/* Appends the value of Authorization; `time` is what x-amz-date says. */
void s3_authorization_put(const struct s3_request *r, const struct s3_key *key, const char *time,
                          struct buf *out);
/* Every byte but letters, digits and -._~/ as %XX. */
void s3_path_put(const char *path, struct buf *out);

#endif
