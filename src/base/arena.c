/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Arena: a list of blocks, each filled from its front. */
#include "base/arena.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    size_t used;
    size_t padding; /* keeps memory[] aligned */
    uint8_t memory[];
};

static struct arena_block *block_create(struct arena_block *older, size_t size) {
    size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct arena_block *block = malloc(sizeof(*block) + bytes);
    if (!block)
        abort();
    *block = (struct arena_block){ .older = older, .size = bytes };
    return block;
}

void *arena_get(struct arena *a, size_t size) {
    assert(size < SIZE_MAX / 2);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!a->blocks || a->blocks->size - a->blocks->used < size) {
        size_t doubled = a->blocks ? a->blocks->size * 2 : 0;
        size_t cap = (size_t)1 << 20; /* past 1 MiB a block no longer doubles */
        a->blocks = block_create(a->blocks, size > doubled || doubled > cap ? size : doubled);
    }
    void *memory = a->blocks->memory + a->blocks->used;
    a->blocks->used += size;
    a->used_bytes += size;
    return memset(memory, 0, size);
}

struct bytes arena_copy(struct arena *a, struct bytes bytes) {
    if (!bytes.data)
        return bytes;
    uint8_t *copy = arena_get(a, bytes.len);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return bytes_of(copy, bytes.len);
}

char *arena_text(struct arena *a, struct bytes bytes) {
    char *copy = arena_get(a, bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}

void arena_reset(struct arena *a) {
    while (a->blocks && a->blocks->older) {
        struct arena_block *block = a->blocks;
        a->blocks = block->older;
        free(block);
    }
    if (a->blocks)
        a->blocks->used = 0;
    a->used_bytes = 0;
}

void arena_finish(struct arena *a) {
    arena_reset(a);
    free(a->blocks);
    a->blocks = NULL;
}
