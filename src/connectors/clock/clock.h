/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The clock sink: clock:wall. An effect looks at the clock and is told {now_ms}. See README.md. */
#ifndef OCTAVO_CONNECTORS_CLOCK_CLOCK_H
#define OCTAVO_CONNECTORS_CLOCK_CLOCK_H

#include "connectors/connector.h"

extern const struct connector_sink clock_sink;

#endif
