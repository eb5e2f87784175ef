/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a caller is told whose path or query leads nowhere. */
#ifndef OCTAVO_CONNECTORS_HTTP_REFUSAL_H
#define OCTAVO_CONNECTORS_HTTP_REFUSAL_H

#include "base/error.h"
#include "net/http.h"

int query_status(enum error e);
/* 405 with the methods that are allowed, or 404 when there are none. */
void refuse_path(struct http_request *r, struct buf *allowed);

#endif
