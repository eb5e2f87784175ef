/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a capture stands, as the text that is committed with each item:
 *
 *   SYSTEM LSN SKIP SNAPSHOT STATE[ KEY]      "7234 0/16B3748 3 1 rows 00041"
 *
 * SYSTEM is PostgreSQL's system identifier. All transactions that end at or before LSN are taken,
 * and SKIP changes of the next one. SNAPSHOT counts how often all rows were read from the
 * beginning; STATE: `rows`, those up to KEY are read (no KEY: none), or `whole`. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_POSITION_H
#define OCTAVO_CONNECTORS_CAPTURE_POSITION_H

#include "base/bytes.h"
#include "base/error.h"

enum { CAPTURE_KEY_BYTES = 200, CAPTURE_POSITION_BYTES = 400 };

struct capture_position {
    uint64_t system, lsn, skip, snapshot;
    bool whole, has_key;
    char key[CAPTURE_KEY_BYTES + 1];
};

enum error capture_position_read(struct capture_position *out, struct bytes text) MUST_CHECK;
struct bytes capture_position_text(const struct capture_position *p,
                                   char out[CAPTURE_POSITION_BYTES]);
bool capture_lsn_read(const char *text, uint64_t *out); /* "16/B374D848" */

#endif
