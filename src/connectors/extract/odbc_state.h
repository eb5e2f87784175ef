/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an ODBC driver's SQLSTATE means: what passes is tried again, the rest is a person's. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_ODBC_STATE_H
#define OCTAVO_CONNECTORS_EXTRACT_ODBC_STATE_H

#include "base/error.h"

#include <stdbool.h>

/* E_timed_out, E_network, E_busy: later; E_config: all else. What is not of a connection is of a
 * query. */
enum error odbc_error_of_state(bool of_connection, const char *state);

#endif
