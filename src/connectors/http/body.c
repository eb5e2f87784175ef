/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The reader's story says line and byte, "json: line 1, byte 12: a number is not an integer": a
 * sender who has a field's name needs neither. */
#include "body.h"

#include <string.h>

const char *body_fault(struct buf *why, const struct json *read) {
    static const char of_json[] = "json: ";
    const char *story = error_story(), *what = strstr(story, of_json);
    what = what ? what + strlen(of_json) : story;
    const char *where = strstr(what, ": ");
    size_t len = strcspn(what, "\n");
    if (read->fault.len && where && where < what + len) {
        len -= (size_t)(where + 2 - what);
        what = where + 2;
        buf_print(why, "/%.*s: ", (int)read->fault.len, (const char *)read->fault.data);
    } else {
        buf_put_text(why, "the body is no flat JSON object: ");
    }
    buf_put(why, what, len);
    return buf_text(why);
}
