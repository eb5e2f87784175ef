/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A snapshot's bytes. Numbers are big-endian; text = u32 length, bytes.
 *
 *   "OCTAFOLD"  u32 format (2)  u64 length of the whole file
 *   text system  text service  i32 generation  i32 task  text code  text reads
 *   i64 last id of the outbox, all acknowledged
 *   u32 facts      { text name  text value }
 *   u32 positions  { text topic  i32 partition  i64 next  i64 last  u64 hash  text cluster
 *                    i64 event_ms }
 *   u32 lanes in   { text lane  i64 watermark }
 *   u32 lanes out  { text lane  i64 sequence }
 *   u32 timers     { text name  text key  i64 due_ms }
 *   u32 tables     { text name  u32 columns { text name  u8 type } }
 *   u64 rows  u32 pages { u32 length  blocks (cache/pages.h, cache/packed.h) }
 *   32 bytes SHA-256 of everything before
 *
 * Format 1 had its rows one by one (old_rows.c) and is read.
 *
 * The checksum is looked at first: what is parsed afterwards was written by us, but perhaps for
 * another fold. Nothing is allocated by a number in the file but what the file itself holds. */
#include "base/check.h"
#include "base/cursor.h"
#include "fold_inside.h"
#include "values/digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 2, LENGTH_AT = 12, COLUMNS_MAX = 64, ROW_BYTES_LEAST = 16 };
static const char magic[] = "OCTAFOLD";

/* ---- writing */

static void put_text(struct buf *out, struct bytes text) {
    buf_put_be32(out, (uint32_t)text.len);
    buf_put_bytes(out, text);
}

static void put_int64(struct buf *out, int64_t v) {
    buf_put_be64(out, (uint64_t)v);
}

static void put_head(const struct fold_store *f, struct buf *out) {
    buf_put(out, magic, sizeof(magic) - 1);
    buf_put_be32(out, FORMAT);
    buf_put_be64(out, 0); /* the length: fold_snapshot_close */
    put_text(out, bytes_text(f->system));
    put_text(out, bytes_text(f->service));
    buf_put_be32(out, (uint32_t)f->generation);
    buf_put_be32(out, (uint32_t)f->task);
    put_text(out, bytes_text(f->code));
    put_text(out, bytes_text(f->reads ? f->reads : ""));
    put_int64(out, f->outbox_last);
}

static void put_facts(const struct fold_store *f, struct buf *out) {
    struct bytes name;
    void *fact;
    buf_put_be32(out, (uint32_t)f->facts.count);
    for (size_t at = 0; table_next(&f->facts, &at, &name, &fact);) {
        put_text(out, name);
        put_text(out, buf_bytes(&((struct fold_fact *)fact)->value));
    }
}

static void put_places(const struct fold_store *f, struct buf *out) {
    struct bytes name;
    void *entry;
    buf_put_be32(out, (uint32_t)f->places.count);
    for (size_t at = 0; table_next(&f->places, &at, &name, &entry);) {
        const struct position *p = &((struct fold_place *)entry)->position;
        put_text(out, bytes_part(name, 4, name.len - 4));
        buf_put(out, name.data, 4);
        put_int64(out, p->next_offset);
        put_int64(out, p->last_offset);
        buf_put_be64(out, p->last_hash);
        put_text(out, bytes_text(p->cluster_id));
        put_int64(out, p->event_ms);
    }
}

static void put_lanes(const struct table *lanes, struct buf *out) {
    struct bytes name;
    void *lane;
    buf_put_be32(out, (uint32_t)lanes->count);
    for (size_t at = 0; table_next(lanes, &at, &name, &lane);) {
        put_text(out, name);
        put_int64(out, ((const struct fold_lane *)lane)->number);
    }
}

static void put_timers(const struct fold_store *f, struct buf *out) {
    buf_put_be32(out, (uint32_t)f->timers.count);
    for (size_t i = 0; i < f->timers.count; i++) {
        const struct timer_row *t = &f->timers.heap[i]->row;
        put_text(out, t->name);
        put_text(out, t->key);
        put_int64(out, t->due_ms);
    }
}

static void put_tables(const struct fold_store *f, struct buf *out) {
    buf_put_be32(out, (uint32_t)f->table_count);
    for (size_t i = 0; i < f->table_count; i++) {
        const struct store_table *t = &f->tables[i];
        put_text(out, bytes_text(t->name));
        buf_put_be32(out, (uint32_t)t->column_count);
        for (size_t c = 0; c < t->column_count; c++) {
            put_text(out, bytes_text(t->columns[c].name));
            buf_put_byte(out, (uint8_t)t->columns[c].type);
        }
    }
}

