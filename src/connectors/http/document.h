/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an edge takes and tells, in OpenAPI 3.1, made from its declared routes. */
#ifndef OCTAVO_CONNECTORS_HTTP_DOCUMENT_H
#define OCTAVO_CONNECTORS_HTTP_DOCUMENT_H

#include "route.h"

void document_write(struct buf *out, const struct route *routes, size_t count);

#endif
