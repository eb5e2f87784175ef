/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker: connection -> dispatch -> API -> storage or coordinator -> reply.
 *
 * Everything runs on the loop's thread. A reply to something that changes the log leaves only once
 * the change is synced; replies of a connection leave in the order of its requests. A failed write
 * or sync ends with on_failed: the caller prints error_story() and ends the process at once. */
#ifndef OCTAVO_SERVER_SERVER_H
#define OCTAVO_SERVER_SERVER_H

#include "base/disk.h"
#include "base/metric.h"
#include "net/loop.h"

struct server;
struct tls_context;

/* Zero means the default. */
struct server_options {
    struct loop *loop;
    struct disk *disk;
    const char *dir;             /* of the log; made if absent */
    const char *host;            /* 127.0.0.1; others need TLS and clients that authenticate */
    const char *advertised_host; /* how clients reach it; default: host, or where it is every
                                    address the one that a client has connected to */
    struct tls_context *tls;     /* the owner's, until after the close; NULL: plain */
    const char *users_file;      /* who may connect, by SASL; NULL: everybody */
    bool plain_without_tls;      /* PLAIN shows the password to whoever listens */
    int64_t session_ms;          /* after it a client authenticates again; 0: never */
    int port;                    /* 0: any free one */
    int port_tries;              /* how many following ports to try when it is taken */
    int connections_max;         /* 1000 */
    int address_connections_max; /* of one address; default: no limit of its own */
    int32_t partitions_default;  /* 4: of a topic that is created without saying */
    int16_t replicas_accepted; /* 1: more may be asked for, and one is made; for tests of clients */
    bool topics_not_created;   /* Metadata creates no missing topics */
    int32_t rebalance_delay_ms; /* an empty group waits so long for more members; 0: not */
    size_t message_bytes_max;   /* 1,048,588 as Kafka: of one batch */
    size_t frame_bytes_max;     /* 16 MiB: of one request */
    size_t piece_bytes_min;     /* 32 KiB: fetched records of a partition go from file to socket */
    int64_t wal_first_bytes;    /* this and the next three: storage's own */
    int64_t wal_file_bytes;
    int64_t segment_bytes;
    int64_t checkpoint_bytes;
    bool one_thread; /* file work happens in the loop: tests, simulation */
    void (*on_failed)(void *context);
    void *context;
};

enum error server_open(struct server **out, const struct server_options *options) MUST_CHECK;
int server_port(const struct server *s);
void server_metrics(const struct server *s, struct metric_page *page); /* topics and the log */
void server_close(struct server *s); /* a clean stop of the log too; NULL is fine */

#endif
