// rooms: broker/server
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes of a client that has not authenticated, to a whole broker that has users. Whatever
 * comes, nothing is ever changed on the disk. */
#include "main/frames.h"

#include "base/event.h"
#include "base/memory_disk.h"
#include "server/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TURNS_MAX = 12, TURN_MS = 300 };

/* alice, with a password that nobody knows any more. */
static const char users[] =
    "octavo-users 1 B+X/TnZP9Oy9pLe9vrtUk7+d5tlOAi2Zjg35CyA4Sqs=\n"
    "alice 8192 NvAtKj3fS+EJCJ6KUNbNfA== 92XAVsyYA/g8zP6yQYxsqUmTz7EuGIyvGgaGQrMlx0o= "
    "JWEi0crS5uIW25uorcaOYL5Ve6Tx3O/CnobY0l6j0m0= "
    "813A42bDB2RqD8yfKhhwBz6zb4fvrwvU0qMpu6mN+taZqLzCJhpRCj0+usPCjHIGVwmnQCNagEyenLBaRNYO2Q== "
    "0wXkQsMd5jECOjFHJD4UxIxV6gVJtl6FhlJejoG1nF581+wApCCdJxcEOwOb0sHbZCxYcHYBkGL3sfHtbQA+6Q==\n";

static struct fake_clock now;
static struct disk *disk;
static struct loop *loop;
static struct server *server;
static int64_t changes;

static void on_failed(void *context) {
    (void)context;
    assert(server == NULL); /* nothing fails on this disk */
}

static void server_start(void) {
    struct server_options options = { .dir = "data",
                                      .users_file = "users",
                                      .plain_without_tls = true,
                                      .one_thread = true,
                                      .on_failed = on_failed };
    if (server)
        return;
    event_log_from(EVENT_error);
    fake_clock_init(&now, 1700000000000);
    options.disk = disk = memory_disk_create();
    enum error e = disk_replace(disk, "users", bytes_text(users));
    assert(!e);
    e = loop_create(&loop, &now.clock);
    assert(!e);
    options.loop = loop;
    e = server_open(&server, &options);
    assert(!e);
    for (int i = 0; i < TURNS_MAX; i++)
        loop_turn(loop, 0);
    changes = memory_disk_operations(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    server_start();
    struct frames_to to = { loop, &now, server_port(server), TURNS_MAX, TURN_MS };
    frames_send(&to, bytes_of(data, size));
    assert(memory_disk_operations(disk) == changes);
    return 0;
}
