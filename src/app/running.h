/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A system as it runs on this machine: the embedded broker and one process per service. */
#ifndef OCTAVO_APP_RUNNING_H
#define OCTAVO_APP_RUNNING_H

#include "place.h"
#include "declaration/declaration.h"
#include "supervisor.h"

struct running {
    struct loop *loop;
    struct supervisor *supervisor;
    struct file *lock; /* one system runs in a data directory */
    char *broker;      /* bootstrap address */
    int edge_port;     /* of the last service that takes requests, else has one; 0: none */
    char *edge_service;
};

struct running_options {
    struct loop *loop;
    const struct place *place;
    const struct declaration *declaration;
    const char *file; /* the declaration's file; NULL: the shipped one */
    int broker_port;  /* 0: any free one; taken: the next free one */
    int edge_port;    /* -1: as declared; 0: any free one */
    const char *const
        *replicas;      /* SERVICE=N, instead of what is declared; ends with NULL; or NULL */
    bool logs_to_files; /* else to our stderr */
    void (*on_step)(void *context, const char *text); /* one line per thing started; may be NULL */
    void *context;
};

/* Starts everything in order and returns when all is ready. On failure what was started is stopped.
 */
enum error running_start(struct running *r, const struct running_options *options) MUST_CHECK;
void running_stop(struct running *r); /* last started first; safe on a zeroed struct */

#endif
