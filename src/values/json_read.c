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
#include "json_lex.h"

static const char wanted[] = "a text, an integer, true, false or null expected";

struct reader {
    struct lexer lexer;
    struct json *out;
};

/* ---- texts */

/* `from` is where the text begins; the reader stands at its first escape. */
static enum error text_unescape(struct reader *r, const uint8_t *from, struct bytes *out) {
    struct lexer *l = &r->lexer;
    struct buf *unescaped = &r->out->unescaped;
    if (!unescaped->data)
        buf_reserve(unescaped, (size_t)(l->end - from));
    const uint8_t *where = unescaped->data;
    size_t start = unescaped->len;
    TRY(lex_unescape(l, from, unescaped));
    assert(unescaped->data == where); /* earlier texts point into it */
    *out = bytes_of(where + start, unescaped->len - start);
    return E_ok;
}

/* The reader stands at the opening quote. */
static enum error text_read(struct reader *r, struct bytes *out) {
    struct lexer *l = &r->lexer;
    const uint8_t *from = ++l->at;
    TRY(lex_plain_skip(l));
    *out = bytes_of(from, (size_t)(l->at - from));
    return lex_accept(l, '"') ? E_ok : text_unescape(r, from, out);
}

/* ---- the other values */

static enum error integer_read(struct lexer *l, int64_t *out) {
    bool is_negative = lex_accept(l, '-');
    uint64_t limit = (uint64_t)INT64_MAX + is_negative, value = 0;
    const uint8_t *digits = l->at;
    for (; lex_peek(l) >= '0' && lex_peek(l) <= '9'; l->at++) {
        uint64_t digit = (uint64_t)(*l->at - '0');
        if (value > (limit - digit) / 10)
            return lex_refuse(l, "too big integer");
        value = value * 10 + digit;
    }
    if (l->at == digits)
        return lex_refuse(l, wanted);
    if (*digits == '0' && l->at - digits > 1)
        return lex_refuse(l, "a number begins with a zero");
    if (lex_peek(l) == '.' || lex_peek(l) == 'e' || lex_peek(l) == 'E')
        return lex_refuse(l, "a number is not an integer");
    *out = (int64_t)(is_negative ? 0 - value : value);
    return E_ok;
}

static enum error value_read(struct reader *r, struct json_member *m) {
    struct lexer *l = &r->lexer;
    m->kind = JSON_OTHER;
    switch (lex_peek(l)) {
    case '"':
        m->kind = JSON_TEXT;
        return text_read(r, &m->text);
    case 't':
        return lex_word(l, "true", wanted);
    case 'f':
        return lex_word(l, "false", wanted);
    case 'n':
        return lex_word(l, "null", wanted);
    case '{':
    case '[':
        return lex_refuse(l, "an object or array inside the object");
    default:
        m->kind = JSON_INT;
        return integer_read(l, &m->integer);
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
    struct lexer *l = &r->lexer;
    struct json *j = r->out;
    lex_space_skip(l);
    if (lex_peek(l) != '"')
        return lex_refuse(l, "a name in quotes expected");
    if (j->count == JSON_MEMBERS_MAX)
        return fail(E_too_large, "json: more than %d members", JSON_MEMBERS_MAX);
    struct json_member *m = &j->members[j->count];
    const uint8_t *name = l->at + 1;
    TRY(text_read(r, &m->name));
    j->fault = bytes_of(name, (size_t)(l->at - name) - 1);
    if (member_find(j, m->name))
        return lex_refuse(l, "duplicate object key");
    lex_space_skip(l);
    if (!lex_accept(l, ':'))
        return lex_refuse(l, "':' expected");
    lex_space_skip(l);
    TRY(value_read(r, m));
    j->fault = (struct bytes){ 0 };
    lex_space_skip(l);
    j->count++;
    return E_ok;
}

static enum error object_read(struct reader *r) {
    struct lexer *l = &r->lexer;
    lex_space_skip(l);
    if (!lex_accept(l, '{'))
        return fail(E_malformed, "json: not an object");
    lex_space_skip(l);
    bool has_more = lex_peek(l) != '}';
    while (has_more) {
        TRY(member_read(r));
        has_more = lex_accept(l, ',');
    }
    if (!lex_accept(l, '}'))
        return lex_refuse(l, "',' or '}' expected");
    lex_space_skip(l);
    return l->at == l->end ? E_ok : lex_refuse(l, "something behind the object");
}

enum error json_read(struct json *out, struct bytes text) {
    out->count = 0;
    out->unescaped = (struct buf){ 0 };
    out->fault = (struct bytes){ 0 };
    if (text.len > JSON_BYTES_MAX)
        return fail(E_too_large, "json: %zu bytes, at most %d", text.len, JSON_BYTES_MAX);
    if (text.len == 0) /* and perhaps NULL, which nothing may be added to */
        return fail(E_malformed, "json: not an object");
    struct reader r = { { text.data, text.data, text.data + text.len, false }, out };
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
