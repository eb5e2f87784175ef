/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The two walkers.
 *
 * Decoding trusts no count: an array may have at most as many items as bytes are left (the smallest
 * item takes one), and its memory must fit the budget of the whole message, because one byte on the
 * wire may become 64 in memory. How deep structs nest is fixed by the tables. */
#include "codec.h"

#include "varint.h"

#include "base/check.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t empty[1]; /* what an empty array points to, to differ from null */

struct decoder {
    struct cursor *in;
    struct arena *arena;
    size_t memory_max; /* of arena->used_bytes */
    int16_t version;
    bool flexible;
};

static bool field_in_version(const struct field *f, int16_t version) {
    return version >= f->first && version <= f->last;
}

static bool field_can_be_null(const struct field *f, int16_t version) {
    return f->nullable && version >= f->nullable_from;
}

static size_t type_size(const struct field *f) {
    switch (f->type) {
    case FIELD_bool:
    case FIELD_int8:
        return 1;
    case FIELD_int16:
        return 2;
    case FIELD_int32:
        return 4;
    case FIELD_int64:
        return 8;
    case FIELD_string:
    case FIELD_bytes:
        return sizeof(struct bytes);
    case FIELD_struct:
        return f->item->size;
    }
    return 0;
}

static void integer_set(const struct field *f, void *out, int64_t value) {
    switch (f->type) {
    case FIELD_bool:
        *(bool *)out = value != 0;
        break;
    case FIELD_int8:
        *(int8_t *)out = (int8_t)value;
        break;
    case FIELD_int16:
        *(int16_t *)out = (int16_t)value;
        break;
    case FIELD_int32:
        *(int32_t *)out = (int32_t)value;
        break;
    case FIELD_int64:
        *(int64_t *)out = value;
        break;
    case FIELD_string:
    case FIELD_bytes:
    case FIELD_struct:
        break;
    }
}

void message_init(const struct message *m, void *out) {
    memset(out, 0, m->size);
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++)
        if (f->otherwise && !f->is_array)
            integer_set(f, (uint8_t *)out + f->at, f->otherwise);
}

void *message_items(const struct message *m, size_t count, struct arena *arena) {
    uint8_t *items = arena_get(arena, count * m->size);
    for (size_t i = 0; i < count; i++)
        message_init(m, items + i * m->size);
    return items;
}

/* ---- decoding */

/* -1 is null; anything lower is bad and has no story yet. */
static int64_t length_read(struct decoder *d, const struct field *f) {
    if (d->flexible)
        return (int64_t)read_uvarint32(d->in) - 1;
    if (f->type == FIELD_string && !f->is_array)
        return read_int16(d->in);
    return read_int32(d->in);
}

static enum error length_check(const struct decoder *d, const struct field *f, int64_t length) {
    if (d->in->bad)
        return fail(E_malformed, "%s ends early", f->name);
    if (length < -1)
        return fail(E_malformed, "%s has length %" PRId64, f->name, length);
    if (length == -1 && !field_can_be_null(f, d->version))
        return fail(E_malformed, "%s is null", f->name);
    if (length > (int64_t)cursor_left(d->in))
        return fail(E_malformed, "%s has length %" PRId64 " with %zu bytes left", f->name, length,
                    cursor_left(d->in));
    return E_ok;
}

static enum error text_decode(struct decoder *d, const struct field *f, struct bytes *out) {
    int64_t length = length_read(d, f);
    TRY(length_check(d, f, length));
    *out = length < 0 ? (struct bytes){ 0 } : read_bytes(d->in, (size_t)length);
    return E_ok;
}

static enum error struct_decode(struct decoder *d, const struct message *m, uint8_t *out);

static enum error value_decode(struct decoder *d, const struct field *f, void *out) {
    switch (f->type) {
    case FIELD_bool:
        *(bool *)out = read_u8(d->in) != 0;
        break;
    case FIELD_int8:
        *(int8_t *)out = read_int8(d->in);
        break;
    case FIELD_int16:
        *(int16_t *)out = read_int16(d->in);
        break;
    case FIELD_int32:
        *(int32_t *)out = read_int32(d->in);
        break;
    case FIELD_int64:
        *(int64_t *)out = read_int64(d->in);
        break;
    case FIELD_string:
    case FIELD_bytes:
        return text_decode(d, f, out);
    case FIELD_struct:
        return struct_decode(d, f->item, out);
    }
    if (d->in->bad)
        return fail(E_malformed, "%s ends early", f->name);
    return E_ok;
}

static enum error items_decode(struct decoder *d, const struct field *f, size_t count,
                               uint8_t *items) {
    struct field item = *f;
    item.is_array = false;
    item.nullable = false;
    for (size_t i = 0; i < count; i++)
        TRY_WHILE(value_decode(d, &item, items + i * type_size(f)), "reading %s[%zu]", f->name, i);
    return E_ok;
}

static enum error array_decode(struct decoder *d, const struct field *f, uint8_t *out) {
    int64_t length = length_read(d, f);
    const void *items = NULL;
    TRY(length_check(d, f, length));
    size_t count = length < 0 ? 0 : (size_t)length;
    if (length == 0)
        items = empty;
    if (count > 0) {
        size_t bytes = count * type_size(f); /* no overflow: count is below 2^32 */
        if (d->arena->used_bytes > d->memory_max || bytes > d->memory_max - d->arena->used_bytes)
            return fail(E_too_large, "%s of %zu items needs %zu bytes of memory", f->name, count,
                        bytes);
        uint8_t *memory = arena_get(d->arena, bytes);
        TRY(items_decode(d, f, count, memory));
        items = memory;
    }
    memcpy(out + f->at, &items, sizeof(items));
    *(size_t *)(out + f->count_at) = count;
    return E_ok;
}

