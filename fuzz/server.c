// rooms: broker/server
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as the requests of one connection to a whole broker on a disk in memory. What one input
 * created the next ones meet, for a while: then the broker starts anew. */
#include "main/frames.h"

#include "base/event.h"
#include "base/memory_disk.h"
#include "server/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS_A_LIFE = 1000, TURNS_MAX = 24, TURN_MS = 300 };

static struct fake_clock now;
static struct disk *disk;
static struct loop *loop;
static struct server *server;
static int inputs;

static void on_failed(void *context) {
    (void)context;
    assert(server == NULL); /* nothing fails on this disk */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    server_renew();
    struct frames_to to = { loop, &now, server_port(server), TURNS_MAX, TURN_MS };
    frames_send(&to, bytes_of(data, size));
    return 0;
}
