/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A replay with its files: a copy of the store as it is now, a second store to feed, the broker's
 * log. All of it is in a work directory of its own; the store itself is only read, so its service
 * may be running, and what it commits meanwhile is not looked at.
 *
 *   WORK/lock          held while a replay runs there
 *   WORK/recorded/     the copy          WORK/replayed/     the store that is fed
 *
 * The fed store begins as the snapshot beside the store (snapshots.h) when the journal was cut
 * behind it, or as one that is named; else empty. */
#ifndef OCTAVO_RUNTIME_REPLAYER_H
#define OCTAVO_RUNTIME_REPLAYER_H

#include "octavo.h"
#include "declaration/declaration.h"
#include "runtime/replay.h"

struct replayer_options {
    const struct declaration *declaration;
    const struct declared_service *declared;
    const struct octavo_handler *handlers;
    const struct schemas *schemas; /* as the service has them */
    const struct store_kind *store_kind;
    const char *store_url; /* of the service's stores */
    const char *work_dir;
    const char *bootstrap;
    const char *snapshot; /* a file to begin from; NULL: as above */
    int32_t task;
    int32_t into; /* keep what is fed as the store of this generation; 0: do not (generation.h) */
    enum error (*on_begin)(
        const struct replayer_options *o); /* the fed store's file may be there */
    void (*on_progress)(void *context, int64_t id, int64_t last_id); /* may be NULL */
    void *context;
};

/* Tasks that the declaration gives the service. */
int32_t replayer_tasks(const struct declaration *d, const struct declared_service *declared);
/* Has the task a store? */
enum error replayer_has_store(const struct replayer_options *o, bool *found) MUST_CHECK;
/* The declaration of the service as it was recorded, and as it is fed: generations apart. */
struct declared_service replayer_recorded(const struct replayer_options *o);
struct declared_service replayer_replayed(const struct replayer_options *o);
enum error replayer_run(const struct replayer_options *o, struct replay_result *out) MUST_CHECK;

#endif
