/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The JSON Schema of an octavo.yaml, said by the tables that read it. */
#include "declaration/declared_describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_quoted(struct buf *out, const char *text) {
    buf_put_byte(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_put_byte(out, '\\');
        buf_put_byte(out, (uint8_t)*text);
    }
    buf_put_byte(out, '"');
}

static void put_comma(struct describing *d) {
    if (d->body.len)
        buf_put_byte(&d->body, ',');
}

void describe_type(struct reader *r, const char *format, ...) {
    struct describing *d = r->describing;
    char text[512];
    va_list args;
    if (d->has_type)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put_comma(d);
    buf_put_text(&d->body, text);
    d->has_type = true;
}

void describe_wanted(struct reader *r, struct wanted wanted) {
    struct describing *d = r->describing;
    if (d->has_description)
        return;
    put_comma(d);
    buf_put_text(&d->body, "\"description\":");
    put_quoted(&d->body, wanted.what);
    d->has_description = true;
}

void describe_list(struct reader *r, const char *of_what) {
    describe_type(
        r, "\"type\":\"array\",\"items\":{\"type\":\"string\"},\"description\":\"a list of %s\"",
        of_what);
    r->describing->has_description = true;
}

void describe_unit(struct reader *r, const char *units, const char *what) {
    const char *word = r->describing->word;
    describe_type(r, "\"type\":\"string\",\"pattern\":\"^(%s%s[0-9]{1,9}(%s))$\"", word ? word : "",
                  word ? "|" : "", units);
    describe_wanted(r, (struct wanted){ what, "" });
}

void describe_choice(struct reader *r, const char *const *names) {
    struct describing *d = r->describing;
    if (d->has_type) { /* a text, as was said, and now which */
        put_comma(d);
        buf_put_text(&d->body, "\"enum\":[");
    } else {
        describe_type(r, "\"enum\":[");
    }
    for (int i = 0; names[i]; i++)
        buf_print(&d->body, "%s\"%s\"", i ? "," : "", names[i]);
    buf_put_byte(&d->body, ']');
}

void describe_value(struct reader *r, read_value *read, void *into, struct buf *out) {
    static const struct node nothing = { .kind = NODE_MAPPING, .text = { (const uint8_t *)"", 0 } };
    struct describing *outer = r->describing, inner = { 0 };
    r->describing = &inner;
    enum error e = read ? read(r, &nothing, into) : E_ok;
    (void)e; /* there is no file that it could find wrong */
    r->describing = outer;
    buf_put_byte(out, '{');
    buf_put_bytes(out, buf_bytes(&inner.body));
    buf_put_byte(out, '}');
    buf_finish(&inner.body);
}

/* With what a mapping may be besides: nothing at all, or its short form. */
static void type_of_mapping(struct reader *r) {
    const struct describing *d = r->describing;
    describe_type(r, "\"type\":%s\"object\"%s%s%s", d->or_nothing || d->or_text ? "[" : "",
                  d->or_nothing ? ",\"null\"" : "", d->or_text ? ",\"string\"" : "",
                  d->or_nothing || d->or_text ? "]" : "");
}

void describe_fields(struct reader *r, const struct field *fields, void *into) {
    struct buf required = { 0 };
    type_of_mapping(r);
    buf_put_text(&r->describing->body, ",\"additionalProperties\":false,\"properties\":{");
    for (const struct field *f = fields; f->name; f++) {
        struct buf value = { 0 };
        describe_value(r, f->read, (char *)into + f->offset, &value);
        buf_print(&r->describing->body, "%s\n\"%s\":%s", f == fields ? "" : ",", f->name,
                  buf_text(&value));
        buf_finish(&value);
        if (f->required)
            buf_print(&required, "%s\"%s\"", required.len ? "," : "", f->name);
    }
    buf_put_text(&r->describing->body, "}");
    if (required.len)
        buf_print(&r->describing->body, ",\"required\":[%s]", buf_text(&required));
    buf_finish(&required);
}

/* An entry has a name while it is described, as some readers look at it. */
void describe_collection(struct reader *r, const struct collection *c) {
    struct buf value = { 0 };
    void *entry = arena_get(r->arena, c->entry_size);
    *(const char **)entry = "1";
    type_of_mapping(r);
    describe_value(r, c->read_entry, entry, &value);
    buf_print(&r->describing->body, ",\"maxProperties\":%zu,\"additionalProperties\":%s", c->most,
              buf_text(&value));
    buf_finish(&value);
}

static enum error describe_whole(struct reader *r, const struct node *node, void *into) {
    (void)into;
    return declared_read(r, node);
}

void declaration_schema(struct buf *out) {
    struct held held = { 0 };
    struct reader r = { .declaration = &held.declaration, .arena = &held.arena, .name = "" };
    struct buf whole = { 0 };
    describe_value(&r, describe_whole, NULL, &whole);
    buf_put_text(out, "{\"$schema\":\"http:"
                      "//json-schema.org/draft-07/schema#\",\n"
                      "\"title\":\"octavo.yaml\",\n");
    buf_put(out, buf_bytes(&whole).data + 1, whole.len - 1);
    buf_put_byte(out, '\n');
    buf_finish(&whole);
    arena_finish(&held.arena);
}
