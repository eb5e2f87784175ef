/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A request is read from its first byte each time more has come. That costs what its arguments are,
 * not what its bytes are, and leaves no state that a split could spoil. */
#include "request.h"

#include <string.h>

enum { NUMBER_CHARS = 10 };

static enum resp_parsed bad(struct resp_request *r, const char *why) {
    r->why = why;
    return RESP_BAD;
}

/* The rest of a line of the form NUMBER\r\n at *at. */
static enum resp_parsed number_read(struct bytes input, size_t *at, int64_t *out) {
    size_t i = *at;
    bool negative = i < input.len && input.data[i] == '-';
    size_t first = i += negative;
    *out = 0;
    while (i < input.len && input.data[i] >= '0' && input.data[i] <= '9') {
        if (i - first == NUMBER_CHARS)
            return RESP_BAD;
        *out = *out * 10 + (input.data[i++] - '0');
    }
    if (i < input.len && (i == first || input.data[i] != '\r'))
        return RESP_BAD;
    if (i + 1 < input.len && input.data[i + 1] != '\n')
        return RESP_BAD;
    if (i + 1 >= input.len)
        return RESP_MORE;
    *out = negative ? -*out : *out;
    *at = i + 2;
    return RESP_WHOLE;
}

/* ---- arrays */

static enum resp_parsed bulk_read(struct resp_request *r, struct bytes input, size_t *at) {
    int64_t len;
    if (*at >= input.len)
        return RESP_MORE;
    if (input.data[*at] != '$')
        return bad(r, "expected '$'");
    (*at)++;
    enum resp_parsed parsed = number_read(input, at, &len);
    if (parsed == RESP_BAD || (parsed == RESP_WHOLE && (len < 0 || len > RESP_BULK_MAX)))
        return bad(r, "invalid bulk length");
    if (parsed == RESP_MORE)
        return RESP_MORE;
    size_t end = *at + (size_t)len;
    if (end > RESP_REQUEST_MAX)
        return bad(r, "the request is over 1 MiB");
    if ((end < input.len && input.data[end] != '\r')
        || (end + 1 < input.len && input.data[end + 1] != '\n'))
        return bad(r, "a bulk string is longer than it says");
    if (end + 2 > input.len)
        return RESP_MORE;
    r->arguments[r->count++] = bytes_part(input, *at, (size_t)len);
    *at = end + 2;
    return RESP_WHOLE;
}

static enum resp_parsed array_read(struct resp_request *r, struct bytes input) {
    size_t at = 1;
    int64_t count;
    enum resp_parsed parsed = number_read(input, &at, &count);
    if (parsed == RESP_BAD || (parsed == RESP_WHOLE && count > RESP_ARGUMENTS_MAX))
        return bad(r, "invalid multibulk length");
    for (; parsed == RESP_WHOLE && count > 0; count--)
        parsed = bulk_read(r, input, &at);
    r->used = at;
    return parsed;
}

/* ---- lines */

static int hex_of(uint8_t c) {
    const char *digit = c ? strchr("0123456789abcdef", c | 0x20) : NULL;
    return digit ? (int)(digit - "0123456789abcdef") : -1;
}

static uint8_t escaped(struct bytes line, size_t *at) {
    static const char from[] = "nrtba", to[] = "\n\r\t\b\a";
    uint8_t c = line.data[*at];
    const char *known = c ? strchr(from, c) : NULL;
    if (c == 'x' && *at + 2 < line.len) {
        int high = hex_of(line.data[*at + 1]), low = hex_of(line.data[*at + 2]);
        if (high >= 0 && low >= 0) {
            *at += 2;
            return (uint8_t)(high * 16 + low);
        }
    }
    return known ? (uint8_t)to[known - from] : c;
}

/* A word in quotes, from behind the first; false: it does not end, or something stands behind. */
static bool quoted_read(struct resp_request *r, struct bytes line, size_t *at) {
    uint8_t quote = line.data[(*at)++];
    for (; *at < line.len && line.data[*at] != quote; (*at)++) {
        uint8_t c = line.data[*at];
        bool has_escape = c == '\\' && *at + 1 < line.len;
        if (has_escape && quote == '"') {
            (*at)++;
            c = escaped(line, at);
        } else if (has_escape && line.data[*at + 1] == '\'') {
            c = line.data[++*at];
        }
        buf_put_byte(&r->line, c);
    }
    if (*at == line.len)
        return false;
    (*at)++;
    return *at == line.len || line.data[*at] <= ' ';
}

static bool word_read(struct resp_request *r, struct bytes line, size_t *at) {
    if (line.data[*at] == '"' || line.data[*at] == '\'')
        return quoted_read(r, line, at);
    while (*at < line.len && line.data[*at] > ' ')
        buf_put_byte(&r->line, line.data[(*at)++]);
    return true;
}

static enum resp_parsed words_read(struct resp_request *r, struct bytes line) {
    buf_clear(&r->line);
    buf_reserve(&r->line, line.len); /* so that it stays where it is: arguments borrow from it */
    for (size_t at = 0; at < line.len;) {
        if (line.data[at] <= ' ') {
            at++;
            continue;
        }
        size_t from = r->line.len;
        if (r->count == RESP_ARGUMENTS_MAX)
            return bad(r, "too many words");
        if (!word_read(r, line, &at))
            return bad(r, "unbalanced quotes in request");
        r->arguments[r->count++] = bytes_of(r->line.data + from, r->line.len - from);
    }
    return RESP_WHOLE;
}

static enum resp_parsed line_read(struct resp_request *r, struct bytes input) {
    const uint8_t *end = memchr(input.data, '\n', input.len);
    size_t len = end ? (size_t)(end - input.data) : input.len;
    if (len > RESP_INLINE_MAX)
        return bad(r, "too big inline request");
    if (!end)
        return RESP_MORE;
    r->used = len + 1;
    return words_read(r, bytes_part(input, 0, len));
}

enum resp_parsed resp_request_read(struct resp_request *r, struct bytes input) {
    r->count = r->used = 0;
    r->why = "";
    if (!input.len)
        return RESP_MORE;
    return input.data[0] == '*' ? array_read(r, input) : line_read(r, input);
}

void resp_request_finish(struct resp_request *r) {
    buf_finish(&r->line);
}
