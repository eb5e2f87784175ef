/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The CSV source: csv:FOLDER?key=COLUMN&type=EVENT[&delimiter=%3B]. Rows of files that are put into
 * a folder become events, each once. See README.md. */
#ifndef OCTAVO_CONNECTORS_CSV_CSV_H
#define OCTAVO_CONNECTORS_CSV_CSV_H

#include "connectors/connector.h"

extern const struct connector_source csv_source;

#endif
