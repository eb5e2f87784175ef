/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Flat JSON objects: events and requests are one level of names with text, integer, boolean or
 * null.
 *
 * Reading is strict RFC 8259 in one pass and allocates only for texts with escapes: the members
 * borrow the text they were read from, so it must stay as it is until json_finish. Integers only (a
 * real number is E_malformed: money is minor units); nesting, a name twice, what is not UTF-8 and a
 * zero byte in a text are E_malformed; over 64 members or 1 MiB is E_too_large. No story quotes the
 * text. After a failed read json_finish is allowed, not needed.
 * Writing is a buffer: json_begin, json_put_*, json_end. */
#ifndef OCTAVO_VALUES_JSON_H
#define OCTAVO_VALUES_JSON_H

#include "base/bytes.h"
#include "base/error.h"

enum { JSON_BYTES_MAX = 1 << 20, JSON_MEMBERS_MAX = 64 };

struct json_member {
    struct bytes name;
    union {
        struct bytes text;
        int64_t integer;
    };
    enum { JSON_INT, JSON_TEXT, JSON_OTHER } kind; /* other: true, false or null */
};

/* For json_has and json_get_*; left uninitialised beyond `count`. */
struct json {
    size_t count;         /* 0 when nothing was read */
    struct buf unescaped; /* the texts that had escapes, one behind the other */
    struct bytes fault;   /* of a failed read: the name, as it stands in the text, of the member
                             that is twice there or has a wrong value; empty: it is something else */
    struct json_member members[JSON_MEMBERS_MAX];
};

enum error json_read(struct json *out, struct bytes text) MUST_CHECK; /* borrows `text` */
void json_finish(struct json *j);
bool json_has(const struct json *j, const char *name);
bool json_get_int(const struct json *j, const char *name,
                  int64_t *out); /* false: absent or not one */
bool json_get_text(const struct json *j, const char *name,
                   struct bytes *out); /* till json_finish */

void json_begin(struct buf *out);
void json_put_int(struct buf *out, const char *name, int64_t value);
void json_put_text(struct buf *out, const char *name,
                   struct bytes value); /* escapes; not UTF-8: U+FFFD */
void json_put_bool(struct buf *out, const char *name, bool value);
void json_put_null(struct buf *out, const char *name);
void json_end(struct buf *out);
/* For reports, which may nest (events may not): between open and close the members of an object, or
 * the items of a list, which have NULL for a name. '{' and '[', closed by '}' and ']'. */
void json_open(struct buf *out, const char *name, char bracket);
void json_close(struct buf *out, char bracket);
/* A text in quotes, by itself: an item, or a name of any bytes before ':'. */
void json_text_write(struct buf *out, struct bytes text);

#endif
