/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Connectors turn bytes of an outside world into requests and back; they remember nothing across
 * restarts. Four kinds:
 *
 *   service  asks and answers: ISO 8583, HTTP, MQTT                             on the loop
 *   query    request -> pure function over owned state -> reply: RESP, HTTP     on the loop
 *   sink     performs effects and says what it can do                           worker threads
 *   source   has positions: a database, a folder that is read                   a thread of its own
 *
 * What must survive - stored answers, sessions, pending requests, positions - is the runtime's:
 * rows of the gateway service, the effects of a store. A connector tokenises secrets (card numbers)
 * before anything leaves it. Text that a connector is given is valid during the call only; the
 * options' texts (url, secret, data_dir) live as long as the connector. */
#ifndef OCTAVO_CONNECTORS_CONNECTOR_H
#define OCTAVO_CONNECTORS_CONNECTOR_H

#include "base/bytes.h"
#include "base/error.h"

struct connector;
struct connector_rows;
struct loop;

/* One request of the outside world: a flat JSON object and what the runtime must know about it. */
struct connector_request {
    const char *type;  /* event name of the request, e.g. "withdrawal-asked" */
    struct bytes key;  /* the request's own identity: equal for a repeat */
    struct bytes json; /* valid during the call */
    uint64_t ticket;   /* names the place to answer; never reused in a process; 0 is never given */
};

/* What a declared route is asked by and becomes; only some connectors have routes. */
struct connector_route {
    const char *pattern; /* POST /accounts/{account}/orders */
    const char *type;    /* of the request; "query:NAME" of a query */
};

struct connector_options {
    struct loop *loop;
    const char *url;    /* iso8583://127.0.0.1:8583?dialect=... */
    const char *secret; /* what a declared secret file held, e.g. the key of card tokens; or NULL */
    size_t secret_len;
    /* Called on the loop's thread. False: refused now (not committed); the connector answers so. */
    bool (*on_request)(void *context, const struct connector_request *r);
    /* Asked before on_request, and before a place to answer is kept. False: the request is not as
     * its type is declared, and never will be; `why` says where ("/amount: below the minimum 1").
     * The connector answers so. NULL: nothing is judged. */
    bool (*judge)(void *context, const struct connector_request *r, struct buf *why);
    /* Of the query kind instead: runs the query now, the reply is a flat object. E_not_found: no
     * such query. E_fenced: the key is another process's. E_refused: the handler said no. E_busy.
     */
    enum error (*on_query)(void *context, const struct connector_request *r, struct buf *reply);
    void *context;
    const struct connector_route *routes;
    size_t route_count;
    const struct connector_rows *rows; /* of a query of a fold: its rows (rows.h); else NULL */
    bool keyed; /* of a query: which process owns the state depends on the key */
};

/* The service kind. reply: json is the answer's flat object; a ticket whose asker is gone is
 * ignored and false is returned. pause stops taking requests (outbox full, broker away). */
struct connector_service {
    const char *scheme;
    bool after_log; /* a reply says that the broker has what the request became, not our store only
                     */
    enum error (*open)(struct connector **out, const struct connector_options *options);
    bool (*reply)(struct connector *c, uint64_t ticket, struct bytes json);
    int (*port)(const struct connector *c); /* where it listens, for the ready line; 0: nowhere */
    void (*close)(struct connector *c);
};

/* The query kind: asks by on_query, is answered at once, and changes nothing. */
struct connector_query {
    const char *scheme;
    enum error (*open)(struct connector **out, const struct connector_options *options);
    int (*port)(const struct connector *c);
    void (*close)(struct connector *c);
};

/* ---- sink: effects on the outside world
 *
 * One connector is opened for each worker thread and used by that thread alone: it may block, at
 * most timeout_ms an attempt. It never opens a store and never retries by itself. */

/* By which classes of effects (EIGHT.md 2) a sink can be asked; `class` of the edge is one of them.
 */
enum sink_can {
    SINK_KEYED = 1,   /* the receiver dedupes by the effect's id */
    SINK_NATURAL = 2, /* absolute values: performing it again changes nothing */
    SINK_ASKED = 4,   /* `ask` tells whether an effect has happened (class queryable) */
    SINK_BLIND = 8,   /* nothing of this */
};

