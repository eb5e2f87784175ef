/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A status says whose fault it is: the caller's, or that of who is asked. */
#include "refusal.h"

#include <stdlib.h>

int query_status(enum error e) {
    if (e == E_not_found)
        return 404;
    if (e == E_fenced) /* another process owns the key */
        return 421;
    if (e == E_refused)
        return 422;
    return e == E_busy ? 503 : 500;
}

void refuse_path(struct http_request *r, struct buf *allowed) {
    char *fields = allowed->len ? text_format("Allow: %s\r\n", buf_text(allowed)) : NULL;
    static const char no_method[] = "{\"title\":\"Method Not Allowed\",\"status\":405}\n";
    if (fields)
        http_answer(r, &(struct http_answer){ 405, "application/problem+json",
                                              bytes_text(no_method), fields });
    else
        http_answer_error(r, 404, "no such path");
    free(fields);
}
