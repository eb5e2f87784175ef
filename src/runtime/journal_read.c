/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The reader of a journal's line: one pass, no recursion, as nothing in it nests but one object. */
#include "runtime/journal_read.h"

#include "base/check.h"
#include "values/json.h"
#include "values/utf8.h"

#include <string.h>

struct form {
    const char *first;
    const char *members;
};

static const struct form forms[JOURNAL_KINDS] = {
#define FORM(kind, first, members) [JOURNAL_##kind] = { first, members },
#include "runtime/journal_forms.def"
#undef FORM
};

static const char hex_suffix[] = "_hex";

static enum error corrupt(const struct journal_reader *r, const char *wanted) {
    enum error e = fail(E_corrupt, "journal: at byte %zu of a line: %s", r->at, wanted);
    fail_try("restore this store from a backup: its journal was changed from outside");
    return e;
}

static int peek(const struct journal_reader *r) {
    return r->at < r->line.len ? r->line.data[r->at] : -1;
}

static bool take(struct journal_reader *r, char c) {
    bool there = peek(r) == c;
    r->at += there;
    return there;
}

/* ---- texts */

static int small_hex_digit(int c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \u0000 to \u001f is all that the writer escapes by number. */
static bool number_escape(struct journal_reader *r, uint8_t *out) {
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = small_hex_digit(peek(r));
        if (digit < 0)
            return false;
        value = value * 16 + digit;
        r->at++;
    }
    *out = (uint8_t)value;
    return value > 0 && value < 0x20;
}

static bool escape_read(struct journal_reader *r, uint8_t *out) {
    static const char names[] = "bfnrt\"\\", letters[] = "\b\f\n\r\t\"\\";
    int c = peek(r);
    const char *name = c > 0 ? strchr(names, c) : NULL;
    r->at += c >= 0;
    if (c == 'u')
        return number_escape(r, out);
    if (name)
        *out = (uint8_t)letters[name - names];
    return name != NULL;
}

static size_t plain_length(const struct journal_reader *r) {
    size_t at = r->at;
    while (at < r->line.len) {
        uint8_t c = r->line.data[at];
        if (c < 0x20 || c == '"' || c == '\\')
            break;
        size_t len = c < 0x80 ? 1 : utf8_sequence_len(r->line.data + at, r->line.len - at);
        if (!len)
            break;
        at += len;
    }
    return at - r->at;
}

/* No text is longer than what it is written as. */
static size_t written_length(const struct journal_reader *r) {
    size_t at = r->at;
    while (at < r->line.len && r->line.data[at] != '"')
        at += r->line.data[at] == '\\' ? 2 : 1;
    return at - r->at;
}

static enum error escaped_read(struct journal_reader *r, struct bytes *out) {
    uint8_t *copy = arena_get(r->texts, written_length(r) + 1);
    size_t len = 0;
    while (!take(r, '"')) {
        size_t plain = plain_length(r);
        memcpy(copy + len, r->line.data + r->at, plain);
        len += plain;
        r->at += plain;
        if (take(r, '\\') ? !escape_read(r, &copy[len++]) : peek(r) != '"')
            return corrupt(r, "a text does not end, or is not as the writer writes it");
    }
    *out = bytes_of(copy, len);
    return E_ok;
}

/* Without escapes it borrows the line. */
static enum error text_read(struct journal_reader *r, struct bytes *out) {
    if (!take(r, '"'))
        return corrupt(r, "a text is wanted");
    size_t begin = r->at, plain = plain_length(r);
    r->at += plain;
    if (take(r, '"')) {
        *out = bytes_part(r->line, begin, plain);
        return E_ok;
    }
    r->at = begin;
    return escaped_read(r, out);
}

static enum error hex_read(struct journal_reader *r, struct bytes *text) {
    if (text->len % 2)
        return corrupt(r, "an odd number of hexadecimal digits");
    uint8_t *copy = arena_get(r->texts, text->len / 2 + 1);
    for (size_t i = 0; i < text->len / 2; i++) {
        int high = small_hex_digit(text->data[2 * i]), low = small_hex_digit(text->data[2 * i + 1]);
        if (high < 0 || low < 0)
            return corrupt(r, "a digit is not hexadecimal");
        copy[i] = (uint8_t)(high * 16 + low);
    }
    *text = bytes_of(copy, text->len / 2);
    return E_ok;
}

/* ---- numbers and objects */

static enum error int_read(struct journal_reader *r, int64_t *out) {
    bool negative = take(r, '-');
    uint64_t value = 0, most = (uint64_t)INT64_MAX + negative;
    size_t first = r->at;
    for (; peek(r) >= '0' && peek(r) <= '9'; r->at++) {
        uint64_t digit = (uint64_t)(peek(r) - '0');
        if (value > (most - digit) / 10)
            return corrupt(r, "a number is too large");
        value = value * 10 + digit;
    }
    if (r->at == first)
        return corrupt(r, "a value is wanted");
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return E_ok;
}

