/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a process shows and takes over HTTP, described in OpenAPI 3.1. */
#ifndef OCTAVO_RUNTIME_OPENAPI_H
#define OCTAVO_RUNTIME_OPENAPI_H

#include "base/bytes.h"

struct bytes openapi_document(void); /* JSON; valid for ever */

#endif
