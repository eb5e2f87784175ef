/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The server's life and its two heartbeats: once a turn everything appended goes to the log thread
 * as one group, and when the log thread reports a sync the replies behind it leave. */
#include "server.h"

#include "base/check.h"
#include "base/random.h"
#include "groups.h"
#include "net/tls.h"
#include "server_inside.h"
#include "transactions.h"

#include <stdlib.h>

enum { STORAGE_TRY_MS = 500, HOUSE_MS = 1000 };

struct storage *server_storage(struct server *s) {
    return s->storage;
}

struct coordinator *server_coordinator(struct server *s) {
    return s->coordinator;
}

int64_t server_wall_ms(const struct server *s) {
    return clock_wall_ms(loop_clock(s->loop));
}

size_t server_client_count(const struct server *s) {
    return s->client_count > 1 ? (size_t)s->client_count : 1;
}

const struct server_options *server_settings(const struct server *s) {
    return &s->settings;
}

int64_t server_now_ms(const struct server *s) {
    return clock_steady_ms(loop_clock(s->loop));
}

int server_port(const struct server *s) {
    return listener_port(s->listener);
}

static void unblock_all(struct server *s) {
    s->over_budget = false;
    for (struct client *c = s->clients; c; c = c->next)
        client_unblock(c);
}

static void on_moved(void *context, struct partition *p) {
    fetches_stir(context, p);
}

static void on_synced(void *context, lsn_t synced) {
    struct server *s = context;
    requests_release(s, synced);
    if (s->over_budget)
        unblock_all(s); /* whoever is still over it is blocked again by its next request */
    fetches_wake(s);
}

static void on_failed(void *context) {
    struct server *s = context;
    s->settings.on_failed(s->settings.context);
}

static void on_storage(void *context) {
    struct server *s = context;
    storage_poll(s->storage);
}

static void flush(void *context) {
    struct server *s = context;
    storage_flush(s->storage);
    if (s->settings.one_thread)
        storage_poll(s->storage);
}

/* A disk that was full has nobody to tell that it has room again. */
static void on_storage_time(void *context) {
    struct server *s = context;
    s->storage_timer_runs = s->waits_first;
    if (!s->waits_first)
        return;
    loop_timer_start(s->storage_timer, STORAGE_TRY_MS);
    storage_poll(s->storage);
}

void server_expect_sync(struct server *s) {
    loop_after_turn(s->loop, &s->flush_job);
    if (s->storage_timer_runs)
        return;
    s->storage_timer_runs = true;
    loop_timer_start(s->storage_timer, STORAGE_TRY_MS);
}

static void on_house_time(void *context) {
    struct server *s = context;
    loop_timer_start(s->house_timer, HOUSE_MS);
    storage_poll(s->storage);
}

static void set_defaults(struct server_options *o) {
    o->host = o->host ? o->host : "127.0.0.1";
    o->partitions_default = o->partitions_default ? o->partitions_default : 4;
    o->message_bytes_max = o->message_bytes_max ? o->message_bytes_max : 1048588;
    o->piece_bytes_min = o->piece_bytes_min ? o->piece_bytes_min : (size_t)32 << 10;
    o->frame_bytes_max = o->frame_bytes_max ? o->frame_bytes_max : (size_t)16 << 20;
}

static enum error open_storage(struct server *s) {
    struct storage_options options = {
        .disk = s->settings.disk,
        .clock = loop_clock(s->loop),
        .dir = s->settings.dir,
        .threads = !s->settings.one_thread,
        .wal_first_bytes = s->settings.wal_first_bytes,
        .wal_file_bytes = s->settings.wal_file_bytes,
        .segment_bytes = s->settings.segment_bytes,
        .checkpoint_bytes = s->settings.checkpoint_bytes,
        .on_moved = on_moved,
        .on_synced = on_synced,
        .on_failed = on_failed,
        .context = s,
    };
    TRY(storage_open(&s->storage, &options));
    s->storage_watch = loop_watch_create(s->loop, storage_fd(s->storage), on_storage, s);
    return E_ok;
}

/* Who does not read gets no more answers: a client holds one in our memory, not all it asked for.
 */
enum { UNSENT_MAX_BYTES = 256 << 10 };

static enum error open_listener(struct server *s) {
    struct listener_options options = {
        .host = s->settings.host,
        .port = s->settings.port,
        .port_tries = s->settings.port_tries,
        .connections_max = s->settings.connections_max,
        .address_max = s->settings.address_connections_max,
        .tls = s->settings.tls,
        .knows_its_clients =
            s->users || (s->settings.tls && tls_context_asks_clients(s->settings.tls)),
        .input_max_bytes = s->settings.frame_bytes_max + 4,
        .output_max_bytes = UNSENT_MAX_BYTES,
        .handlers = client_handlers,
        .context = s,
    };
    return listener_open(&s->listener, s->loop, &options);
}

static void open_coordinator(struct server *s) {
    struct coordinator_options options = { .initial_delay_ms = s->settings.rebalance_delay_ms };
    random_system(&options.seed, sizeof(options.seed));
    s->coordinator = coordinator_create(&options);
    s->group_timer = loop_timer_create(s->loop, groups_on_time, s);
    s->txn_timer = loop_timer_create(s->loop, transactions_on_time, s);
    s->txn_deadline_ms = INT64_MAX;
}

enum error server_open(struct server **out, const struct server_options *options) {
    struct server *s = memory_get(sizeof(*s));
    assert(options->on_failed);
    *out = NULL;
    s->settings = *options;
    set_defaults(&s->settings);
    s->loop = options->loop;
    s->flush_job = (struct loop_job){ .run = flush, .context = s };
    s->storage_timer = loop_timer_create(s->loop, on_storage_time, s);
    s->house_timer = loop_timer_create(s->loop, on_house_time, s);
    open_coordinator(s);
    enum error e = open_storage(s);
    if (!e) {
        transactions_start(s);
        loop_timer_start(s->house_timer, HOUSE_MS);
    }
    if (!e)
        e = authentication_open(s);
    if (!e)
        e = open_listener(s);
    if (e) {
        server_close(s);
        return e;
    }
    *out = s;
    return E_ok;
}

void server_close(struct server *s) {
    if (!s)
        return;
    listener_close(s->listener); /* abandons every request */
    loop_watch_destroy(s->storage_watch);
    storage_close(s->storage);
    loop_forget(s->loop, &s->flush_job);
    while (s->waits_first)
        requests_release(s, UINT64_MAX);
    loop_timer_destroy(s->group_timer);
    loop_timer_destroy(s->txn_timer);
    loop_timer_destroy(s->storage_timer);
    authentication_close(s);
    loop_timer_destroy(s->house_timer);
    coordinator_destroy(s->coordinator);
    requests_free_spares(s);
    free(s);
}
