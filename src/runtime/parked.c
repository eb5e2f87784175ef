/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The packed form of an input. The kinds have numbers of their own, as they stand in files. */
#include "runtime/parked.h"

#include "base/check.h"
#include "base/cursor.h"

enum { LAYOUT = 1, KIND_RECORD = 0, KIND_REQUEST, KIND_TIMER, KIND_OUTCOME };
static const uint32_t LONG_NULL = UINT32_MAX;

static void put_long(struct buf *to, struct bytes bytes) {
    assert(bytes.len < LONG_NULL);
    buf_put_be32(to, bytes.data ? (uint32_t)bytes.len : LONG_NULL);
    buf_put_bytes(to, bytes);
}

static uint8_t kind_of(enum input_kind kind) {
    switch (kind) {
    case INPUT_RECORD:
        return KIND_RECORD;
    case INPUT_REQUEST:
        return KIND_REQUEST;
    case INPUT_TIMER:
        return KIND_TIMER;
    case INPUT_OUTCOME:
        return KIND_OUTCOME;
    case INPUT_UNPARK:
        break;
    }
    assert(false && "an operator's word does not wait");
    return 0;
}

static bool kind_read(uint8_t from, enum input_kind *kind) {
    static const enum input_kind kinds[] = { INPUT_RECORD, INPUT_REQUEST, INPUT_TIMER,
                                             INPUT_OUTCOME };
    if (from >= sizeof(kinds) / sizeof(kinds[0]))
        return false;
    *kind = kinds[from];
    return true;
}

void parked_pack(struct buf *to, const struct input *in) {
    buf_put_byte(to, LAYOUT);
    buf_put_byte(to, kind_of(in->kind));
    buf_put_be64(to, (uint64_t)in->time_ms);
    buf_put_be32(to, (uint32_t)in->partition);
    buf_put_be64(to, (uint64_t)in->offset);
    buf_put_be64(to, in->hash);
    buf_put_be64(to, (uint64_t)in->sequence);
    put_long(to, in->topic);
    put_long(to, in->type);
    put_long(to, in->id);
    put_long(to, in->source);
    put_long(to, in->asker);
    put_long(to, in->answers);
    put_long(to, in->key);
    put_long(to, in->json);
}

static struct bytes read_long(struct cursor *in) {
    uint32_t len = read_u32(in);
    return len == LONG_NULL ? (struct bytes){ 0 } : read_bytes(in, len);
}

enum error parked_unpack(struct bytes packed, struct input *in) {
    struct cursor at = cursor_on(packed);
    uint8_t layout = read_u8(&at), kind = read_u8(&at);
    *in = (struct input){ .time_ms = read_int64(&at) };
    in->partition = read_int32(&at);
    in->offset = read_int64(&at);
    in->hash = read_u64(&at);
    in->sequence = read_int64(&at);
    in->topic = read_long(&at);
    in->type = read_long(&at);
    in->id = read_long(&at);
    in->source = read_long(&at);
    in->asker = read_long(&at);
    in->answers = read_long(&at);
    in->key = read_long(&at);
    in->json = read_long(&at);
    if (!at.bad && layout == LAYOUT && kind_read(kind, &in->kind) && cursor_left(&at) == 0)
        return E_ok;
    enum error bad = fail(E_corrupt, "parked: an input does not have its lengths or layout");
    fail_try("stop the service and restore its store from a backup");
    return bad;
}
