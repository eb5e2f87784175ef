/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Files of a folder, in the order of their names. The position is "OFFSET LINE NAME": behind what
 * was taken of the file NAME, of which the next row stands in that line.
 *
 * A file is opened for each read and closed again. The first row names the columns; it is read
 * each time, as nothing is remembered. */
#include "csv/csv.h"

#include "base/disk.h"
#include "connectors/url.h"
#include "csv/row.h"
#include "values/json.h"
#include "values/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CHARS = 255, PIECE_BYTES = CSV_ROW_MAX + 1, POSITION_BYTES = NAME_CHARS + 48 };

struct place {
    uint64_t offset, line;
    char name[NAME_CHARS + 1]; /* "": before all files */
};

struct connector {
    struct url url;
    char *folder;
    const char *key, *type;
    char delimiter;
    struct csv_row head, row;
    struct buf piece, json;
};

struct reading {
    struct connector *c;
    struct place at;
    size_t count, max;
    void (*on_item)(void *context, const struct source_item *item);
    void *context;
};

static void csv_close(struct connector *c) {
    url_finish(&c->url);
    free(c->folder);
    csv_row_finish(&c->head);
    csv_row_finish(&c->row);
    buf_finish(&c->piece);
    buf_finish(&c->json);
    free(c);
}

static enum error parameters_read(struct connector *c) {
    const char *delimiter = url_get(&c->url, "delimiter");
    c->key = url_get(&c->url, "key");
    c->type = url_get(&c->url, "type");
    c->delimiter = delimiter ? delimiter[0] : ',';
    if (!c->key || !c->type || !*c->key || !*c->type)
        return url_wrong(&c->url, "key and type are wanted");
    if (delimiter && (strlen(delimiter) != 1 || strchr("\"\r\n", delimiter[0])))
        return url_wrong(&c->url, "the delimiter is one character, no quote and no end of a line");
    return E_ok;
}

static enum error csv_open(struct connector **out, const struct source_options *options) {
    static const char *const known[] = { "key", "type", "delimiter", NULL };
    static const struct url_form form = { "csv", known,
                                          "csv:import?key=id&type=customer-captured" };
    struct connector *c = memory_get(sizeof(*c));
    enum error e = url_read(&c->url, &form, options->url);
    if (!e)
        e = parameters_read(c);
    if (e) {
        csv_close(c);
        return e;
    }
    c->folder = url_path(&c->url, options->data_dir);
    if (url_path_is_own(&c->url))
        e = disk_make_dir(disk_real(), c->folder);
    if (e)
        csv_close(c);
    else
        *out = c;
    return e;
}

/* ---- positions */

static enum error place_read(struct place *out, struct bytes text) {
    char copy[POSITION_BYTES] = "";
    int used = 0;
    *out = (struct place){ 0 };
    if (!text.len)
        return E_ok;
    if (text.len < sizeof(copy)) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = 0;
    }
    if (sscanf(copy, "%" SCNu64 " %" SCNu64 " %n", &out->offset, &out->line, &used) == 2 && used
        && copy[used] && strlen(copy + used) <= NAME_CHARS) {
        memcpy(out->name, copy + used, strlen(copy + used) + 1);
        return E_ok;
    }
    return fail(E_diverged, "a position \"%.60s\" that is none of a CSV source", copy);
}

/* ---- files */

struct search {
    const char *behind;
    char found[NAME_CHARS + 1];
};

static void on_name(void *context, const char *name) {
    struct search *s = context;
    size_t len = strlen(name);
    bool is_ours = len > 4 && len <= NAME_CHARS && name[0] != '.'
                   && strcmp(name + len - 4, ".csv") == 0 && strcmp(name, s->behind) > 0;
    if (is_ours && (!s->found[0] || strcmp(name, s->found) < 0))
        memcpy(s->found, name, len + 1);
}

/* *found false: there is no file behind the one we are at. */
static enum error file_next(struct reading *r, bool *found) {
    struct search s = { .behind = r->at.name };
    enum error e = disk_list(disk_real(), r->c->folder, on_name, &s);
    *found = !e && s.found[0];
    if (*found) {
        r->at = (struct place){ .line = 1 };
        memcpy(r->at.name, s.found, sizeof(s.found));
    }
    return e;
}

static enum error piece_read(struct reading *r, struct file *f, uint64_t from) {
    int64_t size;
    TRY(disk_size(f, &size));
    buf_clear(&r->c->piece);
    if ((uint64_t)size <= from)
        return E_ok;
    uint64_t left = (uint64_t)size - from;
    return disk_read_at(f, (int64_t)from, &r->c->piece,
                        left < PIECE_BYTES ? (size_t)left : PIECE_BYTES);
}

/* ---- rows */

static int column_find(const struct csv_row *head, const char *name) {
    for (size_t i = 0; i < head->count; i++)
        if (bytes_is_text(csv_field(head, i), name))
            return (int)i;
    return -1;
}

static bool is_utf8(struct bytes text) {
    size_t len = 1;
    for (size_t at = 0; at < text.len && len; at += len)
        len = utf8_sequence_len(text.data + at, text.len - at);
    return len > 0;
}

/* NULL, or why the row cannot be taken. */
static const char *row_fault(const struct connector *c, int key) {
    if (c->head.wrong || key < 0)
        return "the first line of the file does not name the columns";
    if (c->row.wrong)
        return c->row.wrong;
    if (c->row.count != c->head.count)
        return "it has another number of fields than the first line";
    if (!is_utf8(buf_bytes(&c->row.text)))
        return "it is not UTF-8";
    return csv_field(&c->row, (size_t)key).len ? NULL : "its key is empty";
}

