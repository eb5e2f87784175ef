/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A network of the run's own: a namespace with nothing but loopback in it, where nft may drop what
 * it likes and nobody else is met. Everything of a run lives there, also this process; each process
 * under test has a group id of its own, by which a rule knows whose packets it sees. So one of them
 * is cut off without a word, as by a cable that is pulled: no reset, no end, and what is sent again
 * later arrives later. */
#ifndef OCTAVO_VERIFY_NETWORK_H
#define OCTAVO_VERIFY_NETWORK_H

#include "base/error.h"
#include "process.h"

#include <stddef.h>

enum { NETWORK_GROUP = 61000 }; /* that of the house's first process */

/* Why it cannot be had; NULL: it can. */
const char *network_lacks(void);
/* From here on this process and its children are in it. Before anything has a socket. */
enum error network_enter(void) MUST_CHECK;

enum network_way { NETWORK_both, NETWORK_said, NETWORK_told };
const char *network_way_name(enum network_way way); /* for people */

/* What a process says, or is told, or both is dropped: to and from these ports, and with none of
 * them whatever it is. */
struct network_cut {
    const struct process *process;
    enum network_way way;
    const char *ports; /* 9092,9093; NULL: all */
};
enum error network_cut(const struct network_cut *cut) MUST_CHECK;
/* `dropped`: packets since the cut. */
enum error network_heal(unsigned long long *dropped) MUST_CHECK;

#endif
