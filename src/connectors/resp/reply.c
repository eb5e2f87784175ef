/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bytes of replies. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DECIMAL_CHARS = 21, ERROR_CHARS = 512 };

static void end_line(struct resp_out o) {
    buf_put(o.to, "\r\n", 2);
}

static void put_number(struct resp_out o, char kind, int64_t v) {
    buf_put_byte(o.to, (uint8_t)kind);
    buf_put_decimal(o.to, v);
    end_line(o);
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

void resp_bulk(struct resp_out o, struct bytes text) {
    put_number(o, '$', (int64_t)text.len);
    buf_put_bytes(o.to, text);
    end_line(o);
}

void resp_text(struct resp_out o, const char *text) {
    resp_bulk(o, bytes_text(text));
}

void resp_decimal(struct resp_out o, int64_t v) {
    char text[DECIMAL_CHARS + 1];
    struct bytes digits = { (const uint8_t *)text, 0 };
    digits.len = (size_t)snprintf(text, sizeof(text), "%lld", (long long)v);
    resp_bulk(o, digits);
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
