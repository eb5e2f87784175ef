/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* It lives in the demo's own loop and memory: a vendor is another company, and is never killed. */
#include "vendor.h"

#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOST_EVERY = 7 };

struct order {
    int made;
    bool complete, canceled;
};

static void answer(struct http_request *r, int status, const struct order *o) {
    struct buf body = { 0 };
    const char *state = !o            ? "unknown"
                        : o->canceled ? "canceled"
                        : o->complete ? "complete"
                                      : "pending";
    json_begin(&body);
    json_put_text(&body, "status", bytes_text(state));
    if (o && o->complete)
        json_put_text(&body, "result", bytes_text("clear"));
    json_end(&body);
    http_answer(r, &(struct http_answer){ .status = status, .body = buf_bytes(&body) });
    buf_finish(&body);
}

static void on_post(void *context, struct http_request *r) {
    struct vendor *v = context;
    struct bytes reference;
    struct json j;
    if (json_read(&j, http_body(r))) {
        http_answer_error(r, 400, "no flat object");
        return;
    }
    if (!json_get_text(&j, "reference", &reference)) {
        http_answer_error(r, 400, "no reference");
        json_finish(&j);
        return;
    }
    struct order *o = table_find(&v->orders, reference);
    v->posted++;
    if (o) {
        answer(r, 409, o);
    } else {
        o = memory_get(sizeof(*o));
        o->made = 1;
        (void)table_put(&v->orders, reference, o);
        bool lost = ++v->made % LOST_EVERY == 0;
        answer(r, lost ? 503 : 201, o);
    }
    json_finish(&j);
}

static void on_get(void *context, struct http_request *r) {
    struct vendor *v = context;
    struct order *o = table_find(&v->orders, http_rest(r));
    if (o && !o->canceled)
        o->complete = true;
    answer(r, o ? 200 : 404, o);
}

static void on_delete(void *context, struct http_request *r) {
    struct vendor *v = context;
    struct order *o = table_find(&v->orders, http_rest(r));
    bool can = o && !o->complete;
    if (can)
        o->canceled = true;
    answer(r, can ? 200 : o ? 409 : 404, o);
}

enum error vendor_open(struct vendor *v, struct loop *loop) {
    static const struct http_route routes[] = {
        { "POST", "/orders", on_post },
        { "GET", "/orders/*", on_get },
        { "DELETE", "/orders/*", on_delete },
        { NULL, NULL, NULL },
    };
    *v = (struct vendor){ 0 };
    return http_open(&v->server, loop, &(struct http_options){ .routes = routes, .context = v });
}

void vendor_close(struct vendor *v) {
    struct bytes key;
    void *value;
    http_close(v->server);
    for (size_t at = 0; table_next(&v->orders, &at, &key, &value);)
        free(value);
    table_finish(&v->orders);
}

int vendor_orders_of(const struct vendor *v, const char *employee) {
    char *reference = text_format("%s-1", employee);
    const struct order *o = table_find(&v->orders, bytes_text(reference));
    free(reference);
    return o ? o->made : 0;
}
