/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The line protocol: MEASUREMENT[,TAG=VALUE...] FIELD=VALUE[,FIELD=VALUE...] [TIME]
 *
 * A backslash takes its meaning from a comma, a space or an equals sign behind it. A field's value
 * is a number, one with i or u behind it, t, true, f, false, or a text in quotes, which is passed
 * by. */
#include "messages.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 64 * 1024, NAME_CHARS = 256 };
#define TIME_MS_END ((int64_t)1 << 53) /* readers take 18 digits, JSON 2^53 */

struct name {
    char text[NAME_CHARS];
    size_t len;
};

struct line_reader {
    struct messages *batch;
    struct bytes left; /* of the line */
    struct name measurement, device, boot, sequence;
    int64_t time_ms;
};

static bool is_one_of(uint8_t c, const char *signs) {
    return c && strchr(signs, c) != NULL;
}

static struct bytes cut(struct bytes b, size_t len) {
    return bytes_part(b, len, b.len - len);
}

/* Up to one of `ends`, which stays; escapes are undone. False: empty, or too long. */
static bool name_take(struct bytes *left, const char *ends, struct name *out) {
    size_t at = 0;
    out->len = 0;
    for (; at < left->len && !is_one_of(left->data[at], ends); at++) {
        if (left->data[at] == '\\' && at + 1 < left->len && is_one_of(left->data[at + 1], ", =\\"))
            at++;
        if (out->len == NAME_CHARS)
            return false;
        out->text[out->len++] = (char)left->data[at];
    }
    *left = cut(*left, at);
    return out->len > 0;
}

static bool sign_take(struct bytes *left, uint8_t sign) {
    if (!left->len || left->data[0] != sign)
        return false;
    *left = cut(*left, 1);
    return true;
}

static bool name_is(const struct name *n, const char *text) {
    return n->len == strlen(text) && memcmp(n->text, text, n->len) == 0;
}

static struct bytes name_bytes(const struct name *n) {
    return bytes_of(n->text, n->len);
}

static const char *tags_take(struct line_reader *r) {
    while (sign_take(&r->left, ',')) {
        struct name tag, value;
        if (!name_take(&r->left, ", =", &tag) || !sign_take(&r->left, '=')
            || !name_take(&r->left, ", ", &value))
            return "a tag is not NAME=VALUE";
        if (name_is(&tag, "device") || (name_is(&tag, "host") && !r->device.len))
            r->device = value;
        if (name_is(&tag, "boot"))
            r->boot = value;
        if (name_is(&tag, "seq"))
            r->sequence = value;
    }
    return NULL;
}

/* ---- fields */

static bool text_pass(struct bytes *left) {
    for (size_t at = 1; at < left->len; at++) {
        if (left->data[at] == '\\')
            at++;
        else if (left->data[at] == '"') {
            *left = cut(*left, at + 1);
            return true;
        }
    }
    return false;
}

static bool is_number(const struct name *n) {
    char *end;
    if (n->len == NAME_CHARS || is_one_of((uint8_t)n->text[0], "+nNiI")
        || memchr(n->text, 'x', n->len) || memchr(n->text, 'X', n->len))
        return false; /* what strtod takes and JSON does not */
    (void)strtod(n->text, &end);
    return end == n->text + n->len;
}

static bool value_settle(struct name *n) {
    bool yes = name_is(n, "t") || name_is(n, "T") || name_is(n, "true") || name_is(n, "True")
               || name_is(n, "TRUE");
    bool no = name_is(n, "f") || name_is(n, "F") || name_is(n, "false") || name_is(n, "False")
              || name_is(n, "FALSE");
    if (yes || no) {
        n->text[0] = yes ? '1' : '0';
        n->len = 1;
    } else if (n->len > 1 && is_one_of((uint8_t)n->text[n->len - 1], "iu")) {
        n->len--;
    }
    if (n->len == NAME_CHARS)
        return false;
    n->text[n->len] = 0;
    return is_number(n);
}

static const char *field_take(struct line_reader *r) {
    struct name field, value;
    if (!name_take(&r->left, ", =", &field) || !sign_take(&r->left, '='))
        return "a field is not NAME=VALUE";
    if (r->left.len && r->left.data[0] == '"')
        return text_pass(&r->left) ? NULL : "a text does not end";
    if (!name_take(&r->left, ", ", &value) || !value_settle(&value))
        return "a field's value is none";
    struct payload_value v = {
        .metric = name_bytes(name_is(&field, "value") ? &r->measurement : &field),
        .text = name_bytes(&value),
        .closed = value.text,
        .time_ms = r->time_ms,
    };
    return payload_point(&r->batch->payload, &v);
}

