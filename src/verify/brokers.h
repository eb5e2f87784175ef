/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which broker a run has. Its own one, of Octavo; or brokers of another make, such as the nodes of
 * an Apache Kafka cluster: started, killed and started again by us where we were given their
 * commands, only talked to where we were given their addresses.
 *
 * The command of a node is one of a shell, which must stay in the foreground. It finds in its
 * environment: NODE (1, 2 ...), NODE_DIR (exists, keeps its files over restarts), PORT (listen
 * there at 127.0.0.1), ADVERTISE (the address that clients are to be told instead) and PORT_FILE
 * (write PORT into it, in one piece, once clients are served). */
#ifndef OCTAVO_VERIFY_BROKERS_H
#define OCTAVO_VERIFY_BROKERS_H

#include "base/error.h"

struct house;

/* The first processes of the house, its line and its bootstrap addresses. */
enum error brokers_build(struct house *h) MUST_CHECK;

#endif
