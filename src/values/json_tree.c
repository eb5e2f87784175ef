/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading JSON into a tree. A list of children grows at its end; names are looked for one after the
 * other, and only an object of many names is sorted to find one that stands twice. */
#include "values/json_tree.h"

#include "utf8.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    const uint8_t *start, *at, *end;
    struct arena *arena;
    size_t values;
    int depth;
};

static enum error value_read(struct reader *r, struct json_tree *out) MUST_CHECK;

static enum error refuse(const struct reader *r, const char *why) {
    size_t line = 1;
    for (const uint8_t *at = r->start; at < r->at; at++)
        line += *at == '\n';
    return fail(E_malformed, "json: line %zu, byte %zu: %s", line, (size_t)(r->at - r->start), why);
}

static uint8_t peek(const struct reader *r) {
    return r->at < r->end ? *r->at : 0;
}

static bool accept_byte(struct reader *r, char c) {
    bool is_next = r->at < r->end && *r->at == (uint8_t)c;
    r->at += is_next;
    return is_next;
}

static void space_skip(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* ---- texts */

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

static bool unit_read(struct reader *r, uint32_t *out) {
    *out = 0;
    if (!accept_byte(r, 'u') || r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        uint8_t c = *r->at++, letter = c | 0x20;
        if (c >= '0' && c <= '9')
            *out = *out * 16 + c - '0';
        else if (letter >= 'a' && letter <= 'f')
            *out = *out * 16 + letter - 'a' + 10;
        else
            return false;
    }
    return true;
}

static enum error code_point_read(struct reader *r, struct buf *out) {
    uint32_t code, low;
    if (!unit_read(r, &code))
        return refuse(r, "\\u without four hexadecimal digits");
    if (code >= 0xd800 && code <= 0xdfff) {
        if (code >= 0xdc00 || !accept_byte(r, '\\') || !unit_read(r, &low) || low < 0xdc00
            || low > 0xdfff)
            return refuse(r, "half a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    utf8_put(out, code);
    return E_ok;
}

static enum error escape_read(struct reader *r, struct buf *out) {
    static const char names[] = "\"\\/bfnrt", letters[] = "\"\\/\b\f\n\r\t";
    r->at++; /* the backslash */
    uint8_t c = peek(r);
    if (c == 'u')
        return code_point_read(r, out);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return refuse(r, "no such escape");
    r->at++;
    buf_put_byte(out, (uint8_t)letters[name - names]);
    return E_ok;
}

static enum error escaped_read(struct reader *r, const uint8_t *from, struct buf *out) {
    for (;;) {
        buf_put(out, from, (size_t)(r->at - from));
        if (accept_byte(r, '"'))
            return E_ok;
        TRY(escape_read(r, out));
        from = r->at;
        TRY(plain_skip(r));
    }
}

/* The reader stands at the opening quote. */
static enum error text_read(struct reader *r, struct bytes *out) {
    const uint8_t *from = ++r->at;
    struct buf unescaped = { 0 };
    TRY(plain_skip(r));
    *out = bytes_of(from, (size_t)(r->at - from));
    if (accept_byte(r, '"'))
        return E_ok;
    enum error e = escaped_read(r, from, &unescaped);
    if (!e)
        *out = arena_copy(r->arena, buf_bytes(&unescaped));
    buf_finish(&unescaped);
    return e;
}

/* ---- numbers */

static bool digits_skip(struct reader *r) {
    const uint8_t *from = r->at;
    while (peek(r) >= '0' && peek(r) <= '9')
        r->at++;
    return r->at > from;
}

static bool integer_fits(struct bytes text, int64_t *out) {
    bool is_negative = text.data[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + is_negative, value = 0;
    for (size_t i = is_negative; i < text.len; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = (int64_t)(is_negative ? 0 - value : value);
    return true;
}

static enum error number_read(struct reader *r, struct json_tree *out) {
    const uint8_t *from = r->at;
    bool is_integer = true;
    (void)accept_byte(r, '-');
    const uint8_t *digits = r->at;
    if (!digits_skip(r))
        return refuse(r, "a value expected");
    if (*digits == '0' && r->at - digits > 1)
        return refuse(r, "a number begins with a zero");
    if (accept_byte(r, '.')) {
        is_integer = false;
        if (!digits_skip(r))
            return refuse(r, "a number without digits behind its point");
    }
    if (accept_byte(r, 'e') || accept_byte(r, 'E')) {
        is_integer = false;
        (void)(accept_byte(r, '-') || accept_byte(r, '+'));
        if (!digits_skip(r))
            return refuse(r, "a number without digits in its exponent");
    }
    out->kind = TREE_NUMBER;
    out->text = bytes_of(from, (size_t)(r->at - from));
    out->is_integer = is_integer && integer_fits(out->text, &out->integer);
    out->number =
        out->is_integer ? (double)out->integer : strtod(arena_text(r->arena, out->text), NULL);
    return E_ok;
}

/* ---- lists and objects */

static int names_compare(const void *a, const void *b) {
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool has_twice_sorted(const struct json_tree *object) {
    struct bytes *names = memory_get(object->count * sizeof(*names));
    size_t count = 0;
    bool twice = false;
    for (const struct json_tree *m = object->first; m; m = m->next)
        names[count++] = m->name;
    qsort(names, count, sizeof(*names), names_compare);
    for (size_t i = 1; i < count && !twice; i++)
        twice = bytes_equal(names[i - 1], names[i]);
    free(names);
    return twice;
}

static bool has_twice(const struct json_tree *object) {
    if (object->count > 16)
        return has_twice_sorted(object);
    for (const struct json_tree *a = object->first; a; a = a->next)
        for (const struct json_tree *b = a->next; b; b = b->next)
            if (bytes_equal(a->name, b->name))
                return true;
    return false;
}

static enum error member_name_read(struct reader *r, struct json_tree *child) {
    if (peek(r) != '"')
        return refuse(r, "a name in quotes expected");
    TRY(text_read(r, &child->name));
    space_skip(r);
    if (!accept_byte(r, ':'))
        return refuse(r, "':' expected");
    space_skip(r);
    return E_ok;
}

static enum error children_read(struct reader *r, struct json_tree *out, char close) {
    struct json_tree **end = &out->first;
    r->at++; /* the bracket */
    space_skip(r);
    if (accept_byte(r, close))
        return E_ok;
    do {
        struct json_tree *child = arena_get(r->arena, sizeof(*child));
        space_skip(r);
        if (close == '}')
            TRY(member_name_read(r, child));
        TRY(value_read(r, child));
        *end = child;
        end = &child->next;
        out->count++;
        space_skip(r);
    } while (accept_byte(r, ','));
    if (!accept_byte(r, close))
        return refuse(r, close == '}' ? "',' or '}' expected" : "',' or ']' expected");
    return E_ok;
}

static enum error nested_read(struct reader *r, struct json_tree *out) {
    bool is_object = peek(r) == '{';
    if (++r->depth > TREE_DEPTH_MAX)
        return fail(E_too_large, "json: nested deeper than %d", TREE_DEPTH_MAX);
    out->kind = is_object ? TREE_OBJECT : TREE_LIST;
    TRY(children_read(r, out, is_object ? '}' : ']'));
    r->depth--;
    return is_object && has_twice(out) ? refuse(r, "duplicate object key") : E_ok;
}

static enum error word_read(struct reader *r, const char *word) {
    while (*word)
        if (!accept_byte(r, *word++))
            return refuse(r, "a value expected");
    return E_ok;
}

static enum error value_read(struct reader *r, struct json_tree *out) {
    if (++r->values > TREE_VALUES_MAX)
        return fail(E_too_large, "json: more than %d values", TREE_VALUES_MAX);
    switch (peek(r)) {
    case '{':
    case '[':
        return nested_read(r, out);
    case '"':
        out->kind = TREE_TEXT;
        return text_read(r, &out->text);
    case 't':
        out->kind = TREE_TRUE;
        return word_read(r, "true");
    case 'f':
        out->kind = TREE_FALSE;
        return word_read(r, "false");
    case 'n':
        out->kind = TREE_NULL;
        return word_read(r, "null");
    default:
        return number_read(r, out);
    }
}

enum error json_tree_read(struct json_tree **out, struct arena *arena, struct bytes text) {
    struct reader r = { text.data, text.data, text.data + text.len, arena, 0, 0 };
    *out = NULL;
    if (text.len > TREE_BYTES_MAX)
        return fail(E_too_large, "json: %zu bytes, at most %d", text.len, TREE_BYTES_MAX);
    if (text.len == 0)
        return fail(E_malformed, "json: nothing there");
    struct json_tree *root = arena_get(arena, sizeof(*root));
    space_skip(&r);
    TRY(value_read(&r, root));
    space_skip(&r);
    if (r.at != r.end)
        return refuse(&r, "something behind the value");
    *out = root;
    return E_ok;
}

/* ---- looking */

const struct json_tree *json_tree_find(const struct json_tree *object, const char *name) {
    const struct json_tree *m = object && object->kind == TREE_OBJECT ? object->first : NULL;
    while (m && !bytes_is_text(m->name, name))
        m = m->next;
    return m;
}

bool json_tree_is_text(const struct json_tree *value, const char *text) {
    return value && value->kind == TREE_TEXT && bytes_is_text(value->text, text);
}

static bool members_equal(const struct json_tree *a, const struct json_tree *b) {
    if (a->count != b->count)
        return false;
    for (const struct json_tree *m = a->first; m; m = m->next) {
        const struct json_tree *other = b->first;
        while (other && !bytes_equal(other->name, m->name))
            other = other->next;
        if (!other || !json_tree_equal(m, other))
            return false;
    }
    return true;
}

static bool items_equal(const struct json_tree *a, const struct json_tree *b) {
    if (a->count != b->count)
        return false;
    for (a = a->first, b = b->first; a; a = a->next, b = b->next)
        if (!json_tree_equal(a, b))
            return false;
    return true;
}

bool json_tree_equal(const struct json_tree *a, const struct json_tree *b) {
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TREE_NULL:
    case TREE_FALSE:
    case TREE_TRUE:
        return true;
    case TREE_NUMBER:
        if (a->is_integer && b->is_integer)
            return a->integer == b->integer;
        return a->number >= b->number && a->number <= b->number;
    case TREE_TEXT:
        return bytes_equal(a->text, b->text);
    case TREE_LIST:
        return items_equal(a, b);
    case TREE_OBJECT:
        return members_equal(a, b);
    }
    return false;
}

/* ---- writing */

/* A zero byte too: json_text_write, which is for events, would not keep it. */
static void text_write(struct buf *out, struct bytes text) {
    const uint8_t *zero = text.len ? memchr(text.data, 0, text.len) : NULL;
    if (!zero) {
        json_text_write(out, text);
        return;
    }
    size_t len = (size_t)(zero - text.data);
    json_text_write(out, bytes_part(text, 0, len));
    out->len--; /* its closing quote */
    buf_put_text(out, "\\u0000");
    size_t at = out->len;
    text_write(out, bytes_part(text, len + 1, text.len - len - 1));
    memmove(out->data + at, out->data + at + 1, out->len - at - 1); /* the opening one */
    out->len--;
}

static void children_write(struct buf *out, const struct json_tree *value) {
    for (const struct json_tree *child = value->first; child; child = child->next) {
        if (child != value->first)
            buf_put_byte(out, ',');
        if (value->kind == TREE_OBJECT) {
            text_write(out, child->name);
            buf_put_byte(out, ':');
        }
        json_tree_write(out, child);
    }
}

void json_tree_write(struct buf *out, const struct json_tree *value) {
    switch (value->kind) {
    case TREE_NULL:
        buf_put_text(out, "null");
        return;
    case TREE_FALSE:
        buf_put_text(out, "false");
        return;
    case TREE_TRUE:
        buf_put_text(out, "true");
        return;
    case TREE_NUMBER:
        buf_put_bytes(out, value->text);
        return;
    case TREE_TEXT:
        text_write(out, value->text);
        return;
    case TREE_LIST:
    case TREE_OBJECT:
        buf_put_byte(out, value->kind == TREE_LIST ? '[' : '{');
        children_write(out, value);
        buf_put_byte(out, value->kind == TREE_LIST ? ']' : '}');
        return;
    }
}
