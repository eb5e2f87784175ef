// rooms: cache store base
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as pages of rows: read or refused, never a crash; what is read can be changed, found
 * and taken a picture of, and the picture is read again with as many rows.
 *
 * The first byte is the length of the first page in eights, if there are two. */
#include "base/check.h"
#include "base/cursor.h"
#include "cache/cache.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct column columns[] = { { "number", COLUMN_INT }, { "email", COLUMN_TEXT } };
static const struct store_table tables[] = { { "a", false, columns, 2, false, 0 },
                                             { "b", false, columns, 1, false, 0 } };
static const struct store_index indexes[] = { { 0, 1, true }, { 0, 0, false }, { 1, 0, false } };
static const struct store_options options = {
    .tables = tables, .table_count = 2, .indexes = indexes, .index_count = 3
};
static const size_t turned[] = { 1, 0 }, same[] = { 0, 1 };

/* Each row is found by its id and by what it says, and changed or taken out. */
static void rows_turn(struct cache *c, size_t table) {
    uint32_t ref, found;
    struct value values[2];
    uint64_t at = 0;
    while (cache_next(c, table, &at, &ref)) {
        struct row_id id = cache_row(c, ref, values);
        assert(cache_get(c, &id, values));
        bool met = false;
        for (uint64_t place = 0; !met && values[0].kind != VALUE_NULL;) {
            bool more = cache_find(c, table ? 2 : 1, &values[0], &place, &found);
            assert(more);
            met = found == ref;
        }
        if (!cache_may_rest(c, at))
            continue;
        values[0] = (struct value){ .kind = VALUE_INT, .integer = (int64_t)ref << 20 };
        if (ref % 3)
            cache_put(c, &id, values);
        else
            cache_delete(c, &id);
    }
}

static void picture_take(struct cache *c) {
    struct buf image = { 0 };
    struct cache again;
    cache_init(&again, &options);
    pages_image_begin(&c->pages, &image);
    rows_turn(c, 1);
    while (!pages_image_step(&c->pages, 1)) {
    }
    struct cursor in = cursor_on(buf_bytes(&image));
    for (uint32_t left = read_u32(&in); left; left--) {
        uint32_t len = read_u32(&in);
        bool good = cache_take_page(&again, read_bytes(&in, len), same, 2);
        assert(good && !in.bad);
    }
    cache_finish(&again);
    buf_finish(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cache c;
    if (size < 2)
        return 0;
    size_t first = (size_t)data[0] * UNIT_BYTES;
    struct bytes rest = bytes_of(data + 1, size - 1);
    cache_init(&c, &options);
    first = first && first < rest.len ? first : rest.len;
    bool good = cache_take_page(&c, bytes_part(rest, 0, first), turned, 2);
    if (good && first < rest.len)
        good = cache_take_page(&c, bytes_part(rest, first, rest.len - first), turned, 2);
    if (good) {
        rows_turn(&c, 0);
        picture_take(&c);
    }
    cache_finish(&c);
    return 0;
}
