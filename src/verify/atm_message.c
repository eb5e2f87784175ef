/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Fields in the order of their numbers. */
#include "atm_message.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

struct atm_field {
    uint8_t number, digits; /* digits of length before it; 0: fixed */
    uint16_t len;           /* the most it may have */
};

static const struct atm_field fields[] = {
    { 2, 2, 19 },   { 3, 0, 6 },  { 4, 0, 12 },  { 7, 0, 10 },  { 11, 0, 6 },
    { 12, 0, 6 },   { 13, 0, 4 }, { 32, 2, 11 }, { 37, 0, 12 }, { 38, 0, 6 },
    { 39, 0, 2 },   { 41, 0, 8 }, { 42, 0, 15 }, { 44, 2, 25 }, { 49, 0, 3 },
    { 54, 3, 120 }, { 70, 0, 3 }, { 90, 0, 42 }, { 95, 0, 42 },
};

static const struct atm_field *field_find(int number) {
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].number == number)
            return &fields[i];
    return NULL;
}

void atm_message_begin(struct atm_message *m, const char *mti) {
    memset(m, 0, offsetof(struct atm_message, text));
    memcpy(m->mti, mti, 4);
}

static void field_set(struct atm_message *m, int field, const void *text, size_t len) {
    m->at[field] = m->used;
    m->len[field] = (uint16_t)len;
    memcpy(m->text + m->used, text, len);
    m->used = (uint16_t)(m->used + len);
}

void atm_message_put(struct atm_message *m, int field, const char *text) {
    const struct atm_field *f = field_find(field);
    size_t len = strlen(text);
    assert(f && (f->digits ? len <= f->len : len == f->len) && m->used + len < ATM_TEXT_MAX);
    field_set(m, field, text, len);
}

struct bytes atm_message_get(const struct atm_message *m, int field) {
    return bytes_of(m->text + m->at[field], m->len[field]);
}

void atm_message_pack(const struct atm_message *m, struct buf *out) {
    size_t begin = out->len;
    uint8_t bitmap[16] = { 0 };
    size_t bitmap_len = 8;
    for (int i = 2; i < ATM_FIELDS; i++)
        if (m->len[i]) {
            bitmap[(i - 1) / 8] |= (uint8_t)(0x80 >> (i - 1) % 8);
            if (i > 64)
                bitmap_len = 16;
        }
    if (bitmap_len == 16)
        bitmap[0] |= 0x80;
    buf_put_be16(out, 0);
    buf_put(out, m->mti, 4);
    buf_put(out, bitmap, bitmap_len);
    for (int i = 2; i < ATM_FIELDS; i++)
        if (m->len[i]) {
            if (field_find(i)->digits)
                buf_print(out, "%0*u", field_find(i)->digits, m->len[i]);
            buf_put(out, m->text + m->at[i], m->len[i]);
        }
    size_t len = out->len - begin - 2;
    out->data[begin] = (uint8_t)(len >> 8);
    out->data[begin + 1] = (uint8_t)len;
}

/* The digits of a length, or -1. */
static int digits_read(const uint8_t *at, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + at[i] - '0';
    }
    return value;
}

static const char *fields_read(struct atm_message *m, struct bytes body, size_t bitmap_len) {
    size_t at = 4 + bitmap_len;
    for (int i = 2; i <= (int)bitmap_len * 8; i++) {
        if (!(body.data[4 + (i - 1) / 8] >> (7 - (i - 1) % 8) & 1))
            continue;
        const struct atm_field *f = field_find(i);
        if (!f)
            return "a field that no answer has";
        if (at + f->digits > body.len)
            return "a field ends behind the message";
        int len = f->digits ? digits_read(body.data + at, f->digits) : f->len;
        at += f->digits;
        if (len < 0 || len > f->len || at + (size_t)len > body.len || m->used + len >= ATM_TEXT_MAX)
            return "a field ends behind the message";
        field_set(m, i, body.data + at, (size_t)len);
        at += (size_t)len;
    }
    return at == body.len ? NULL : "bytes behind the last field";
}

int atm_message_unpack(struct atm_message *out, struct bytes in, const char **why) {
    *why = NULL;
    if (in.len < 2)
        return 0;
    size_t len = (size_t)in.data[0] << 8 | in.data[1];
    if (in.len < len + 2)
        return 0;
    struct bytes body = bytes_of(in.data + 2, len);
    size_t bitmap_len = len > 4 && body.data[4] & 0x80 ? 16 : 8;
    if (len < 4 + bitmap_len)
        *why = "shorter than type and bitmap";
    else {
        char mti[5] = { 0 };
        memcpy(mti, body.data, 4);
        atm_message_begin(out, mti);
        *why = fields_read(out, body, bitmap_len);
    }
    return *why ? -1 : (int)len + 2;
}
