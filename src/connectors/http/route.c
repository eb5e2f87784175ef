/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Patterns and paths, segment by segment. */
#include "route.h"

#include <string.h>

static enum error wrong(const char *pattern, const char *what) {
    enum error e = fail(E_config, "route \"%.80s\": %s", pattern, what);
    fail_try("METHOD /PATH/{name}, such as POST /accounts/{account}/orders");
    return e;
}

static bool is_method(struct bytes method) {
    static const char *const known[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (bytes_is_text(method, known[i]))
            return true;
    return false;
}

static bool is_name(struct bytes name) {
    if (!name.len || name.data[0] < 'a' || name.data[0] > 'z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

/* The segment at the front; `rest` moves behind its slash. False: there is none. */
static bool segment_cut(struct bytes *rest, struct bytes *out) {
    if (!rest->len || rest->data[0] != '/')
        return false;
    struct bytes behind = bytes_part(*rest, 1, rest->len - 1);
    const uint8_t *slash = behind.len ? memchr(behind.data, '/', behind.len) : NULL;
    size_t len = slash ? (size_t)(slash - behind.data) : behind.len;
    *out = bytes_part(behind, 0, len);
    *rest = bytes_part(behind, len, behind.len - len);
    return true;
}

static enum error segment_read(struct route *r, struct bytes text, const char *pattern) {
    struct route_segment *s = &r->segments[r->count];
    bool open = text.len && text.data[0] == '{';
    if (r->count == ROUTE_SEGMENTS_MAX)
        return wrong(pattern, "it has too many segments");
    if (!open && (memchr(text.data, '{', text.len) || memchr(text.data, '}', text.len)))
        return wrong(pattern, "a {name} stands for a whole segment");
    *s = (struct route_segment){ text, open };
    if (!open && !text.len && r->count > 0)
        return wrong(pattern, "a segment is empty");
    if (open) {
        bool closed = text.len > 2 && text.data[text.len - 1] == '}';
        s->text = closed ? bytes_part(text, 1, text.len - 2) : bytes_of("", 0);
        if (!is_name(s->text))
            return wrong(pattern, "a name has small letters, digits and '_', a letter first");
        for (size_t i = 0; i < r->count; i++)
            if (r->segments[i].is_name && bytes_equal(r->segments[i].text, s->text))
                return wrong(pattern, "a name stands twice");
    }
    r->count++;
    return E_ok;
}

enum error route_read(struct route *out, const char *pattern, const char *type) {
    struct bytes rest, segment;
    const char *blank = strchr(pattern, ' ');
    *out = (struct route){ .type = type };
    if (!blank || blank[1] != '/')
        return wrong(pattern, "it is not a method and a path");
    out->method = bytes_of(pattern, (size_t)(blank - pattern));
    if (!is_method(out->method))
        return wrong(pattern, "the method is none of GET, POST, PUT, PATCH and DELETE");
    rest = bytes_text(blank + 1);
    while (segment_cut(&rest, &segment))
        TRY(segment_read(out, segment, pattern));
    return E_ok;
}

bool route_has_name(const struct route *r, const char *name) {
    for (size_t i = 0; i < r->count; i++)
        if (r->segments[i].is_name && bytes_is_text(r->segments[i].text, name))
            return true;
    return false;
}

bool route_matches(const struct route *r, struct bytes path,
                   struct bytes values[ROUTE_SEGMENTS_MAX]) {
    struct bytes rest = path, segment;
    size_t at = 0;
    for (; segment_cut(&rest, &segment); at++) {
        if (at == r->count)
            return false;
        const struct route_segment *wanted = &r->segments[at];
        if (wanted->is_name ? !segment.len : !bytes_equal(segment, wanted->text))
            return false;
        values[at] = segment;
    }
    return at == r->count;
}
