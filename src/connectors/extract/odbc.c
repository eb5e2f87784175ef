/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Everything else as a source: odbc:DSN=warehouse, or odbc:Driver=...;Server=...;..., by unixODBC.
 *
 * What stands behind odbc: is the connection string of the driver manager; a password belongs into
 * odbc.ini. One transaction, as much of one snapshot as the driver gives: repeatable read is asked
 * for, and a driver that knows no transactions answers one statement. Columns and their types come
 * from the prepared statement. A cell is read as text, in pieces of 64 KiB, so that one that is too
 * long is refused before it is held; what the driver says is binary is \x and hexadecimal digits.
 *
 * Who may still write into an interval cannot be asked of a database that we do not know: a query
 * that names :until wants odbc:writers=none;DSN=..., which says that nobody does once the interval
 * has ended. */
#include "extract/odbc_state.h"
#include "extract/source.h"
#include "extract/sql_text.h"

#include "base/clock.h"

#include <inttypes.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 64 << 10, NAME_CHARS = 256, SAID_CHARS = 300 };
static const char writers_none[] = "writers=none;";

struct column {
    enum { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_BINARY } kind;
    size_t at; /* of this row's cell in r->row */
};

struct reading {
    const struct source_query *query;
    const struct row_taker *taker;
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    struct buf sql, row, piece;
    struct column *columns;
    struct cell *cells;
    size_t count;
    int64_t rows;
};

/* ---- errors */

/* The first diagnosis; the connection string may hold a password, and is never told. */
static enum error driver_failed(SQLSMALLINT type, SQLHANDLE handle, const char *what) {
    SQLCHAR state[6] = "", text[SAID_CHARS] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT len = 0;
    if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state, &native, text, sizeof(text), &len)))
        return fail(E_config, "odbc: %s: the driver does not say why", what);
    text[strcspn((const char *)text, "\r\n")] = 0;
    return fail(odbc_error_of_state(type == SQL_HANDLE_DBC, (const char *)state),
                "odbc: %s: %s (%s, %d)", what, (const char *)text, (const char *)state,
                (int)native);
}

static enum error statement_failed(const struct reading *r, const char *what) {
    return driver_failed(SQL_HANDLE_STMT, r->statement, what);
}

static int64_t left_s(const struct reading *r) {
    int64_t left = (r->query->deadline_ns - clock_steady_ns(clock_real())) / 1000000000;
    return left > 1 ? left : 1;
}

static enum error time_check(const struct reading *r) {
    if (clock_steady_ns(clock_real()) <= r->query->deadline_ns)
        return E_ok;
    return fail(E_timed_out, "odbc: the query took longer than the edge's timeout");
}

/* ---- connecting */

static const char *connection_text(const struct source_query *q) {
    const char *text = q->address + strlen("odbc:");
    return strncmp(text, writers_none, strlen(writers_none)) == 0 ? text + strlen(writers_none)
                                                                  : text;
}

static bool attribute_set(SQLHDBC connection, SQLINTEGER attribute, uintptr_t value) {
    return SQL_SUCCEEDED(SQLSetConnectAttr(connection, attribute, (SQLPOINTER)value, 0));
}

static enum error connection_open(struct reading *r) {
    char *text = text_copy(connection_text(r->query));
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &r->environment))
        || !SQL_SUCCEEDED(
            SQLSetEnvAttr(r->environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0))
        || !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, r->environment, &r->connection))) {
        free(text);
        return fail(E_unsupported, "odbc: the driver manager cannot begin");
    }
    (void)attribute_set(r->connection, SQL_ATTR_LOGIN_TIMEOUT, 10);
    (void)attribute_set(r->connection, SQL_ATTR_CONNECTION_TIMEOUT, (uintptr_t)left_s(r));
    SQLRETURN code = SQLDriverConnect(r->connection, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL,
                                      SQL_DRIVER_NOPROMPT);
    free(text);
    if (!SQL_SUCCEEDED(code))
        return driver_failed(SQL_HANDLE_DBC, r->connection, "connecting");
    (void)attribute_set(r->connection, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
    (void)attribute_set(r->connection, SQL_ATTR_TXN_ISOLATION, SQL_TXN_REPEATABLE_READ);
    (void)attribute_set(r->connection, SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY);
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, r->connection, &r->statement)))
        return driver_failed(SQL_HANDLE_DBC, r->connection, "beginning");
    return E_ok;
}

