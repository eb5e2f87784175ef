/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bytes of replies. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DECIMAL_CHARS = 20, NUMBER_MAX = 24, ERROR_CHARS = 512 };

static void end_line(struct resp_out o) {
    buf_put(o.to, "\r\n", 2);
}

/* A kind, a number and the end of the line; returns what it wrote. */
static size_t number_write(uint8_t *to, char kind, int64_t v) {
    char digits[DECIMAL_CHARS];
    size_t at = sizeof(digits), len = 0;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (kind)
        to[len++] = (uint8_t)kind;
    if (v < 0)
        to[len++] = '-';
    memcpy(to + len, digits + at, sizeof(digits) - at);
    len += sizeof(digits) - at;
    to[len++] = '\r';
    to[len++] = '\n';
    return len;
}

static void put_number(struct resp_out o, char kind, int64_t v) {
    buf_reserve(o.to, NUMBER_MAX);
    o.to->len += number_write(o.to->data + o.to->len, kind, v);
}

void resp_simple(struct resp_out o, const char *text) {
    buf_put_byte(o.to, '+');
    buf_put_text(o.to, text);
    end_line(o);
}

/* It may quote what a client has sent: a line it stays. */
void resp_error(struct resp_out o, const char *format, ...) {
    char text[ERROR_CHARS];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c == 0x7f)
            *c = ' ';
    buf_put_byte(o.to, '-');
    buf_put_text(o.to, text);
    end_line(o);
}

void resp_int(struct resp_out o, int64_t v) {
    put_number(o, ':', v);
}

/* Most of all replies is this: room is made once. */
void resp_bulk(struct resp_out o, struct bytes text) {
    buf_reserve(o.to, NUMBER_MAX + text.len + 2);
    uint8_t *to = o.to->data + o.to->len;
    to += number_write(to, '$', (int64_t)text.len);
    if (text.len)
        memcpy(to, text.data, text.len);
    to += text.len;
    *to++ = '\r';
    *to++ = '\n';
    o.to->len = (size_t)(to - o.to->data);
}

void resp_text(struct resp_out o, const char *text) {
    resp_bulk(o, bytes_text(text));
}

void resp_decimal(struct resp_out o, int64_t v) {
    uint8_t digits[NUMBER_MAX];
    size_t len = number_write(digits, 0, v);
    resp_bulk(o, bytes_of(digits, len - 2));
}

void resp_null(struct resp_out o) {
    buf_put_text(o.to, o.version == 3 ? "_\r\n" : "$-1\r\n");
}

void resp_array(struct resp_out o, size_t count) {
    put_number(o, '*', (int64_t)count);
}

void resp_map(struct resp_out o, size_t pairs) {
    if (o.version == 3)
        put_number(o, '%', (int64_t)pairs);
    else
        resp_array(o, 2 * pairs);
}
