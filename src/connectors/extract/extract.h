/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The extract sink: extract:FOLDER. An effect is a file of the archive, made of one query's rows.
 * See README.md for what it promises, manifest.h for what lies in the folder. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_EXTRACT_H
#define OCTAVO_CONNECTORS_EXTRACT_EXTRACT_H

#include "connectors/connector.h"

extern const struct connector_sink extract_sink;

#endif
