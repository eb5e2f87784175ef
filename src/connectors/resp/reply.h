/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replies of RESP, version 2 or 3, put into a buf. A map of version 2 is an array of twice as many;
 * its null is a bulk string that is not there. */
#ifndef OCTAVO_CONNECTORS_RESP_REPLY_H
#define OCTAVO_CONNECTORS_RESP_REPLY_H

#include "base/bytes.h"

struct resp_out {
    struct buf *to;
    int version; /* 2 or 3 */
};

void resp_simple(struct resp_out o, const char *text);
/* The first word is the kind that clients look at: ERR, READONLY, LOADING, STALE ... */
void resp_error(struct resp_out o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void resp_int(struct resp_out o, int64_t v);
void resp_bulk(struct resp_out o, struct bytes text);
void resp_text(struct resp_out o, const char *text);
void resp_decimal(struct resp_out o, int64_t v); /* as a bulk string */
void resp_null(struct resp_out o);
void resp_array(struct resp_out o, size_t count);
void resp_map(struct resp_out o, size_t pairs);

#endif
