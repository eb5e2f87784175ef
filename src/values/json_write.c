/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* JSON, written: whatever bytes a text holds, the result is JSON; a flat object is what json_read
 * takes. */
#include "values/json.h"

#include "base/check.h"
#include "utf8.h"

#include <string.h>

static bool is_plain(uint8_t c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escaped(struct buf *out, uint8_t c) {
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    const char *letter = strchr(letters, c);
    if (!letter) {
        buf_print(out, "\\u%04x", c);
        return;
    }
    buf_put_byte(out, '\\');
    buf_put_byte(out, (uint8_t)names[letter - letters]);
}

/* Of eight bytes at once: a byte of `high` is set for each that is no plain one, and perhaps for
 * one behind it; so only "none" is exact. */
static bool are_plain(const uint8_t *at) {
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t odd = word | (word - ones * 0x20) | (quote - ones) | (slash - ones);
    return (odd & high) == 0;
}

/* How many bytes from `at` stand for themselves. */
static size_t plain_len(struct bytes text, size_t at) {
    size_t end = at;
    while (end + 8 <= text.len && are_plain(text.data + end))
        end += 8;
    while (end < text.len && is_plain(text.data[end]))
        end++;
    return end - at;
}

/* What is not plain; returns its length. */
static size_t put_other(struct buf *out, const uint8_t *at, size_t left) {
    size_t len = *at >= 0x80 ? utf8_sequence_len(at, left) : 0;
    if (len) {
        buf_put(out, at, len);
        return len;
    }
    /* a zero byte is legal in JSON, but no reader of ours takes it */
    if (*at >= 0x80 || *at == 0)
        buf_put_text(out, "\xef\xbf\xbd");
    else
        put_escaped(out, *at);
    return 1;
}

/* Nearly every text is plain as a whole: then it is one copy. */
static void put_string(struct buf *out, struct bytes text) {
    size_t len = plain_len(text, 0);
    uint8_t *at = buf_extend(out, len + 1 + (len == text.len));
    *at++ = '"';
    if (len)
        memcpy(at, text.data, len);
    if (len == text.len) {
        at[len] = '"';
        return;
    }
    for (size_t i = len; i < text.len; i += len) {
        i += put_other(out, text.data + i, text.len - i);
        len = plain_len(text, i);
        buf_put(out, text.data + i, len);
    }
    buf_put_byte(out, '"');
}

/* The byte before tells whether this member is the first: no value ends in what opens one. */
static void put_name(struct buf *out, const char *name) {
    assert(out->len > 0);
    uint8_t before = out->data[out->len - 1];
    if (before != '{' && before != '[')
        buf_put_byte(out, ',');
    if (!name)
        return; /* an item of a list */
    put_string(out, bytes_text(name));
    buf_put_byte(out, ':');
}

void json_begin(struct buf *out) {
    buf_put_byte(out, '{');
}

void json_put_int(struct buf *out, const char *name, int64_t value) {
    put_name(out, name);
    buf_put_decimal(out, value);
}

void json_put_text(struct buf *out, const char *name, struct bytes value) {
    put_name(out, name);
    put_string(out, value);
}

void json_put_null(struct buf *out, const char *name) {
    put_name(out, name);
    buf_put_text(out, "null");
}

void json_end(struct buf *out) {
    buf_put_byte(out, '}');
}

void json_put_bool(struct buf *out, const char *name, bool value) {
    put_name(out, name);
    buf_put_text(out, value ? "true" : "false");
}

void json_open(struct buf *out, const char *name, char bracket) {
    assert(bracket == '{' || bracket == '[');
    put_name(out, name);
    buf_put_byte(out, (uint8_t)bracket);
}

void json_close(struct buf *out, char bracket) {
    assert(bracket == '}' || bracket == ']');
    buf_put_byte(out, (uint8_t)bracket);
}

void json_text_write(struct buf *out, struct bytes text) {
    put_string(out, text);
}
