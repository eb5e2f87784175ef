// rooms: net
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as the head of an HTTP request: nothing is read outside, what was taken has a path, and
 * what it says of its fields lies within it. */
#include "net/http_head.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes part, struct bytes whole) {
    assert(!part.data || part.data >= whole.data);
    assert(!part.data || part.data + part.len <= whole.data + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct http_head head;
    struct bytes all = bytes_of(data, size);
    struct buf value = { 0 };
    size_t len = http_head_find(all);
    assert(len <= size);
    http_head_read(&head, len ? bytes_part(all, 0, len) : all);
    assert(head.refused || (head.path.len && head.path.data[0] == '/'));
    assert(!head.refused == !head.why);
    assert(head.header_count <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < head.header_count; i++) {
        check_inside(head.headers[i].name, all);
        check_inside(head.headers[i].value, all);
    }
    (void)http_query_find(head.refused ? all : head.query, "a", &value);
    (void)http_head_field(&head, "host");
    buf_finish(&value);
    http_head_finish(&head);
    return 0;
}