static void connection_close(struct reading *r) {
    if (r->statement)
        (void)SQLFreeHandle(SQL_HANDLE_STMT, r->statement);
    if (r->connection) {
        (void)SQLEndTran(SQL_HANDLE_DBC, r->connection, SQL_ROLLBACK);
        (void)SQLDisconnect(r->connection);
        (void)SQLFreeHandle(SQL_HANDLE_DBC, r->connection);
    }
    if (r->environment)
        (void)SQLFreeHandle(SQL_HANDLE_ENV, r->environment);
}

static enum error writers_check(const struct reading *r) {
    const char *said = r->query->address + strlen("odbc:");
    if (strncmp(said, writers_none, strlen(writers_none)) != 0) {
        enum error e = fail(E_config, "odbc: nobody can see who may still write into the interval");
        fail_try("odbc:writers=none;DSN=... says that nobody does once it has ended");
        return e;
    }
    if (clock_wall_ms(clock_real()) < r->query->until_ms)
        return fail(E_busy, "odbc: the interval's end is ahead of the clock");
    return E_ok;
}

/* ---- columns */

static bool is_number_type(SQLSMALLINT type) {
    static const SQLSMALLINT numbers[] = { SQL_DECIMAL, SQL_NUMERIC, SQL_SMALLINT,
                                           SQL_INTEGER, SQL_REAL,    SQL_FLOAT,
                                           SQL_DOUBLE,  SQL_TINYINT, SQL_BIGINT };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (numbers[i] == type)
            return true;
    return false;
}

static enum error column_describe(struct reading *r, size_t nth, struct bytes *name) {
    SQLCHAR text[NAME_CHARS];
    SQLSMALLINT len = 0, type = 0, digits, nullable;
    SQLULEN size;
    if (!SQL_SUCCEEDED(SQLDescribeCol(r->statement, (SQLUSMALLINT)(nth + 1), text, sizeof(text),
                                      &len, &type, &size, &digits, &nullable)))
        return statement_failed(r, "describing a column");
    bool binary = type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY;
    r->columns[nth].kind = binary                 ? COLUMN_BINARY
                           : is_number_type(type) ? COLUMN_NUMBER
                                                  : COLUMN_TEXT;
    *name = bytes_of(text_copy((const char *)text), strlen((const char *)text));
    return E_ok;
}

static enum error columns_tell(struct reading *r) {
    struct bytes *names = memory_get(r->count * sizeof(*names));
    enum error e = E_ok;
    r->columns = memory_get(r->count * sizeof(*r->columns));
    r->cells = memory_get(r->count * sizeof(*r->cells));
    for (size_t i = 0; i < r->count && !e; i++)
        e = column_describe(r, i, &names[i]);
    if (!e)
        e = r->taker->begin(r->taker->context, names, r->count);
    for (size_t i = 0; i < r->count; i++)
        free((void *)names[i].data);
    free(names);
    return e;
}

static enum error statement_run(struct reading *r) {
    SQLSMALLINT count = 0;
    (void)SQLSetStmtAttr(r->statement, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)(uintptr_t)left_s(r), 0);
    if (!SQL_SUCCEEDED(SQLExecDirect(r->statement, (SQLCHAR *)buf_text(&r->sql), SQL_NTS)))
        return statement_failed(r, "the query");
    if (!SQL_SUCCEEDED(SQLNumResultCols(r->statement, &count)))
        return statement_failed(r, "the query");
    r->count = (size_t)count;
    if (count <= 0 || count > SOURCE_COLUMNS_MAX)
        return fail(E_config, "odbc: the query gives no columns, or over 1000");
    return columns_tell(r);
}

/* ---- rows */

