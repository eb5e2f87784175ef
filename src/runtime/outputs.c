/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The canonical form: every text behind its length, every number in eight bytes, big-endian. */
#include "runtime/outputs.h"

#include "base/check.h"
#include "values/digest.h"

#include <endian.h>
#include <string.h>

enum { HASH_BYTES = 16 };
static const uint32_t NO_TEXT = UINT32_MAX;

static void put_text(struct buf *to, struct bytes text) {
    assert(text.len < NO_TEXT);
    buf_put_be32(to, text.data ? (uint32_t)text.len : NO_TEXT);
    buf_put_bytes(to, text);
}

static void put_int(struct buf *to, int64_t value) {
    buf_put_be64(to, (uint64_t)value);
}

void outputs_event(struct outputs *o, const struct out_event *e) {
    buf_put_byte(&o->left, 'e');
    put_text(&o->left, e->topic);
    put_int(&o->left, e->partition);
    put_text(&o->left, e->id);
    put_text(&o->left, e->type);
    put_text(&o->left, e->key);
    put_text(&o->left, e->value);
    put_int(&o->left, e->time_ms);
    if (e->asker.len || e->answers.len) {
        buf_put_byte(&o->left, 'a');
        put_text(&o->left, e->asker);
        put_text(&o->left, e->answers);
    }
    o->events++;
}

void outputs_effect(struct outputs *o, const struct effect_row *e) {
    buf_put_byte(&o->left, 'f');
    put_text(&o->left, e->id);
    put_text(&o->left, e->edge);
    put_text(&o->left, e->key);
    put_text(&o->left, e->type);
    put_text(&o->left, e->json);
    put_int(&o->left, e->time_ms);
    o->effects++;
}

/* A row is written in one go, as a group changes thousands: first how long it is. */
static size_t value_size(const struct value *v) {
    return v->kind == VALUE_NULL ? 1 : v->kind == VALUE_INT ? 9 : 5 + v->text.len;
}

static uint8_t *write_8(uint8_t *at, uint64_t v) {
    v = htobe64(v);
    memcpy(at, &v, sizeof(v));
    return at + sizeof(v);
}

static uint8_t *write_4(uint8_t *at, uint32_t v) {
    v = htobe32(v);
    memcpy(at, &v, sizeof(v));
    return at + sizeof(v);
}

static uint8_t *write_text(uint8_t *at, struct bytes text) {
    assert(text.len < NO_TEXT);
    at = write_4(at, text.data ? (uint32_t)text.len : NO_TEXT);
    if (!text.data)
        return at;
    memcpy(at, text.data, text.len);
    return at + text.len;
}

static uint8_t *write_value(uint8_t *at, const struct value *v) {
    switch (v->kind) {
    case VALUE_NULL:
        *at = 'n';
        return at + 1;
    case VALUE_INT:
        *at = 'i';
        return write_8(at + 1, (uint64_t)v->integer);
    case VALUE_TEXT:
        *at = 't';
        return write_text(at + 1, v->text);
    }
    return at;
}

void outputs_row(struct outputs *o, const struct changed_row *row) {
    struct bytes name = bytes_text(row->table->name);
    size_t count = row->values ? row->table->column_count : 0;
    size_t size = 1 + 4 + name.len + 4 + row->key.len + (row->table->log ? 8 : 4 + row->sub.len);
    for (size_t i = 0; i < count; i++)
        size += value_size(&row->values[i]);
    uint8_t *at = buf_extend(&o->kept, size);
    *at++ = row->table->log ? 'l' : row->values ? 'r' : 'd';
    at = write_text(write_text(at, name), row->key);
    at = row->table->log ? write_8(at, (uint64_t)row->entry) : write_text(at, row->sub);
    for (size_t i = 0; i < count; i++)
        at = write_value(at, &row->values[i]);
    assert(at == o->kept.data + o->kept.len);
    o->rows++;
}

static void put_hash(struct buf *to, struct bytes canonical) {
    uint8_t digest[SHA256_BYTES];
    buf_put_byte(to, ' ');
    if (!canonical.len) {
        buf_put_byte(to, '-');
        return;
    }
    sha256(canonical, digest);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        buf_put_byte(to, (uint8_t) "0123456789abcdef"[digest[i] >> 4]);
        buf_put_byte(to, (uint8_t) "0123456789abcdef"[digest[i] & 15]);
    }
}

struct bytes outputs_line(struct outputs *o) {
    const int64_t counts[] = { o->events, o->effects, o->replies, o->rows };
    buf_clear(&o->text);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (i)
            buf_put_byte(&o->text, ' ');
        buf_put_decimal(&o->text, counts[i]);
    }
    put_hash(&o->text, buf_bytes(&o->left));
    put_hash(&o->text, buf_bytes(&o->kept));
    o->replies = 0;
    outputs_drop(o);
    return buf_bytes(&o->text);
}

void outputs_drop(struct outputs *o) {
    buf_clear(&o->left);
    buf_clear(&o->kept);
    o->events = o->effects = o->rows = 0;
}

void outputs_finish(struct outputs *o) {
    buf_finish(&o->left);
    buf_finish(&o->kept);
    buf_finish(&o->text);
}
