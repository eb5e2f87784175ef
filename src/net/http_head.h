/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The head of an HTTP/1.1 request (RFC 9112), read strictly: bytes to a struct, nothing else.
 *
 * What two readers could take for two different requests is refused, not repaired: a bare line
 * feed, a folded line, a blank before a colon, two lengths, a length beside a transfer coding. The
 * struct borrows the head it was read from. */
#ifndef OCTAVO_NET_HTTP_HEAD_H
#define OCTAVO_NET_HTTP_HEAD_H

#include "base/bytes.h"

enum { HTTP_HEAD_MAX = 16 * 1024, HTTP_HEADERS_MAX = 64 };

struct http_header {
    struct bytes name, value;
};

struct http_head {
    struct bytes method;
    struct buf path;    /* decoded, begins with '/', without a zero byte; owned */
    struct bytes query; /* what follows the '?', as it was sent */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    uint64_t body_len;
    bool keep_alive;
    bool expects_continue;
    int refused;     /* 0, or the status to answer with before closing */
    const char *why; /* it was refused; a constant */
};

/* How long the head at the front of `data` is, its empty line included; 0: it is not whole. */
size_t http_head_find(struct bytes data);
void http_head_read(struct http_head *out, struct bytes head);
void http_head_finish(struct http_head *h);
/* By its name in small letters; data is NULL when absent. The first one counts. */
struct bytes http_head_field(const struct http_head *h, const char *name);
/* The decoded value of NAME in a query; false: absent, or it cannot be decoded. */
bool http_query_find(struct bytes query, const char *name, struct buf *out);

#endif
