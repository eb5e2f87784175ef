/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots: what a replay begins from, so that the journal need not be kept for ever.
 *
 * When a task's journal holds `snapshot_rows` rows (declared; 100,000) more than the last snapshot,
 * its store is copied, in a thread, to FILE.snapshot beside it; once that copy is synced and in
 * place, the journal is cut behind what it surely holds, a few rows a second. One snapshot is kept:
 * the next one replaces it in one rename. A process that is killed anywhere in between leaves the
 * old snapshot with the whole journal behind it, or the new one with more journal than it needs. */
#ifndef OCTAVO_RUNTIME_SNAPSHOTS_H
#define OCTAVO_RUNTIME_SNAPSHOTS_H

#include "runtime/task.h"

struct snapshots;

struct snapshots_options {
    const struct store_kind *kind;
    const char *store_url, *system;
    const struct declared_service *service; /* snapshot_rows: after how many rows */
};

/* Of one service instance, on its thread. NULL: this kind of store has none, or none are wanted. */
struct snapshots *snapshots_create(const struct snapshots_options *options);
void snapshots_destroy(struct snapshots *s); /* waits for a copy that is being made; NULL is fine */
void snapshots_wait(struct snapshots *s); /* until the copy that is being made, if any, is there */
/* Once a second for each open task, outside its group. An error is the store's. A copy that cannot
 * be made is told as an event and tried again later. */
enum error snapshots_turn(struct snapshots *s, struct task *task, int32_t number) MUST_CHECK;

/* FILE.snapshot of a store; owned by the caller. NULL: its kind has no files. */
char *snapshot_path(const struct store_kind *kind, const struct store_options *options);
/* A snapshot to another path, whole and synced. */
enum error snapshot_copy(const char *from, const char *to) MUST_CHECK;

#endif
