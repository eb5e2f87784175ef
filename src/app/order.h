/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The frame of `octavo park` and `octavo effects`: looking at what waits in the stores of a system,
 * and giving orders about it.
 *
 * An order goes to the processes of the service, over their control sockets. Then, unless that
 * found the one that was named, it is done to every task that no process has: the command takes the
 * task's lock and commits the same itself. A task that is locked has been told, if a process
 * answered; if none did, that is an error, for somebody holds it and does not answer. */
#ifndef OCTAVO_APP_ORDER_H
#define OCTAVO_APP_ORDER_H

#include "declaration/declaration.h"
#include "place.h"
#include "runtime/task.h"
#include "values/json.h"

struct order_verb {
    const char *name;
    bool needs_one; /* SERVICE and the one that is meant, or --all */
    bool takes_all; /* --all goes with it */
    bool changes;
    bool drops;
};

struct order_call {
    const struct order_noun *noun;
    const struct order_verb *verb;
    const char *system;
    const char *service; /* NULL: all; only without needs_one */
    const char *which;   /* a key, an id; NULL: none given */
    const char *file;
    const char *dir;
    int64_t limit;  /* of what is listed */
    int64_t number; /* of a parked input that is to be dropped */
    bool json;
    bool all;
    struct place place;
    struct declaration *declaration;
    const struct store_kind *store_kind;
    char *store_url;
};

struct order_done {
    int64_t found;    /* how many were meant */
    int64_t done;     /* of them */
    int64_t busy;     /* of them: a worker has it */
    int64_t left;     /* not come to: too many for one order */
    char reason[256]; /* of the last one that failed again */
};

struct order_noun {
    const char *name; /* park, effects: of the command and of its control verbs */
    const char *help;
    const char *wanted;                      /* what a wrong usage is told */
    const struct order_verb *verbs;          /* the last has no name */
    bool has_limit;                          /* --limit N */
    enum error (*find)(struct order_call *); /* before an order is given; may be NULL */
    void (*ask)(const struct order_call *, struct buf *json);
    void (*answer)(const struct json *, struct order_done *);
    enum error (*on_task)(const struct order_call *, struct task *, struct order_done *);
    void (*tell)(const struct order_call *, const struct order_done *);
    /* From the stores, whether the service runs or not; *shown: how many. */
    enum error (*print)(const struct order_call *, int64_t *shown);
};

int order_command(const struct order_noun *noun, int count, char **arguments);

int32_t order_tasks(const struct order_call *c, const struct declared_service *s);
/* The task's store for reading beside its owner; E_not_found: it has none yet. */
enum error order_look(const struct order_call *c, const struct declared_service *s, int32_t task,
                      struct store **out) MUST_CHECK;

#endif
