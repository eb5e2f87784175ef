/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What service.c and turn.c share: the instance itself. Private to the two. */
#ifndef OCTAVO_RUNTIME_SERVICE_STATE_H
#define OCTAVO_RUNTIME_SERVICE_STATE_H

#include "base/metric.h"
#include "base/table.h"
#include "runtime/effects.h"
#include "runtime/relay.h"
#include "runtime/sealing.h"
#include "runtime/service.h"
#include "runtime/slot.h"
#include "runtime/snapshots.h"
#include "runtime/source.h"

enum {
    TICK_MS = 1000,
    LOCK_RETRY_MS = 50,
    WAITING_EVENTS_MAX = 100000,
    WAITING_LOW = 50000,
    RELAY_STUCK_MS = 2000,
    STOP_FLUSH_MS = 5000,
    TIMERS_A_TURN = 1000,
    RETRIES_A_TURN = 1000,
    PARKED_TOLD_A_TICK = 5,
};

struct service {
    struct service_options options;
    struct clock *clock;
    struct kafka_consumer *consumer;
    struct relay *relay;
    struct queries *queries; /* edges that read state */
    uint64_t queries_answered;
    struct effects *effects; /* NULL: no edge performs any */
    struct seeing *seeing;
    struct snapshots *snapshots; /* NULL: none are made */
    struct slot *slots;
    struct requests *requests; /* edges that take requests */
    struct sealing *sealing;   /* of what they take and answer; NULL: they seal nothing */
    struct source *sources;
    struct held *held_first, *held_last; /* replies that wait for the log */
    struct table tickets;                /* request key -> newest ticket, and its edge */
    struct loop_watch *consumer_watch;
    struct loop_watch *relay_watch;
    struct loop_timer *turn_timer;
    struct loop_timer *group_timer; /* a group has waited for more as long as is declared */
    struct loop_timer *tick_timer;
    struct loop_timer *due_timer;
    struct loop_timer *lock_timer;
    struct loop_timer *ticks_timer; /* NULL: it does not tick */
    char *store_url;
    char *client_id;
    char cluster[64];
    struct task_counts closed_counts;
    uint64_t refused; /* requests since the last tick */
    uint64_t refused_total;
    const char *refused_reason;
    uint64_t parked; /* inputs that joined a queue since the last tick */
    int64_t take_ns; /* in handlers and what is around them, summed */
    struct histogram commit_times;
    int64_t commit_ns; /* in commits that reached the disk, summed */
    bool turn_armed;
    bool undrained; /* the last turn left records waiting */
    bool paused;
    bool assignment_changed; /* since it was last paused or resumed */
    bool ready;
    bool assigned; /* the broker has said what is ours, be it nothing; or there is no group */
    bool broker_away;
    bool stopping;
    bool failed;
};

void service_fail(struct service *s);     /* prints the story, stops the loop; the process ends */
void service_arm_turn(struct service *s); /* a turn at the next loop iteration */
void service_watch_relay(struct service *s); /* the relay has a new descriptor */
void service_arm_due(struct service *s);     /* the due timer at the earliest task timer */

void turn_run(struct service *s);
/* A record to the task that owns its partition. */
enum error turn_route_record(struct service *s, const struct kafka_record *r) MUST_CHECK;
enum error turn_take_ahead(struct service *s) MUST_CHECK;   /* turn_program.c */
void turn_begin_slot(struct service *s, struct slot *slot); /* its group, unless it is open */
/* Nothing that could wait outside should be taken now: events do not leave. */
bool turn_is_pressed(const struct service *s);
bool turn_take_request(struct service *s, const struct connector_request *r);
void turn_take_due(struct service *s);
void turn_take_tick(struct service *s); /* once a second: flush, mirror, resume */
/* Parked inputs (turn_park.c): what became of an input, telling of it, partitions without room. */
enum error turn_part_full(struct service *s, struct slot *slot, struct slot_part *part,
                          int64_t offset) MUST_CHECK;
void turn_note_parked(struct service *s, const struct slot *slot, const struct input *in);
enum error turn_park_tick(struct service *s) MUST_CHECK; /* once a second */
enum error turn_take_retries(struct service *s, struct slot *slot, int64_t now_ms) MUST_CHECK;
/* For effects.h: the group of a task. */
void turn_begin_task(void *service, struct task *task);
enum error turn_commit_task(void *service, struct task *task) MUST_CHECK;
enum error turn_commit_slot(struct service *s, struct slot *slot) MUST_CHECK;
enum error turn_flush_slot(struct service *s, struct slot *slot) MUST_CHECK;

#endif
