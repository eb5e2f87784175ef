/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Names of files that come from outside, and where outside worlds lie.
 *
 * A place is a line of the file `places` in the data directory, NAME ADDRESS: an event can name a
 * database, a partner or a folder, but never say where one is, and its secrets are in no event. */
#ifndef OCTAVO_CONNECTORS_NAME_H
#define OCTAVO_CONNECTORS_NAME_H

#include "base/bytes.h"
#include "base/error.h"

enum { PLACES_BYTES_MAX = 1 << 20 };

/* NULL: it is a good one, perhaps with directories; else what is wrong with it. */
const char *file_name_wrong(const char *name);

/* A line NAME ADDRESS WORDS; both texts are the caller's to free. */
struct named_place {
    char *address;
    char *words; /* what stands behind the address: "hours=22:00-04:00@Europe/Prague held" */
};
enum error named_place_find(const char *data_dir, struct bytes name,
                            struct named_place *out) MUST_CHECK;

/* The address of a place; the caller frees it. E_not_found: no such line, or no such file; the
 * story says what to write. Read anew each time: whoever edits the file need restart nothing. */
enum error place_address(const char *data_dir, struct bytes name, char **address) MUST_CHECK;

#endif