static enum error too_long(const struct reading *r, size_t nth) {
    return fail(E_config, "odbc: row %" PRId64 ": a field in column %zu: over %d MiB", r->rows + 1,
                nth + 1, SOURCE_FIELD_MAX >> 20);
}

/* A piece of text ends with a zero that counts as room. */
static size_t piece_len(SQLLEN told, bool binary) {
    size_t room = binary ? PIECE_BYTES : PIECE_BYTES - 1;
    return told == SQL_NO_TOTAL || (size_t)told > room ? room : (size_t)told;
}

static void hex_put(struct buf *out, struct bytes data) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < data.len; i++) {
        buf_put_byte(out, (uint8_t)digits[data.data[i] >> 4]);
        buf_put_byte(out, (uint8_t)digits[data.data[i] & 15]);
    }
}

/* Its text is appended to r->row. */
static enum error cell_read(struct reading *r, size_t nth) {
    bool binary = r->columns[nth].kind == COLUMN_BINARY;
    SQLSMALLINT type = binary ? SQL_C_BINARY : SQL_C_CHAR;
    SQLLEN told = 0;
    SQLRETURN code;
    r->columns[nth].at = r->row.len;
    r->cells[nth].kind = r->columns[nth].kind == COLUMN_NUMBER ? CELL_NUMBER : CELL_TEXT;
    if (binary)
        buf_put_text(&r->row, "\\x");
    while ((code = SQLGetData(r->statement, (SQLUSMALLINT)(nth + 1), type, r->piece.data,
                              PIECE_BYTES, &told))
           != SQL_NO_DATA) {
        if (!SQL_SUCCEEDED(code))
            return statement_failed(r, "reading a row");
        if (told == SQL_NULL_DATA) {
            r->cells[nth].kind = CELL_NULL;
            return E_ok;
        }
        struct bytes piece = bytes_of(r->piece.data, piece_len(told, binary));
        if (r->row.len - r->columns[nth].at + piece.len > SOURCE_FIELD_MAX)
            return too_long(r, nth);
        if (binary)
            hex_put(&r->row, piece);
        else
            buf_put_bytes(&r->row, piece);
        if (code == SQL_SUCCESS)
            return E_ok;
    }
    return E_ok;
}

static enum error row_tell(struct reading *r) {
    buf_clear(&r->row);
    for (size_t i = 0; i < r->count; i++)
        TRY(cell_read(r, i));
    for (size_t i = 0; i < r->count; i++) {
        size_t end = i + 1 < r->count ? r->columns[i + 1].at : r->row.len;
        r->cells[i].text = bytes_part(buf_bytes(&r->row), r->columns[i].at, end - r->columns[i].at);
    }
    r->rows++;
    return r->taker->row(r->taker->context, r->cells, r->count);
}

static enum error rows_tell(struct reading *r) {
    buf_reserve(&r->piece, PIECE_BYTES);
    for (;;) {
        SQLRETURN code = SQLFetch(r->statement);
        if (code == SQL_NO_DATA)
            return E_ok;
        if (!SQL_SUCCEEDED(code))
            return statement_failed(r, "reading a row");
        TRY(row_tell(r));
        if (r->rows % 1000 == 0)
            TRY(time_check(r));
    }
}

static enum error odbc_run(const struct source_query *q, const struct row_taker *taker) {
    struct reading r = { .query = q, .taker = taker };
    bool has_until = false;
    struct source_query timed = *q;
    timed.times = (struct source_times){ "{ts '", "'}" };
    enum error e = sql_interval_write(&timed, &r.sql, &has_until);
    if (!e && has_until)
        e = writers_check(&r);
    if (!e)
        e = connection_open(&r);
    if (!e)
        e = statement_run(&r);
    if (!e)
        e = rows_tell(&r);
    connection_close(&r);
    buf_finish(&r.sql);
    buf_finish(&r.row);
    buf_finish(&r.piece);
    free(r.columns);
    free(r.cells);
    return e;
}

const struct source_kind odbc_source_kind = { "odbc", odbc_run };
