// rooms: broker/server
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as the requests of one connection to a whole broker on a disk in memory. The input is
 * frames behind a two-byte length each; time passes between turns, so that what waits comes due.
 * What one input created the next ones meet, for a while: then the broker starts anew. */
#include "base/check.h"
#include "base/event.h"
#include "base/memory_disk.h"
#include "base/cursor.h"
#include "net/listener.h"
#include "server/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS_A_LIFE = 1000, TURNS_MAX = 24, TURN_MS = 300 };

static struct fake_clock now;
static struct disk *disk;
static struct loop *loop;
static struct server *server;
static int inputs;
static bool closed;

static void on_failed(void *context) {
    (void)context;
    assert(server == NULL); /* nothing fails on this disk */
}

static size_t on_data(void *context, struct bytes data) {
    (void)context;
    return data.len;
}

static void on_closed(void *context) {
    *(bool *)context = true;
}

static void server_renew(void) {
    if (inputs++ % INPUTS_A_LIFE)
        return;
    struct server_options options = { .dir = "data", .one_thread = true, .on_failed = on_failed };
    server_close(server);
    loop_destroy(loop);
    memory_disk_destroy(disk);
    event_log_from(EVENT_error);
    fake_clock_init(&now, 1700000000000);
    options.disk = disk = memory_disk_create();
    enum error e = loop_create(&loop, &now.clock);
    assert(!e);
    options.loop = loop;
    e = server_open(&server, &options);
    assert(!e);
}

static void send_frames(struct connection *c, struct bytes input) {
    struct cursor in = cursor_on(input);
    struct buf out = { 0 };
    while (cursor_left(&in)) {
        size_t len = (size_t)read_u8(&in) << 8;
        len |= read_u8(&in);
        struct bytes frame = read_bytes(&in, len < cursor_left(&in) ? len : cursor_left(&in));
        buf_put_be32(&out, (uint32_t)frame.len);
        buf_put_bytes(&out, frame);
    }
    connection_send_buf(c, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct connection_handlers handlers = { NULL, on_data, on_closed };
    struct connection *c;
    server_renew();
    closed = false;
    enum error e =
        connection_connect(&c, loop, "127.0.0.1", server_port(server), &handlers, &closed);
    assert(!e);
    send_frames(c, bytes_of(data, size));
    for (int i = 0; i < TURNS_MAX && !closed; i++) {
        loop_turn(loop, 0);
        fake_clock_advance(&now, i < TURNS_MAX / 2 ? 0 : TURN_MS);
    }
    if (!closed)
        connection_close(c);
    loop_turn(loop, 0);
    loop_turn(loop, 0);
    return 0;
}
