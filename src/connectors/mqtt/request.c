/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bytes of what could not be read go along in base64: JSON holds no others. */
#include "request.h"

#include "values/base64.h"
#include "values/json.h"

static void points_put(struct buf *json, const struct request_publish *r) {
    json_put_text(json, "device", r->place->device);
    json_put_text(json, "points", buf_bytes(&r->payload->points));
    if (!r->payload->has_identity)
        return;
    if (r->payload->has_boot)
        json_put_int(json, "boot", r->payload->boot);
    json_put_int(json, "seq", r->payload->sequence);
}

static void report_put(struct buf *json, const struct request_publish *r) {
    json_put_text(json, "device", r->place->device);
    json_put_text(json, "values", buf_bytes(&r->payload->points));
    if (r->payload->has_identity)
        json_put_int(json, "version", r->payload->sequence);
}

static void unread_put(struct buf *json, const struct request_publish *r) {
    struct buf bytes = { 0 };
    base64_put(&bytes, r->publish->payload);
    json_put_text(json, "reason", bytes_text(r->wrong));
    json_put_text(json, "bytes", buf_bytes(&bytes));
    buf_finish(&bytes);
}

void request_publish_put(struct buf *json, const struct request_publish *r) {
    buf_clear(json);
    json_begin(json);
    json_put_text(json, "client", bytes_text(r->client));
    json_put_text(json, "topic", r->publish->topic);
    json_put_int(json, "qos", r->publish->qos);
    json_put_int(json, "packet", r->publish->id);
    if (r->wrong)
        unread_put(json, r);
    else if (r->reports)
        report_put(json, r);
    else
        points_put(json, r);
    json_end(json);
}

void request_client_put(struct buf *json, const char *client, const char *name, int64_t number) {
    buf_clear(json);
    json_begin(json);
    json_put_text(json, "client", bytes_text(client));
    json_put_int(json, name, number);
    json_end(json);
}
