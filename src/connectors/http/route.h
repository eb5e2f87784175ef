/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A declared route, "POST /accounts/{account}/orders": a method and a path whose segments are fixed
 * or named. A named one matches any segment that is not empty, and becomes a text of the request.
 */
#ifndef OCTAVO_CONNECTORS_HTTP_ROUTE_H
#define OCTAVO_CONNECTORS_HTTP_ROUTE_H

#include "base/bytes.h"
#include "base/error.h"

enum { ROUTE_SEGMENTS_MAX = 16 };

struct route {
    struct bytes method;
    const char *type; /* of the request, or "query:NAME" */
    struct route_segment {
        struct bytes text; /* or the name, without its braces */
        bool is_name;
    } segments[ROUTE_SEGMENTS_MAX];
    size_t count;
};

/* Borrows both texts. E_config with the remedy. */
enum error route_read(struct route *out, const char *pattern, const char *type) MUST_CHECK;
bool route_has_name(const struct route *r, const char *name);
/* `values[i]` gets what the i-th segment is in the path. */
bool route_matches(const struct route *r, struct bytes path,
                   struct bytes values[ROUTE_SEGMENTS_MAX]);

#endif
