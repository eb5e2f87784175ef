/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The demo's database: a store of ours is a file of SQLite, and an ordinary source. */
#include "feeds.h"

#include "app/parts.h"
#include "base/disk.h"
#include "history.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
    MOVEMENT,
    NAME,
    TABLES,
    COLUMNS_MAX = 5,
    KEY_CHARS = 24,
    NAMES_MOST = 60000, /* the first years */
    NAMES_BYTES_MOST = 4 << 20,
    PACKED_BYTES_MOST = 64 << 20,
    INVENTED_NAMES = 6000,
};

static const struct column movement_columns[] = { { "account", COLUMN_INT },
                                                  { "date", COLUMN_INT },
                                                  { "kind", COLUMN_TEXT },
                                                  { "amount", COLUMN_INT },
                                                  { "balance", COLUMN_INT } };
static const struct column name_columns[] = {
    { "year", COLUMN_INT }, { "name", COLUMN_TEXT }, { "sex", COLUMN_TEXT }, { "count", COLUMN_INT }
};
static const struct store_table tables[TABLES] = {
    [MOVEMENT] = { .name = "movement", .columns = movement_columns, .column_count = 5 },
    [NAME] = { .name = "name", .columns = name_columns, .column_count = 4 },
};

static struct value number(int64_t n) {
    return (struct value){ .kind = VALUE_INT, .integer = n };
}

static struct value text(struct bytes t) {
    return (struct value){ .kind = VALUE_TEXT, .text = t };
}

static enum error row_put(struct store *s, size_t table, int64_t nth, const struct value *values) {
    char key[KEY_CHARS];
    (void)snprintf(key, sizeof(key), "%08" PRId64, nth);
    return s->ops->row_put(s, table, bytes_text(key), bytes_text(""), values);
}

/* ---- the ledger */

static enum error ledger_put(struct store *s, const struct history *h) {
    for (int32_t i = 0; i < h->movement_count; i++) {
        const struct movement *m = &h->movements[i];
        struct value values[COLUMNS_MAX] = {
            number(h->accounts[m->account].id),
            number(m->date),
            text(bytes_text(m->deposit ? "credit" : "debit")),
            number(m->deposit ? m->amount : -m->amount),
            number(m->balance),
        };
        TRY(row_put(s, MOVEMENT, i + 1, values));
    }
    return E_ok;
}

/* ---- names */

/* As much of the file as is wanted: the rest is not unpacked. */
static enum error unpack(struct bytes packed, struct buf *out) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer from = { packed.data, packed.len, 0 };
    size_t left = 1;
    while (left && !ZSTD_isError(left) && from.pos < from.size && out->len < NAMES_BYTES_MOST) {
        buf_reserve(out, 1 << 16);
        ZSTD_outBuffer to = { out->data + out->len, 1 << 16, 0 };
        left = ZSTD_decompressStream(context, &to, &from);
        out->len += ZSTD_isError(left) ? 0 : to.pos;
    }
    (void)ZSTD_freeDCtx(context);
    return ZSTD_isError(left) ? fail(E_corrupt, "names.csv.zst: %s", ZSTD_getErrorName(left))
                              : E_ok;
}

static struct bytes field_take(struct bytes *line) {
    const uint8_t *comma = line->len ? memchr(line->data, ',', line->len) : NULL;
    size_t len = comma ? (size_t)(comma - line->data) : line->len, past = len + (comma ? 1 : 0);
    struct bytes field = bytes_part(*line, 0, len);
    *line = bytes_part(*line, past, line->len - past);
    return field;
}

static int64_t number_of(struct bytes digits) {
    int64_t n = 0;
    for (size_t i = 0; i < digits.len && i < 15; i++)
        n = n * 10 + (digits.data[i] - '0');
    return n;
}

/* Whole lines behind the first one, which names the columns. */
static enum error names_put(struct store *s, struct bytes csv) {
    const uint8_t *end;
    for (int64_t nth = 0;
         nth <= NAMES_MOST && csv.len && (end = memchr(csv.data, '\n', csv.len)) != NULL; nth++) {
        size_t len = (size_t)(end - csv.data);
        struct bytes line = bytes_part(csv, 0, len);
        csv = bytes_part(csv, len + 1, csv.len - len - 1);
        struct value values[COLUMNS_MAX];
        values[0] = number(number_of(field_take(&line)));
        values[1] = text(field_take(&line));
        values[2] = text(field_take(&line));
        values[3] = number(number_of(line));
        if (nth > 0)
            TRY(row_put(s, NAME, nth, values));
    }
    return E_ok;
}

static enum error names_invent(struct store *s) {
    static const char *const first[] = { "Jana", "Eva", "Anna", "Petr", "Jan", "Karel" };
    for (int64_t i = 0; i < INVENTED_NAMES; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "%s%" PRId64, first[i % 6], i % 200);
        struct value values[COLUMNS_MAX] = { number(1880 + i / 200), text(bytes_text(name)),
                                             text(bytes_text(i % 6 < 3 ? "F" : "M")),
                                             number(i * 7919 % 5000) };
        TRY(row_put(s, NAME, i + 1, values));
    }
    return E_ok;
}

static enum error names_read(struct store *s, bool *real) {
    struct buf packed = { 0 }, csv = { 0 };
    const char *named = getenv("OCTAVO_DATA");
    char *path = text_format("%s/names/names.csv.zst", named && *named ? named : "../shared/data");
    enum error e = disk_read_whole(disk_real(), path, PACKED_BYTES_MOST, &packed);
    *real = !e;
    if (e == E_not_found) {
        e = names_invent(s);
    } else if (!e) {
        e = unpack(buf_bytes(&packed), &csv);
        if (!e)
            e = names_put(s, buf_bytes(&csv));
    }
    buf_finish(&packed);
    buf_finish(&csv);
    free(path);
    return e;
}

/* ---- both */

static enum error store_fill(struct store *s, char **what) {
    struct history *h = NULL;
    bool real;
    TRY(history_open(&h, &(struct history_options){ .seed = 1 }));
    enum error e = s->ops->begin(s);
    if (!e)
        e = ledger_put(s, h);
    if (!e)
        e = names_read(s, &real);
    if (!e)
        e = s->ops->commit(s);
    if (!e)
        *what = text_format("%s, %d movements; names of people, %s", h->source, h->movement_count,
                            real ? "US births (names/names.csv.zst)" : "made up");
    history_destroy(h);
    return e;
}

enum error feeds_write(const char *dir, char **what) {
    char *url = text_format("sqlite:%s", dir);
    struct store_options options = {
        .url = url,
        .system = "bank",
        .service = "ledger",
        .generation = 1,
        .tables = tables,
        .table_count = TABLES,
        .sync = true,
    };
    struct store *s = NULL;
    enum error e = parts_store("sqlite")->open(&s, &options);
    if (!e)
        e = store_fill(s, what);
    if (s)
        s->ops->close(s);
    free(url);
    return e;
}
