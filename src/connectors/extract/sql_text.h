/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A query's text with the interval written into it, for databases whose COPY takes no parameters.
 *
 * :from and :until become timestamps in UTC, :from_ms and :until_ms numbers; nothing else is ever
 * put in. Texts, quoted names, comments, dollar quotes and casts (::) are passed by. E_config:
 * another parameter, a second statement, a text that does not end. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_SQL_TEXT_H
#define OCTAVO_CONNECTORS_EXTRACT_SQL_TEXT_H

#include "extract/source.h"

/* *has_until: the query names the interval's end. */
enum error sql_interval_write(const struct source_query *q, struct buf *out,
                              bool *has_until) MUST_CHECK;

#endif
