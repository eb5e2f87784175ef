/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Many rows of a fold by one GET: a query's route without a {key}.
 *
 *   ?ids=1,2,3                       those, in this order; null where there is none
 *   ?email=jana@example.org          by a column in `unique` or `index`, the only one named
 *   &limit=100&after=CURSOR          of that
 *
 * The answer is {"rows":[...]}, with "next" when there are more: the cursor to go on with. What a
 * row is the query's handler says, asked for each key; `hide` and `mask` of the edge hold for it.
 * Which table is meant the query's name says, which begins with the table's: customer-read. */
#ifndef OCTAVO_CONNECTORS_HTTP_LIST_H
#define OCTAVO_CONNECTORS_HTTP_LIST_H

#include "connectors/connector.h"
#include "net/http.h"

/* Names of columns, with commas between; NULL: none. */
struct http_shown {
    const char *hide, *mask;
};

/* A flat reply without what is hidden, with stars for what is masked. */
void http_shown_put(const struct http_shown *shown, struct bytes json, struct buf *out);
void http_list_answer(const struct connector_options *o, const struct http_shown *shown,
                      const char *type, struct http_request *r);

#endif
