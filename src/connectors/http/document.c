/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Routes of one path are one entry with several methods: the first route of a path writes them all.
 * Bodies and answers are flat objects; which fields they have is their handler's to say. */
#include "document.h"

static const char head[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Octavo edge\",\"version\":\"1\"},"
    "\"components\":{\"schemas\":{"
    "\"Flat\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"integer\","
    "\"boolean\",\"null\"]}},"
    "\"Problem\":{\"type\":\"object\",\"required\":[\"title\",\"status\"],\"properties\":{"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"detail\":{\"type\":\"string\"}}}},"
    "\"responses\":{"
    "\"Answer\":{\"description\":\"handled, now or when it was asked first\",\"content\":{"
    "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Flat\"}}}},"
    "\"Problem\":{\"description\":\"not handled; title and detail say why\",\"content\":{"
    "\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
    "\"parameters\":{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"required\":true,\"description\":\"names the request: sent again with it, it is the same "
    "one\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}},"
    "\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}},"
    "\"security\":[{},{\"token\":[]}],\"paths\":{"
    "\"/openapi.json\":{\"get\":{\"summary\":\"this document\",\"operationId\":\"document\","
    "\"responses\":{\"200\":{\"description\":\"this document\",\"content\":{"
    "\"application/json\":{\"schema\":{\"type\":\"object\"}}}}}}}";

static bool is_path_equal(const struct route *a, const struct route *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->segments[i].is_name != b->segments[i].is_name
            || !bytes_equal(a->segments[i].text, b->segments[i].text))
            return false;
    return true;
}

static void path_write(struct buf *out, const struct route *r) {
    buf_put_text(out, ",\"");
    for (size_t i = 0; i < r->count; i++) {
        bool named = r->segments[i].is_name;
        struct bytes text = r->segments[i].text;
        buf_print(out, "/%s%.*s%s", named ? "{" : "", (int)text.len, (const char *)text.data,
                  named ? "}" : "");
    }
    buf_put_text(out, "\":{");
}

static void parameters_write(struct buf *out, const struct route *r, bool reads) {
    buf_put_text(out, "\"parameters\":[");
    const char *comma = "";
    if (!reads) {
        buf_put_text(out, "{\"$ref\":\"#/components/parameters/IdempotencyKey\"}");
        comma = ",";
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!r->segments[i].is_name)
            continue;
        struct bytes name = r->segments[i].text;
        buf_print(out,
                  "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,"
                  "\"schema\":{\"type\":\"string\"}}",
                  comma, (int)name.len, (const char *)name.data);
        comma = ",";
    }
    buf_put_text(out, "],");
}

static void operation_write(struct buf *out, const struct route *r) {
    bool reads = bytes_is_text(r->method, "GET");
    buf_put_byte(out, '"');
    for (size_t i = 0; i < r->method.len; i++)
        buf_put_byte(out, (uint8_t)(r->method.data[i] | 0x20));
    buf_print(out, "\":{\"operationId\":\"%s\",", r->type);
    parameters_write(out, r, reads);
    if (!reads)
        buf_put_text(out, "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{"
                          "\"$ref\":\"#/components/schemas/Flat\"}}}},");
    buf_put_text(out, "\"responses\":{\"200\":{\"$ref\":\"#/components/responses/Answer\"},"
                      "\"4XX\":{\"$ref\":\"#/components/responses/Problem\"},"
                      "\"5XX\":{\"$ref\":\"#/components/responses/Problem\"}}}");
}

void document_write(struct buf *out, const struct route *routes, size_t count) {
    buf_put_text(out, head);
    for (size_t i = 0; i < count; i++) {
        bool told = false;
        for (size_t before = 0; before < i; before++)
            told = told || is_path_equal(&routes[before], &routes[i]);
        if (told)
            continue;
        path_write(out, &routes[i]);
        for (size_t same = i; same < count; same++) {
            if (!is_path_equal(&routes[same], &routes[i]))
                continue;
            buf_put_text(out, same == i ? "" : ",");
            operation_write(out, &routes[same]);
        }
        buf_put_byte(out, '}');
    }
    buf_put_text(out, "}}\n");
}
