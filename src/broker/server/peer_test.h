/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of this room: a broker on a disk in memory with a clock that stands still, and
 * clients that talk to it over real sockets. */
#ifndef OCTAVO_SERVER_PEER_TEST_H
#define OCTAVO_SERVER_PEER_TEST_H

#include "base/memory_disk.h"
#include "base/test.h"
#include "server.h"
#include "wire/batch.h"
#include "wire/header.h"
#include "wire/kafka_errors.h"
#include "wire/messages.h"

extern struct fake_clock broker_clock;
extern struct disk *broker_disk;
extern struct server *broker;
extern struct server_options broker_options; /* change before broker_start */
extern int broker_failures;                  /* on_failed calls; then replies no longer come */
extern struct arena answers;                 /* what received answers point into */

void broker_start(void);  /* again after broker_stop: on the same disk */
void broker_stop(void);   /* clean */
void broker_finish(void); /* stop, forget the disk */
void broker_turn(void);
void broker_pass_ms(int64_t ms); /* time passes, the broker notices */

struct peer {
    int fd;
    int32_t sent;     /* correlation id of the newest request */
    int32_t received; /* of the newest answer: they must come in order */
    struct buf input;
};

void peer_connect(struct peer *p);
void peer_close(struct peer *p);
void peer_send_bytes(struct peer *p, struct bytes bytes);
void peer_send(struct peer *p, int16_t key, int16_t version, const void *request);
/* Waits for the next answer and decodes it. */
void peer_receive(struct peer *p, int16_t key, int16_t version, void *response);
struct bytes peer_receive_frame(struct peer *p); /* in `answers`; data NULL: closed */
void peer_ask(struct peer *p, int16_t key, int16_t version, const void *request, void *response);
bool peer_has_answer(struct peer *p); /* after a few turns; false: silence */
bool peer_is_closed(struct peer *p);
struct buf request_frame(int16_t key, int16_t version, int32_t correlation_id, const void *request);

/* ---- common questions */

void given_topic(struct peer *p, const char *name, int32_t partitions);
/* One batch of one-letter values, sent with acks=-1; returns the partition's answer. */
struct produce_response_partition peer_produce(struct peer *p, const char *topic, int32_t partition,
                                               struct bytes batch);
struct produce_request produce_of(const char *topic, int32_t partition, struct bytes batch);
struct fetch_request fetch_of(const char *topic, int32_t partition, int64_t offset);
struct fetch_response_partition peer_fetch(struct peer *p, const char *topic, int32_t partition,
                                           int64_t offset);
struct bytes batch_of(const char *values);   /* in `answers` */
const char *values_in(struct bytes records); /* "ab|c": batches apart; in `answers` */
int64_t first_offset_in(struct bytes records);

#endif
