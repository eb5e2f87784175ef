/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The seam to a broker, any broker: librdkafka behind a few calls. kafka.c alone includes it.
 *
 * Settings are those that neither lose nor repeat (docs/operate/kafka-settings.md): idempotent
 * producer without a message time-out, no automatic offset store or commit, explicit reset "error",
 * range assignor, checksums verified, explicit partitions. Both ends wake a net loop through a
 * descriptor; nothing blocks but create and close. Owned by one thread. */
#ifndef OCTAVO_RUNTIME_KAFKA_H
#define OCTAVO_RUNTIME_KAFKA_H

#include "base/bytes.h"
#include "base/error.h"
#include "runtime/outbox.h"

struct kafka_consumer;
struct kafka_producer;

struct kafka_topic_wanted {
    const char *name;
    int32_t partitions;
    bool compacted; /* made with cleanup.policy=compact; a topic that is there keeps its own */
    int64_t retention_ms;  /* -1: for ever; 0: the broker's default */
    int64_t tombstones_ms; /* delete.retention.ms; 0: the broker's default */
};

/* Creates what is missing, checks the partition counts of what is there (E_config when they
 * differ), and waits up to timeout_ms for the broker (E_timed_out). */
enum error kafka_ensure_topics(const char *bootstrap, const struct kafka_topic_wanted *topics,
                               size_t count, int timeout_ms) MUST_CHECK;

/* ---- consumer */
struct kafka_record {
    struct bytes topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct bytes key;
    struct bytes value;
    struct bytes type, id, source; /* of the ce_ headers; len 0: absent */
    struct bytes asker, answers;   /* of octavo-asker and octavo-answers; len 0: absent */
    struct bytes traceparent;      /* len 0: absent */
    int64_t sequence;              /* ce_sequence; 0: absent */
    void *message;                 /* kafka.c's own; kafka_record_done frees it */
};

enum { KAFKA_BEGINNING = -2, KAFKA_NOT_YET = -1001 };

/* One partition and where to read it from. */
struct kafka_part {
    const char *topic;
    int32_t partition;
    int64_t offset; /* or KAFKA_BEGINNING */
};

struct kafka_consumer_options {
    const char *bootstrap;
    const char *client_id;
    const char *group;          /* NULL: no group, kafka_consumer_assign says what to read */
    const char *group_instance; /* static member name; NULL: dynamic */
    const char **topics;        /* subscribed in a group */
    size_t topic_count;
    int session_timeout_ms; /* 0: 6000 */
    int64_t wait_ms;        /* records come as soon as there are any, or, if set, so much later */
    /* In a group, on the polling thread. on_assigned fills each part's offset, or leaves
     * KAFKA_NOT_YET: such a part is not read until kafka_consumer_start. */
    void (*on_assigned)(void *context, struct kafka_part *parts, size_t count);
    void (*on_revoked)(void *context, const char *topic, int32_t partition);
    void (*on_broker_state)(void *context, bool away); /* may be NULL */
    /* All that the partition holds was polled; more may come. NULL: not asked for. */
    void (*on_end)(void *context, const char *topic, int32_t partition);
    void *context;
};

enum error kafka_consumer_create(struct kafka_consumer **out,
                                 const struct kafka_consumer_options *options) MUST_CHECK;
void kafka_consumer_close(struct kafka_consumer *c); /* leaves the group; NULL is fine */
int kafka_consumer_fd(struct kafka_consumer *c);     /* readable when there may be something */
/* Without a group: what to read, all of it. In a group: parts that were not yet to be read. */
enum error kafka_consumer_start(struct kafka_consumer *c, const struct kafka_part *parts,
                                size_t count) MUST_CHECK;
/* Takes one out of what is read; the others go on where they are. kafka_consumer_start brings it
 * back. */
enum error kafka_consumer_stop(struct kafka_consumer *c, const char *topic,
                               int32_t partition) MUST_CHECK;
/* One record if there is one. E_diverged: the wanted offset is not in the log. */
enum error kafka_consumer_poll(struct kafka_consumer *c, struct kafka_record *out,
                               bool *found) MUST_CHECK;
/* Once a second: a broker that was away and is back is noticed though no record comes. */
void kafka_consumer_tick(struct kafka_consumer *c);
void kafka_record_done(struct kafka_record *r);
/* The offset behind the newest record, as the last fetch told; false: none has told yet. */
bool kafka_consumer_end(struct kafka_consumer *c, const char *topic, int32_t partition,
                        int64_t *end);
void kafka_consumer_pause(struct kafka_consumer *c, bool paused);
/* The mirror for lag tools, asynchronous, best effort. */
void kafka_consumer_commit(struct kafka_consumer *c, const char *topic, int32_t partition,
                           int64_t next_offset);
/* Blocks up to timeout_ms; "" if the broker did not say. Valid until the next call. */
const char *kafka_consumer_cluster(struct kafka_consumer *c, int timeout_ms);

/* ---- producer */
struct kafka_producer_options {
    const char *bootstrap;
    const char *client_id;
    void (*on_delivered)(void *context, void *tag, bool delivered); /* from poll and flush */
    void *context;
};

enum error kafka_producer_create(struct kafka_producer **out,
                                 const struct kafka_producer_options *options) MUST_CHECK;
/* Purges what is queued without reports, and destroys. NULL is fine. */
void kafka_producer_destroy(struct kafka_producer *p);
int kafka_producer_fd(struct kafka_producer *p);
/* Copies the event. E_busy: the queue is full, poll and try again. E_closed: fatal, replace it. */
enum error kafka_produce(struct kafka_producer *p, const struct out_event *e, void *tag) MUST_CHECK;
void kafka_producer_poll(struct kafka_producer *p);
bool kafka_producer_is_fatal(struct kafka_producer *p);
bool kafka_producer_flush(struct kafka_producer *p, int timeout_ms); /* true: all reported */

#endif