/* The image last, as the content must not move while pages are copied into it. */
static void put_rows(struct fold_store *f, struct buf *out) {
    buf_put_be64(out, f->rows.rows.count);
    pages_image_begin(&f->rows.pages, out);
}

void fold_snapshot_put(struct fold_store *f, struct buf *out) {
    put_head(f, out);
    put_facts(f, out);
    put_places(f, out);
    put_lanes(&f->lanes_in, out);
    put_lanes(&f->lanes_out, out);
    put_timers(f, out);
    put_tables(f, out);
    put_rows(f, out);
}

void fold_snapshot_close(struct buf *content) {
    uint8_t sum[SHA256_BYTES];
    uint64_t len = content->len + sizeof(sum);
    for (size_t i = 0; i < 8; i++)
        content->data[LENGTH_AT + i] = (uint8_t)(len >> (56 - 8 * i));
    sha256_in_passing(buf_bytes(content), sum);
    buf_put(content, sum, sizeof(sum));
}

/* ---- reading */

static enum error damaged(const char *what) {
    enum error e = fail(E_corrupt, "the snapshot %s", what);
    fail_try(
        "put a copy of it there; or, if its topics still hold their first records, move it away:"
        " the fold is made again; else raise `generation` of the service");
    return e;
}

static struct bytes read_text(struct cursor *in) {
    return read_bytes(in, read_u32(in));
}

static enum error check_whole(struct bytes content, struct cursor *in, uint32_t *format) {
    uint8_t sum[SHA256_BYTES];
    *in = cursor_on(content);
    struct bytes begins = read_bytes(in, sizeof(magic) - 1);
    if (in->bad || !bytes_is_text(begins, magic))
        return damaged("does not begin as one");
    *format = read_u32(in);
    uint64_t len = read_u64(in);
    if (in->bad || len != content.len || len < LENGTH_AT + 8 + sizeof(sum))
        return damaged("is torn: it has another length than it says");
    sha256(bytes_part(content, 0, content.len - sizeof(sum)), sum);
    if (memcmp(content.data + content.len - sizeof(sum), sum, sizeof(sum)) != 0)
        return damaged("fails its checksum");
    in->end -= sizeof(sum);
    if (*format == 1 || *format == FORMAT)
        return E_ok;
    enum error e = fail(E_unsupported, "the snapshot has format %" PRIu32 ", this octavo knows %d",
                        *format, FORMAT);
    fail_try("use the octavo that wrote it");
    return e;
}

static enum error foreign(const char *what, struct bytes found, const char *wanted) {
    enum error e = fail(E_diverged, "the snapshot is of %s \"%.*s\", this is \"%s\"", what,
                        (int)(found.len < 200 ? found.len : 200), (const char *)found.data, wanted);
    fail_try("put the right file there, declare it as it was, or raise `generation`: the fold then"
             " begins from the first record of its topics");
    return e;
}

static enum error read_head(struct fold_store *f, struct cursor *in) {
    struct bytes system = read_text(in);
    struct bytes service = read_text(in);
    int32_t generation = read_int32(in);
    int32_t task = read_int32(in);
    (void)read_text(in); /* the code that wrote it: for people */
    struct bytes reads = read_text(in);
    f->outbox_last = f->outbox_deleted = read_int64(in);
    if (in->bad || f->outbox_last < 0)
        return damaged("has a bad head");
    if (!bytes_is_text(system, f->system))
        return foreign("system", system, f->system);
    if (!bytes_is_text(service, f->service))
        return foreign("service", service, f->service);
    if (generation != f->generation || task != f->task)
        return foreign("another generation or task of service", service, f->service);
    if (f->reads && !bytes_is_text(reads, f->reads)) /* one who only looks does not say */
        return foreign("a fold that reads", reads, f->reads);
    return E_ok;
}

static void read_facts(struct fold_store *f, struct cursor *in) {
    for (uint32_t left = read_u32(in); left && !in->bad; left--) {
        struct bytes name = read_text(in);
        struct bytes value = read_text(in);
        struct fold_fact *fact = fold_entry(&f->facts, name, sizeof(*fact));
        buf_clear(&fact->value);
        buf_put_bytes(&fact->value, value);
    }
}

static void read_place(struct fold_store *f, struct cursor *in) {
    struct position p = { 0 };
    struct bytes topic = read_text(in);
    struct bytes partition = read_bytes(in, 4);
    p.next_offset = read_int64(in);
    p.last_offset = read_int64(in);
    p.last_hash = read_u64(in);
    struct bytes cluster = read_text(in);
    p.event_ms = read_int64(in);
    in->bad = in->bad || cluster.len >= sizeof(p.cluster_id) || p.next_offset < 0;
    if (in->bad)
        return;
    memcpy(p.cluster_id, cluster.data, cluster.len);
    buf_clear(&f->name);
    buf_put_bytes(&f->name, partition);
    buf_put_bytes(&f->name, topic);
    struct fold_place *place = fold_entry(&f->places, buf_bytes(&f->name), sizeof(*place));
    place->position = p;
}

