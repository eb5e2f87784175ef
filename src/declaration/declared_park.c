/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `park` of a service in an octavo.yaml: how much may wait, and how often it is tried again. */
#include "declaration/declared_node.h"

#include <stddef.h>

const struct declared_park declared_park_by_default = {
    .key_bytes = 1 << 20,
    .bytes = 64 << 20,
    .retries = 10,
    .backoff_ms = 1000,
    .backoff_most_ms = 300000,
};

static enum error read_size(struct reader *r, const struct node *node, void *into) {
    static const struct sizes sizes = { 1 << 10, 64LL << 30 };
    return node_size(r, node, sizes, into);
}

static enum error read_wait(struct reader *r, const struct node *node, void *into) {
    static const struct span a_day = { 10, 86400000 };
    return node_duration(r, node, a_day, into);
}

static enum error read_retries(struct reader *r, const struct node *node, void *into) {
    return node_number(r, node, (struct range){ 0, 1000000 }, into);
}

enum error declared_park_read(struct reader *r, const struct node *node, void *into) {
    static const struct field fields[] = {
        { "key_bytes", read_size, offsetof(struct declared_park, key_bytes), false },
        { "bytes", read_size, offsetof(struct declared_park, bytes), false },
        { "retries", read_retries, offsetof(struct declared_park, retries), false },
        { "backoff", read_wait, offsetof(struct declared_park, backoff_ms), false },
        { "backoff_most", read_wait, offsetof(struct declared_park, backoff_most_ms), false },
        { NULL, NULL, 0, false },
    };
    static const struct wanted bytes = { "`key_bytes` not above `bytes`",
                                         "key_bytes: 1MiB, bytes: 64MiB" };
    static const struct wanted waits = { "`backoff` not above `backoff_most`",
                                         "backoff: 1s, backoff_most: 5m" };
    const struct declared_park *park = into;
    TRY(node_fields(r, node, fields, into));
    if (park->key_bytes > park->bytes)
        return node_expected(r, node, bytes);
    return park->backoff_ms <= park->backoff_most_ms ? E_ok : node_expected(r, node, waits);
}
