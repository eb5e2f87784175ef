/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The letters of JSON, for its two readers: json_read.c, which borrows flat objects, and
 * json_tree.c. Only files of this room include it.
 *
 * A text may have a zero byte, written \u0000. In a tree it is a byte like any other - JSON
 * Schema's own suite has values with it - but the flat reader refuses it: what it reads become
 * keys, columns and names, which C reads up to a zero. Who goes from a tree to an event checks
 * (program/answer.c).
 */
#ifndef OCTAVO_VALUES_JSON_LEX_H
#define OCTAVO_VALUES_JSON_LEX_H

#include "base/bytes.h"
#include "base/error.h"
#include "utf8.h"

#include <string.h>

struct lexer {
    const uint8_t *start, *at, *end;
    bool takes_zero;
};

/* Says where, and never what stands there: input may hold what must not be logged. */
static inline enum error lex_refuse(const struct lexer *l, const char *why) {
    size_t line = 1;
    for (const uint8_t *at = l->start; at < l->at; at++)
        line += *at == '\n';
    return fail(E_malformed, "json: line %zu, byte %zu: %s", line, (size_t)(l->at - l->start), why);
}

/* 0 at the end: a zero byte is legal nowhere, so nobody needs to tell the two apart. */
static inline uint8_t lex_peek(const struct lexer *l) {
    return l->at < l->end ? *l->at : 0;
}

static inline bool lex_accept(struct lexer *l, char c) {
    bool is_next = lex_peek(l) == (uint8_t)c;
    l->at += is_next;
    return is_next;
}

static inline void lex_space_skip(struct lexer *l) {
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\n' || *l->at == '\t' || *l->at == '\r'))
        l->at++;
}

/* Stops at a quote or a backslash, or fails. */
static inline enum error lex_plain_skip(struct lexer *l) {
    while (l->at < l->end) {
        uint8_t c = *l->at;
        if (c == '"' || c == '\\')
            return E_ok;
        if (c < 0x20)
            return lex_refuse(l, "a control character in a text");
        size_t len = c < 0x80 ? 1 : utf8_sequence_len(l->at, (size_t)(l->end - l->at));
        if (!len)
            return lex_refuse(l, "not UTF-8");
        l->at += len;
    }
    return lex_refuse(l, "the text has no end");
}

/* u and four hexadecimal digits: half of a surrogate pair, or a code point. */
static inline bool lex_unit(struct lexer *l, uint32_t *out) {
    *out = 0;
    if (!lex_accept(l, 'u') || l->end - l->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*l->at++);
        if (digit < 0)
            return false;
        *out = *out * 16 + (uint32_t)digit;
    }
    return true;
}

static inline enum error lex_code_point(struct lexer *l, struct buf *out) {
    uint32_t code, low;
    if (!lex_unit(l, &code))
        return lex_refuse(l, "\\u without four hexadecimal digits");
    if (code == 0 && !l->takes_zero)
        return lex_refuse(l, "a zero byte in a text");
    if (code >= 0xd800 && code <= 0xdfff) {
        if (code >= 0xdc00 || !lex_accept(l, '\\') || !lex_unit(l, &low) || low < 0xdc00
            || low > 0xdfff)
            return lex_refuse(l, "half a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    utf8_put(out, code);
    return E_ok;
}

/* The lexer stands at the backslash. */
static inline enum error lex_escape(struct lexer *l, struct buf *out) {
    static const char names[] = "\"\\/bfnrt", letters[] = "\"\\/\b\f\n\r\t";
    l->at++;
    uint8_t c = lex_peek(l);
    if (c == 'u')
        return lex_code_point(l, out);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return lex_refuse(l, "no such escape");
    l->at++;
    buf_put_byte(out, (uint8_t)letters[name - names]);
    return E_ok;
}

/* `from` is where the text begins; the lexer stands at its first escape, then behind its end. */
static inline enum error lex_unescape(struct lexer *l, const uint8_t *from, struct buf *out) {
    for (;;) {
        buf_put(out, from, (size_t)(l->at - from));
        if (lex_accept(l, '"'))
            return E_ok;
        TRY(lex_escape(l, out));
        from = l->at;
        TRY(lex_plain_skip(l));
    }
}

/* true, false, null; `wanted` is what is said if it is none. */
static inline enum error lex_word(struct lexer *l, const char *word, const char *wanted) {
    while (*word)
        if (!lex_accept(l, *word++))
            return lex_refuse(l, wanted);
    return E_ok;
}

#endif
