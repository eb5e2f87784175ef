/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Patterns: those of ECMA 262 that people write in schemas, as POSIX extended expressions, which
 * the C library has. It matches without backtracking unless there are back references, which are
 * refused: so no value makes it slow. */
#include "inside.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_BYTES_MAX = 1024, PATTERN_PARTS_MAX = 10000, PATTERN_DEPTH_MAX = 32 };

/* An escape that ECMA has and POSIX has not, outside or inside of brackets; NULL: as it is. */
static const char *escape_of(uint8_t c, bool bracketed) {
    switch (c) {
    case 'd':
        return bracketed ? "0-9" : "[0-9]";
    case 'D':
        return bracketed ? NULL : "[^0-9]";
    case 'w':
        return bracketed ? "A-Za-z0-9_" : "[A-Za-z0-9_]";
    case 'W':
        return bracketed ? NULL : "[^A-Za-z0-9_]";
    case 's':
        return bracketed ? " \t\n\r\f\v" : "[ \t\n\r\f\v]";
    case 'S':
        return bracketed ? NULL : "[^ \t\n\r\f\v]";
    case 't':
        return "\t";
    case 'n':
        return "\n";
    case 'r':
        return "\r";
    default:
        return NULL;
    }
}

static bool is_refused(uint8_t c) { /* back references, boundaries, code points, properties */
    return (c >= '0' && c <= '9') || c == 'b' || c == 'B' || c == 'u' || c == 'x' || c == 'p'
           || c == 'P' || c == 'k' || c == 'c';
}

static bool escape_translate(struct buf *out, uint8_t c, bool bracketed) {
    const char *is = escape_of(c, bracketed);
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is) {
        buf_put_text(out, is);
        return true;
    }
    if (is_refused(c) || is_letter)
        return false;
    if (!bracketed)
        buf_put_byte(out, '\\');
    buf_put_byte(out, c);
    return !bracketed || (c != ']' && c != '^' && c != '-' && c != '\\') || c == '\\';
}

