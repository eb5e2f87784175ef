/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The topics of a system, read from outside every group into the history: what lanes, places and
 * order are judged by. */
#ifndef OCTAVO_VERIFY_TOPICS_H
#define OCTAVO_VERIFY_TOPICS_H

#include "run.h"

/* Each record that is there, in the order of its partition; `event->topic` says where. */
typedef void topics_on_event(struct run *r, const struct kafka_event *event);

/* Puts a HISTORY_record for each record of a lane, and tells every record; on_event may be NULL. */
enum error topics_collect(struct run *r, topics_on_event *on_event) MUST_CHECK;
void topics_put(struct run *r, const struct kafka_event *event); /* one of them */

#endif
