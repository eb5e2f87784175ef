/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Child processes of `octavo up` and `octavo demo`: started in order, started again when they end,
 * killed when asked, stopped last to first.
 *
 * A child that says it is ready is watched: it gives signs of life (net/notify.h), and one that is
 * silent for 10 s - it hangs, or was stopped - is killed and started again; its fence goes with it.
 * A child dies with its parent. It tells that it is ready by writing its port into the ready file;
 * a child that was restarted gets the same arguments, so its port must be in them by then. */
#ifndef OCTAVO_APP_SUPERVISOR_H
#define OCTAVO_APP_SUPERVISOR_H

#include "net/loop.h"

struct supervisor;

struct child_options {
    const char *name;             /* for events: "broker", "transaction-processor" */
    const char *const *arguments; /* of `octavo`, NULL at the end; copied */
    const char *ready_file;       /* removed before each start and after the stop */
    const char *log_file;         /* stderr goes here; NULL: to our own */
};

/* Children find `notify_path` in NOTIFY_SOCKET: this process's own must have been read before. */
enum error supervisor_create(struct supervisor **out, struct loop *l,
                             const char *notify_path) MUST_CHECK;
void supervisor_destroy(struct supervisor *s); /* stops every child first; NULL is fine */
/* Starts the child and runs the loop until it is ready: *port is what its ready file says.
 * E_closed: the loop was stopped meanwhile. */
enum error supervisor_start(struct supervisor *s, const struct child_options *options,
                            int *port) MUST_CHECK;
/* An error when a child is given up: it cannot live, and the loop was stopped for it. */
enum error supervisor_judge(const struct supervisor *s) MUST_CHECK;
/* Replaces an argument of a child for its next start ("0" after --port, once the port is known). */
void supervisor_set_argument(struct supervisor *s, const char *name, const char *option,
                             const char *value);
enum error supervisor_kill(struct supervisor *s, const char *name, int signal) MUST_CHECK;
int supervisor_restarts(const struct supervisor *s, const char *name);
int supervisor_pid(const struct supervisor *s, const char *name); /* 0: not running */
/* Resident memory of all children and of this process, in KiB; a page they share counts once. */
long supervisor_memory_kib(const struct supervisor *s);

#endif