void tagged_fields_skip(struct cursor *in) {
    uint32_t count = read_uvarint32(in);
    if (count > TAGGED_FIELDS_MAX)
        in->bad = true;
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        read_uvarint32(in); /* the tag */
        read_bytes(in, read_uvarint32(in));
    }
}

static enum error struct_decode(struct decoder *d, const struct message *m, uint8_t *out) {
    message_init(m, out);
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        if (!field_in_version(f, d->version))
            continue;
        if (f->is_array)
            TRY(array_decode(d, f, out));
        else
            TRY(value_decode(d, f, out + f->at));
    }
    if (d->flexible)
        tagged_fields_skip(d->in);
    if (d->in->bad)
        return fail(E_malformed, "%s has bad tagged fields", m->name);
    return E_ok;
}

enum error message_decode(const struct message *m, int16_t version, struct cursor *in,
                          struct arena *arena, void *out) {
    size_t left = cursor_left(in);
    size_t budget = left < DECODE_MEMORY_MAX / DECODE_MEMORY_RATIO
                        ? left * DECODE_MEMORY_RATIO + DECODE_MEMORY_FREE
                        : DECODE_MEMORY_MAX;
    struct decoder d = { .in = in,
                         .arena = arena,
                         .memory_max = arena->used_bytes + budget,
                         .version = version,
                         .flexible = version >= m->flexible_from };
    TRY_WHILE(struct_decode(&d, m, out), "decoding %s version %d", m->name, version);
    return E_ok;
}

/* ---- encoding */

const uint8_t message_elsewhere[1];

struct encoder {
    struct buf *out;
    struct buf *holes; /* NULL: there may be none */
    int16_t version;
    bool flexible;
};

static enum error length_write(struct encoder *e, const struct field *f, bool is_null,
                               size_t length) {
    bool is_short = f->type == FIELD_string && !f->is_array && !e->flexible;
    size_t length_max = is_short ? INT16_MAX : INT32_MAX;
    if (length > length_max)
        return fail(E_too_large, "%s has length %zu of %zu", f->name, length, length_max);
    is_null = is_null && field_can_be_null(f, e->version);
    if (e->flexible)
        buf_put_uvarint(e->out, is_null ? 0 : length + 1);
    else if (is_short)
        buf_put_be16(e->out, is_null ? UINT16_MAX : (uint16_t)length);
    else
        buf_put_be32(e->out, is_null ? UINT32_MAX : (uint32_t)length);
    return E_ok;
}

static enum error text_encode(struct encoder *e, const struct field *f, const struct bytes *text) {
    TRY(length_write(e, f, !text->data, text->len));
    assert(text->data != message_elsewhere || e->holes);
    if (text->data == message_elsewhere)
        buf_put(e->holes, &e->out->len, sizeof(e->out->len));
    else
        buf_put_bytes(e->out, *text);
    return E_ok;
}

static enum error struct_encode(struct encoder *e, const struct message *m, const uint8_t *in);

static enum error value_encode(struct encoder *e, const struct field *f, const void *in) {
    switch (f->type) {
    case FIELD_bool:
        buf_put_byte(e->out, *(const bool *)in);
        break;
    case FIELD_int8:
        buf_put_byte(e->out, *(const uint8_t *)in);
        break;
    case FIELD_int16:
        buf_put_be16(e->out, *(const uint16_t *)in);
        break;
    case FIELD_int32:
        buf_put_be32(e->out, *(const uint32_t *)in);
        break;
    case FIELD_int64:
        buf_put_be64(e->out, *(const uint64_t *)in);
        break;
    case FIELD_string:
    case FIELD_bytes:
        return text_encode(e, f, in);
    case FIELD_struct:
        return struct_encode(e, f->item, in);
    }
    return E_ok;
}

static enum error array_encode(struct encoder *e, const struct field *f, const uint8_t *in) {
    const uint8_t *items;
    size_t count = *(const size_t *)(in + f->count_at);
    memcpy(&items, in + f->at, sizeof(items));
    assert(items || count == 0);
    TRY(length_write(e, f, !items, count));
    struct field item = *f;
    item.is_array = false;
    item.nullable = false;
    for (size_t i = 0; i < count; i++)
        TRY(value_encode(e, &item, items + i * type_size(f)));
    return E_ok;
}

static enum error struct_encode(struct encoder *e, const struct message *m, const uint8_t *in) {
    for (const struct field *f = m->fields; f < m->fields + m->field_count; f++) {
        if (!field_in_version(f, e->version))
            continue;
        if (f->is_array)
            TRY(array_encode(e, f, in));
        else
            TRY(value_encode(e, f, in + f->at));
    }
    if (e->flexible)
        buf_put_byte(e->out, 0); /* no tagged fields */
    return E_ok;
}

enum error message_encode(const struct message *m, int16_t version, const void *in,
                          struct buf *out) {
    return message_encode_around(m, version, in, out, NULL);
}

enum error message_encode_around(const struct message *m, int16_t version, const void *in,
                                 struct buf *out, struct buf *holes) {
    size_t before = out->len;
    struct encoder e = { out, holes, version, version >= m->flexible_from };
    enum error error = struct_encode(&e, m, in);
    if (error) {
        out->len = before;
        fail_while("encoding %s version %d", m->name, version);
    }
    return error;
}
