/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo.h for a system that keeps entities it does not know by name: the columns a table has, the
 * end of a key, the token by which a reader is asked whether it has read an event; and digests. */
#include "runtime/step.h"

#include "runtime/task_inside.h"
#include "values/digest.h"

#include <string.h>

static struct octavo_text text_from(struct bytes b) {
    return (struct octavo_text){ b.data ? (const char *)b.data : "", b.len };
}

struct octavo_text octavo_event_topic(struct octavo_step *s) {
    return text_from(s->in->topic);
}

size_t octavo_columns(struct octavo_step *s, const char *table, struct octavo_column *out,
                      size_t max) {
    const struct task *t = s->task;
    size_t i = 0;
    while (i < t->table_count && strcmp(t->tables[i].name, table) != 0)
        i++;
    if (i == t->table_count)
        return 0;
    for (size_t c = 0; c < t->tables[i].column_count && c < max; c++)
        out[c] = (struct octavo_column){ t->tables[i].columns[c].name,
                                         t->tables[i].columns[c].type == COLUMN_INT };
    return t->tables[i].column_count;
}

void octavo_tombstone(struct octavo_step *s, const char *topic, const char *type,
                      struct octavo_text key) {
    octavo_event_begin(s, topic, type, key);
    s->tombstone = true;
    octavo_end(s);
}

/* A lane's name is "SOURCE TOPIC/PARTITION". */
struct octavo_text octavo_event_token(struct octavo_step *s) {
    struct buf token = { 0 };
    if (!s->lane)
        return octavo_text("");
    const uint8_t *blank = memchr(s->lane->name.data, ' ', s->lane->name.len);
    size_t source_len = (size_t)(blank - s->lane->name.data);
    buf_put_decimal(&token, s->sequence);
    buf_put_byte(&token, ':');
    buf_put(&token, blank + 1, s->lane->name.len - source_len - 1);
    buf_put_byte(&token, ':');
    buf_put(&token, s->lane->name.data, source_len);
    struct bytes kept = arena_copy(&s->task->arena, buf_bytes(&token));
    buf_finish(&token);
    return text_from(kept);
}

void octavo_sha256(const void *data, size_t len, char hex[65]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_BYTES];
    sha256(bytes_of(data, len), digest);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = 0;
}