static void columns_put(struct connector *c, int key) {
    json_put_text(&c->json, "id", csv_field(&c->row, (size_t)key));
    for (size_t i = 0; i < c->head.count; i++) {
        char *name = text_copy_bytes(csv_field(&c->head, i));
        bool is_null = !c->row.fields[i].len && !c->row.fields[i].quoted;
        if (strcmp(name, "id") == 0 || strncmp(name, "capture_", 8) == 0) {
            free(name);
            continue;
        }
        if (is_null)
            json_put_null(&c->json, name);
        else
            json_put_text(&c->json, name, csv_field(&c->row, i));
        free(name);
    }
}

/* fault: NULL, or why the row cannot be taken. */
static void json_make(struct connector *c, int key, const char *fault) {
    buf_clear(&c->json);
    json_begin(&c->json);
    if (fault)
        json_put_text(&c->json, "capture_reason", bytes_text(fault));
    else
        columns_put(c, key);
    json_put_text(&c->json, "capture_op", bytes_text(fault ? "wrong" : "put"));
    json_end(&c->json);
}

static bool json_is_good(const struct connector *c) {
    struct json json;
    bool good = json_read(&json, buf_bytes(&c->json)) == E_ok;
    if (good)
        json_finish(&json);
    return good;
}

/* A row that cannot be taken is an item too: its handler lets it wait for an operator. */
static void item_hand(struct reading *r, uint64_t line) {
    struct connector *c = r->c;
    int key = column_find(&c->head, c->key);
    const char *fault = row_fault(c, key);
    char *position =
        text_format("%" PRIu64 " %" PRIu64 " %s", r->at.offset, r->at.line, r->at.name);
    char *id = text_format("%s:%" PRIu64, r->at.name, line);
    json_make(c, key, fault);
    if (!fault && !json_is_good(c)) {
        fault = "two of its columns have one name, or it is over 1 MiB as JSON";
        json_make(c, key, fault);
    }
    r->on_item(r->context, &(struct source_item){
                               .type = c->type,
                               .id = bytes_text(id),
                               .key = fault ? bytes_text(id) : csv_field(&c->row, (size_t)key),
                               .json = buf_bytes(&c->json),
                               .position = bytes_text(position),
                           });
    free(position);
    free(id);
    r->count++;
}

static bool is_blank(const struct csv_row *row) {
    return row->count == 1 && !row->fields[0].len && !row->fields[0].quoted;
}

static void rows_hand(struct reading *r) {
    struct connector *c = r->c;
    struct bytes left = buf_bytes(&c->piece);
    bool is_last = left.len < PIECE_BYTES;
    while (r->count < r->max && left.len && (is_last || left.len > CSV_ROW_MAX / 2)) {
        csv_row_read(&c->row, left, c->delimiter);
        if (!is_last && left.len <= CSV_ROW_MAX && (c->row.wrong || c->row.used == left.len))
            break; /* it may go on behind the piece */
        uint64_t line = r->at.line;
        r->at.offset += c->row.used;
        r->at.line += c->row.lines;
        left = bytes_part(left, c->row.used, left.len - c->row.used);
        if (!is_blank(&c->row))
            item_hand(r, line);
    }
}

static enum error head_read(struct reading *r, struct file *f) {
    struct connector *c = r->c;
    TRY(piece_read(r, f, 0));
    struct bytes all = buf_bytes(&c->piece);
    size_t mark = all.len >= 3 && memcmp(all.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    c->head.wrong = "empty";
    c->head.count = 0;
    if (all.len == mark)
        return E_ok;
    csv_row_read(&c->head, bytes_part(all, mark, all.len - mark), c->delimiter);
    if (r->at.offset == 0) {
        r->at.offset = mark + c->head.used;
        r->at.line = 1 + c->head.lines;
    }
    return E_ok;
}

/* To its end, or as many items as are wanted: what has none goes on to the next file. */
static enum error rows_read(struct reading *r, struct file *f) {
    TRY(head_read(r, f));
    do {
        TRY(piece_read(r, f, r->at.offset));
        rows_hand(r);
    } while (r->c->piece.len && r->count < r->max);
    return E_ok;
}

static enum error file_read(struct reading *r) {
    struct file *f;
    char *path = text_format("%s/%s", r->c->folder, r->at.name);
    enum error e = disk_open(disk_real(), path, DISK_READ, &f);
    free(path);
    if (e == E_not_found)
        return E_ok; /* taken away: what is behind it comes next */
    if (!e) {
        e = rows_read(r, f);
        disk_close(f);
    }
    /* Whoever put it there may mend it: it is tried again, and nobody stops for it. */
    return e ? fail(E_busy, "csv: %s cannot be read", r->at.name) : E_ok;
}

static enum error csv_read(struct connector *c, struct bytes after_position, size_t max,
                           void (*on_item)(void *context, const struct source_item *item),
                           void *context) {
    struct reading r = { .c = c, .max = max, .on_item = on_item, .context = context };
    bool found = true;
    TRY(place_read(&r.at, after_position));
    if (r.at.name[0])
        TRY(file_read(&r));
    while (!r.count && found) {
        TRY(file_next(&r, &found));
        if (found)
            TRY(file_read(&r));
    }
    return E_ok;
}

const struct connector_source csv_source = {
    .scheme = "csv",
    .open = csv_open,
    .read = csv_read,
    .close = csv_close,
};
