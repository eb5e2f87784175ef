/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The SQL source: sql+sqlite:FILE?table=T&order=COLUMN&key=COLUMN[&type=EVENT]. Rows of somebody
 * else's table become events, each once. See README.md. */
#ifndef OCTAVO_CONNECTORS_SQL_SQL_H
#define OCTAVO_CONNECTORS_SQL_SQL_H

#include "connectors/connector.h"

extern const struct connector_source sql_sqlite_source;

#endif
