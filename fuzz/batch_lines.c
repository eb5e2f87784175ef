// rooms: connectors/mqtt
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any body as lines of the line protocol, and as JSON: what is read is messages of devices. */
#include "mqtt/messages.h"

#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void messages_check(const struct messages *b) {
    for (size_t i = 0; i < b->count; i++) {
        const struct message *m = &b->messages[i];
        assert(m->device_len > 0 && m->points_len > 0);
        assert(m->points + m->points_len <= b->text.len);
        assert(!memchr(b->text.data + m->points, '"', m->points_len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct messages batch;
    static struct arena arena;
    const struct topic_place nowhere = { 0 };
    if (!messages_read_lines(&batch, bytes_of(data, size), 1000, 1700000000000))
        messages_check(&batch);
    if (!messages_read_json(&batch, &arena, bytes_of(data, size), &nowhere, 1700000000000))
        messages_check(&batch);
    arena_reset(&arena);
    return 0;
}
