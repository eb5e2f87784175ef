/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The server's state, for the files of this room that are not an API. */
#ifndef OCTAVO_SERVER_SERVER_INSIDE_H
#define OCTAVO_SERVER_SERVER_INSIDE_H

#include "net/listener.h"
#include "server.h"

#include "client.h"
#include "request.h"

struct server {
    struct server_options settings;
    struct loop *loop;
    struct storage *storage;
    struct coordinator *coordinator;
    struct listener *listener;
    struct loop_watch *storage_watch;
    struct loop_job flush_job; /* hands the turn's appends to the log thread as one group */
    struct loop_timer *group_timer;
    struct loop_timer *txn_timer;
    int64_t txn_deadline_ms; /* when the timer comes; INT64_MAX: never */
    uint64_t connections_opened;
    struct loop_timer *storage_timer; /* runs while replies wait: a full disk is tried again */
    bool storage_timer_runs;
    struct loop_timer *house_timer; /* storage keeps house when it is called, so it is */
    struct client *clients;
    size_t client_count;
    struct fetch *stirred;                    /* waiting fetches for which there is something */
    struct request *waits_first, *waits_last; /* for their LSN */
    struct request *spare;                    /* finished requests with their memory */
    int spare_count;
    size_t held_bytes;      /* of log frames not yet synced, of all clients */
    bool over_budget;       /* somebody was blocked because of held_bytes */
    int64_t quiet_until_ms; /* client_refused is logged at most so often */
    int refused_unsaid;
    struct users *users; /* NULL: nobody is asked who he is */
    struct loop_timer *users_timer;
    int64_t derivation_ms;     /* when the next derivation of a password may be */
    int64_t failures_quiet_ms; /* authentication_failed is logged at most so often */
    int failures_unsaid;
};

struct request *request_create(struct client *c);
void request_abandon(struct request *r); /* the client is gone */
void requests_release(struct server *s, lsn_t synced);
void request_destroy(struct request *r); /* to the spares */
void requests_free_spares(struct server *s);

void server_expect_sync(struct server *s); /* something was appended and somebody waits for it */

void dispatch(struct client *c, struct bytes frame);
void fetches_stir(struct server *s, struct partition *p); /* its high watermark has moved */
void fetches_wake(struct server *s);                      /* those that were stirred */

#endif
