/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* RESP, version 2 and 3: what Redis's clients speak, for reading a fold's rows (README.md). */
#ifndef OCTAVO_CONNECTORS_RESP_RESP_H
#define OCTAVO_CONNECTORS_RESP_RESP_H

#include "connectors/connector.h"

extern const struct connector_query resp_query_kind; /* resp://127.0.0.1:6380 */

#endif
