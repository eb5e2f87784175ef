/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Flat JSON objects: events and requests are one level of names with text, integer, boolean or
 * null.
 *
 * Reading uses jansson and keeps the result until json_finish; integers only (a real number is
 * E_malformed: money is minor units), nesting, a name twice and a zero byte in a text are
 * E_malformed; over 64 members or 1 MiB is E_too_large. No story quotes the text. After a failed
 * read json_finish is allowed, not needed.
 * Writing is a buffer: json_begin, json_put_*, json_end. */
#ifndef OCTAVO_VALUES_JSON_H
#define OCTAVO_VALUES_JSON_H

#include "base/bytes.h"
#include "base/error.h"

struct json {
    void *root; /* jansson's; NULL when nothing was read */
};

enum error json_read(struct json *out, struct bytes text) MUST_CHECK;
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
void json_end(struct buf *out);

#endif
