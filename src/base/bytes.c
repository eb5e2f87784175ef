/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Byte ranges, growing buffers and the only calls to malloc. */
#include "base/bytes.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes bytes_of(const void *data, size_t len) {
    return (struct bytes){ data, len };
}

struct bytes bytes_text(const char *text) {
    return (struct bytes){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

struct bytes bytes_part(struct bytes whole, size_t from, size_t len) {
    assert(from <= whole.len);
    assert(len <= whole.len - from);
    return (struct bytes){ whole.data ? whole.data + from : NULL, len };
}

bool bytes_equal(struct bytes a, struct bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_is_text(struct bytes a, const char *text) {
    return bytes_equal(a, bytes_text(text));
}

int bytes_compare(struct bytes a, struct bytes b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* Eight bytes a turn: keys are hashed for every row a step touches. */
uint64_t bytes_hash(struct bytes a) {
    uint64_t hash = 0xcbf29ce484222325u ^ a.len;
    size_t at = 0;
    for (; at + 8 <= a.len; at += 8) {
        uint64_t word;
        memcpy(&word, a.data + at, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    uint64_t rest = 0;
    for (size_t i = at; i < a.len; i++)
        rest = rest << 8 | a.data[i];
    hash = (hash ^ rest) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    return hash * 0x9e3779b97f4a7c15u;
}

void buf_finish(struct buf *b) {
    free(b->data);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b) {
    b->len = 0;
}

void buf_reserve(struct buf *b, size_t more) {
    assert(more <= SIZE_MAX / 2 - b->len);
    size_t need = b->len + more;
    if (need <= b->capacity)
        return;
    size_t capacity = b->capacity ? b->capacity * 2 : 64;
    while (capacity < need)
        capacity *= 2;
    b->data = memory_resize(b->data, capacity);
    b->capacity = capacity;
}

uint8_t *buf_extend(struct buf *b, size_t more) {
    buf_reserve(b, more ? more : 1);
    uint8_t *part = b->data + b->len;
    b->len += more;
    return part;
}

void buf_put(struct buf *b, const void *data, size_t len) {
    uint8_t *part = buf_extend(b, len);
    if (len)
        memcpy(part, data, len);
}

void buf_put_bytes(struct buf *b, struct bytes bytes) {
    buf_put(b, bytes.data, bytes.len);
}

void buf_put_text(struct buf *b, const char *text) {
    buf_put(b, text, strlen(text));
}

void buf_put_byte(struct buf *b, uint8_t byte) {
    *buf_extend(b, 1) = byte;
}

void buf_put_be16(struct buf *b, uint16_t v) {
    uint8_t *p = buf_extend(b, 2);
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void buf_put_be32(struct buf *b, uint32_t v) {
    uint8_t *p = buf_extend(b, 4);
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void buf_put_be64(struct buf *b, uint64_t v) {
    uint8_t *p = buf_extend(b, 8);
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

void buf_put_decimal(struct buf *b, int64_t v) {
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        buf_put_byte(b, '-');
    buf_put(b, digits + at, sizeof(digits) - at);
}

/* Most prints fit what is there; only the others are formatted twice. */
static void buf_print_list(struct buf *b, const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    buf_reserve(b, 32);
    size_t room = b->capacity - b->len;
    int len = vsnprintf((char *)b->data + b->len, room, format, list);
    assert(len >= 0);
    if ((size_t)len >= room) {
        buf_reserve(b, (size_t)len + 1);
        (void)vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, again);
    }
    b->len += (size_t)len;
    va_end(again);
}

void buf_print(struct buf *b, const char *format, ...) {
    va_list list;
    va_start(list, format);
    buf_print_list(b, format, list);
    va_end(list);
}

void buf_drop_front(struct buf *b, size_t len) {
    assert(len <= b->len);
    b->len -= len;
    if (b->len)
        memmove(b->data, b->data + len, b->len);
}

struct bytes buf_bytes(const struct buf *b) {
    return (struct bytes){ b->data, b->len };
}

const char *buf_text(struct buf *b) {
    buf_reserve(b, 1);
    b->data[b->len] = 0;
    return (const char *)b->data;
}

void *memory_get(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

void *memory_resize(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

void *memory_grow(void *array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : 16;
    return memory_resize(array, *capacity * size);
}

char *text_copy_bytes(struct bytes bytes) {
    char *copy = memory_get(bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}

char *text_copy(const char *text) {
    return text_copy_bytes(bytes_text(text));
}

char *text_format(const char *format, ...) {
    struct buf b = { 0 };
    va_list list;
    va_start(list, format);
    buf_print_list(&b, format, list);
    va_end(list);
    (void)buf_text(&b);
    return (char *)b.data;
}
