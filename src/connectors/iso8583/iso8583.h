/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The ISO 8583 service: terminals ask over TCP, the gateway decides, the terminal is told.
 *
 * Guarantee: every message that can be read is answered at most once on its own connection; what
 * the gateway decided is found again by repeating the request, because the request's key is the
 * terminal's own identity and nothing is remembered here. README.md tells the rest. */
#ifndef OCTAVO_CONNECTORS_ISO8583_H
#define OCTAVO_CONNECTORS_ISO8583_H

#include "connectors/connector.h"

extern const struct connector_service iso8583_connector;

#endif