enum { SINK_MANY = 32 }; /* in one call of perform_many */

enum effect_verdict {
    EFFECT_DONE,    /* it happened */
    EFFECT_AGAIN,   /* it did not happen, and may later: tried again with back-off */
    EFFECT_REFUSED, /* it did not happen and never will as it is */
    EFFECT_UNKNOWN, /* it may have happened: the connection broke after it was sent */
};

struct effect_request {
    struct bytes id; /* derived: equal for every attempt at this effect, different for any other */
    struct bytes key;
    struct bytes type;
    struct bytes json; /* a flat object */
    int64_t time_ms;   /* of the event that asked for it */
    int32_t attempt;   /* from 1 */
};

/* The caller hands over told empty, verdict UNKNOWN, edge_down false, reason "". */
struct effect_answer {
    enum effect_verdict verdict;
    bool edge_down;   /* AGAIN or UNKNOWN because the whole edge is away: counts for its breaker */
    struct buf *told; /* a flat JSON object for the handler of the outcome, or left empty */
    int64_t again_ms; /* AGAIN: nothing was tried, so long it is not to be; 0: the edge's retry */
    char reason[256]; /* printable, no secrets; for REFUSED, AGAIN and UNKNOWN */
};

struct sink_options {
    const char *url;    /* smtp://mail.example:587?from=bank@example.org */
    const char *secret; /* what the declared secret file held; or NULL */
    size_t secret_len;
    int timeout_ms;       /* of one attempt */
    const char *data_dir; /* where relative paths of a URL begin */
};

struct connector_sink {
    const char *scheme;
    unsigned can; /* sum of enum sink_can */
    /* Checks the URL; must not need the outside world to be there (E_config: never will be). */
    enum error (*open)(struct connector **out, const struct sink_options *options);
    void (*perform)(struct connector *c, const struct effect_request *r, struct effect_answer *a);
    /* The same for those of as many different keys, in whatever order: where asking for many costs
     * little more than for one. `count` is 1 to SINK_MANY; timeout_ms is of all. NULL: one by one.
     */
    void (*perform_many)(struct connector *c, const struct effect_request *const *r,
                         struct effect_answer *const *a, size_t count);
    /* DONE: it happened. AGAIN: it did not. UNKNOWN: asked in vain. NULL unless SINK_ASKED. */
    void (*ask)(struct connector *c, const struct effect_request *r, struct effect_answer *a);
    void (*close)(struct connector *c);
    /* What would come of an effect, as far as looking tells: DONE, with {"text": ...} for people,
     * nothing is changed anywhere. NULL: it cannot say. */
    void (*look)(struct connector *c, const struct effect_request *r, struct effect_answer *a);
};

/* ---- source: items of the outside world, with positions
 *
 * Read in a thread of its own. The position of the last item taken is committed with it, so that an
 * item is taken once whatever dies. */

struct source_item {
    const char *type; /* of the event it becomes */
    struct bytes id;  /* the item's own identity */
    struct bytes key;
    struct bytes json;     /* a flat object */
    struct bytes position; /* after it: where the next read begins; the connector's own text */
    int64_t time_ms;
};

struct source_options {
    const char *url; /* sql:FILE?table=employee&column=changed ... */
    const char *secret;
    size_t secret_len;
    const char *data_dir;
};

struct connector_source {
    const char *scheme;
    enum error (*open)(struct connector **out, const struct source_options *options);
    /* Hands over at most `max` items behind after_position (empty: from the beginning), in order;
     * none when there is nothing new. An item is valid during on_item. */
    enum error (*read)(struct connector *c, struct bytes after_position, size_t max,
                       void (*on_item)(void *context, const struct source_item *item),
                       void *context);
    void (*close)(struct connector *c);
};

/* Every connector of a binary, by kind; each list ends with NULL. app/parts.c has them. */
struct connectors {
    const struct connector_service *const *services;
    const struct connector_query *const *queries;
    const struct connector_sink *const *sinks;
    const struct connector_source *const *sources;
};

#endif
