/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Derived identities: a step that is done again gives its outputs the same ids (decision 0002). */
#ifndef OCTAVO_RUNTIME_IDS_H
#define OCTAVO_RUNTIME_IDS_H

#include "base/bytes.h"

enum { DERIVED_ID_CHARS = 26 };

/* What an id is made of besides the ordinal; the scratch buffer is the caller's. */
struct id_seed {
    const char *system;
    const char *service;
    struct bytes input_id;
};

/* The first 26 digits of the SHA-256 of "SYSTEM\0SERVICE\0INPUT ID\0NTH" in Crockford's base32. */
void id_derive(struct buf *scratch, const struct id_seed *seed, int64_t nth,
               char out[DERIVED_ID_CHARS + 1]);

#endif
