/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One step of a service as tracing sees it: between the runtime, which tells it, and an exporter.
 */
#ifndef OCTAVO_CONNECTORS_SPAN_H
#define OCTAVO_CONNECTORS_SPAN_H

#include "base/bytes.h"

struct span {           /* valid during the call that tells it */
    const char *trace;  /* 32 small hex digits */
    const char *span;   /* 16 */
    const char *parent; /* 16, or "" */
    struct bytes name;  /* the type of the input */
    struct bytes id;    /* its id */
    struct bytes topic; /* len 0: a request */
    int32_t task;
    int64_t begun_ms; /* since 1970 */
    int64_t took_ns;
};

#endif
