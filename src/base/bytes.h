/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Byte ranges: `struct bytes` borrows, `struct buf` owns and grows.
 *
 * A function returning `struct bytes` says until when it is valid. Running out of memory ends the
 * process, so nothing here has an error path: a size that comes from outside is capped before it
 * reaches buf_reserve. */
#ifndef OCTAVO_BASE_BYTES_H
#define OCTAVO_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data; /* NULL means "null", which the Kafka protocol tells apart from empty */
    size_t len;
};

struct buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

struct bytes bytes_of(const void *data, size_t len);
struct bytes bytes_text(const char *text); /* without the closing zero; borrows `text` */
struct bytes bytes_part(struct bytes whole, size_t from, size_t len); /* asserts it fits */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_is_text(struct bytes a, const char *text);
int bytes_compare(struct bytes a, struct bytes b); /* memcmp order, the shorter first */
uint64_t bytes_hash(struct bytes a); /* may change with a version; not for hostile keys */

void buf_finish(struct buf *b); /* frees; the buf is empty and usable again */
void buf_clear(struct buf *b);  /* keeps the memory */
void buf_reserve(struct buf *b, size_t more);
uint8_t *buf_extend(struct buf *b, size_t more); /* grows len by `more`, returns the new part */
void buf_put(struct buf *b, const void *data, size_t len);
void buf_put_bytes(struct buf *b, struct bytes bytes);
void buf_put_text(struct buf *b, const char *text);
void buf_put_byte(struct buf *b, uint8_t byte);
void buf_put_be16(struct buf *b, uint16_t v);
void buf_put_be32(struct buf *b, uint32_t v);
void buf_put_be64(struct buf *b, uint64_t v);
void buf_put_decimal(struct buf *b, int64_t v); /* as %lld, some ten times as fast as buf_print */
void buf_print(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop_front(struct buf *b, size_t len); /* removes the first `len` bytes */
struct bytes buf_bytes(const struct buf *b);    /* valid until the buf changes */
const char *buf_text(struct buf *b);            /* closes with a zero that len does not count */

void *memory_get(size_t size); /* zeroed; never NULL */
void *memory_resize(void *old, size_t size);
/* An array with room for one more behind its `count` items of `size` bytes; *capacity is its own.
 */
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);
char *text_copy(const char *text);
char *text_copy_bytes(struct bytes bytes);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 0 to 15, of either case; -1: it is none. */
static inline int hex_digit(uint8_t c) {
    uint8_t letter = c | 0x20;
    return c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

#endif
