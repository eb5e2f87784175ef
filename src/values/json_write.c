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

static void put_string(struct buf *out, struct bytes text) {
    buf_reserve(out, text.len + 2);
    buf_put_byte(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t len = 0;
        while (i + len < text.len && is_plain(text.data[i + len]))
            len++;
        if (!len && text.data[i] >= 0x80)
            len = utf8_sequence_len(text.data + i, text.len - i);
        buf_put(out, text.data + i, len);
        i += len;
        if (len)
            continue;
        /* a zero byte is legal in JSON, but no reader of ours takes it */
        if (text.data[i] >= 0x80 || text.data[i] == 0)
            buf_put_text(out, "\xef\xbf\xbd");
        else
            put_escaped(out, text.data[i]);
        i++;
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
