/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How often in a row a run's extraction was begun and the process ended with it: FOLDER/RUN/tries
 * holds the count, synced before the query. One that ends the process each time (a driver that
 * crashes) would take every other run's time for ever: after TRIES_MOST it is refused, until an
 * operator retries it. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_TRIES_H
#define OCTAVO_CONNECTORS_EXTRACT_TRIES_H

#include "base/disk.h"

enum { TRIES_MOST = 5 };

/* E_config: it was begun too often; the count begins anew. */
enum error tries_begin(struct disk *d, const char *run) MUST_CHECK;
void tries_end(struct disk *d, const char *run); /* it has ended, whatever came of it */

#endif
