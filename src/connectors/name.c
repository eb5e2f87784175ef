/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Names of files, and the lines of `places`. */
#include "connectors/name.h"

#include "base/disk.h"

#include <stdlib.h>
#include <string.h>

enum {
    PATH_MAX_LEN = 1024,
    NAME_MAX_LEN = 250, /* NAME.part must be a name too */
};

/* ---- names */

static const char *part_wrong(const char *part, size_t len) {
    if (len == 0)
        return "it has an empty part";
    if (part[0] == '.')
        return "a part of it begins with a dot";
    if (len > NAME_MAX_LEN)
        return "a part of it is over 250 bytes";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)part[i] < ' ' || part[i] == 0x7f || part[i] == '\\')
            return "it has a control character or a backslash";
    return NULL;
}

/* NULL: it is good. The disk would refuse what leads out as well; here it is said better. */
const char *file_name_wrong(const char *name) {
    size_t whole = strlen(name);
    if (whole > PATH_MAX_LEN)
        return "it is over 1024 bytes";
    if (whole >= 5 && strcmp(name + whole - 5, ".part") == 0)
        return "it ends with .part, which is what an unfinished file is called";
    for (;;) {
        size_t len = strcspn(name, "/");
        const char *wrong = part_wrong(name, len);
        if (wrong || !name[len])
            return wrong;
        name += len + 1;
    }
}

/* ---- places */

static struct bytes word_take(struct bytes *line) {
    size_t from = 0, len = 0;
    while (from < line->len && (line->data[from] == ' ' || line->data[from] == '\t'))
        from++;
    while (from + len < line->len && !strchr(" \t\r", line->data[from + len]))
        len++;
    struct bytes word = bytes_part(*line, from, len);
    *line = bytes_part(*line, from + len, line->len - from - len);
    return word;
}

static struct bytes line_take(struct bytes *text) {
    const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->data) : text->len;
    struct bytes line = bytes_part(*text, 0, len);
    len += end ? 1 : 0;
    *text = bytes_part(*text, len, text->len - len);
    return line;
}

/* The first line of that name counts. */
static void place_of(struct bytes text, struct bytes name, struct named_place *out) {
    while (text.len) {
        struct bytes line = line_take(&text);
        if (!bytes_equal(word_take(&line), name))
            continue;
        struct bytes address = word_take(&line);
        if (address.len) {
            out->address = text_copy_bytes(address);
            out->words = text_copy_bytes(line);
        }
        return;
    }
}

enum error named_place_find(const char *data_dir, struct bytes name, struct named_place *out) {
    struct buf text = { 0 };
    char *file = text_format("%s/places", data_dir);
    enum error e = disk_read_whole(disk_real(), file, PLACES_BYTES_MAX, &text);
    *out = (struct named_place){ 0 };
    if (!e && name.len && name.data[0] != '#')
        place_of(buf_bytes(&text), name, out);
    if (e == E_not_found || (!e && !out->address)) {
        e = fail(E_not_found, "%s has no place \"%.*s\"", file,
                 (int)(name.len < 64 ? name.len : 64), name.len ? (const char *)name.data : "");
        fail_try("add a line NAME ADDRESS, such as: acme file:///srv/partners/acme");
    }
    buf_finish(&text);
    free(file);
    return e;
}

enum error place_address(const char *data_dir, struct bytes name, char **address) {
    struct named_place place;
    enum error e = named_place_find(data_dir, name, &place);
    *address = place.address;
    free(place.words);
    return e;
}
