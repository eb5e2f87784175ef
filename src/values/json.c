/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Flat JSON through jansson, and a writer of our own.
 *
 * jansson builds a tree of whatever it is given: 1 MiB of "[],[],.." would become 50 MB. So one
 * pass over the bytes first counts what stands outside strings; only a text with one opening brace
 * and at most 64 members reaches the parser. The pass need not be right about broken texts: those
 * jansson refuses. */
#include "values/json.h"

#include "base/check.h"

#include <jansson.h>
#include <string.h>

enum { JSON_BYTES_MAX = 1 << 20, JSON_MEMBERS_MAX = 64 };

static enum error shape_check(struct bytes text) {
    size_t commas = 0, opened = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            i++;
        else if (!quoted && c == ',')
            commas++;
        else if (!quoted && (c == '{' || c == '['))
            opened++;
    }
    if (opened > 1)
        return fail(E_malformed, "json: an object or array inside the object");
    if (commas >= JSON_MEMBERS_MAX)
        return fail(E_too_large, "json: more than %d members", JSON_MEMBERS_MAX);
    return E_ok;
}

/* jansson quotes the input behind "near"; input may hold what must not be logged. */
static enum error refuse(json_error_t *error) {
    char *quote = strstr(error->text, " near ");
    if (quote)
        *quote = 0;
    return fail(E_malformed, "json: line %d, byte %d: %s", error->line, error->position,
                error->text);
}

static enum error members_check(json_t *root) {
    const char *name;
    json_t *member;
    if (!json_is_object(root))
        return fail(E_malformed, "json: not an object");
    json_object_foreach(root, name, member) {
        if (json_is_real(member))
            return fail(E_malformed, "json: a number is not an integer");
        if (json_is_object(member) || json_is_array(member))
            return fail(E_malformed, "json: an object or array inside the object");
    }
    return E_ok;
}

enum error json_read(struct json *out, struct bytes text) {
    json_error_t error;
    out->root = NULL;
    if (text.len > JSON_BYTES_MAX)
        return fail(E_too_large, "json: %zu bytes, at most %d", text.len, JSON_BYTES_MAX);
    TRY(shape_check(text));
    json_t *root = json_loadb(text.len ? (const char *)text.data : "", text.len,
                              JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return refuse(&error);
    enum error e = members_check(root);
    if (e)
        json_decref(root);
    else
        out->root = root;
    return e;
}

void json_finish(struct json *j) {
    json_decref(j->root);
    j->root = NULL;
}

bool json_has(const struct json *j, const char *name) {
    return json_object_get(j->root, name) != NULL;
}

bool json_get_int(const struct json *j, const char *name, int64_t *out) {
    const json_t *member = json_object_get(j->root, name);
    if (!json_is_integer(member))
        return false;
    *out = json_integer_value(member);
    return true;
}

bool json_get_text(const struct json *j, const char *name, struct bytes *out) {
    const json_t *member = json_object_get(j->root, name);
    if (!json_is_string(member))
        return false;
    *out = bytes_of(json_string_value(member), json_string_length(member));
    return true;
}

/* The length of the well-formed UTF-8 sequence at `at` (Unicode table 3-7), 0 when there is none.
 */
static size_t sequence_len(const uint8_t *at, size_t left) {
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t len;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        if (at[0] < forms[f].first_low || at[0] > forms[f].first_high)
            continue;
        if (left < forms[f].len || at[1] < forms[f].second_low || at[1] > forms[f].second_high)
            return 0;
        for (size_t i = 2; i < forms[f].len; i++)
            if ((at[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].len;
    }
    return 0;
}

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
            len = sequence_len(text.data + i, text.len - i);
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

/* The byte before tells whether this member is the first: no value ends in a brace. */
static void put_name(struct buf *out, const char *name) {
    assert(out->len > 0);
    if (out->data[out->len - 1] != '{')
        buf_put_byte(out, ',');
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

void json_end(struct buf *out) {
    buf_put_byte(out, '}');
}
