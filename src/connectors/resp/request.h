/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One request of RESP as clients send it: an array of bulk strings, or a line of words (inline).
 *
 *   *2\r\n $3\r\nGET\r\n $14\r\ncustomer:00001\r\n
 *   GET "customer:00001"\r\n
 *
 * Every length is checked before anything is allocated; a request that is over a bound is BAD, and
 * its connection is closed after it was told why. Arguments borrow from the input, those of a line
 * from the request. */
#ifndef OCTAVO_CONNECTORS_RESP_REQUEST_H
#define OCTAVO_CONNECTORS_RESP_REQUEST_H

#include "base/bytes.h"

enum {
    RESP_ARGUMENTS_MAX = 4096,
    RESP_BULK_MAX = 64 * 1024,
    RESP_INLINE_MAX = 64 * 1024,
    RESP_REQUEST_MAX = 1024 * 1024,
};

enum resp_parsed { RESP_MORE, RESP_WHOLE, RESP_BAD };

struct resp_request {
    struct bytes arguments[RESP_ARGUMENTS_MAX];
    size_t count;    /* 0: an empty request, which is passed by */
    size_t used;     /* bytes of the input that it took */
    const char *why; /* of BAD */
    struct buf line; /* an inline request without its quotes */
};

enum resp_parsed resp_request_read(struct resp_request *r, struct bytes input);
void resp_request_finish(struct resp_request *r);

#endif
