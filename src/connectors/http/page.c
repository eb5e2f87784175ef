/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A page brings no script, and none would run: names in it are others'. */
#include "page.h"

#include "values/json.h"

#include <string.h>

bool page_answer(struct http_request *r, struct bytes reply) {
    struct json j;
    struct bytes page;
    if (!memmem(reply.data, reply.len, "\"html\":", 7) || json_read(&j, reply))
        return false;
    bool is_page = json_get_text(&j, "html", &page);
    if (is_page)
        http_answer(r, &(struct http_answer){ 200, "text/html; charset=utf-8", page,
                                              "Content-Security-Policy: default-src 'none'; "
                                              "style-src 'unsafe-inline'\r\n" });
    json_finish(&j);
    return is_page;
}
