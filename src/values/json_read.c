/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Flat JSON, read in one pass: RFC 8259 to the letter for what a flat object may hold.
 *
 * Every step needs its event's fields and little else, so the reader allocates nothing: members go
 * into an array inside struct json, and names and texts borrow the input. A text with an escape is
 * the exception. What it means goes into one buffer, reserved at the first escape for all that is
 * left of the input: unescaping makes nothing longer, so the buffer never moves and the texts that
 * were read before stay where they are.
 *
 * jansson says the same of every text; json_read_test.c and fuzz/json.c hold the two against each
 * other. */
#include "values/json.h"

#include "base/check.h"
#include "utf8.h"

#include <string.h>

struct reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    struct json *out;
};

/* Says where, and never what stands there: input may hold what must not be logged. */
static enum error refuse(const struct reader *r, const char *why) {
    size_t line = 1;
    for (const uint8_t *at = r->start; at < r->at; at++)
        line += *at == '\n';
    return fail(E_malformed, "json: line %zu, byte %zu: %s", line, (size_t)(r->at - r->start), why);
}

/* 0 at the end: a zero byte is legal nowhere, so nobody needs to tell the two apart. */
static uint8_t peek(const struct reader *r) {
    return r->at < r->end ? *r->at : 0;
}

static bool accept_byte(struct reader *r, char c) {
    bool is_next = peek(r) == (uint8_t)c;
    r->at += is_next;
    return is_next;
}

