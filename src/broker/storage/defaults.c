/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What topics have that say nothing themselves: settings that were given to the broker while it
 * ran, for itself or for all brokers of its cluster; its own count first, as in Kafka.
 *
 * They are few and seldom changed, so they are a file of their own that is replaced as a whole, in
 * the loop: a change is durable before it holds and before anybody is told. DIR/defaults:
 * "OCTAVODF", version u32, CRC-32C of what follows, then settings (topics.c) of the broker and of
 * all. Without the file nobody has given any. */
#include "storage_state.h"

#include "wire/checksum.h"

#include <stdlib.h>

#define MAGIC "OCTAVODF"
enum { VERSION = 1, HEADER_BYTES = 16, FILE_BYTES_MAX = 1 << 16 };

const struct topic_settings *storage_settings(const struct storage *s, enum settings_level level) {
    return &s->given[level];
}

const struct topic_defaults *storage_defaults(const struct storage *s) {
    return &s->defaults;
}

void defaults_init(struct storage *s) {
    for (int i = 0; i < SETTINGS_LEVELS; i++)
        topic_settings_init(&s->given[i]);
}

void defaults_finish(struct storage *s) {
    for (int i = 0; i < SETTINGS_LEVELS; i++)
        topic_settings_finish(&s->given[i]);
}

static void apply(struct storage *s) {
    struct topic *t;
    for (enum setting i = 0; i < SETTING_COUNT; i++)
        s->defaults.value[i] = s->given[SETTINGS_OF_BROKER].given[i]
                                   ? s->given[SETTINGS_OF_BROKER].given[i]
                                   : s->given[SETTINGS_OF_ALL].given[i];
    for (size_t at = 0; (t = topic_next(s, &at));)
        topic_settings_refresh(&t->settings);
}

static void put(struct buf *out, const struct topic_settings *const levels[SETTINGS_LEVELS]) {
    struct buf content = { 0 };
    for (int i = 0; i < SETTINGS_LEVELS; i++)
        put_settings(&content, levels[i]);
    buf_put_text(out, MAGIC);
    buf_put_be32(out, VERSION);
    buf_put_be32(out, crc32c(buf_bytes(&content)));
    buf_put_bytes(out, buf_bytes(&content));
    buf_finish(&content);
}

enum error storage_configure(struct storage *s, enum settings_level level,
                             const struct topic_settings *settings) {
    const struct topic_settings *levels[SETTINGS_LEVELS];
    struct buf file = { 0 };
    for (int i = 0; i < SETTINGS_LEVELS; i++)
        levels[i] = i == (int)level ? settings : &s->given[i];
    put(&file, levels);
    char *path = text_format("%s/defaults", s->dir);
    enum error e = disk_replace(s->disk, path, buf_bytes(&file));
    buf_finish(&file);
    free(path);
    TRY(e);
    topic_settings_finish(&s->given[level]);
    topic_settings_copy(&s->given[level], settings);
    apply(s);
    return E_ok;
}

static enum error read_file(struct storage *s, const char *path, struct bytes file) {
    struct cursor in = cursor_on(file);
    bool is_ours = bytes_equal(read_bytes(&in, sizeof(MAGIC) - 1), bytes_text(MAGIC));
    uint32_t version = read_u32(&in), crc = read_u32(&in);
    if (is_ours && !in.bad && version != VERSION)
        return fail(E_unsupported, "%s has format %u, this program reads %d", path, version,
                    VERSION);
    if (!is_ours || in.bad || crc != crc32c(bytes_part(file, HEADER_BYTES, cursor_left(&in))))
        return fail(E_corrupt, "%s: its checksum is wrong", path);
    for (int i = 0; i < SETTINGS_LEVELS; i++)
        TRY(read_settings(&in, &s->given[i]));
    return cursor_left(&in) ? fail(E_corrupt, "%s goes on behind its end", path) : E_ok;
}

enum error defaults_load(struct storage *s) {
    struct buf file = { 0 };
    char *path = text_format("%s/defaults", s->dir);
    bool exists;
    enum error e = disk_exists(s->disk, path, &exists);
    if (!e && exists)
        e = disk_read_whole(s->disk, path, FILE_BYTES_MAX, &file);
    if (!e && exists)
        e = read_file(s, path, buf_bytes(&file));
    if (e == E_corrupt || e == E_too_large)
        fail_try("put it back from a copy; or remove it, and give again what was given to the "
                 "broker while it ran");
    if (!e)
        apply(s);
    buf_finish(&file);
    free(path);
    return e;
}
