// rooms: store/fold
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a fold's snapshot: read or refused, never a crash, and no memory beyond what the
 * file holds. What is read is saved and read once more, with the same rows and positions.
 *
 * The first byte chooses: 1 the length and the checksum are made right, so that what stands behind
 * them is reached. */
#include "base/check.h"
#include "base/memory_disk.h"
#include "fold/fold_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIX_SUM = 1, HEAD_BYTES = 20 };

static const char path[] = "store/shop.counter.1.3.fold";
static const struct column columns[] = { { "balance", COLUMN_INT }, { "owner", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, columns, 2, false, 0 },
                                             { "total", false, columns, 1, false, 0 } };

static enum error fold_open(struct disk *disk, struct store **out) {
    struct store_options options = { .url = "fold:store",
                                     .system = "shop",
                                     .service = "counter",
                                     .generation = 1,
                                     .task = 3,
                                     .tables = tables,
                                     .table_count = 2,
                                     .reads = "moves/8" };
    return fold_open_on(disk, out, &options);
}

static void count_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                      size_t count) {
    assert(key.data && sub.data && values);
    *(uint64_t *)context += 1 + count;
}

static void content_put(struct disk *disk, const uint8_t *data, size_t size) {
    struct buf content = { 0 };
    buf_put(&content, data + 1, size - 1);
    if ((data[0] & FIX_SUM) && content.len >= HEAD_BYTES)
        fold_snapshot_close(&content);
    assert(disk_make_dir(disk, "store") == E_ok);
    assert(disk_replace(disk, path, buf_bytes(&content)) == E_ok);
    buf_finish(&content);
}

static void save_and_read_again(struct disk *disk, struct store *s) {
    struct fold_sizes before = fold_sizes(s);
    uint64_t seen = 0;
    bool done;
    assert(s->ops->table_each(s, 0, count_row, &seen) == E_ok);
    assert(s->ops->save(s) == E_ok);
    assert(s->ops->saved(s, true, &done) == E_ok);
    s->ops->close(s);
    assert(fold_open(disk, &s) == E_ok);
    assert(fold_sizes(s).rows == before.rows);
    assert(fold_sizes(s).row_bytes == before.row_bytes);
    s->ops->close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct store *s = NULL;
    if (size == 0)
        return 0;
    struct disk *disk = memory_disk_create();
    content_put(disk, data, size);
    if (fold_open(disk, &s) == E_ok)
        save_and_read_again(disk, s);
    memory_disk_destroy(disk);
    return 0;
}
