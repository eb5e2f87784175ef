/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A store follows its topics to another cluster, where the same records have other offsets.
 *
 * What names offsets is written anew in one transaction: positions, with the cluster's id, and
 * inputs that are parked. The journal is cut, as its runs of records are of the old cluster, and a
 * snapshot is made of what is left, from which replays begin. Lanes, timers, effects, the outbox
 * and rows name no offset and stay: what was not yet acknowledged is sent to the new cluster, and
 * the lanes of the readers know what they have had.
 *
 * The service is stopped, `store` its locked store. Done again, nothing happens. */
#ifndef OCTAVO_RUNTIME_RELOCATE_H
#define OCTAVO_RUNTIME_RELOCATE_H

#include "store/store.h"

struct relocated {
    int64_t offset;
    bool exact; /* the very record is there; else the next one, or the end */
};

struct relocation {
    const char *from, *to; /* the clusters' ids */
    const struct store_kind *kind;
    const struct store_options *options; /* of the store */
    /* Every offset that the store names, before anything is moved. *found: false for one of a
     * topic that the old cluster does not have (any more): it stays as it is. */
    enum error (*want)(void *context, struct bytes topic, int32_t partition, int64_t offset,
                       bool *found);
    struct relocated (*moved)(void *context, struct bytes topic, int32_t partition, int64_t offset);
    void *context;
};

enum relocation_state {
    RELOCATION_NOTHING, /* it has read nothing yet */
    RELOCATION_WANTED,
    RELOCATION_DONE,
};

/* Asks `want` for each of them. E_diverged: it belongs to neither cluster. */
enum error relocation_look(const struct relocation *r, struct store *store,
                           enum relocation_state *state) MUST_CHECK;
enum error relocation_do(const struct relocation *r, struct store *store) MUST_CHECK;

#endif
