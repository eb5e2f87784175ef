/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Generations: another version of a service takes over what the one before has made.
 *
 * Generation n+1 is built beside n, in files of its own, by a replay of n's journal: not of the
 * topics, whose interleaving nobody remembers. While it is built nothing of it leaves, and its
 * store says so (fact `building`: equal or differs, by what the replays found), so that no service
 * opens it. The switch, with the service stopped, ends n and begins n+1, task by task:
 *
 *   1. n's store is locked: nothing is taken in any more; n+1 is fed to the end of n's journal
 *   2. n's outbox is relayed until it is empty; no effect may wait
 *   3. n+1: lanes begin anew, the journal is cut                CRASH_POINT switch_prepared
 *   4. n: the journal's last entry, and the fact `closed_by`    CRASH_POINT switch_closed
 *   5. n+1: `building` ends, and a snapshot is made, from which its own replays begin
 *
 * A switch that was cut short is done again by the same command: until 4 n may go on, from 4 on it
 * never starts again. Readers of n's topics see n+1's lanes as new ones, behind all that n sent. */
#ifndef OCTAVO_RUNTIME_GENERATION_H
#define OCTAVO_RUNTIME_GENERATION_H

#include "runtime/replayer.h"

/* E_config when a service may not open this store: it is closed, or being built. */
enum error generation_check(struct store *store, const struct declared_service *service) MUST_CHECK;

/* `o->into` is the new generation; the store of the one before must be there. */
enum error generation_build(const struct replayer_options *o, struct replay_result *out) MUST_CHECK;
/* The store of generation n, locked: the service is stopped, and stays so until it is closed.
 * E_locked: it runs. */
enum error generation_lock(const struct replayer_options *o, struct store **out) MUST_CHECK;
/* The switch of one task whose store is `old`, after generation_build has fed it to the end.
 * `accept`: though what it sends or keeps is not what n did. Done before: nothing happens. */
struct generation_switch {
    const struct replayer_options *options;
    struct store *old;
    bool accept;
    int64_t now_ms;
};
enum error generation_switch(const struct generation_switch *s) MUST_CHECK;
bool generation_is_switched(const struct replayer_options *o, struct store *old);

#endif
