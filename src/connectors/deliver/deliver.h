/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The deliver sink: deliver:FOLDER. An effect is a file of FOLDER that a partner gets. See
 * README.md. */
#ifndef OCTAVO_CONNECTORS_DELIVER_DELIVER_H
#define OCTAVO_CONNECTORS_DELIVER_DELIVER_H

#include "connectors/connector.h"

extern const struct connector_sink deliver_sink;

#endif