static int hex_at(struct bytes p, size_t at) {
    int high = at < p.len ? hex_digit(p.data[at]) : -1;
    int low = at + 1 < p.len ? hex_digit(p.data[at + 1]) : -1;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct translation {
    struct buf *out;
    struct bytes pattern;
    size_t at;
    bool bracketed;
    bool dash;    /* one that was escaped within brackets: there it is itself only at their end */
    bool braced;  /* between { and } */
    int repeated; /* 1: behind what repeats, 2: and behind the ? that makes it lazy */
};

/* Behind a backslash. */
static bool escape_take(struct translation *t) {
    uint8_t c = t->at < t->pattern.len ? t->pattern.data[t->at] : 0;
    int code = c == 'x' ? hex_at(t->pattern, t->at + 1) : -1;
    bool is_other = code > 0 && code < 0x80 && !((code | 0x20) >= 'a' && (code | 0x20) <= 'z')
                    && !(code >= '0' && code <= '9');
    if (is_other) {
        t->at += 2;
        c = (uint8_t)code;
    }
    t->at++;
    if (t->bracketed && c == '-')
        return t->dash = true;
    return c && escape_translate(t->out, c, t->bracketed);
}

/* What repeats, outside of brackets. A repeat is not repeated in ECMA, and costs the C library time
 * without bound; lazy it matches the same texts, but ? means something else in POSIX. */
static bool repeat_take(struct translation *t, uint8_t c, bool *is_lazy) {
    bool repeats = c == '*' || c == '+' || c == '?' || c == '{';
    *is_lazy = c == '?' && t->repeated == 1;
    if (repeats && t->repeated && !*is_lazy)
        return false;
    bool ends = c == '}' && t->braced;
    t->braced = c == '{' || (t->braced && !ends);
    t->repeated = *is_lazy ? 2 : (repeats && c != '{') || ends;
    return true;
}

static bool plain_take(struct translation *t) {
    const struct bytes p = t->pattern;
    uint8_t c = p.data[t->at++];
    bool is_lazy = false;
    if (!t->bracketed && !repeat_take(t, c, &is_lazy))
        return false;
    if (is_lazy)
        return true;
    if (!t->bracketed && c == '(' && t->at + 1 < p.len && p.data[t->at] == '?') {
        if (p.data[t->at + 1] != ':') /* looking ahead or behind */
            return false;
        t->at += 2;
    }
    if (c == ']' && t->dash)
        buf_put_byte(t->out, '-');
    if (c == '[' || c == ']') {
        t->bracketed = c == '[';
        t->dash = false;
    }
    buf_put_byte(t->out, c);
    return c != 0;
}

static bool pattern_translate(struct buf *out, struct bytes pattern) {
    struct translation t = { .out = out, .pattern = pattern };
    while (t.at < pattern.len) {
        if (pattern.data[t.at] != '\\') {
            if (!plain_take(&t))
                return false;
            continue;
        }
        t.at++;
        t.repeated = 0;
        if (!escape_take(&t))
            return false;
    }
    return true;
}

/* ---- what it costs to compile */

/* The C library writes what is repeated once for each time, so that (((a{9}){9}){9}){9} and a++++++
 * grow without bound. Counted first: a part is a character, or a group with its parts. */
struct parts {
    long sum[PATTERN_DEPTH_MAX], last[PATTERN_DEPTH_MAX]; /* of each group that is open */
    int depth;
};

static void part_add(struct parts *p, long parts) {
    p->sum[p->depth] += parts;
    p->last[p->depth] = parts;
}

static void part_repeat(struct parts *p, long times) {
    p->sum[p->depth] += p->last[p->depth] * (times - 1);
    p->last[p->depth] *= times;
}

/* The times of {n}, {n,} and {n,m}; `at` is behind the brace, and then behind the other one. */
static long times_read(const char **at) {
    char *end;
    long least = strtol(*at, &end, 10), most = least;
    if (*end == ',')
        most = strtol(end + 1, &end, 10);
    *at = *end == '}' ? end + 1 : end;
    most = most > least ? most : least;
    return most < 0 ? 1 : most >= PATTERN_PARTS_MAX ? PATTERN_PARTS_MAX : most + 1;
}

static const char *bracket_end(const char *at) {
    at += *at == '^';
    at += *at == ']';
    while (*at && *at != ']')
        at++;
    return *at ? at + 1 : at;
}

/* Takes what stands at `at`; returns what is behind it. NULL: too deep. */
static const char *part_take(struct parts *p, const char *at) {
    char c = *at++;
    if (c == '(' && ++p->depth == PATTERN_DEPTH_MAX)
        return NULL;
    if (c == '(') {
        p->sum[p->depth] = p->last[p->depth] = 0;
    } else if (c == ')' && p->depth > 0) {
        p->depth--;
        part_add(p, p->sum[p->depth + 1] + 1);
    } else if (c == '+') {
        part_repeat(p, 2);
    } else if (c == '{') {
        part_repeat(p, times_read(&at));
    } else if (c != '*' && c != '?' && c != '|') {
        part_add(p, 1);
        at = c == '[' ? bracket_end(at) : c == '\\' && *at ? at + 1 : at;
    }
    return at;
}

static bool pattern_is_cheap(const char *text) {
    struct parts p = { .depth = 0 };
    while (text && *text) {
        text = part_take(&p, text);
        if (p.depth < PATTERN_DEPTH_MAX && p.sum[p.depth] > PATTERN_PARTS_MAX)
            return false;
    }
    return text != NULL;
}

static enum error pattern_compile(struct schema *s, struct bytes pattern, regex_t **out) {
    struct buf text = { 0 };
    regex_t *compiled = memory_get(sizeof(*compiled));
    bool good = pattern.len <= PATTERN_BYTES_MAX && pattern_translate(&text, pattern)
                && pattern_is_cheap(buf_text(&text))
                && regcomp(compiled, buf_text(&text), REG_EXTENDED | REG_NOSUB) == 0;
    buf_finish(&text);
    *out = good ? compiled : NULL;
    if (!good) {
        free(compiled);
        return fail(E_malformed, "%s: \"%.*s\" is no pattern that is known", s->name,
                    (int)(pattern.len < 80 ? pattern.len : 80), (const char *)pattern.data);
    }
    (void)table_put(&s->patterns, pattern, compiled);
    return E_ok;
}

enum error pattern_matches(struct schema *s, struct bytes pattern, struct bytes text, bool *out) {
    regex_t *compiled = table_find(&s->patterns, pattern);
    if (!compiled)
        TRY(pattern_compile(s, pattern, &compiled));
    char *closed = text_copy_bytes(text); /* a zero within ends it, as for every C library */
    *out = regexec(compiled, closed, 0, NULL, 0) == 0;
    free(closed);
    return E_ok;
}

void patterns_finish(struct schema *s) {
    size_t at = 0;
    struct bytes pattern;
    void *compiled;
    while (table_next(&s->patterns, &at, &pattern, &compiled)) {
        regfree(compiled);
        free(compiled);
    }
    table_finish(&s->patterns);
}
