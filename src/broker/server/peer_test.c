/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker and the clients of this room's tests. */
#include "peer_test.h"

#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000, SILENCE_TURNS = 10 };

struct fake_clock broker_clock;
struct disk *broker_disk;
struct server *broker;
struct server_options broker_options;
int broker_failures;
struct arena answers;
static struct loop *loop;

static void on_failed(void *context) {
    (void)context;
    broker_failures++;
}

void broker_start(void) {
    if (!broker_disk) {
        broker_disk = memory_disk_create();
        fake_clock_init(&broker_clock, 1700000000000);
    }
    CHECK_OK(loop_create(&loop, &broker_clock.clock));
    broker_options.loop = loop;
    broker_options.disk = broker_disk;
    broker_options.dir = "data";
    broker_options.one_thread = true;
    broker_options.on_failed = on_failed;
    CHECK_OK(server_open(&broker, &broker_options));
}

void broker_stop(void) {
    server_close(broker);
    loop_destroy(loop);
    broker = NULL;
}

void broker_finish(void) {
    broker_stop();
    memory_disk_destroy(broker_disk);
    arena_finish(&answers);
}

void broker_turn(void) {
    loop_turn(loop, 2);
}

void broker_pass_ms(int64_t ms) {
    fake_clock_advance(&broker_clock, ms);
    broker_turn();
}

/* ---- a client */

void peer_connect(struct peer *p) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)server_port(broker)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    *p = (struct peer){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
    CHECK_INT(connect(p->fd, (struct sockaddr *)&to, sizeof(to)), 0);
    broker_turn();
}

void peer_close(struct peer *p) {
    (void)close(p->fd);
    buf_finish(&p->input);
    broker_turn();
    broker_turn();
}

void peer_send_bytes(struct peer *p, struct bytes bytes) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (bytes.len && clock_steady_ms(clock_real()) < end_ms) {
        ssize_t put = send(p->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno != EAGAIN)
            return; /* the broker has closed: that is seen when reading */
        size_t sent = put > 0 ? (size_t)put : 0;
        bytes = bytes_part(bytes, sent, bytes.len - sent);
        if (bytes.len)
            broker_turn();
    }
    CHECK(bytes.len == 0);
}

struct buf request_frame(int16_t key, int16_t version, int32_t correlation_id,
                         const void *request) {
    const struct api *api = api_find(key);
    struct buf out = { 0 };
    buf_put_be32(&out, 0);
    buf_put_be16(&out, (uint16_t)key);
    buf_put_be16(&out, (uint16_t)version);
    buf_put_be32(&out, (uint32_t)correlation_id);
    buf_put_be16(&out, 4);
    buf_put_text(&out, "peer");
    if (version >= api->flexible_from)
        buf_put_byte(&out, 0);
    CHECK_OK(message_encode(api->request, version, request, &out));
    struct buf len = { 0 };
    buf_put_be32(&len, (uint32_t)(out.len - 4));
    memcpy(out.data, len.data, 4);
    buf_finish(&len);
    return out;
}

void peer_send(struct peer *p, int16_t key, int16_t version, const void *request) {
    struct buf frame = request_frame(key, version, ++p->sent, request);
    peer_send_bytes(p, buf_bytes(&frame));
    buf_finish(&frame);
}

/* False when the broker has closed. */
static bool take_input(struct peer *p) {
    uint8_t *part = buf_extend(&p->input, 65536);
    ssize_t got = recv(p->fd, part, 65536, MSG_DONTWAIT);
    p->input.len -= 65536 - (got > 0 ? (size_t)got : 0);
    return got > 0 || (got < 0 && errno == EAGAIN);
}

static size_t frame_len(const struct peer *p) {
    struct cursor in = cursor_on(buf_bytes(&p->input));
    size_t len = read_u32(&in);
    return !in.bad && cursor_left(&in) >= len ? 4 + len : 0;
}

struct bytes peer_receive_frame(struct peer *p) {
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (!frame_len(p) && clock_steady_ms(clock_real()) < end_ms) {
        broker_turn();
        if (!take_input(p))
            break;
    }
    size_t len = frame_len(p);
    if (!len)
        return (struct bytes){ 0 };
    struct bytes frame = arena_copy(&answers, bytes_part(buf_bytes(&p->input), 4, len - 4));
    buf_drop_front(&p->input, len);
    return frame;
}

