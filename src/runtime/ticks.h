/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Ticks: where nothing happens, time would stand still for those who go by event time.
 *
 * The owner of task 0 appends a record of type octavo.tick every `ticks` to each partition of each
 * topic that the service produces: key octavo-tick, value {}, no lane, its timestamp the wall
 * clock. It goes past the outbox: one that is lost is followed by the next. Private to the service.
 */
#ifndef OCTAVO_RUNTIME_TICKS_H
#define OCTAVO_RUNTIME_TICKS_H

struct service;

void ticks_open(struct service *s);
void ticks_close(struct service *s);

#endif
