/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The capture source: what PostgreSQL commits to one table, in the order of its commits, after all
 * that was there. pgoutput:SLOT?table=T&key=COLUMN&publication=P[&type=EVENT][&server=FILE]; FILE
 * of the data directory says how to connect. See README.md. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_CAPTURE_H
#define OCTAVO_CONNECTORS_CAPTURE_CAPTURE_H

#include "connectors/connector.h"

extern const struct connector_source capture_source;

#endif