void peer_receive(struct peer *p, int16_t key, int16_t version, void *response) {
    const struct api *api = api_find(key);
    struct bytes frame = peer_receive_frame(p);
    CHECK(frame.data);
    struct cursor in = cursor_on(frame);
    CHECK_INT(read_int32(&in), ++p->received);
    if (version >= api->flexible_from && key != API_api_versions)
        tagged_fields_skip(&in);
    message_init(api->response, response);
    CHECK_OK(message_decode(api->response, version, &in, &answers, response));
    CHECK_INT((long long)cursor_left(&in), 0);
}

void peer_ask(struct peer *p, int16_t key, int16_t version, const void *request, void *response) {
    peer_send(p, key, version, request);
    peer_receive(p, key, version, response);
}

bool peer_has_answer(struct peer *p) {
    for (int i = 0; i < SILENCE_TURNS && !frame_len(p); i++) {
        broker_turn();
        (void)take_input(p);
    }
    return frame_len(p);
}

bool peer_is_closed(struct peer *p) {
    bool open = true;
    for (int i = 0; i < 100 && open; i++) {
        broker_turn();
        open = take_input(p);
    }
    return !open;
}

/* ---- common questions */

void given_topic(struct peer *p, const char *name, int32_t partitions) {
    struct create_topics_request_topic topic = { .name = bytes_text(name),
                                                 .partition_count = partitions,
                                                 .replication_factor = 1 };
    struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
    struct create_topics_response response;
    peer_ask(p, API_create_topics, 5, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_NONE);
}

struct produce_request produce_of(const char *topic, int32_t partition, struct bytes batch) {
    struct produce_request_partition *p = arena_get(&answers, sizeof(*p));
    struct produce_request_topic *t = arena_get(&answers, sizeof(*t));
    *p = (struct produce_request_partition){ .index = partition, .records = batch };
    *t = (struct produce_request_topic){ .name = bytes_text(topic),
                                         .partitions = p,
                                         .partitions_count = 1 };
    return (
        struct produce_request){ .acks = -1, .timeout_ms = 1000, .topics = t, .topics_count = 1 };
}

struct produce_response_partition peer_produce(struct peer *p, const char *topic, int32_t partition,
                                               struct bytes batch) {
    struct produce_request request = produce_of(topic, partition, batch);
    struct produce_response response;
    peer_ask(p, API_produce, 7, &request, &response);
    return response.topics[0].partitions[0];
}

struct fetch_request fetch_of(const char *topic, int32_t partition, int64_t offset) {
    struct fetch_request_partition *p = arena_get(&answers, sizeof(*p));
    struct fetch_request_topic *t = arena_get(&answers, sizeof(*t));
    struct fetch_request request;
    *p = (struct fetch_request_partition){
        .index = partition, .current_leader_epoch = -1, .fetch_offset = offset, .max_bytes = 1 << 20
    };
    *t = (struct fetch_request_topic){ .name = bytes_text(topic),
                                       .partitions = p,
                                       .partitions_count = 1 };
    message_init(&message_fetch_request, &request);
    request.min_bytes = 1;
    request.topics = t;
    request.topics_count = 1;
    return request;
}

struct fetch_response_partition peer_fetch(struct peer *p, const char *topic, int32_t partition,
                                           int64_t offset) {
    struct fetch_request request = fetch_of(topic, partition, offset);
    struct fetch_response response;
    peer_ask(p, API_fetch, 11, &request, &response);
    CHECK_INT(response.error_code, KAFKA_NONE);
    return response.topics[0].partitions[0];
}

struct bytes batch_of(const char *values) {
    struct batch_writer w;
    batch_begin(&w, 1700000000000);
    for (const char *v = values; *v; v++)
        batch_add(&w, 1700000000000, bytes_text("key"), bytes_of(v, 1));
    struct bytes copy = arena_copy(&answers, batch_end(&w));
    buf_finish(&w.out);
    return copy;
}

static bool add_value(void *context, const struct record *r) {
    buf_put_bytes(context, r->value);
    return true;
}

const char *values_in(struct bytes records) {
    struct cursor in = cursor_on(records);
    struct buf text = { 0 };
    struct batch batch;
    while (cursor_left(&in)) {
        CHECK_OK(batch_read(&batch, &in));
        if (text.len)
            buf_put_byte(&text, '|');
        CHECK_OK(batch_each(&batch, 1 << 20, add_value, &text));
    }
    const char *copy = arena_text(&answers, buf_bytes(&text));
    buf_finish(&text);
    return copy;
}

int64_t first_offset_in(struct bytes records) {
    struct cursor in = cursor_on(records);
    struct batch batch;
    CHECK_OK(batch_read_header(&batch, &in));
    return batch.base_offset;
}
