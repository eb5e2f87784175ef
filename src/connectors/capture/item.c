/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The same for a row of a chunk and one of the stream, so that nobody can tell which it was. */
#include "capture/item.h"

#include "capture/position.h"
#include "values/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };

static bool is_reserved(const char *name) {
    return strcmp(name, "id") == 0 || strcmp(name, "capture_op") == 0
           || strcmp(name, "capture_snapshot") == 0 || strcmp(name, "capture_lsn") == 0
           || strcmp(name, "capture_reason") == 0;
}

static bool integer_read(struct bytes text, int64_t *out) {
    char digits[24], *end;
    if (!text.len || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = 0;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return !*end && !errno;
}

void capture_item_begin(struct buf *out, struct bytes key) {
    json_begin(out);
    json_put_text(out, "id", key);
}

void capture_item_cell(struct buf *out, const char *name, uint32_t type, const struct bytes *text) {
    int64_t number;
    if (is_reserved(name))
        return;
    if (!text)
        json_put_null(out, name);
    else if ((type == OID_INT2 || type == OID_INT4 || type == OID_INT8)
             && integer_read(*text, &number))
        json_put_int(out, name, number);
    else if (type == OID_BOOL)
        json_put_text(out, name, bytes_text(text->len && text->data[0] == 't' ? "true" : "false"));
    else
        json_put_text(out, name, *text);
}

void capture_item_end(struct buf *out, const char *op, uint64_t snapshot, uint64_t lsn) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%X/%X", (unsigned)(lsn >> 32),
                   (unsigned)(lsn & 0xffffffff));
    json_put_text(out, "capture_op", bytes_text(op));
    json_put_int(out, "capture_snapshot", (int64_t)snapshot);
    json_put_text(out, "capture_lsn", bytes_text(text));
    json_end(out);
}

const char *capture_key_fault(struct bytes key) {
    if (!key.len)
        return "its key is empty";
    return key.len <= CAPTURE_KEY_BYTES ? NULL : "its key has over 200 bytes";
}

struct bytes capture_key_part(struct bytes key) {
    size_t len = key.len < CAPTURE_KEY_BYTES ? key.len : CAPTURE_KEY_BYTES;
    while (len && len < key.len && (key.data[len] & 0xc0) == 0x80)
        len--;
    return bytes_part(key, 0, len);
}

void capture_item_wrong(struct buf *out, struct bytes key, const char *reason) {
    buf_clear(out);
    capture_item_begin(out, capture_key_part(key));
    json_put_text(out, "capture_reason", bytes_text(reason));
}
