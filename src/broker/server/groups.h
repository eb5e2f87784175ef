/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Between requests and the coordinator: tickets, replies, the timer. */
#ifndef OCTAVO_SERVER_GROUPS_H
#define OCTAVO_SERVER_GROUPS_H

#include "coordinator/coordinator.h"
#include "request.h"

/* The ticket of a request that is handed to the coordinator; when its client goes, the coordinator
 * is told. */
uint64_t group_ticket(struct request *r);
bool group_has_offsets(struct server *s, struct bytes id);
/* After every call of the coordinator: sends its replies, sets the timer. */
void groups_settle(struct server *s);
void groups_on_time(void *server);

#endif
