/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One pass over a query: what is no plain SQL is copied as it stands. */
#include "extract/sql_text.h"

#include <inttypes.h>
#include <string.h>

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Behind the quote that ends it; a doubled one does not, nor one behind a backslash in E'...'. */
static const char *quoted_end(const char *at, bool escapes) {
    char quote = *at++;
    for (; *at; at++) {
        if (escapes && *at == '\\' && at[1])
            at++;
        else if (*at == quote && at[1] == quote)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return NULL;
}

/* $$...$$ or $tag$...$tag$; NULL: it does not end; `at` itself: it is none. */
static const char *dollar_end(const char *at) {
    size_t tag = 1;
    while (is_word(at[tag]))
        tag++;
    if (at[tag] != '$' || (at[1] >= '0' && at[1] <= '9'))
        return at;
    tag++;
    for (const char *end = at + tag; (end = strchr(end, '$')) != NULL; end++)
        if (strncmp(end, at, tag) == 0)
            return end + tag;
    return NULL;
}

/* Comments nest in PostgreSQL. */
static const char *comment_end(const char *at) {
    int depth = 0;
    if (at[0] == '-')
        return at + strcspn(at, "\n");
    for (; *at; at++) {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at++;
        } else if (at[0] == '*' && at[1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return NULL;
}

/* Behind what is no plain SQL; `at` itself: it is plain; NULL: it does not end. */
static const char *passed(const char *at, const char *begin) {
    bool in_word = at > begin && is_word(at[-1]);
    if (*at == '\'' || *at == '"')
        return quoted_end(at, *at == '\'' && in_word && (at[-1] == 'E' || at[-1] == 'e'));
    if (*at == '$' && !in_word)
        return dollar_end(at);
    if ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'))
        return comment_end(at);
    return at[0] == ':' && at[1] == ':' ? at + 2 : at;
}

static enum error parameter_write(const struct source_query *q, const char *name, size_t len,
                                  struct buf *out, bool *has_until) {
    bool from = len >= 4 && memcmp(name, "from", 4) == 0;
    bool until = len >= 5 && memcmp(name, "until", 5) == 0;
    size_t rest = len - (from ? 4 : until ? 5 : 0);
    const char *behind = name + len - rest;
    int64_t ms = from ? q->from_ms : q->until_ms;
    char text[SOURCE_TIME_CHARS];
    *has_until = *has_until || until;
    if ((from || until) && rest == 3 && memcmp(behind, "_ms", 3) == 0) {
        buf_print(out, "%" PRId64, ms);
        return E_ok;
    }
    if ((!from && !until) || rest)
        return fail(E_config, "the query has a parameter that is none of :from, :until, :from_ms, "
                              ":until_ms");
    source_time_write(ms, text);
    if (q->times.before)
        buf_print(out, "%s%s%s", q->times.before, text, q->times.after);
    else
        buf_print(out, "TIMESTAMPTZ '%s+00'", text);
    return E_ok;
}

enum error sql_interval_write(const struct source_query *q, struct buf *out, bool *has_until) {
    const char *at = q->sql;
    while (*at) {
        const char *end = passed(at, q->sql);
        if (!end)
            return fail(E_config, "the query has a text, a name or a comment that does not end");
        if (end > at) {
            buf_put(out, at, (size_t)(end - at));
            at = end;
            continue;
        }
        if (*at == ';' && at[strspn(at, "; \t\r\n")])
            return fail(E_config, "the query has a second statement behind it");
        if (*at == ';')
            break;
        if (*at == ':' && is_word(at[1]) && !(at[1] >= '0' && at[1] <= '9')) {
            size_t len = 1;
            while (is_word(at[1 + len]))
                len++;
            TRY(parameter_write(q, at + 1, len, out, has_until));
            at += 1 + len;
            continue;
        }
        buf_put_byte(out, (uint8_t)*at++);
    }
    buf_put_byte(out, '\n'); /* ends a comment that stands last */
    return E_ok;
}