static void space_skip(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* ---- texts */

/* Stops at a quote or a backslash, or fails. */
static enum error plain_skip(struct reader *r) {
    while (r->at < r->end) {
        uint8_t c = *r->at;
        if (c == '"' || c == '\\')
            return E_ok;
        if (c < 0x20)
            return refuse(r, "a control character in a text");
        size_t len = c < 0x80 ? 1 : utf8_sequence_len(r->at, (size_t)(r->end - r->at));
        if (!len)
            return refuse(r, "not UTF-8");
        r->at += len;
    }
    return refuse(r, "the text has no end");
}

/* u and four hexadecimal digits: half of a surrogate pair, or a code point. */
static bool unit_read(struct reader *r, uint32_t *out) {
    *out = 0;
    if (!accept_byte(r, 'u') || r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        uint8_t c = *r->at++;
        uint8_t letter = c | 0x20;
        if (c >= '0' && c <= '9')
            *out = *out * 16 + c - '0';
        else if (letter >= 'a' && letter <= 'f')
            *out = *out * 16 + letter - 'a' + 10;
        else
            return false;
    }
    return true;
}

static enum error code_point_read(struct reader *r) {
    uint32_t code, low;
    if (!unit_read(r, &code))
        return refuse(r, "\\u without four hexadecimal digits");
    if (code == 0)
        return refuse(r, "a zero byte in a text");
    if (code >= 0xd800 && code <= 0xdfff) {
        if (code >= 0xdc00 || !accept_byte(r, '\\') || !unit_read(r, &low) || low < 0xdc00
            || low > 0xdfff)
            return refuse(r, "half a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    utf8_put(&r->out->unescaped, code);
    return E_ok;
}

static enum error escape_read(struct reader *r) {
    static const char names[] = "\"\\/bfnrt", letters[] = "\"\\/\b\f\n\r\t";
    r->at++; /* the backslash */
    uint8_t c = peek(r);
    if (c == 'u')
        return code_point_read(r);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return refuse(r, "no such escape");
    r->at++;
    buf_put_byte(&r->out->unescaped, (uint8_t)letters[name - names]);
    return E_ok;
}

/* `from` is where the text begins; the reader stands at its first escape. */
static enum error text_unescape(struct reader *r, const uint8_t *from, struct bytes *out) {
    struct buf *unescaped = &r->out->unescaped;
    if (!unescaped->data)
        buf_reserve(unescaped, (size_t)(r->end - from));
    const uint8_t *where = unescaped->data;
    size_t start = unescaped->len;
    for (;;) {
        buf_put(unescaped, from, (size_t)(r->at - from));
        if (accept_byte(r, '"'))
            break;
        TRY(escape_read(r));
        from = r->at;
        TRY(plain_skip(r));
    }
    assert(unescaped->data == where); /* earlier texts point into it */
    *out = bytes_of(where + start, unescaped->len - start);
    return E_ok;
}

/* The reader stands at the opening quote. */
static enum error text_read(struct reader *r, struct bytes *out) {
    const uint8_t *from = ++r->at;
    TRY(plain_skip(r));
    *out = bytes_of(from, (size_t)(r->at - from));
    return accept_byte(r, '"') ? E_ok : text_unescape(r, from, out);
}

/* ---- the other values */

static enum error integer_read(struct reader *r, int64_t *out) {
    bool is_negative = accept_byte(r, '-');
    uint64_t limit = (uint64_t)INT64_MAX + is_negative, value = 0;
    const uint8_t *digits = r->at;
    for (; peek(r) >= '0' && peek(r) <= '9'; r->at++) {
        uint64_t digit = (uint64_t)(*r->at - '0');
        if (value > (limit - digit) / 10)
            return refuse(r, "too big integer");
        value = value * 10 + digit;
    }
    if (r->at == digits)
        return refuse(r, "a text, an integer, true, false or null expected");
    if (*digits == '0' && r->at - digits > 1)
        return refuse(r, "a number begins with a zero");
    if (peek(r) == '.' || peek(r) == 'e' || peek(r) == 'E')
        return refuse(r, "a number is not an integer");
    *out = (int64_t)(is_negative ? 0 - value : value);
    return E_ok;
}

static enum error word_read(struct reader *r, const char *word) {
    while (*word)
        if (!accept_byte(r, *word++))
            return refuse(r, "a text, an integer, true, false or null expected");
    return E_ok;
}

static enum error value_read(struct reader *r, struct json_member *m) {
    m->kind = JSON_OTHER;
    switch (peek(r)) {
    case '"':
        m->kind = JSON_TEXT;
        return text_read(r, &m->text);
    case 't':
        return word_read(r, "true");
    case 'f':
        return word_read(r, "false");
    case 'n':
        return word_read(r, "null");
    case '{':
    case '[':
        return refuse(r, "an object or array inside the object");
    default:
        m->kind = JSON_INT;
        return integer_read(r, &m->integer);
    }
}

/* ---- the object */

static const struct json_member *member_find(const struct json *j, struct bytes name) {
    for (size_t i = 0; i < j->count; i++)
        if (bytes_equal(j->members[i].name, name))
            return &j->members[i];
    return NULL;
}

static enum error member_read(struct reader *r) {
    struct json *j = r->out;
    space_skip(r);
    if (peek(r) != '"')
        return refuse(r, "a name in quotes expected");
    if (j->count == JSON_MEMBERS_MAX)
        return fail(E_too_large, "json: more than %d members", JSON_MEMBERS_MAX);
    struct json_member *m = &j->members[j->count];
    TRY(text_read(r, &m->name));
    if (member_find(j, m->name))
        return refuse(r, "duplicate object key");
    space_skip(r);
    if (!accept_byte(r, ':'))
        return refuse(r, "':' expected");
    space_skip(r);
    TRY(value_read(r, m));
    space_skip(r);
    j->count++;
    return E_ok;
}

static enum error object_read(struct reader *r) {
    space_skip(r);
    if (!accept_byte(r, '{'))
        return fail(E_malformed, "json: not an object");
    space_skip(r);
    bool has_more = peek(r) != '}';
    while (has_more) {
        TRY(member_read(r));
        has_more = accept_byte(r, ',');
    }
    if (!accept_byte(r, '}'))
        return refuse(r, "',' or '}' expected");
    space_skip(r);
    return r->at == r->end ? E_ok : refuse(r, "something behind the object");
}

enum error json_read(struct json *out, struct bytes text) {
    out->count = 0;
    out->unescaped = (struct buf){ 0 };
    if (text.len > JSON_BYTES_MAX)
        return fail(E_too_large, "json: %zu bytes, at most %d", text.len, JSON_BYTES_MAX);
    if (text.len == 0) /* and perhaps NULL, which nothing may be added to */
        return fail(E_malformed, "json: not an object");
    struct reader r = { text.data, text.data, text.data + text.len, out };
    enum error e = object_read(&r);
    if (e)
        json_finish(out);
    return e;
}

void json_finish(struct json *j) {
    j->count = 0;
    buf_finish(&j->unescaped);
}

bool json_has(const struct json *j, const char *name) {
    return member_find(j, bytes_text(name)) != NULL;
}

bool json_get_int(const struct json *j, const char *name, int64_t *out) {
    const struct json_member *m = member_find(j, bytes_text(name));
    if (!m || m->kind != JSON_INT)
        return false;
    *out = m->integer;
    return true;
}

bool json_get_text(const struct json *j, const char *name, struct bytes *out) {
    const struct json_member *m = member_find(j, bytes_text(name));
    if (!m || m->kind != JSON_TEXT)
        return false;
    *out = m->text;
    return true;
}