static void read_places(struct fold_store *f, struct cursor *in) {
    for (uint32_t left = read_u32(in); left && !in->bad; left--)
        read_place(f, in);
}

static void read_lanes(struct table *lanes, struct cursor *in) {
    for (uint32_t left = read_u32(in); left && !in->bad; left--) {
        struct bytes name = read_text(in);
        struct fold_lane *lane = fold_entry(lanes, name, sizeof(*lane));
        lane->number = read_int64(in);
    }
}

static void read_timers(struct fold_store *f, struct cursor *in) {
    for (uint32_t left = read_u32(in); left && !in->bad; left--) {
        struct timer_row row = { .clock = TIMER_EVENT };
        row.name = read_text(in);
        row.key = read_text(in);
        row.due_ms = read_int64(in);
        if (!in->bad)
            fold_timers_put(&f->timers, &row);
    }
}

/* ---- tables: by name, as the declaration may have got more of them */

struct table_map {
    size_t declared[1 << 8]; /* of the file's n-th table */
    size_t count;
};

static enum error table_other(struct bytes name) {
    enum error e = fail(E_config,
                        "the snapshot has table %.*s, which is declared with other"
                        " columns or no longer",
                        (int)(name.len < 64 ? name.len : 64), (const char *)name.data);
    fail_try("declare it as it was, or raise `generation` of the service: it then begins from the"
             " first record of its topics");
    return e;
}

static size_t table_index(const struct fold_store *f, struct bytes name) {
    size_t i = 0;
    while (i < f->table_count && !bytes_is_text(name, f->tables[i].name))
        i++;
    return i;
}

static enum error read_table(struct fold_store *f, struct cursor *in, size_t *declared) {
    struct bytes name = read_text(in);
    uint32_t columns = read_u32(in);
    *declared = table_index(f, name);
    if (in->bad || columns > COLUMNS_MAX)
        return damaged("has a bad table");
    const struct store_table *t = *declared < f->table_count ? &f->tables[*declared] : NULL;
    bool same = t && t->column_count == columns;
    for (uint32_t c = 0; c < columns; c++) {
        struct bytes column = read_text(in);
        uint8_t type = read_u8(in);
        same = same && bytes_is_text(column, t->columns[c].name) && type == t->columns[c].type;
    }
    if (in->bad)
        return damaged("has a bad table");
    return same ? E_ok : table_other(name);
}

static enum error read_tables(struct fold_store *f, struct cursor *in, struct table_map *map) {
    uint32_t count = read_u32(in);
    if (in->bad || count > sizeof(map->declared) / sizeof(map->declared[0]))
        return damaged("has bad tables");
    for (; map->count < count; map->count++)
        TRY(read_table(f, in, &map->declared[map->count]));
    return E_ok;
}

static bool read_pages(struct fold_store *f, struct cursor *in, const struct table_map *map) {
    for (uint32_t left = read_u32(in); left; left--) {
        struct bytes page = read_text(in);
        if (in->bad || !cache_take_page(&f->rows, page, map->declared, map->count))
            return false;
    }
    return !in->bad;
}

static enum error read_rows(struct fold_store *f, struct cursor *in, const struct table_map *map,
                            uint32_t format) {
    struct cursor old = *in;
    uint64_t count = read_u64(in);
    if (format == 1) {
        *in = old;
        if (!fold_old_rows_read(f, in, map->declared, map->count))
            return damaged("has bad rows");
        return E_ok;
    }
    if (!in->bad && count <= cursor_left(in) / ROW_BYTES_LEAST)
        cache_reserve(&f->rows, count);
    if (in->bad || !read_pages(f, in, map))
        return damaged("has bad rows, or one twice");
    return f->rows.rows.count == count ? E_ok : damaged("has another number of rows than it says");
}

enum error fold_snapshot_read(struct fold_store *f, struct bytes content) {
    struct cursor in;
    struct table_map map = { .count = 0 };
    uint32_t format = 0;
    TRY(check_whole(content, &in, &format));
    TRY(read_head(f, &in));
    read_facts(f, &in);
    read_places(f, &in);
    read_lanes(&f->lanes_in, &in);
    read_lanes(&f->lanes_out, &in);
    read_timers(f, &in);
    if (in.bad)
        return damaged("has bad facts, positions, lanes or timers");
    TRY(read_tables(f, &in, &map));
    TRY(read_rows(f, &in, &map, format));
    return cursor_left(&in) ? damaged("has something behind its rows") : E_ok;
}
