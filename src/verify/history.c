/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Appending to an array, and names beside it. */
#include "history.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct history_record) == HISTORY_RECORD_BYTES, "the format is 64 bytes");

static const char *const kind_names[] = { "invoke", "ok", "fail", "info", "seen" };
static const char *const operation_names[HISTORY_OPERATIONS] = {
    "withdrawal", "deposit", "reversal", "leg",     "balance", "record", "announced", "input",
    "expected",   "effect",  "position", "change",  "read",    "cached", "source",    "scheduled",
    "file",       "glimpse", "message",  "reading", "rollup",  "alert",  "alarm",     "asked",
    "hire",       "account", "coverage", "order",   "version",
};

/* FNV-1a with a finish that spreads: bytes_hash may change, and a history may be kept. */
uint64_t history_hash(struct bytes content) {
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < content.len; i++)
        hash = (hash ^ content.data[i]) * 1099511628211U;
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15U;
    hash ^= hash >> 29;
    return hash ? hash : 1;
}

static struct bytes hash_bytes(const uint64_t *hash) {
    return bytes_of(hash, sizeof(*hash));
}

uint64_t history_name(struct history *h, struct bytes text) {
    uint64_t hash = text.len ? history_hash(text) : 0;
    if (hash && !table_find(&h->names, hash_bytes(&hash)))
        (void)table_put(&h->names, hash_bytes(&hash), text_copy_bytes(text));
    return hash;
}

uint64_t history_text(struct history *h, const char *text) {
    return history_name(h, bytes_text(text));
}

const char *history_called(const struct history *h, uint64_t hash) {
    const char *name = table_find(&h->names, hash_bytes(&hash));
    return name ? name : "?";
}

void history_put(struct history *h, struct history_record record) {
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? h->capacity + h->capacity / 2 : 1024;
        h->records = memory_resize(h->records, h->capacity * sizeof(*h->records));
    }
    assert(record.operation < HISTORY_OPERATIONS);
    if (!record.time_ns)
        record.time_ns = clock_steady_ns(clock_real()) - h->began_ns;
    h->records[h->count++] = record;
}

void history_finish(struct history *h) {
    size_t at = 0;
    struct bytes key;
    void *name;
    while (table_next(&h->names, &at, &key, &name))
        free(name);
    table_finish(&h->names);
    free(h->records);
    *h = (struct history){ 0 };
}

static void put_name(const struct history *h, struct buf *out, const char *member, uint64_t hash) {
    if (hash)
        json_put_text(out, member, bytes_text(history_called(h, hash)));
}

static void record_print(const struct history *h, struct buf *out, const struct history_record *r) {
    json_begin(out);
    json_put_int(out, "ns", r->time_ns);
    json_put_text(out, "kind", bytes_text(kind_names[r->kind]));
    json_put_text(out, "operation", bytes_text(operation_names[r->operation]));
    json_put_int(out, "process", r->process);
    put_name(h, out, "id", r->id);
    if (r->operation == HISTORY_record || r->operation == HISTORY_effect
        || r->operation == HISTORY_expected)
        json_put_int(out, "content", (int64_t)(r->other >> 1));
    else
        put_name(h, out, "other", r->other);
    put_name(h, out, "key", r->key);
    put_name(h, out, "lane", r->lane);
    json_put_int(out, "value", r->value);
    json_put_int(out, "place", r->place);
    if (r->code[0])
        json_put_text(out, "code", bytes_of(r->code, sizeof(r->code)));
    json_end(out);
    buf_put_byte(out, '\n');
}

enum error history_export(const struct history *h, const char *path) {
    struct buf text = { 0 };
    struct file *f = NULL;
    int64_t written = 0;
    enum error e = disk_open(disk_real(), path, DISK_CREATE_EMPTY, &f);
    for (size_t i = 0; i <= h->count && !e; i++) {
        if (i < h->count)
            record_print(h, &text, &h->records[i]);
        if (text.len > 1 << 20 || i == h->count) {
            e = disk_write_at(f, written, buf_bytes(&text));
            written += (int64_t)text.len;
            buf_clear(&text);
        }
    }
    disk_close(f);
    buf_finish(&text);
    if (e)
        fail_while("writing the history to %s", path);
    return e;
}
