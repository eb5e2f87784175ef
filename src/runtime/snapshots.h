/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots: what a replay begins from, so that the journal need not be kept for ever.
 *
 * When a task's journal holds SNAPSHOT_ROWS rows more than the last snapshot, its store is copied,
 * in a thread, to FILE.snapshot beside it; once that copy is synced and in place, the journal is
 * cut behind what it surely holds, a few rows a second. One snapshot is kept: the next one replaces
 * it in one rename. A process that is killed anywhere in between leaves the old snapshot with the
 * whole journal behind it, or the new one with more journal than it needs. */
#ifndef OCTAVO_RUNTIME_SNAPSHOTS_H
#define OCTAVO_RUNTIME_SNAPSHOTS_H

#include "store/store.h"

/* FILE.snapshot of a store; owned by the caller. NULL: its kind has no files. */
char *snapshot_path(const struct store_kind *kind, const struct store_options *options);
/* A snapshot to another path, whole and synced. */
enum error snapshot_copy(const char *from, const char *to) MUST_CHECK;

#endif
