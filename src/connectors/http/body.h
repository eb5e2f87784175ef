/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Why a body is no flat JSON object, for its sender. */
#ifndef OCTAVO_CONNECTORS_HTTP_BODY_H
#define OCTAVO_CONNECTORS_HTTP_BODY_H

#include "values/json.h"

/* Right behind a json_read that failed: the text of `why`, with the field that is wrong where the
 * fault is one field's, as where a body is held against its declaration. */
const char *body_fault(struct buf *why, const struct json *read);

#endif
