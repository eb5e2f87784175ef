/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A request between its arrival and its reply; what the files in api/ work with.
 *
 * A handler gets the request and its decoded body and calls exactly one of request_reply,
 * request_reply_synced, request_silent and request_refuse, now or (Fetch, Join, Sync) later. After
 * that the request is gone. What it needs until then comes from request_arena. The body lives as
 * long as the request, except Produce's, which borrows the connection's input and dies when the
 * handler returns. */
#ifndef OCTAVO_SERVER_REQUEST_H
#define OCTAVO_SERVER_REQUEST_H

#include "base/arena.h"
#include "base/table.h"
#include "storage/storage.h"
#include "wire/header.h"
#include "wire/kafka_errors.h"
#include "wire/messages.h"

struct server;
struct client;
struct coordinator;
struct loop_timer;

enum request_state { REQUEST_OPEN, REQUEST_WAITS, REQUEST_DONE };

struct request {
    struct server *server;
    struct client *client; /* NULL: gone, but its log frame is still being synced */
    struct arena arena;
    struct request_header header;
    enum request_state state;
    struct request *next;            /* of the client, in order of arrival */
    struct request *earlier, *later; /* waiting for their LSN, in its order */
    lsn_t lsn;                       /* the reply may leave when this is synced; 0 until then */
    size_t held_bytes;               /* of log that waits for the sync */
    struct buf reply;                /* encoded */
    void (*on_abandoned)(struct request *r); /* the client is gone before the reply; may be NULL */
    void *parked;                            /* whatever a handler keeps */
    bool is_bare_token;                      /* of SASL, without a header */
    struct reply_file *files;                /* that belong into the reply; in the arena */
    size_t file_count;
};

/* A piece of a file, in a reply behind so many of its other bytes. */
struct reply_file {
    size_t behind;
    int fd; /* -1: handed on */
    int64_t position;
    size_t len;
};

/* What handlers may ask of the server. */
struct storage *server_storage(struct server *s);
struct coordinator *server_coordinator(struct server *s);
int64_t server_wall_ms(const struct server *s);
size_t server_client_count(const struct server *s);                   /* at least one: who asks */
const struct server_options *server_settings(const struct server *s); /* defaults filled in */
int64_t server_now_ms(const struct server *s);                        /* steady */
enum { SERVER_NODE_ID = 1 };
#define SERVER_NODE_NAME "1"

void request_reply(struct request *r, const void *response);
/* The reply is encoded now and leaves when `lsn` is synced. */
void request_reply_synced(struct request *r, const void *response, lsn_t lsn);
/* With files in the places of those bytes that are message_elsewhere, in their order; takes their
 * descriptors, at most request_files_max. */
void request_reply_files(struct request *r, const void *response, const struct reply_file *files,
                         size_t count);
size_t request_files_max(const struct request *r);
void request_silent(struct request *r, lsn_t lsn); /* no reply (acks=0); counted until the sync */
/* Bytes without a header, for a token that came so. */
void request_reply_bare(struct request *r, struct bytes reply);
void request_refuse(struct request *r, const char *why); /* logs and closes the connection */
/* A few bytes that name the same things over and over can ask for a reply without end. A handler
 * whose reply grows with such names looks here on the way, and then refuses. */
bool request_asks_too_much(const struct request *r);
enum { PARTITIONS_ASKED_MAX = 10000 }; /* or groups, by one request: a broker has no more */

/* The only timer of the request's client: at most one request of a client is parked. */
void request_wake_after(struct request *r, int64_t after_ms, void (*on_time)(struct request *r));
const char *request_peer(const struct request *r);
/* The name under which this client reaches the broker, as replies tell it; valid as the request. */
struct bytes request_broker_host(struct request *r);

/* Topics, as several APIs see them. */
struct partition *server_partition(struct server *s, struct bytes topic,
                                   int32_t index); /* or NULL */
bool topic_name_is_valid(struct bytes name);
/* The names in a request, to tell which it has more than once; a request may have a hundred
 * thousand. Begins as zero; names are copied. */
struct topic_names {
    struct table once, repeated;
};
void topic_names_add(struct topic_names *n, struct bytes name);
bool topic_name_is_repeated(const struct topic_names *n, struct bytes name);
void topic_names_finish(struct topic_names *n);
/* Creates with the default or given count, logs; code KAFKA_NONE when done, durable at *lsn. */
struct new_topic {
    struct bytes name;
    int32_t partitions;                    /* -1: the default */
    const struct topic_settings *settings; /* NULL: the defaults */
};
enum kafka_error server_create_topic(struct server *s, const struct new_topic *wanted, lsn_t *lsn);
/* FENCED or UNKNOWN when the client knows another epoch; -1 is not checked. */
enum kafka_error leader_epoch_check(const struct partition *p, int32_t known);

#endif
