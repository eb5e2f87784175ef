/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The packed form of an outbox row: its events one behind the other, all numbers big-endian.
 *
 *   event = u32 bytes that follow in this event
 *           u8 layout, 1 to 4  i64 sequence  i64 time_ms  i32 partition
 *           text topic  text source  text id  text type  long key  long value
 *           in layouts 2 and 4, where one of them is not empty: text asker  text answers
 *           in layouts 3 and 4, of an event that is traced: text traceparent
 *   text  = u16 length, bytes        long = u32 length (0xffffffff: null), bytes
 *
 * The row is whole or not there (the store's commit), so it carries no checksum of its own; every
 * length is checked all the same, as a row may come from a damaged disk. */
#include "runtime/outbox.h"

#include "base/check.h"

#include <string.h>

/* The layout less one is a sum of these. */
enum { PLAIN = 0, ASKING = 1, TRACED = 2, HASH_SEED = 0x9747b28c };
static const uint32_t LONG_NULL = UINT32_MAX;

static void put_text(struct buf *to, struct bytes text) {
    assert(text.len <= UINT16_MAX);
    buf_put_be16(to, (uint16_t)text.len);
    buf_put_bytes(to, text);
}

static void put_long(struct buf *to, struct bytes bytes) {
    assert(bytes.len < LONG_NULL);
    buf_put_be32(to, bytes.data ? (uint32_t)bytes.len : LONG_NULL);
    buf_put_bytes(to, bytes);
}

void outbox_pack(struct buf *to, const struct out_event *e) {
    size_t begin = to->len;
    buf_put_be32(to, 0); /* the length, known at the end */
    bool asks = e->asker.len || e->answers.len;
    int extras = (asks ? ASKING : PLAIN) + (e->traceparent.len ? TRACED : PLAIN);
    buf_put_byte(to, (uint8_t)(1 + extras));
    buf_put_be64(to, (uint64_t)e->sequence);
    buf_put_be64(to, (uint64_t)e->time_ms);
    buf_put_be32(to, (uint32_t)e->partition);
    put_text(to, e->topic);
    put_text(to, e->source);
    put_text(to, e->id);
    put_text(to, e->type);
    put_long(to, e->key);
    put_long(to, e->value);
    if (asks)
        put_text(to, e->asker);
    if (asks)
        put_text(to, e->answers);
    if (e->traceparent.len)
        put_text(to, e->traceparent);
    uint32_t len = (uint32_t)(to->len - begin - 4);
    for (size_t i = 0; i < 4; i++)
        to->data[begin + i] = (uint8_t)(len >> (24 - 8 * i));
}

static struct bytes read_text(struct cursor *in) {
    return read_bytes(in, read_u16(in));
}

static struct bytes read_long(struct cursor *in) {
    uint32_t len = read_u32(in);
    return len == LONG_NULL ? (struct bytes){ 0 } : read_bytes(in, len);
}

enum error outbox_unpack(struct cursor *in, struct out_event *e) {
    struct bytes body = read_bytes(in, read_u32(in));
    struct cursor at = cursor_on(body);
    int extras = read_u8(&at) - 1;
    *e = (struct out_event){ .sequence = read_int64(&at) };
    e->time_ms = read_int64(&at);
    e->partition = read_int32(&at);
    e->topic = read_text(&at);
    e->source = read_text(&at);
    e->id = read_text(&at);
    e->type = read_text(&at);
    e->key = read_long(&at);
    e->value = read_long(&at);
    bool known = extras >= PLAIN && extras <= ASKING + TRACED;
    if (known && extras & ASKING) {
        e->asker = read_text(&at);
        e->answers = read_text(&at);
    }
    if (known && extras & TRACED)
        e->traceparent = read_text(&at);
    if (!in->bad && !at.bad && known && cursor_left(&at) == 0 && e->partition >= 0)
        return E_ok;
    enum error bad = fail(E_corrupt, "outbox: a packed event does not have its length or layout");
    fail_try("stop the service and restore its store from a backup");
    return bad;
}

static uint32_t read_little(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* MurmurHash2, 32 bits, as org.apache.kafka.common.utils.Utils.murmur2 has it. */
static uint32_t murmur2(struct bytes key) {
    const uint32_t m = 0x5bd1e995;
    uint32_t hash = (uint32_t)HASH_SEED ^ (uint32_t)key.len;
    size_t i = 0;
    for (; key.len - i >= 4; i += 4) {
        uint32_t k = read_little(key.data + i) * m;
        hash = hash * m ^ (k ^ k >> 24) * m;
    }
    size_t left = key.len - i;
    if (left >= 3)
        hash ^= (uint32_t)key.data[i + 2] << 16;
    if (left >= 2)
        hash ^= (uint32_t)key.data[i + 1] << 8;
    if (left >= 1)
        hash = (hash ^ key.data[i]) * m;
    hash = (hash ^ hash >> 13) * m;
    return hash ^ hash >> 15;
}

int32_t partition_of_key(struct bytes key, int32_t partition_count) {
    assert(partition_count > 0);
    return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)partition_count);
}
