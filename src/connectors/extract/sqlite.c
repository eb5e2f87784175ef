/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SQLite as a source: sqlite:FILE, opened read-only, one statement, which is one snapshot.
 *
 * A statement that is no SELECT, a second one behind it, and a parameter that we do not know are
 * errors before the first row. A text is taken as it is stored, a real number with as many digits
 * as bring it back, a blob as \x and hexadecimal digits, which is how PostgreSQL reads it again.
 *
 * A query that names :until says "up to there", and a transaction that began before that moment may
 * still be open. There is one writer at a time, and nobody can see since when it writes: so the
 * write lock is taken and given back at once before the snapshot, which proves that whoever began
 * before has ended; nothing is written. Who may not open the file for writing, and knows that
 * nobody else is, says ?writers=none in the address. */
#include "extract/source.h"

#include "base/clock.h"
#include "connectors/sqlite_error.h"
#include "connectors/url.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_WAIT_MS = 2000, STEPS_BETWEEN_LOOKS = 100000, REAL_CHARS = 40 };

struct reading {
    const struct source_query *query;
    const struct row_taker *taker;
    sqlite3 *db;
    sqlite3_stmt *statement;
    size_t count;
    bool until; /* the query names it */
    bool no_writers;
    char *file;
    struct cell *cells;
    char (*reals)[REAL_CHARS]; /* a text for each real number of the row */
    struct buf blob;           /* of all blobs of the row */
};

/* ---- errors */

static enum error database_failed(const struct reading *r, int code) {
    enum error e = sqlite_error_of(code);
    if (e == E_timed_out)
        return fail(e, "%s: the query took longer than the edge's timeout", r->query->address);
    return fail(e, "%s: %s", r->query->address, sqlite3_errmsg(r->db));
}

static enum error query_wrong(const struct reading *r, const char *what) {
    return fail(E_config, "%s: the query %s", r->query->address, what);
}

/* ---- opening */

static int on_steps(void *context) {
    const struct source_query *q = context;
    return clock_steady_ns(clock_real()) > q->deadline_ns;
}

