/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a running Octavo keeps things: one data directory, the same for every command.
 *
 *   DIR/broker/          the broker's log            DIR/SYSTEM/   stores and secrets of a system
 *   DIR/run/NAME.port    written by NAME when ready  DIR/log/NAME.log
 *   DIR/run/up.lock      held by who runs a system here */
#ifndef OCTAVO_APP_PLACE_H
#define OCTAVO_APP_PLACE_H

#include "base/disk.h"

struct place {
    char *dir;
};

/* --dir, else OCTAVO_DIR, else ./octavo-data. Owned; place_finish frees. */
struct place place_of(const char *given_dir);
void place_finish(struct place *p);
enum error place_make(const struct place *p, const char *system) MUST_CHECK; /* the directories */
/* One system runs in a directory. Taken before anything is touched: a second start would take the
 * port files away from under the first. Held until the file is closed. */
enum error place_lock(const struct place *p, struct file **out) MUST_CHECK;
/* A mistyped --dir must not pass for one where nothing waits. E_not_found: the system has never run
 * there. */
enum error place_find(const struct place *p, const char *system) MUST_CHECK;
char *place_path(const struct place *p, const char *folder, const char *name); /* owned by caller */
/* "127.0.0.1:PORT" of the broker that `octavo up` runs here; NULL: none. Owned by caller. */
char *place_broker(const struct place *p);
/* Writes the port for the supervisor and other commands; NULL writes nothing. */
enum error place_tell_port(const char *file, int port) MUST_CHECK;
/* Removes it when what it names has stopped: the port may be another's tomorrow. NULL is fine. */
void place_forget_port(const char *file);

#endif
