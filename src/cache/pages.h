/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Memory of rows in pages, and a picture of all of it that is taken while it changes.
 *
 * A block is a multiple of eight bytes, found by a ref, its number of eight bytes from the first
 * page on: 32 bits say where a row is. It begins with a word, its length in eights and its table:
 *
 *   u32 length << 8 | table     table 255: free, and all behind the links is zero
 *
 * so a page is walked from its beginning, in memory and in a snapshot. What is freed is zeroed:
 * what was erased is in no snapshot. Free blocks stand in lists by their length and take in a free
 * block behind them. A row longer than a page has pages of its own.
 *
 * A picture (image) is as of one moment. Its pages are copied piece by piece, and a page that is
 * about to change before its turn is copied then: no one waits for more than a page. */
#ifndef OCTAVO_CACHE_PAGES_H
#define OCTAVO_CACHE_PAGES_H

#include "base/bytes.h"
#include "base/error.h"

enum {
    UNIT_BYTES = 8,
    PAGE_BYTES = 256 * 1024,
    PAGE_UNITS = PAGE_BYTES / UNIT_BYTES,
    BLOCK_HEAD = 4,
    BLOCK_FREE = 255,
    FREE_CLASSES = 256, /* by length in eights; the last has all that are longer */
};

struct page {
    uint8_t *data; /* NULL: the page belongs to a long block before it, or nobody has it */
    uint32_t size; /* of the memory */
    uint32_t used; /* so many bytes are blocks */
    uint32_t image_len;
    size_t image_at; /* where they belong in the image */
};

struct pages {
    struct page *pages;
    size_t count, capacity;
    size_t filling; /* this page has room behind `used` */
    uint32_t free_first[FREE_CLASSES];
    uint64_t free_classes[FREE_CLASSES / 64]; /* which have any */
    uint64_t bytes;                           /* of all pages */
    uint64_t bytes_free;                      /* in free blocks */
    uint8_t *image;                           /* NULL: none is being taken */
    size_t image_next, image_pages;
};

/* A block for so many bytes behind its head; the ref is never 0. */
uint32_t pages_take(struct pages *p, uint8_t table, size_t bytes);
void pages_give(struct pages *p, uint32_t ref);
const uint8_t *pages_row(const struct pages *p, uint32_t ref); /* what is behind its head */
uint8_t pages_table(const struct pages *p, uint32_t ref);
size_t pages_room(const struct pages *p, uint32_t ref); /* bytes behind its head */
/* To be written: the picture has what it was. */
uint8_t *pages_write(struct pages *p, uint32_t ref);
void pages_finish(struct pages *p);

/* The image: u32 pages { u32 length, blocks }, numbers big-endian. begin makes room for all of it
 * in `out`, which must stay where it is until step says true: it is whole. One at a time. */
void pages_image_begin(struct pages *p, struct buf *out);
bool pages_image_step(struct pages *p, size_t pages_most);
void pages_image_drop(struct pages *p);

/* A page of an image, into empty pages one behind the other. on_row says which table a block of
 * table `table` is now in, or -1: it is not good. False: the page is not good. */
struct pages_reader {
    int (*on_row)(void *context, uint8_t table, uint32_t ref, struct bytes row);
    void *context;
};
bool pages_take_image(struct pages *p, struct bytes blocks, const struct pages_reader *reader);

#endif