/* As far as its closing brace; a flat object has no other brace or bracket outside its texts. */
static enum error object_read(struct journal_reader *r, struct bytes *out) {
    size_t begin = r->at;
    bool in_text = false;
    for (r->at++; r->at < r->line.len; r->at++) {
        uint8_t c = r->line.data[r->at];
        if (c == '"')
            in_text = !in_text;
        else if (in_text && c == '\\')
            r->at++;
        else if (!in_text && (c == '{' || c == '[' || c == ']'))
            break;
        else if (!in_text && c == '}') {
            r->at++;
            *out = bytes_part(r->line, begin, r->at - begin);
            return E_ok;
        }
    }
    return corrupt(r, "an object is not flat or does not end");
}

/* ---- entries */

static enum error value_read(struct journal_reader *r, struct journal_member *m) {
    switch (peek(r)) {
    case '"':
        m->kind = JOURNAL_TEXT;
        return text_read(r, &m->text);
    case '{':
        m->kind = JOURNAL_OBJECT;
        return object_read(r, &m->text);
    case -1:
        return corrupt(r, "the line ends early");
    default:
        m->kind = JOURNAL_INT;
        return int_read(r, &m->integer);
    }
}

static enum error member_read(struct journal_reader *r, struct journal_member *m) {
    size_t suffix = sizeof(hex_suffix) - 1;
    *m = (struct journal_member){ 0 };
    TRY(text_read(r, &m->name));
    if (!take(r, ':'))
        return corrupt(r, "a colon is wanted");
    TRY(value_read(r, m));
    if (m->kind != JOURNAL_TEXT || m->name.len <= suffix
        || memcmp(m->name.data + m->name.len - suffix, hex_suffix, suffix) != 0)
        return E_ok;
    m->name.len -= suffix;
    return hex_read(r, &m->text);
}

static const struct journal_member *member_find(const struct journal_entry *e, struct bytes name) {
    for (size_t i = 0; i < e->count; i++)
        if (bytes_equal(e->members[i].name, name))
            return &e->members[i];
    return NULL;
}

/* "NAME:t" or "NAME:i?": the next member of a form. */
static bool wanted_next(const char **at, struct bytes *name, char *kind, bool *optional) {
    const char *colon = strchr(*at, ':');
    if (!colon)
        return false;
    *name = bytes_of(*at, (size_t)(colon - *at));
    *kind = colon[1];
    *optional = colon[2] == '?';
    *at = colon + 2 + *optional;
    *at += **at == ' ';
    return true;
}

static bool is_of_kind(const struct journal_member *m, char kind) {
    return m->kind == (kind == 't' ? JOURNAL_TEXT : kind == 'i' ? JOURNAL_INT : JOURNAL_OBJECT);
}

static enum error form_check(const struct journal_reader *r, const struct journal_entry *e) {
    const char *at = forms[e->kind].members;
    struct bytes name;
    char kind;
    bool optional;
    size_t known = 0;
    while (wanted_next(&at, &name, &kind, &optional)) {
        const struct journal_member *m = member_find(e, name);
        if (m ? !is_of_kind(m, kind) : !optional)
            return corrupt(r, "a member is missing or of another kind");
        known += m != NULL;
    }
    return known == e->count ? E_ok : corrupt(r, "a member is unknown or stands twice");
}

static enum error kind_find(const struct journal_reader *r, struct journal_entry *e) {
    for (e->kind = 0; e->kind < JOURNAL_KINDS; e->kind++)
        if (e->count && bytes_is_text(e->members[0].name, forms[e->kind].first))
            return form_check(r, e);
    return corrupt(r, "this kind of entry is not known to this version");
}

static enum error entry_read(struct journal_reader *r, struct journal_entry *e) {
    e->count = 0;
    if (!take(r, '{'))
        return corrupt(r, "an entry is wanted");
    do {
        if (e->count == JOURNAL_MEMBERS_MAX)
            return corrupt(r, "an entry has too many members");
        TRY(member_read(r, &e->members[e->count]));
        e->count++;
    } while (take(r, ','));
    if (!take(r, '}'))
        return corrupt(r, "an entry does not end");
    return kind_find(r, e);
}

enum error journal_next(struct journal_reader *r, struct journal_entry *out, bool *found) {
    *found = false;
    if (r->line.len > JOURNAL_LINE_MAX)
        return corrupt(r, "the line is too long");
    if (r->at == r->line.len && r->at > 0)
        return E_ok;
    if (!take(r, r->at ? ',' : '['))
        return corrupt(r, r->at ? "a comma is wanted" : "a line begins with a bracket");
    TRY(entry_read(r, out));
    *found = true;
    if (take(r, ']') && r->at < r->line.len)
        return corrupt(r, "something stands behind the line");
    if (r->at == r->line.len && r->line.data[r->at - 1] != ']')
        return corrupt(r, "the line ends early");
    return E_ok;
}

struct bytes journal_text_of(const struct journal_entry *e, const char *name) {
    const struct journal_member *m = member_find(e, bytes_text(name));
    return m && m->kind == JOURNAL_TEXT ? m->text : bytes_of("", 0);
}

int64_t journal_int_of(const struct journal_entry *e, const char *name, int64_t absent) {
    const struct journal_member *m = member_find(e, bytes_text(name));
    return m && m->kind == JOURNAL_INT ? m->integer : absent;
}

struct bytes journal_object_of(const struct journal_entry *e, const char *name) {
    const struct journal_member *m = member_find(e, bytes_text(name));
    return m && m->kind == JOURNAL_OBJECT ? m->text : bytes_of("{}", 2);
}
