/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects as requests: POST of a flat JSON object, keyed by its Idempotency-Key.
 *
 *   http://HOST:PORT/PATH, https://...   one receiver for all effects
 *   http+to:PREFIX                       each effect says in its field `url` where it goes, which
 *                                        must begin with PREFIX: https:// for every public host, or
 *                                        https://HOST/PATH/
 *   http+rest:BASE?by=FIELD              things that a service keeps under names of ours
 *                                        (rest_sink.c): POST BASE, GET and DELETE BASE/NAME */
#ifndef OCTAVO_CONNECTORS_HTTP_HTTP_SINK_H
#define OCTAVO_CONNECTORS_HTTP_HTTP_SINK_H

#include "connectors/connector.h"

extern const struct connector_sink http_sink, https_sink, http_to_sink, http_rest_sink;

/* An address as text, of a host on the public network: not this machine, not a private net. */
bool address_is_public(const char *address);

#endif
