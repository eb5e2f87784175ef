/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* When a partner takes files: the words behind its address in `places`, and whether an operator
 * holds it.
 *
 *   acme  sftp://...  hours=22:00-04:00,12:00-12:30@Europe/Prague
 *
 * A range is from its first minute to before its second, by the zone's clock; one that ends before
 * it begins goes over midnight. Held: there is a file held/PARTNER in the data directory; what it
 * says is the reason. Both are looked at anew for each attempt. */
#ifndef OCTAVO_CONNECTORS_DELIVER_TERMS_H
#define OCTAVO_CONNECTORS_DELIVER_TERMS_H

#include "base/bytes.h"
#include "base/error.h"

enum { TERMS_REASON_CHARS = 200 };

struct terms {
    bool closed;      /* nothing is delivered now */
    int64_t again_ms; /* so long, then it is looked at again */
    char reason[TERMS_REASON_CHARS];
};

/* E_config: words that nobody knows, hours that are none, a zone that is none. */
enum error terms_of_words(const char *words, int64_t now_ms, struct terms *out) MUST_CHECK;
/* Changes *out only when the partner is held. A name that is no file name is held by nobody. */
enum error terms_of_holds(const char *data_dir, struct bytes partner, struct terms *out) MUST_CHECK;

#endif
