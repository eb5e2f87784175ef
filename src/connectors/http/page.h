/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reply with a text named html is that page. */
#ifndef OCTAVO_CONNECTORS_HTTP_PAGE_H
#define OCTAVO_CONNECTORS_HTTP_PAGE_H

#include "net/http.h"

/* False: it is none, and is not answered. */
bool page_answer(struct http_request *r, struct bytes reply);

#endif
