/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A version is an entity tag as it stands: "7". */
#include "conditional.h"

#include "connectors/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_CHARS = 24, DETAIL_CHARS = 160, NUMBER_CHARS = 18 };

/* Without the quotes, and without W/ before them: a version has no weaker form. */
static struct bytes tag_bare(struct bytes tag) {
    if (tag.len >= 2 && tag.data[0] == 'W' && tag.data[1] == '/')
        tag = bytes_part(tag, 2, tag.len - 2);
    if (tag.len >= 2 && tag.data[0] == '"' && tag.data[tag.len - 1] == '"')
        tag = bytes_part(tag, 1, tag.len - 2);
    return tag;
}

void conditional_put(struct http_request *r, const struct json *body, struct buf *out) {
    struct bytes tag = tag_bare(http_field(r, "if-match"));
    if (tag.len && !bytes_is_text(tag, "*") && !(body && json_has(body, "if_match")))
        json_put_text(out, "if_match", tag);
}

/* ---- what a read asks for */

/* A parameter that is a number and then one of the units, in them; -1: not given, -2: no such. */
static int64_t parameter(struct http_request *r, const char *name, const char *unit,
                         const char *thousands) {
    struct buf text = { 0 };
    int64_t number = -1;
    if (http_query(r, name, &text)) {
        const char *digits = buf_text(&text);
        char *end = NULL;
        number = digits[0] >= '0' && digits[0] <= '9' && text.len <= NUMBER_CHARS
                     ? strtoll(digits, &end, 10)
                     : -2;
        if (end && *thousands && strcmp(end, thousands) == 0)
            number *= 1000;
        else if (end && strcmp(end, unit) != 0)
            number = -2;
    }
    buf_finish(&text);
    return number;
}

static void refuse(struct http_request *r, const char *title, const char *detail) {
    struct buf body = { 0 };
    json_begin(&body);
    json_put_text(&body, "title", bytes_text(title));
    json_put_int(&body, "status", 503);
    json_put_text(&body, "detail", bytes_text(detail));
    json_end(&body);
    http_answer(r, &(struct http_answer){ 503, "application/problem+json", buf_bytes(&body),
                                          "Retry-After: 1\r\n" });
    buf_finish(&body);
}

static bool refuses_age(struct http_request *r, const struct rows_state *s, int64_t most_ms) {
    char detail[DETAIL_CHARS];
    if (s->staleness_ms >= 0 && s->staleness_ms <= most_ms)
        return false;
    if (s->staleness_ms < 0)
        (void)snprintf(detail, sizeof(detail), "it is not known how old the cache is");
    else
        (void)snprintf(detail, sizeof(detail),
                       "the cache is %" PRId64 " ms old, at most %" PRId64 " ms is wanted",
                       s->staleness_ms, most_ms);
    refuse(r, "Stale", detail);
    return true;
}

bool conditional_refuses(struct http_request *r, const struct connector_rows *rows) {
    int64_t most_ms = parameter(r, "max-staleness", "ms", "s");
    struct rows_state state;
    char detail[DETAIL_CHARS];
    if (most_ms == -2 || parameter(r, "min-version", "", "") == -2) {
        http_answer_error(r, 400, "max-staleness is such as 500ms or 5s, min-version a number");
        return true;
    }
    if (!rows)
        return false;
    rows->state(rows->context, &state);
    if (!state.ready) {
        (void)snprintf(detail, sizeof(detail), "the cache has read %" PRId64 " %% of its topics",
                       state.percent < 0 ? 0 : state.percent);
        refuse(r, "Loading", detail);
        return true;
    }
    return most_ms >= 0 && refuses_age(r, &state, most_ms);
}

/* ---- the answer */

/* If-None-Match is a list of tags, or a star. */
static bool reader_has(struct http_request *r, const char *version) {
    struct bytes list = http_field(r, "if-none-match");
    while (list.len) {
        const uint8_t *comma = memchr(list.data, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.data) : list.len;
        struct bytes tag = bytes_part(list, 0, len);
        while (tag.len && tag.data[0] == ' ')
            tag = bytes_part(tag, 1, tag.len - 1);
        if (bytes_is_text(tag_bare(tag), version) || bytes_is_text(tag, "*"))
            return true;
        list = bytes_part(list, comma ? len + 1 : len, list.len - (comma ? len + 1 : len));
    }
    return false;
}

static bool version_of(struct bytes json, int64_t *version) {
    struct json j;
    if (json_read(&j, json))
        return false;
    bool found = json_get_int(&j, "version", version);
    json_finish(&j);
    return found;
}

void conditional_answer(struct http_request *r, int status, struct bytes json) {
    int64_t version = 0, least = parameter(r, "min-version", "", "");
    bool has_version = version_of(json, &version);
    char tag[TAG_CHARS], fields[TAG_CHARS + 16];
    (void)snprintf(tag, sizeof(tag), "%" PRId64, version);
    (void)snprintf(fields, sizeof(fields), "ETag: \"%s\"\r\n", tag);
    if (least > 0 && version < least) {
        refuse(r, "Not Yet", "the version that is wanted is not here yet");
        return;
    }
    bool reads = bytes_is_text(http_method(r), "GET") || bytes_is_text(http_method(r), "HEAD");
    bool unchanged = has_version && reads && status == 200 && reader_has(r, tag);
    http_answer(r, &(struct http_answer){
                       .status = unchanged ? 304 : status,
                       .type = status >= 400 ? "application/problem+json" : NULL,
                       .body = unchanged ? (struct bytes){ 0 } : json,
                       .fields = has_version ? fields : NULL,
                   });
}
