/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Request line, fields, and what they say of the body. */
#include "net/http_head.h"

#include <string.h>
#include <strings.h>

enum { LENGTH_DIGITS_MAX = 15 };

static bool refuse(struct http_head *h, int status, const char *why) {
    h->refused = status;
    h->why = why;
    return false;
}

size_t http_head_find(struct bytes data) {
    const uint8_t *end = data.len ? memmem(data.data, data.len, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - data.data) + 4 : 0;
}

static bool is_token(struct bytes b) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = b.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr(marks, c)))
            return false;
    }
    return b.len > 0;
}

/* What stands before `mark`; `rest` moves behind it. False: it is not there. */
static bool cut(struct bytes *rest, char mark, struct bytes *out) {
    const uint8_t *at = rest->len ? memchr(rest->data, mark, rest->len) : NULL;
    if (!at)
        return false;
    size_t len = (size_t)(at - rest->data);
    *out = bytes_part(*rest, 0, len);
    *rest = bytes_part(*rest, len + 1, rest->len - len - 1);
    return true;
}

static bool decode(struct bytes text, bool plus_is_blank, struct buf *out) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0)
                return false;
            c = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        buf_put_byte(out, c);
    }
    return true;
}

bool http_query_find(struct bytes query, const char *name, struct buf *out) {
    struct bytes rest = query, pair;
    while (rest.len) {
        struct bytes value = { 0 };
        if (!cut(&rest, '&', &pair)) {
            pair = rest;
            rest.len = 0;
        }
        struct bytes key = pair;
        if (cut(&pair, '=', &key))
            value = pair;
        if (bytes_is_text(key, name)) {
            buf_clear(out);
            return decode(value, true, out);
        }
    }
    return false;
}

/* ---- the request line */

static bool read_target(struct http_head *h, struct bytes target) {
    static const char scheme[] = "http://"; /* as a proxy asks; what it names is Host's business */
    size_t len = sizeof(scheme) - 1;
    if (target.len > len && strncasecmp((const char *)target.data, scheme, len) == 0) {
        struct bytes rest = bytes_part(target, len, target.len - len);
        const uint8_t *slash = memchr(rest.data, '/', rest.len);
        if (!slash)
            return refuse(h, 400, "the target has no path");
        target =
            bytes_part(rest, (size_t)(slash - rest.data), rest.len - (size_t)(slash - rest.data));
    }
    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] <= ' ' || target.data[i] >= 0x7f || target.data[i] == '#')
            return refuse(h, 400, "the target has a character that must be encoded");
    if (!target.len || target.data[0] != '/')
        return refuse(h, 400, "the target is no path");
    struct bytes path = target;
    h->query = target;
    if (!cut(&h->query, '?', &path))
        h->query = bytes_of("", 0);
    return decode(path, false, &h->path) || refuse(h, 400, "the path cannot be decoded");
}

static bool read_version(struct http_head *h, struct bytes version) {
    h->keep_alive = bytes_is_text(version, "HTTP/1.1");
    if (h->keep_alive || bytes_is_text(version, "HTTP/1.0"))
        return true;
    bool other = version.len == 8 && memcmp(version.data, "HTTP/", 5) == 0;
    return other ? refuse(h, 505, "only HTTP/1.1 is spoken here")
                 : refuse(h, 400, "the first line is no request");
}

static bool read_request_line(struct http_head *h, struct bytes line) {
    struct bytes target;
    if (!cut(&line, ' ', &h->method) || !cut(&line, ' ', &target) || !is_token(h->method))
        return refuse(h, 400, "the first line is no request");
    return read_version(h, line) && read_target(h, target);
}

/* ---- the fields */

static struct bytes trimmed(struct bytes b) {
    while (b.len && (b.data[0] == ' ' || b.data[0] == '\t'))
        b = bytes_part(b, 1, b.len - 1);
    while (b.len && (b.data[b.len - 1] == ' ' || b.data[b.len - 1] == '\t'))
        b.len--;
    return b;
}

static bool is_clean(struct bytes value) {
    for (size_t i = 0; i < value.len; i++)
        if ((value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return false;
    return true;
}

static bool read_field(struct http_head *h, struct bytes line) {
    struct http_header *field = &h->headers[h->header_count];
    if (h->header_count == HTTP_HEADERS_MAX)
        return refuse(h, 431, "too many header fields");
    if (!cut(&line, ':', &field->name) || !is_token(field->name))
        return refuse(h, 400, "a header line is no field");
    field->value = trimmed(line);
    if (!is_clean(field->value))
        return refuse(h, 400, "a header field has a control character");
    h->header_count++;
    return true;
}

static bool same_name(struct bytes a, const char *name) {
    return a.data && a.len == strlen(name) && strncasecmp((const char *)a.data, name, a.len) == 0;
}

struct bytes http_head_field(const struct http_head *h, const char *name) {
    for (size_t i = 0; i < h->header_count; i++)
        if (same_name(h->headers[i].name, name))
            return h->headers[i].value;
    return (struct bytes){ 0 };
}

static size_t field_count(const struct http_head *h, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < h->header_count; i++)
        count += same_name(h->headers[i].name, name);
    return count;
}

static bool has_word(struct bytes list, const char *word) {
    struct bytes item;
    while (list.len) {
        if (!cut(&list, ',', &item)) {
            item = list;
            list.len = 0;
        }
        if (same_name(trimmed(item), word))
            return true;
    }
    return false;
}

static bool read_length(struct http_head *h, struct bytes digits) {
    if (!digits.len || digits.len > LENGTH_DIGITS_MAX)
        return refuse(h, digits.len ? 413 : 400, "Content-Length is no length");
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return refuse(h, 400, "Content-Length is no length");
        h->body_len = h->body_len * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return true;
}

static bool read_framing(struct http_head *h) {
    size_t lengths = field_count(h, "content-length");
    struct bytes connection = http_head_field(h, "connection");
    if (field_count(h, "transfer-encoding"))
        return lengths ? refuse(h, 400, "both Content-Length and Transfer-Encoding")
                       : refuse(h, 411, "send the body with a Content-Length");
    if (lengths > 1)
        return refuse(h, 400, "more than one Content-Length");
    if (field_count(h, "host") != 1 && h->keep_alive)
        return refuse(h, 400, "one Host is wanted");
    if (has_word(connection, "close"))
        h->keep_alive = false;
    h->expects_continue = same_name(http_head_field(h, "expect"), "100-continue");
    return !lengths || read_length(h, http_head_field(h, "content-length"));
}

void http_head_read(struct http_head *out, struct bytes head) {
    struct bytes rest = head, line;
    bool first = true;
    *out = (struct http_head){ 0 };
    while (cut(&rest, '\n', &line)) {
        if (!line.len || line.data[line.len - 1] != '\r') {
            (void)refuse(out, 400, "a line ends without a carriage return");
            return;
        }
        line.len--;
        if (!line.len && !first)
            break;
        if (!(first ? read_request_line(out, line) : read_field(out, line)))
            return;
        first = false;
    }
    if (!first)
        (void)read_framing(out);
    else
        (void)refuse(out, 400, "the first line is no request");
}

void http_head_finish(struct http_head *h) {
    buf_finish(&h->path);
}
