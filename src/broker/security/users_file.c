/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The file of users: read strictly, because a line that is half understood lets somebody in or
 * keeps somebody out. */
#include "users.h"

#include "base/check.h"
#include "users_inside.h"
#include "values/base64.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_WORDS_MAX = 8, FILE_BYTES_MAX = 8 << 20 };

struct line {
    struct bytes words[LINE_WORDS_MAX];
    size_t count;
    int number;
};

/* Words apart by one blank each. */
static bool line_split(struct bytes text, struct line *line) {
    line->count = 0;
    for (;;) {
        const uint8_t *blank = text.len ? memchr(text.data, ' ', text.len) : NULL;
        size_t len = blank ? (size_t)(blank - text.data) : text.len;
        if (!len || line->count == LINE_WORDS_MAX)
            return false;
        line->words[line->count++] = bytes_of(text.data, len);
        if (!blank)
            return true;
        text = bytes_part(text, len + 1, text.len - len - 1);
    }
}

static bool read_fixed(struct bytes word, uint8_t *out, size_t len) {
    struct buf decoded = { 0 };
    bool good = base64_read(word, &decoded) && decoded.len == len;
    if (good)
        memcpy(out, decoded.data, len);
    buf_finish(&decoded);
    return good;
}

static bool read_iterations(struct bytes word, int *out) {
    *out = 0;
    for (size_t i = 0; i < word.len && i < 6; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        *out = *out * 10 + (word.data[i] - '0');
    }
    return word.len < 6 && *out >= SCRAM_ITERATIONS_LEAST && *out <= SCRAM_ITERATIONS_MOST;
}

static bool read_user(struct users *u, const struct line *line) {
    struct user one = { 0 };
    if (line->count != 7 || !read_iterations(line->words[1], &one.keys[0].iterations))
        return false;
    one.keys[1].iterations = one.keys[0].iterations;
    for (size_t kind = 0; kind < 2; kind++) {
        size_t size = digest_size((enum digest)kind);
        if (!read_fixed(line->words[2], one.keys[kind].salt, SCRAM_SALT_BYTES)
            || !read_fixed(line->words[3 + 2 * kind], one.keys[kind].stored, size)
            || !read_fixed(line->words[4 + 2 * kind], one.keys[kind].server, size))
            return false;
    }
    char *name = text_copy_bytes(line->words[0]);
    bool good = user_name_is_valid(name) && strlen(name) == line->words[0].len
                && !users_find(u, name) && u->count < USERS_MAX;
    if (good) {
        struct user *made = users_insert(u, name);
        memcpy(made->keys, one.keys, sizeof(one.keys));
    }
    free(name);
    return good;
}

static bool read_line(struct users *u, struct bytes text, bool is_first) {
    struct line line;
    if (!line_split(text, &line))
        return false;
    if (!is_first)
        return read_user(u, &line);
    return line.count == 3 && bytes_is_text(line.words[0], "octavo-users")
           && bytes_is_text(line.words[1], "1")
           && read_fixed(line.words[2], u->secret, sizeof(u->secret));
}

static enum error read_lines(struct users *u, struct bytes text) {
    bool has_first = false;
    for (int number = 1; text.len; number++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct bytes line = bytes_part(text, 0, len);
        text = bytes_part(text, len + (end ? 1 : 0), text.len - len - (end ? 1 : 0));
        if (!line.len || line.data[0] == '#')
            continue;
        if (!read_line(u, line, !has_first))
            return fail(E_malformed, "line %d is no line of a file of users", number);
        has_first = true;
    }
    if (!has_first)
        return fail(E_malformed, "it has no first line");
    return E_ok;
}

enum error users_read(struct users **out, struct bytes text) {
    struct users *made = users_create();
    enum error e = read_lines(made, text);
    if (e) {
        users_destroy(made);
        made = NULL;
    }
    *out = made;
    return e;
}

static enum error read_file(struct file *f, struct buf *content) {
    int64_t size = 0;
    TRY(disk_size(f, &size));
    if (size > FILE_BYTES_MAX)
        return fail(E_too_large, "%s: a file of users has at most 8 MiB", f->path);
    return disk_read_at(f, 0, content, (size_t)size);
}

enum error users_load(struct users **out, struct disk *d, const char *path) {
    struct buf content = { 0 };
    struct file *f = NULL;
    *out = NULL;
    enum error e = disk_open(d, path, DISK_READ, &f);
    if (!e)
        e = read_file(f, &content);
    if (!e)
        e = users_read(out, buf_bytes(&content));
    buf_finish(&content);
    if (e) {
        fail_while("reading the users in %s", path);
        disk_close(f);
        return e;
    }
    (*out)->file = f;
    (*out)->path = text_copy(path);
    return E_ok;
}

bool users_are_old(struct users *u) {
    bool is_at = true;
    if (!u->file)
        return false;
    return disk_is_at(u->file, u->path, &is_at) == E_ok && !is_at;
}

static void put_word(struct buf *out, const uint8_t *data, size_t len) {
    buf_put_byte(out, ' ');
    base64_put(out, bytes_of(data, len));
}

enum error users_save(const struct users *u, struct disk *d, const char *path) {
    struct buf out = { 0 };
    buf_put_text(&out, "# made by `octavo broker user`: names and salted hashes, no passwords\n");
    buf_put_text(&out, "octavo-users 1");
    put_word(&out, u->secret, sizeof(u->secret));
    buf_put_byte(&out, '\n');
    for (size_t i = 0; i < u->count; i++) {
        const struct user *one = &u->items[i];
        buf_print(&out, "%s %d", one->name, one->keys[0].iterations);
        put_word(&out, one->keys[0].salt, SCRAM_SALT_BYTES);
        for (size_t kind = 0; kind < 2; kind++) {
            put_word(&out, one->keys[kind].stored, digest_size((enum digest)kind));
            put_word(&out, one->keys[kind].server, digest_size((enum digest)kind));
        }
        buf_put_byte(&out, '\n');
    }
    enum error e = disk_replace(d, path, buf_bytes(&out));
    buf_finish(&out);
    return e;
}
