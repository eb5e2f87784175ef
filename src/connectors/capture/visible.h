/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which transactions a snapshot of PostgreSQL has seen: "XMIN:XMAX:XIP,XIP" of
 * pg_current_snapshot(). A transaction is streamed as soon as its commit is in the log, which may
 * be a moment before a snapshot sees it; so what was streamed last is remembered. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_VISIBLE_H
#define OCTAVO_CONNECTORS_CAPTURE_VISIBLE_H

#include "base/bytes.h"
#include "base/error.h"

enum { STREAMED_KEPT = 4096 };

struct snapshot {
    uint64_t xmin, xmax;
    uint64_t *running; /* owned */
    size_t count;
};

struct streamed {
    uint32_t xids[STREAMED_KEPT];
    size_t count; /* ever */
};

enum error snapshot_read(struct snapshot *out, const char *text) MUST_CHECK;
void snapshot_finish(struct snapshot *s);
/* xid: the 32 bits that the stream has of it. */
bool snapshot_sees(const struct snapshot *s, uint32_t xid);

void streamed_add(struct streamed *s, uint32_t xid);
/* False: one of those that were streamed is not seen yet. */
bool snapshot_sees_streamed(const struct snapshot *s, const struct streamed *streamed);

#endif
