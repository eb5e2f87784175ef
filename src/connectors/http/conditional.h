/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Versions in HTTP: If-Match of a change, ETag and If-None-Match of a read, and how old and how far
 * what is read may be (?max-staleness=5s&min-version=7). Private to the connector. */
#ifndef OCTAVO_CONNECTORS_HTTP_CONDITIONAL_H
#define OCTAVO_CONNECTORS_HTTP_CONDITIONAL_H

#include "net/http.h"
#include "values/json.h"

struct connector_rows;

/* If-Match as the text field if_match, its quotes taken off; a body that has one says it itself. */
void conditional_put(struct http_request *r, const struct json *body, struct buf *out);
/* True: the read was refused and answered: what is here is not all yet, or older than it may be, or
 * what it asks for cannot be read. rows NULL: nothing is known of that. */
bool conditional_refuses(struct http_request *r, const struct connector_rows *rows);
/* A reply with an integer `version` gets it as ETag; 304 when the reader has it, 503 when it is
 * below min-version. */
void conditional_answer(struct http_request *r, int status, struct bytes json);

#endif
