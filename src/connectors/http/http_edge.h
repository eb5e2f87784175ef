/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* HTTP as an edge: requests that are handled once and answered, and reads of owned state. */
#ifndef OCTAVO_CONNECTORS_HTTP_HTTP_EDGE_H
#define OCTAVO_CONNECTORS_HTTP_HTTP_EDGE_H

#include "connectors/connector.h"

extern const struct connector_service http_service_kind;
extern const struct connector_query http_query_kind;

#endif