static enum error database_open(struct reading *r) {
    static const char *const known[] = { "writers", NULL };
    static const struct url_form form = { "sqlite", known, "sqlite:/srv/bank.db" };
    struct url url;
    TRY(url_read(&url, &form, r->query->address));
    const char *writers = url_get(&url, "writers");
    r->no_writers = writers && strcmp(writers, "none") == 0;
    enum error e = writers && !r->no_writers ? url_wrong(&url, "its writers is none") : E_ok;
    r->file = url_path(&url, r->query->data_dir);
    url_finish(&url);
    TRY(e);
    int code = sqlite3_open_v2(r->file, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return database_failed(r, code);
    (void)sqlite3_busy_timeout(r->db, BUSY_WAIT_MS);
    (void)sqlite3_limit(r->db, SQLITE_LIMIT_LENGTH, 2 * SOURCE_FIELD_MAX);
    (void)sqlite3_limit(r->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_db_config(r->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_progress_handler(r->db, STEPS_BETWEEN_LOOKS, on_steps, (void *)r->query);
    return E_ok;
}

static enum error parameter_bind(struct reading *r, int nth) {
    const char *name = sqlite3_bind_parameter_name(r->statement, nth);
    const struct source_query *q = r->query;
    bool from = name && strncmp(name, ":from", 5) == 0;
    const char *rest = name ? name + (from ? 5 : strncmp(name, ":until", 6) == 0 ? 6 : 0) : "";
    int64_t ms = from ? q->from_ms : q->until_ms;
    r->until = r->until || !from;
    char text[SOURCE_TIME_CHARS];
    if (strcmp(rest, "_ms") == 0) {
        (void)sqlite3_bind_int64(r->statement, nth, ms);
        return E_ok;
    }
    if (*rest || !name)
        return query_wrong(r, "has a parameter that is none of :from, :until, :from_ms, :until_ms");
    source_time_write(ms, text);
    (void)sqlite3_bind_text(r->statement, nth, text, -1, SQLITE_TRANSIENT);
    return E_ok;
}

static enum error statement_prepare(struct reading *r) {
    const char *rest = "";
    int code = sqlite3_prepare_v2(r->db, r->query->sql, -1, &r->statement, &rest);
    if (code != SQLITE_OK)
        return database_failed(r, code);
    if (rest[strspn(rest, "; \t\r\n")])
        return query_wrong(r, "has a second statement behind it");
    if (!r->statement || !sqlite3_stmt_readonly(r->statement)
        || sqlite3_column_count(r->statement) == 0)
        return query_wrong(r, "gives no columns: it is no SELECT");
    r->count = (size_t)sqlite3_column_count(r->statement);
    if (r->count > SOURCE_COLUMNS_MAX)
        return query_wrong(r, "gives over 1000 columns");
    for (int i = 1; i <= sqlite3_bind_parameter_count(r->statement); i++)
        TRY(parameter_bind(r, i));
    return E_ok;
}

/* ---- who may still write into the interval */

static enum error writers_failed(sqlite3 *db, int code, const struct reading *r) {
    enum error e;
    if ((code & 0xff) == SQLITE_BUSY)
        return fail(E_busy,
                    "%s: a transaction that may have begun before the interval's end is "
                    "still open",
                    r->query->address);
    e = fail(sqlite_error_of(code),
             "%s: whether somebody still writes into the interval cannot be "
             "seen: %s",
             r->query->address, sqlite3_errmsg(db));
    fail_try("let us write to the file, or add ?writers=none to its address if nobody does");
    return e;
}

static enum error writers_wait(const struct reading *r) {
    sqlite3 *db = NULL;
    if (!r->until || r->no_writers)
        return E_ok;
    if (clock_wall_ms(clock_real()) < r->query->until_ms)
        return fail(E_busy, "%s: the interval's end is ahead of the clock", r->query->address);
    int code = sqlite3_open_v2(r->file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        (void)sqlite3_busy_timeout(db, BUSY_WAIT_MS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
    enum error e = code == SQLITE_OK ? E_ok : writers_failed(db, code, r);
    (void)sqlite3_close(db);
    return e;
}

/* ---- rows */

/* The shortest of 15 to 17 digits that reads back as the same number; infinities as PostgreSQL
 * writes them. */
static struct bytes real_write(double value, char out[REAL_CHARS]) {
    int len = 0;
    if (isinf(value))
        len = snprintf(out, REAL_CHARS, "%sInfinity", value < 0 ? "-" : "");
    for (int digits = 15; len == 0 && digits <= 17; digits++) {
        int tried = snprintf(out, REAL_CHARS, "%.*g", digits, value);
        if (digits == 17 || strtod(out, NULL) == value)
            len = tried;
    }
    return bytes_of(out, (size_t)len);
}

/* Where it stands in r->blob; the texts are set once all blobs of the row are there. */
static void blob_write(struct reading *r, int nth) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *data = sqlite3_column_blob(r->statement, nth);
    size_t len = (size_t)sqlite3_column_bytes(r->statement, nth);
    uint8_t *out = buf_extend(&r->blob, 2 + 2 * len);
    *out++ = '\\';
    *out++ = 'x';
    for (size_t i = 0; i < len; i++) {
        *out++ = (uint8_t)digits[data[i] >> 4];
        *out++ = (uint8_t)digits[data[i] & 15];
    }
}

static struct bytes text_of(struct reading *r, int nth) {
    const unsigned char *text = sqlite3_column_text(r->statement, nth);
    return bytes_of(text ? (const void *)text : "",
                    (size_t)sqlite3_column_bytes(r->statement, nth));
}

static void cell_read(struct reading *r, int nth) {
    struct cell *cell = &r->cells[nth];
    int type = sqlite3_column_type(r->statement, nth);
    *cell = (struct cell){ type == SQLITE_NULL                              ? CELL_NULL
                           : type == SQLITE_INTEGER || type == SQLITE_FLOAT ? CELL_NUMBER
                                                                            : CELL_TEXT,
                           { NULL, 0 } };
    if (type == SQLITE_FLOAT)
        cell->text = real_write(sqlite3_column_double(r->statement, nth), r->reals[nth]);
    else if (type == SQLITE_BLOB)
        blob_write(r, nth);
    else if (type != SQLITE_NULL)
        cell->text = text_of(r, nth);
}

static void row_read(struct reading *r) {
    size_t at = 0;
    buf_clear(&r->blob);
    for (size_t i = 0; i < r->count; i++)
        cell_read(r, (int)i);
    for (size_t i = 0; i < r->count && r->blob.len; i++)
        if (sqlite3_column_type(r->statement, (int)i) == SQLITE_BLOB) {
            size_t len = 2 + 2 * (size_t)sqlite3_column_bytes(r->statement, (int)i);
            r->cells[i].text = bytes_part(buf_bytes(&r->blob), at, len);
            at += len;
        }
}

static enum error names_tell(struct reading *r) {
    struct bytes *names = memory_get(r->count * sizeof(*names));
    for (size_t i = 0; i < r->count; i++)
        names[i] = bytes_text(sqlite3_column_name(r->statement, (int)i));
    enum error e = r->taker->begin(r->taker->context, names, r->count);
    free(names);
    return e;
}

static enum error rows_tell(struct reading *r) {
    r->cells = memory_get(r->count * sizeof(*r->cells));
    r->reals = memory_get(r->count * sizeof(*r->reals));
    TRY(names_tell(r));
    for (;;) {
        int code = sqlite3_step(r->statement);
        if (code == SQLITE_DONE)
            return E_ok;
        if (code != SQLITE_ROW)
            return database_failed(r, code);
        row_read(r);
        TRY(r->taker->row(r->taker->context, r->cells, r->count));
    }
}

static enum error sqlite_run(const struct source_query *q, const struct row_taker *taker) {
    struct reading r = { .query = q, .taker = taker };
    enum error e = database_open(&r);
    if (!e)
        e = statement_prepare(&r);
    if (!e)
        e = writers_wait(&r);
    if (!e)
        e = rows_tell(&r);
    (void)sqlite3_finalize(r.statement);
    (void)sqlite3_close(r.db);
    free(r.file);
    free(r.cells);
    free(r.reals);
    buf_finish(&r.blob);
    return e;
}

const struct source_kind sqlite_source_kind = { "sqlite", sqlite_run };
