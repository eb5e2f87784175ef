/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Producers, readers and a member of a group, as clients of Kafka behave. */
#include "actors_test.h"

#include "net/connection.h"
#include "server_inside.h"
#include "wire/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct sim sim;
struct happened happened;

bool chance(uint64_t of) {
    return random_below(&sim.random, of) == 0;
}

static void note(uint64_t word) {
    sim.hash = (sim.hash ^ word) * 0x9e3779b97f4a7c15u;
    sim.hash ^= sim.hash >> 29;
}

void turn(void) {
    loop_turn(broker_options.loop, 0);
}

/* ---- connections */

static void peer_open(struct peer *p) {
    int ends[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    struct connection_options options = {
        .fd = ends[0],
        .limits = { 16 << 20, 32 << 20, INT32_MAX, INT32_MAX, INT32_MAX },
        .handlers = &client_handlers,
        .context = broker,
    };
    *p = (struct peer){ .fd = ends[1] };
    struct connection *c = connection_create(broker_options.loop, &options);
    connection_set_context(c, client_handlers.on_open(broker, c));
}

void actor_connect(struct actor *a) {
    peer_open(&a->peer);
    a->waits = -1;
}

/* The client's end: what the broker had to say is not heard. */
void peer_drop(struct peer *p) {
    (void)close(p->fd);
    buf_finish(&p->input);
}

bool answer_came(struct peer *p, struct bytes *frame) {
    uint8_t *part = buf_extend(&p->input, 65536);
    ssize_t got = recv(p->fd, part, 65536, MSG_DONTWAIT);
    p->input.len -= 65536 - (got > 0 ? (size_t)got : 0);
    struct cursor in = cursor_on(buf_bytes(&p->input));
    size_t len = read_u32(&in);
    if (in.bad || cursor_left(&in) < len)
        return false;
    *frame = arena_copy(&answers, bytes_part(buf_bytes(&p->input), 4, len));
    buf_drop_front(&p->input, 4 + len);
    return true;
}

static const struct {
    int16_t key, version;
} spoken[] = {
    { API_produce, 7 },
    { API_fetch, 11 },
    { API_offset_commit, 6 },
    { API_offset_fetch, 5 },
    { API_join_group, 3 },
    { API_sync_group, 2 },
    { API_heartbeat, 2 },
    { API_init_producer_id, 4 },
    { API_add_offsets_to_txn, 3 },
    { API_add_partitions_to_txn, 3 },
    { API_end_txn, 3 },
    { API_txn_offset_commit, 3 },
    { API_create_topics, 5 },
};

static int16_t version_of(int16_t key) {
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
        if (spoken[i].key == key)
            return spoken[i].version;
    CHECK(false);
    return 0;
}

void frame_decode(int16_t key, struct bytes frame, void *response) {
    const struct api *api = api_find(key);
    struct cursor in = cursor_on(frame);
    (void)read_int32(&in);
    if (version_of(key) >= api->flexible_from)
        tagged_fields_skip(&in);
    message_init(api->response, response);
    CHECK_OK(message_decode(api->response, version_of(key), &in, &answers, response));
    CHECK_INT((long long)cursor_left(&in), 0);
}

void actor_send(struct actor *a, int16_t key, const void *request) {
    struct buf frame = request_frame(key, version_of(key), ++a->peer.sent, request);
    peer_send_bytes(&a->peer, buf_bytes(&frame));
    buf_finish(&frame);
    a->waits = key;
}

/* ---- producing */

static struct bytes batch_make(struct actor *a, int partition) {
    struct batch_writer w;
    char value[32];
    (void)snprintf(value, sizeof(value), "%d", a->value);
    batch_begin(&w, 1700000000000);
    if (a->kind != PLAIN) {
        w.batch.producer_id = a->id;
        w.batch.producer_epoch = a->epoch;
        w.batch.base_sequence = a->sequences[partition];
        w.batch.attributes = a->kind == IDEMPOTENT ? 0 : BATCH_TRANSACTIONAL;
    }
    batch_add(&w, 1700000000000, bytes_text("k"), bytes_text(value));
    struct bytes copy = arena_copy(&answers, batch_end(&w));
    buf_finish(&w.out);
    return copy;
}

static struct bytes txn_name(const struct actor *a) {
    return bytes_text(a->kind == TXN_A ? "a" : "b");
}

static void batch_send(struct actor *a) {
    int partition = a->value >= 0 ? sim.judge.sent[a->value].partition : 0;
    if (a->value < 0) {
        do
            partition = (int)random_below(&sim.random, JUDGE_PARTITIONS);
        while (a->kind >= TXN_A && !(a->added & 1u << partition));
        a->value =
            judge_send(&sim.judge, &(struct sent){ a->kind, partition, a->txn, UNKNOWN, -1 });
    }
    struct produce_request request = produce_of("t", partition, batch_make(a, partition));
    if (a->kind >= TXN_A)
        request.transactional_id = txn_name(a);
    a->again = false;
    actor_send(a, API_produce, &request);
}

static void batch_answered(struct actor *a, const struct produce_response *r) {
    struct sent *s = &sim.judge.sent[a->value];
    const struct produce_response_partition *p = &r->topics[0].partitions[0];
    note((uint64_t)p->error_code << 32 ^ (uint64_t)p->base_offset);
    if (!p->error_code) {
        s->outcome = DONE;
        s->offset = p->base_offset;
        a->sequences[s->partition]++;
    } else if (a->kind == IDEMPOTENT) {
        CHECK_INT(p->error_code, KAFKA_KAFKA_STORAGE_ERROR); /* nothing else may stop it */
        a->again = true;
        return;
    } else if (a->kind >= TXN_A) {
        a->state = TXN_NEW; /* it lets the next epoch abort what it has */
    }
    a->value = -1;
}

void id_ask(struct actor *a) {
    struct init_producer_id_request request = { .transaction_timeout_ms = TXN_TIMEOUT_MS,
                                                .producer_id = -1,
                                                .producer_epoch = -1 };
    if (a->kind >= TXN_A)
        request.transactional_id = txn_name(a);
    actor_send(a, API_init_producer_id, &request);
}

/* A new epoch ends what the one before has left open: aborted, unless its end was on its way. */
static void id_answered(struct actor *a, const struct init_producer_id_response *r) {
    note((uint64_t)r->producer_id << 16 ^ (uint64_t)r->error_code);
    if (r->error_code)
        return; /* it asks again */
    a->id = r->producer_id;
    a->epoch = r->producer_epoch;
    memset(a->sequences, 0, sizeof(a->sequences));
    a->value = -1;
    a->state = TXN_READY;
    if (a->txn != NO_TXN)
        sim.judge.txns[a->txn] = REFUSED;
    a->txn = NO_TXN;
}

/* ---- transactions */

static void partitions_add(struct actor *a) {
    static int32_t indexes[JUDGE_PARTITIONS];
    size_t count = 0;
    a->adding = 1 + (uint32_t)random_below(&sim.random, (1u << JUDGE_PARTITIONS) - 1);
    for (int32_t p = 0; p < JUDGE_PARTITIONS; p++)
        if (a->adding & 1u << p)
            indexes[count++] = p;
    struct add_partitions_to_txn_request_topic topic = { bytes_text("t"), indexes, count };
    struct add_partitions_to_txn_request request = { txn_name(a), a->id, a->epoch, &topic, 1 };
    if (a->txn == NO_TXN) {
        a->txn = judge_txn(&sim.judge);
        a->added = 0;
    }
    actor_send(a, API_add_partitions_to_txn, &request);
}

static void offsets_add(struct actor *a) {
    struct add_offsets_to_txn_request request = { txn_name(a), a->id, a->epoch, bytes_text("g1") };
    actor_send(a, API_add_offsets_to_txn, &request);
}

static void offsets_send(struct actor *a) {
    struct txn_offset_commit_request_partition part = { .index = 0,
                                                        .committed_offset = ++sim.txn_offset,
                                                        .committed_leader_epoch = -1 };
    struct txn_offset_commit_request_topic topic = { bytes_text("t"), &part, 1 };
    struct txn_offset_commit_request request = { .transactional_id = txn_name(a),
                                                 .group_id = bytes_text("g1"),
                                                 .producer_id = a->id,
                                                 .producer_epoch = a->epoch,
                                                 .generation_id = -1,
                                                 .topics = &topic,
                                                 .topics_count = 1 };
    a->told = judge_offset(&sim.judge, &(struct told_offset){ 1, sim.txn_offset, a->txn, UNKNOWN });
    actor_send(a, API_txn_offset_commit, &request);
}

static void txn_finish(struct actor *a) {
    a->commits = !chance(3);
    struct end_txn_request request = { txn_name(a), a->id, a->epoch, a->commits };
    if (chance(8) && !sim.held.len) { /* its client asks again, on another connection */
        sim.held = request_frame(API_end_txn, 1, 1, &request);
        sim.held_peer = a->peer;
        actor_connect(a);
    }
    actor_send(a, API_end_txn, &request);
}

void held_release(void) {
    happened.held_ends++;
    peer_send_bytes(&sim.held_peer, buf_bytes(&sim.held));
    buf_finish(&sim.held);
    for (int i = 0; i < 4; i++)
        turn();
    peer_drop(&sim.held_peer);
    turn();
}

static void txn_next(struct actor *a) {
    switch (a->state) {
    case TXN_NEW:
        id_ask(a);
        return;
    case TXN_READY:
        partitions_add(a);
        return;
    case TXN_ADDED:
        offsets_send(a);
        return;
    case TXN_OFFSETS:
    case TXN_OPEN:
        break;
    }
    if (chance(5))
        txn_finish(a);
    else if (chance(8))
        partitions_add(a);
    else if (a->kind == TXN_A && chance(6))
        offsets_add(a);
    else
        batch_send(a);
}

static void txn_failed(struct actor *a, int16_t code) {
    if (code && code != KAFKA_CONCURRENT_TRANSACTIONS)
        a->state = TXN_NEW;
}

static void txn_answered(struct actor *a, int16_t key, struct bytes frame) {
    if (key == API_add_partitions_to_txn) {
        struct add_partitions_to_txn_response r;
        frame_decode(key, frame, &r);
        int16_t code = r.topics[0].partitions[0].error_code;
        txn_failed(a, code);
        a->added |= code ? 0 : a->adding;
        a->state = code ? a->state : TXN_OPEN;
        note((uint64_t)code);
    } else if (key == API_add_offsets_to_txn) {
        struct add_offsets_to_txn_response r;
        frame_decode(key, frame, &r);
        txn_failed(a, r.error_code);
        a->state = r.error_code ? a->state : TXN_ADDED;
    } else if (key == API_txn_offset_commit) {
        struct txn_offset_commit_response r;
        frame_decode(key, frame, &r);
        int16_t code = r.topics[0].partitions[0].error_code;
        sim.judge.offsets[a->told].outcome = code ? REFUSED : DONE;
        a->state = code ? TXN_NEW : TXN_OPEN;
    } else {
        struct end_txn_response r;
        frame_decode(key, frame, &r);
        note((uint64_t)r.error_code << 8 ^ (uint64_t)a->txn);
        if (r.error_code == KAFKA_CONCURRENT_TRANSACTIONS)
            return;
        sim.judge.txns[a->txn] = r.error_code || !a->commits ? REFUSED : DONE;
        *(sim.judge.txns[a->txn] == DONE ? &happened.commits : &happened.aborts) += 1;
        a->state = r.error_code ? TXN_NEW : TXN_READY;
        a->txn = NO_TXN;
    }
}

/* ---- reading */

static bool on_value(void *context, const struct record *r) {
    const struct reading *read = context;
    char text[16] = "";
    memcpy(text, r->value.data, r->value.len < 15 ? r->value.len : 15);
    struct seen s = { read->partition, r->offset, (int)strtol(text, NULL, 10), !read->hidden };
    note((uint64_t)s.offset << 32 ^ (uint64_t)s.value);
    if (read->final)
        judge_find(&sim.judge, &s);
    else if (!read->committed || !read->hidden) {
        s.committed = read->committed;
        judge_see(&sim.judge, &s);
    }
    return true;
}

/* As clients do it (KIP-98): an aborted producer's records are left out up to its marker. */
static bool batch_is_hidden(const struct reading *read, const struct batch *b) {
    bool hidden = false;
    enum control_type type;
    for (size_t i = 0; i < read->got->aborted_transactions_count; i++) {
        struct fetch_response_aborted_transaction *a = &read->got->aborted_transactions[i];
        if (a->producer_id != b->producer_id || a->first_offset > b->base_offset)
            continue;
        hidden = true;
        if (batch_is_control(b) && !control_read(b, &type) && type == CONTROL_ABORT)
            a->producer_id = -2;
    }
    return hidden;
}

/* Returns the offset behind what was read. */
int64_t records_read(struct reading *read, int64_t from) {
    struct cursor in = cursor_on(read->got->records);
    struct batch b;
    while (cursor_left(&in)) {
        CHECK_OK(batch_read(&b, &in));
        read->hidden = batch_is_hidden(read, &b);
        if (!batch_is_control(&b) && b.base_offset >= from)
            CHECK_OK(batch_each(&b, 1 << 20, on_value, read));
        from = batch_last_offset(&b) + 1;
    }
    return from;
}

static void reader_next(struct actor *a) {
    struct fetch_request request = fetch_of("t", a->partition, a->offset);
    request.isolation_level = a->kind == READS_COMMITTED;
    request.max_wait_ms = chance(3) ? 500 : 0;
    actor_send(a, API_fetch, &request);
}

static void reader_answered(struct actor *a, const struct fetch_response *r) {
    struct reading read = { .got = &r->topics[0].partitions[0],
                            .partition = a->partition,
                            .committed = a->kind == READS_COMMITTED };
    CHECK_INT(read.got->error_code, KAFKA_NONE);
    a->offset = records_read(&read, a->offset);
    if (chance(4)) {
        a->partition = (int32_t)random_below(&sim.random, JUDGE_PARTITIONS);
        a->offset = 0;
    }
}

/* ---- a member of a group */

static void member_next(struct actor *a) {
    struct join_group_request_protocol range = { bytes_text("range"), bytes_text("x") };
    struct join_group_request join = { .group_id = bytes_text("g0"),
                                       .session_timeout_ms = SESSION_MS,
                                       .rebalance_timeout_ms = SESSION_MS,
                                       .member_id = bytes_text(a->member),
                                       .protocol_type = bytes_text("consumer"),
                                       .protocols = &range,
                                       .protocols_count = 1 };
    struct sync_group_request_assignment mine = { bytes_text(a->member), bytes_text("y") };
    struct sync_group_request sync = { .group_id = bytes_text("g0"),
                                       .generation_id = a->generation,
                                       .member_id = bytes_text(a->member),
                                       .assignments = &mine,
                                       .assignments_count = 1 };
    struct heartbeat_request beat = { .group_id = bytes_text("g0"),
                                      .generation_id = a->generation,
                                      .member_id = bytes_text(a->member) };
    struct offset_commit_request_partition part = { 0, a->offset + 1, -1, bytes_text("") };
    struct offset_commit_request_topic topic = { bytes_text("t"), &part, 1 };
    struct offset_commit_request commit = { .group_id = bytes_text("g0"),
                                            .generation_id = a->generation,
                                            .member_id = bytes_text(a->member),
                                            .retention_time_ms = -1,
                                            .topics = &topic,
                                            .topics_count = 1 };
    if (a->generation < 0) {
        actor_send(a, API_join_group, &join);
    } else if (!a->synced) {
        actor_send(a, API_sync_group, &sync);
    } else if (chance(3)) {
        actor_send(a, API_heartbeat, &beat);
    } else {
        a->told =
            judge_offset(&sim.judge, &(struct told_offset){ 0, ++a->offset, NO_TXN, UNKNOWN });
        actor_send(a, API_offset_commit, &commit);
    }
}

static void member_failed(struct actor *a, int16_t code) {
    note((uint64_t)code);
    if (!code)
        return;
    if (code == KAFKA_UNKNOWN_MEMBER_ID)
        a->member[0] = 0;
    a->generation = -1;
    a->synced = false;
}

static void member_answered(struct actor *a, int16_t key, struct bytes frame) {
    if (key == API_join_group) {
        struct join_group_response r;
        frame_decode(key, frame, &r);
        a->generation = r.generation_id;
        if (!r.error_code)
            (void)snprintf(a->member, sizeof(a->member), "%.*s", (int)r.member_id.len,
                           (const char *)r.member_id.data);
        member_failed(a, r.error_code);
    } else if (key == API_sync_group) {
        struct sync_group_response r;
        frame_decode(key, frame, &r);
        a->synced = !r.error_code;
        member_failed(a, r.error_code);
    } else if (key == API_heartbeat) {
        struct heartbeat_response r;
        frame_decode(key, frame, &r);
        member_failed(a, r.error_code);
    } else {
        struct offset_commit_response r;
        frame_decode(key, frame, &r);
        int16_t code = r.topics[0].partitions[0].error_code;
        sim.judge.offsets[a->told].outcome = code ? REFUSED : DONE;
        happened.offsets += !code;
        member_failed(a, code);
    }
}

/* ---- whoever it is */

void actor_next(struct actor *a) {
    if (a->kind == PLAIN || (a->kind == IDEMPOTENT && a->id >= 0))
        batch_send(a);
    else if (a->kind == IDEMPOTENT)
        id_ask(a);
    else if (a->kind <= TXN_B)
        txn_next(a);
    else if (a->kind == MEMBER)
        member_next(a);
    else
        reader_next(a);
}

void actor_answered(struct actor *a, struct bytes frame) {
    int16_t key = a->waits;
    a->waits = -1;
    sim.answers++;
    if (key == API_produce) {
        struct produce_response r;
        frame_decode(key, frame, &r);
        batch_answered(a, &r);
    } else if (key == API_init_producer_id) {
        struct init_producer_id_response r;
        frame_decode(key, frame, &r);
        id_answered(a, &r);
    } else if (key == API_fetch) {
        struct fetch_response r;
        frame_decode(key, frame, &r);
        reader_answered(a, &r);
    } else if (a->kind == MEMBER) {
        member_answered(a, key, frame);
    } else {
        txn_answered(a, key, frame);
    }
}

/* The answer will not come. */
void actor_lost(struct actor *a) {
    if (a->waits == -1)
        return;
    if (a->waits == API_end_txn) {
        a->txn = NO_TXN; /* it may have ended either way */
        happened.ends_unknown++;
    } else if (a->kind == PLAIN) {
        a->value = -1;
    }
    a->again = a->kind == IDEMPOTENT && a->value >= 0;
    happened.retries += a->again;
    if (a->kind == TXN_A || a->kind == TXN_B)
        a->state = TXN_NEW;
    if (a->waits == API_join_group)
        a->member[0] = 0;
    a->waits = -1;
}
