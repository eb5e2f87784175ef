/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A load puts work into one system through its real edges, and finds at rest what came of it.
 *
 * How a system gets its own:
 *
 *  1. load_NAME.c: a `struct load` whose `name` is the system's, and a row in loads.c. A system
 *     without a row gets load_events: the files that `verify:` of its declaration names, and the
 *     same once more without faults.
 *  2. check_PROMISE.c: a function of the history alone (check.h) for each promise, listed in the
 *     load's own table of checks, which are judged behind the common ones. What it looks at are
 *     records of operations that it adds to history.h (names in history.c), put there by the load.
 *  3. check_NAME_test.c: a clean history is silent, one with one anomaly planted is found. A check
 *     that cannot fail is none.
 *  4. Expected values are computed here, from what was put in, or by a program in another language;
 *     never by code of the system.
 *
 * What calls what, in this order; those marked * may be NULL:
 *
 *   open*     before anything is built: make the world (a source database, folders, doubles)
 *   edge_url* for each declared edge: where it leads in this run; NULL: the default, a free port
 *             for one that takes requests, verify's own folder or server for one with effects
 *   begin     everybody runs and is ready: the first work
 *   polls*    descriptors to wait for, at most RUN_POLLS_MAX; turn gets them back, with revents
 *   turn      some milliseconds have passed; must not wait. now_ms counts from the begin
 *   progress  grows while the system does what it is for
 *   rest*     the faults are over and everybody is back: nothing new, bring to an end what is open
 *   is_idle   nothing of ours is open any more. Outboxes, effects and lag are waited for by run.c
 *   collect   read books, topics and doubles into the history
 *   finish    also after a begin that failed, or none
 *
 * Work that is attempted is a record `invoke` before, and `ok`, `fail` or `info` after it. While
 * faults fall a request may be lost, a connection reset, a process away: ask again, under the same
 * identity, until it is answered - and after `rest` until is_idle.
 *
 * What a load finds ready:
 *
 *   http_client.h   requests to an edge that takes them: house_port(&r->house, service, edge)
 *   origin.h        an SQLite database that a service reads as its source: rows by SQL
 *   double.h        servers that the world would have (HTTP with answers of your own, SMTP); let
 *                   them take their turn with double_turn(d, r->mood), and `outside-away` and
 *                   `outside-lossy` fall on them, too; say r->has_servers = true in open
 *   outside.h       folders and servers behind edges whose URL you leave alone: each effect that
 *                   arrives is a HISTORY_effect; none may be done twice
 *   topics.h        reads every topic into the history, and tells you each record
 *   stores.h        SQL on every store of a service, read-only
 *   house.h         house_command(): any octavo command; house_environment(): a secret, say
 *   process.h       a process of your own (slapd, sshd): process_start, process_finish
 */
#ifndef OCTAVO_VERIFY_LOAD_H
#define OCTAVO_VERIFY_LOAD_H

#include "base/error.h"
#include "check.h"
#include "verify.h"

#include <poll.h>

enum { RUN_POLLS_MAX = 256 };

struct run;

struct load {
    const char *name;
    const struct check *checks; /* its own promises, name NULL at the end; NULL: none */
    enum error (*open)(struct run *);
    char *(*edge_url)(struct run *, const struct verify_service *, const struct verify_edge *);
    enum error (*begin)(struct run *);
    size_t (*polls)(struct run *, struct pollfd *out);
    void (*turn)(struct run *, int64_t now_ms, const struct pollfd *polls);
    void (*rest)(struct run *);
    bool (*is_idle)(struct run *);
    uint64_t (*progress)(struct run *);
    enum error (*collect)(struct run *);
    void (*finish)(struct run *);
    bool by_clock; /* it has work for every second: a jump of hours would be hours of work */
};

extern const struct load load_events;
/* That of a system by its name; load_events for one that has none. Never NULL. */
const struct load *load_find(const char *system);

#endif
