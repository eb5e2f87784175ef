/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which effects of a task wait, and which may be tried now.
 *
 * Effects of one (edge, key) form a line and are tried in the order asked for: only the head of a
 * line can be tried, and the next becomes head when the outcome of the one before is committed. So
 * one slow or parked effect holds up its own line and nothing else. Heads that may be tried now
 * stand in a list for each edge, oldest first; heads that wait for a time stand in a heap.
 *
 *   READY --schedule_aside--> ASIDE --schedule_admit--> READY
 *   READY --schedule_out--> OUT --schedule_again--> WAITING --time--> READY
 *                            |---schedule_park----> PARKED  --schedule_again--> ...
 *                            '---schedule_remove--> the next of the line is head
 *
 * Owned by the task's thread; knows neither store nor clock nor workers. The content of an effect
 * is kept while all contents take less than SCHEDULE_BYTES_MAX, else it has to be read again. */
#ifndef OCTAVO_RUNTIME_SCHEDULE_H
#define OCTAVO_RUNTIME_SCHEDULE_H

#include "store/store.h"

enum { SCHEDULE_BYTES_MAX = 32 << 20 };

struct schedule;
struct line;

/* An effect of the store. Its texts are its own. */
struct pending {
    int64_t number;
    struct bytes id;
    enum effect_state state;
    int32_t attempts; /* begun so far */
    int64_t requested_ms, deadline_ms, due_ms;
    struct bytes type, json; /* type.data NULL: the content is not kept */
    int64_t time_ms;
    char *reason; /* of the last attempt; NULL: none */

    int64_t tried_ms; /* EFFECT_TRIED: when its intent was made, by the wall clock */
    uint64_t lease;   /* under which a worker has it; 0: none has */
    bool absent;      /* EFFECT_TRIED, and the receiver has said that it did not happen */
    bool doubtful;    /* not EFFECT_TRIED, and an attempt does not know whether it happened */
    bool asked_late;  /* asked about once more, after its deadline */
    bool settling;    /* its outcome is in the open group */
    bool changed;     /* the store does not know attempts, due_ms and reason yet */
    uint64_t share;   /* whose part of the workers it takes, as a hash; 0: nobody's, or not known */

    struct line *line; /* the schedule's, from here on */
    struct pending *next;
    uint8_t *memory;
};

struct schedule *schedule_create(size_t edge_count);
void schedule_destroy(struct schedule *s); /* NULL is fine */

/* Of row: number and all that struct pending names. At the end of its line. */
struct pending *schedule_add(struct schedule *s, size_t edge, const struct effect_row *row);
struct pending *schedule_find(const struct schedule *s, int64_t number); /* NULL: none */
/* By id, among all of them: for an operator. A handler that takes one event twice asks twice. */
struct pending *schedule_search(const struct schedule *s, struct bytes id);
struct pending *schedule_head(struct schedule *s, size_t edge, struct bytes key); /* or NULL */
/* The oldest head that may be tried at now_ms; stays where it is. NULL: none. */
struct pending *schedule_next(struct schedule *s, size_t edge, int64_t now_ms);
/* When schedule_next will have one: INT64_MAX = not by time alone. */
int64_t schedule_next_ms(const struct schedule *s, size_t edge);

/* A ready head whose share is used up: out of the way of others, until it is admitted. */
void schedule_aside(struct schedule *s, struct pending *p);
/* Of each share that stands aside the oldest so many are ready again as `room` says. */
void schedule_admit(struct schedule *s, size_t edge, size_t (*room)(void *context, uint64_t share),
                    void *context);

void schedule_out(struct schedule *s, struct pending *p); /* a ready head: a worker gets it */
/* A head that is out or parked: to be tried at due_ms, 0: at once. */
void schedule_again(struct schedule *s, struct pending *p, int64_t due_ms);
void schedule_park(struct schedule *s, struct pending *p);   /* a head */
void schedule_remove(struct schedule *s, struct pending *p); /* any; frees it */
void pending_set_reason(struct pending *p, const char *reason);

size_t pending_edge(const struct pending *p);
struct bytes pending_key(const struct pending *p);
bool pending_is_head(const struct pending *p);

struct schedule_counts {
    size_t effects, lines, out, parked; /* parked: lines that wait for an operator */
};
struct schedule_counts schedule_counts(const struct schedule *s, size_t edge);
size_t schedule_count(const struct schedule *s); /* effects of all edges */
/* Every effect, in no order; start with *at = 0, ends with NULL. */
struct pending *schedule_each(const struct schedule *s, size_t *at);

#endif
