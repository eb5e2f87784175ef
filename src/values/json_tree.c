/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading JSON into a tree. A list of children grows at its end; names are looked for one after the
 * other, and only an object of many names is sorted to find one that stands twice. */
#include "values/json_tree.h"

#include "json_lex.h"
#include "values/json.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct lexer lexer;
    struct arena *arena;
    size_t values;
    int depth;
};

static enum error value_read(struct reader *r, struct json_tree *out) MUST_CHECK;

/* ---- texts */

/* The reader stands at the opening quote. */
static enum error text_read(struct reader *r, struct bytes *out) {
    struct lexer *l = &r->lexer;
    const uint8_t *from = ++l->at;
    struct buf unescaped = { 0 };
    TRY(lex_plain_skip(l));
    *out = bytes_of(from, (size_t)(l->at - from));
    if (lex_accept(l, '"'))
        return E_ok;
    enum error e = lex_unescape(l, from, &unescaped);
    if (!e)
        *out = arena_copy(r->arena, buf_bytes(&unescaped));
    buf_finish(&unescaped);
    return e;
}

/* ---- numbers */

static bool digits_skip(struct lexer *l) {
    const uint8_t *from = l->at;
    while (lex_peek(l) >= '0' && lex_peek(l) <= '9')
        l->at++;
    return l->at > from;
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
    struct lexer *l = &r->lexer;
    const uint8_t *from = l->at;
    bool is_integer = true;
    (void)lex_accept(l, '-');
    const uint8_t *digits = l->at;
    if (!digits_skip(l))
        return lex_refuse(l, "a value expected");
    if (*digits == '0' && l->at - digits > 1)
        return lex_refuse(l, "a number begins with a zero");
    if (lex_accept(l, '.')) {
        is_integer = false;
        if (!digits_skip(l))
            return lex_refuse(l, "a number without digits behind its point");
    }
    if (lex_accept(l, 'e') || lex_accept(l, 'E')) {
        is_integer = false;
        (void)(lex_accept(l, '-') || lex_accept(l, '+'));
        if (!digits_skip(l))
            return lex_refuse(l, "a number without digits in its exponent");
    }
    out->kind = TREE_NUMBER;
    out->text = bytes_of(from, (size_t)(l->at - from));
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
    struct lexer *l = &r->lexer;
    if (lex_peek(l) != '"')
        return lex_refuse(l, "a name in quotes expected");
    TRY(text_read(r, &child->name));
    lex_space_skip(l);
    if (!lex_accept(l, ':'))
        return lex_refuse(l, "':' expected");
    lex_space_skip(l);
    return E_ok;
}

static enum error children_read(struct reader *r, struct json_tree *out, char close) {
    struct lexer *l = &r->lexer;
    struct json_tree **end = &out->first;
    l->at++; /* the bracket */
    lex_space_skip(l);
    if (lex_accept(l, close))
        return E_ok;
    do {
        struct json_tree *child = arena_get(r->arena, sizeof(*child));
        lex_space_skip(l);
        if (close == '}')
            TRY(member_name_read(r, child));
        TRY(value_read(r, child));
        *end = child;
        end = &child->next;
        out->count++;
        lex_space_skip(l);
    } while (lex_accept(l, ','));
    if (!lex_accept(l, close))
        return lex_refuse(l, close == '}' ? "',' or '}' expected" : "',' or ']' expected");
    return E_ok;
}

static enum error nested_read(struct reader *r, struct json_tree *out) {
    struct lexer *l = &r->lexer;
    bool is_object = lex_peek(l) == '{';
    if (++r->depth > TREE_DEPTH_MAX)
        return fail(E_too_large, "json: nested deeper than %d", TREE_DEPTH_MAX);
    out->kind = is_object ? TREE_OBJECT : TREE_LIST;
    TRY(children_read(r, out, is_object ? '}' : ']'));
    r->depth--;
    return is_object && has_twice(out) ? lex_refuse(l, "duplicate object key") : E_ok;
}

static enum error value_read(struct reader *r, struct json_tree *out) {
    struct lexer *l = &r->lexer;
    if (++r->values > TREE_VALUES_MAX)
        return fail(E_too_large, "json: more than %d values", TREE_VALUES_MAX);
    switch (lex_peek(l)) {
    case '{':
    case '[':
        return nested_read(r, out);
    case '"':
        out->kind = TREE_TEXT;
        return text_read(r, &out->text);
    case 't':
        out->kind = TREE_TRUE;
        return lex_word(l, "true", "a value expected");
    case 'f':
        out->kind = TREE_FALSE;
        return lex_word(l, "false", "a value expected");
    case 'n':
        out->kind = TREE_NULL;
        return lex_word(l, "null", "a value expected");
    default:
        return number_read(r, out);
    }
}

enum error json_tree_read(struct json_tree **out, struct arena *arena, struct bytes text) {
    struct reader r = { { text.data, text.data, text.data + text.len, true }, arena, 0, 0 };
    *out = NULL;
    if (text.len > TREE_BYTES_MAX)
        return fail(E_too_large, "json: %zu bytes, at most %d", text.len, TREE_BYTES_MAX);
    if (text.len == 0)
        return fail(E_malformed, "json: nothing there");
    struct json_tree *root = arena_get(arena, sizeof(*root));
    lex_space_skip(&r.lexer);
    TRY(value_read(&r, root));
    lex_space_skip(&r.lexer);
    if (r.lexer.at != r.lexer.end)
        return lex_refuse(&r.lexer, "something behind the value");
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
