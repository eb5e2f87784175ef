// rooms: values
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any JSON: what is read, written and read again is the same value. */
#include "base/check.h"
#include "values/json_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena = { 0 };
    struct json_tree *tree, *again;
    struct buf text = { 0 };
    if (!json_tree_read(&tree, &arena, bytes_of(data, size))) {
        json_tree_write(&text, tree);
        enum error e = json_tree_read(&again, &arena, buf_bytes(&text));
        assert(e == E_ok);
        assert(json_tree_equal(tree, again));
    }
    buf_finish(&text);
    arena_finish(&arena);
    return 0;
}
