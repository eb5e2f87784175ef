/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a partner behind HTTP is, and by what it knows us:
 *
 *   https://HOST[:PORT]/FOLDER?login=FILE or token=FILE[&ca=FILE][&stall=SECONDS][&guard=no]
 *   s3://BUCKET[/FOLDER]?endpoint=https://HOST&region=REGION&key=FILE[&ca=..][&stall=..][&guard=no]
 *
 * Secrets lie in files of the data directory, never in an address: `login` holds USER:PASSWORD,
 * `token` what stands behind "Bearer ", `key` the two words KEY-ID SECRET. They are sent over http
 * without TLS to this machine alone; a key of S3 only signs, and is never sent. `guard=no` is for a
 * server that does not know `If-None-Match: *`. */
#ifndef OCTAVO_CONNECTORS_DELIVER_WEB_ADDRESS_H
#define OCTAVO_CONNECTORS_DELIVER_WEB_ADDRESS_H

#include "base/bytes.h"
#include "base/error.h"
#include "deliver/s3_signature.h"

struct web_address {
    char *base; /* https://HOST[:PORT], what stands before every path */
    char *host; /* HOST[:PORT] */
    char *path; /* encoded, begins with a slash and ends without one; may be empty */
    char *login, *token, *key_id, *secret, *region; /* NULL: not said */
    char *ca;                                       /* a file of certificates; NULL: the system's */
    long stall_s;
    bool no_guard;
};

/* E_config: it is none, E_not_found: a file of it is not there. */
enum error web_address_read(struct web_address *out, const char *address,
                            const char *data_dir) MUST_CHECK;
void web_address_finish(struct web_address *a); /* one that is all zero is fine */

#endif