static const char *fields_take(struct line_reader *r) {
    const char *wrong = field_take(r);
    while (!wrong && sign_take(&r->left, ','))
        wrong = field_take(r);
    return wrong;
}

/* ---- lines */

/* The time stands last, behind a space; texts may hold spaces, so what is no number is none. */
static const char *time_take(struct line_reader *r, int64_t unit_ns) {
    size_t at = r->left.len;
    int64_t number = 0, place = 1;
    int digits = 0;
    while (at && r->left.data[at - 1] == ' ')
        at--;
    struct bytes line = bytes_part(r->left, 0, at);
    for (; at && line.data[at - 1] >= '0' && line.data[at - 1] <= '9' && digits < 19; digits++) {
        if (digits == 18 && line.data[at - 1] > '8')
            return "its time is too large";
        number += place * (line.data[--at] - '0');
        place = digits < 18 ? place * 10 : place;
    }
    bool below = at && line.data[at - 1] == '-';
    at -= below;
    if (!digits || !at || line.data[at - 1] != ' ')
        return NULL; /* there is none */
    if (unit_ns > 1000000 && number > INT64_MAX / (unit_ns / 1000000))
        return "its time is too large";
    number = unit_ns >= 1000000 ? number * (unit_ns / 1000000) : number / (1000000 / unit_ns);
    if (number >= TIME_MS_END)
        return "its time is too large"; /* nanoseconds, and `precision` says ms */
    r->time_ms = below ? -number : number;
    r->left = bytes_part(line, 0, at - 1);
    return NULL;
}

static bool whole_read(const struct name *n, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < n->len; i++) {
        if (n->text[i] < '0' || n->text[i] > '9' || i == 18)
            return false;
        *out = *out * 10 + (n->text[i] - '0');
    }
    return n->len > 0;
}

static void identity_take(struct line_reader *r) {
    struct payload *p = &r->batch->payload;
    p->has_identity = whole_read(&r->sequence, &p->sequence);
    p->has_boot = p->has_identity && whole_read(&r->boot, &p->boot);
}

static const char *line_read(struct line_reader *r, int64_t unit_ns) {
    const char *wrong;
    size_t before;
    if (!name_take(&r->left, ", ", &r->measurement))
        return "it has no measurement";
    wrong = tags_take(r);
    if (!wrong && !sign_take(&r->left, ' '))
        wrong = "it has no fields";
    while (!wrong && sign_take(&r->left, ' '))
        ;
    if (!wrong)
        wrong = time_take(r, unit_ns);
    if (!wrong)
        wrong = messages_device(r->batch, name_bytes(r->device.len ? &r->device : &r->measurement),
                                r->sequence.len > 0);
    if (wrong)
        return wrong;
    before = r->batch->payload.count;
    wrong = fields_take(r);
    if (!wrong && r->left.len)
        wrong = "something stands behind its fields that is no time";
    if (wrong || !r->sequence.len || r->batch->payload.count == before)
        return wrong;
    identity_take(r);
    return messages_end(r->batch);
}

static struct bytes line_take(struct bytes *body) {
    const uint8_t *end = memchr(body->data, '\n', body->len);
    size_t len = end ? (size_t)(end - body->data) : body->len;
    struct bytes line = bytes_part(*body, 0, len);
    *body = cut(*body, len + (end != NULL));
    if (line.len && line.data[line.len - 1] == '\r')
        line = bytes_part(line, 0, line.len - 1);
    while (line.len && line.data[0] == ' ')
        line = cut(line, 1);
    return line;
}

const char *messages_read_lines(struct messages *b, struct bytes body, int64_t unit_ns,
                                int64_t now_ms) {
    size_t number = 0;
    messages_begin(b);
    while (body.len) {
        struct line_reader r = { .batch = b, .time_ms = now_ms };
        r.left = line_take(&body);
        number++;
        if (!r.left.len || r.left.data[0] == '#')
            continue;
        const char *wrong = r.left.len > LINE_MAX ? "it is too long" : line_read(&r, unit_ns);
        if (wrong)
            return messages_say(b, "line", number, wrong);
    }
    const char *wrong = messages_end(b);
    return wrong ? wrong : b->count ? NULL : "there is no number in it";
}
