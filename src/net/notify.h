/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A process and who watches over it, by the protocol of sd_notify(3): datagrams of text to a unix
 * socket, "READY=1", "WATCHDOG=1", "STOPPING=1". systemd is one other end, `octavo up` another.
 *
 * The sign of life comes from a timer of the loop, so it says that the loop turns. It is never
 * waited for: a datagram that finds no room is lost, the next one comes soon. */
#ifndef OCTAVO_NET_NOTIFY_H
#define OCTAVO_NET_NOTIFY_H

#include "net/loop.h"

struct notifier;
struct notified;

/* `path` as in NOTIFY_SOCKET ('@' first: an abstract one). watchdog_ms: silence for so long is
 * death; a sign is given three times in it. 0: none is wanted. */
enum error notifier_open(struct notifier **out, struct loop *l, const char *path,
                         int64_t watchdog_ms) MUST_CHECK;
void notifier_tell(struct notifier *n, const char *state); /* NULL is fine: nobody watches */
void notifier_close(struct notifier *n);                   /* NULL is fine */

/* The other end: state is one datagram, `pid` its sender as the kernel knows it. The socket is its
 * owner's alone; the file that a dead process left is replaced. */
enum error notified_open(struct notified **out, struct loop *l, const char *path,
                         void (*on_state)(void *context, int pid, const char *state),
                         void *context) MUST_CHECK;
void notified_close(struct notified *n); /* NULL is fine */

/* "WATCHDOG=1" is a line of the state. */
bool notified_says(const char *state, const char *line);

#endif
