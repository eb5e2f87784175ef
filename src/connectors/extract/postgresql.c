/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* PostgreSQL as a source: postgresql://USER@HOST/DATABASE, by COPY (query) TO STDOUT.
 *
 * One transaction, REPEATABLE READ, READ ONLY: one snapshot. The query is prepared before it is
 * copied, so that a wrong one is an error before the first byte, and columns and their types come
 * from the catalog, never guessed from rows. Rows come as COPY's text form and are written again by
 * our own formats: CSV, JSON and all checks are the same for every database. Dates are ISO, in UTC,
 * numbers have all their digits.
 *
 * A query that names :until says "up to there", and a row that was written by a transaction which
 * began before that moment may be committed after it: a snapshot that is taken while such a
 * transaction runs would leave the row out, and the next interval would not have it either. So the
 * interval waits until no transaction is left that began before its end (E_busy: it is tried
 * again).
 *
 * libpq holds a row whole before we can refuse it. So the server refuses: each column whose length
 * has no bound is read through a CASE that makes an error of a field over SOURCE_FIELD_MAX. It
 * costs next to nothing: the length of a text or bytea stands in its header, and anything else is
 * looked at only when 64 KiB of it are stored. */
#include "extract/sql_text.h"
#include "extract/source.h"

#include "base/clock.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char too_long_mark[] = "octavo: a field of ";

struct reading {
    const struct source_query *query;
    const struct row_taker *taker;
    PGconn *connection;
    struct buf sql;     /* with the interval in it */
    struct buf guarded; /* the query, with what is too long for a file made an error */
    size_t count;
    bool *is_number;
    struct cell *cells;
    int64_t rows;
};

/* ---- errors */

/* The server's first line, without the address: that may hold a password. */
static enum error server_failed(struct reading *r, const PGresult *result, enum error otherwise) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    enum error e = otherwise;
    if (PQstatus(r->connection) == CONNECTION_BAD)
        e = E_network;
    else if (state && (strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0))
        e = E_network;
    else if (state && strcmp(state, "57014") == 0)
        e = E_timed_out;
    else if (state && (strncmp(state, "40", 2) == 0 || strncmp(state, "53", 2) == 0))
        e = E_busy;
    if (!text)
        text = PQerrorMessage(r->connection);
    const char *mark = strstr(text, too_long_mark);
    if (mark)
        return fail(E_config, "postgresql: %.*s: over %d MiB", (int)strcspn(mark + 8, "\""),
                    mark + 8, SOURCE_FIELD_MAX >> 20);
    size_t len = strcspn(text, "\n");
    return fail(e, "postgresql: %.*s", (int)(len < 300 ? len : 300), text);
}

static enum error statement_run(struct reading *r, const char *sql, ExecStatusType wanted,
                                PGresult **out) {
    PGresult *result = PQexec(r->connection, sql);
    enum error e = PQresultStatus(result) == wanted ? E_ok : server_failed(r, result, E_config);
    if (out && !e)
        *out = result;
    else
        PQclear(result);
    return e;
}

/* ---- connecting */

static enum error connection_open(struct reading *r) {
    static const char *const names[] = { "dbname",
                                         "application_name",
                                         "client_encoding",
                                         "connect_timeout",
                                         "tcp_user_timeout",
                                         "options",
                                         NULL };
    const char *values[] = {
        r->query->address,
        "octavo-extract",
        "UTF8",
        "10",
        "30000",
        "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c extra_float_digits=1"
        " -c bytea_output=hex -c idle_in_transaction_session_timeout=3600000",
        NULL
    };
    r->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(r->connection) == CONNECTION_OK)
        return E_ok;
    return server_failed(r, NULL, E_network);
}

/* ---- who may still write into the interval */

static enum error interval_check(struct reading *r) {
    static const char sql[] =
        "SELECT count(*) FILTER (WHERE query = '<insufficient privilege>'),"
        " count(*) FILTER (WHERE xact_start < to_timestamp($1::float8 / 1000)),"
        " (SELECT count(*) FROM pg_prepared_xacts WHERE prepared < to_timestamp($1::float8 / "
        "1000)),"
        " clock_timestamp() >= to_timestamp($1::float8 / 1000)"
        " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    char until[24];
    const char *values[] = { until };
    (void)snprintf(until, sizeof(until), "%" PRId64, r->query->until_ms);
    PGresult *result = PQexecParams(r->connection, sql, 1, NULL, values, NULL, NULL, 0);
    enum error e = E_ok;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        e = server_failed(r, result, E_config);
    else if (strcmp(PQgetvalue(result, 0, 0), "0") != 0) {
        e = fail(E_config, "postgresql: other sessions are hidden, so nobody knows what may still "
                           "be committed into the interval");
        fail_try("GRANT pg_read_all_stats TO the user of this place");
    } else if (strcmp(PQgetvalue(result, 0, 3), "t") != 0)
        e = fail(E_busy, "postgresql: the interval's end is ahead of the server's clock");
    else if (strcmp(PQgetvalue(result, 0, 1), "0") != 0
             || strcmp(PQgetvalue(result, 0, 2), "0") != 0)
        e = fail(E_busy, "postgresql: a transaction that began before the interval's end is still "
                         "open");
    PQclear(result);
    return e;
}

/* ---- what is too long */

/* numeric, name: their length has a bound of its own. */
static bool is_unbounded(const PGresult *described, int nth) {
    Oid type = PQftype(described, nth);
    return PQfsize(described, nth) < 0 && type != 1700;
}

static void column_guard(struct reading *r, const PGresult *described, int nth) {
    Oid type = PQftype(described, nth);
    int column = nth + 1;
    if (!is_unbounded(described, nth)) {
        buf_print(&r->guarded, "%sc%d", nth ? "," : "", column);
        return;
    }
    const char *length = type == 25 || type == 1043 || type == 1042 ? "octet_length(c%d)"
                         : type == 17                               ? "2*octet_length(c%d)::int8"
                                      : "CASE WHEN pg_column_size(c%d)>65536 THEN "
                                        "octet_length(c%d::text) ELSE 0 END";
    char *of = text_format(length, column, column);
    buf_print(&r->guarded,
              "%sCASE WHEN %s>%d AND ('%s'||%s||' bytes in column %d')::int=0 THEN NULL"
              " ELSE c%d END",
              nth ? "," : "", of, SOURCE_FIELD_MAX, too_long_mark, of, column, column);
    free(of);
}

/* COPY (SELECT c1, CASE ... FROM (the query) q (c1, c2)): of rows that the query gives alone, in
 * its order. */
static void query_guard(struct reading *r, const PGresult *described) {
    bool any = false;
    for (size_t i = 0; i < r->count; i++)
        any = any || is_unbounded(described, (int)i);
    if (!any) {
        buf_put_bytes(&r->guarded, buf_bytes(&r->sql));
        return;
    }
    buf_put_text(&r->guarded, "SELECT ");
    for (size_t i = 0; i < r->count; i++)
        column_guard(r, described, (int)i);
    buf_print(&r->guarded, " FROM (%s) q(", buf_text(&r->sql));
    for (size_t i = 0; i < r->count; i++)
        buf_print(&r->guarded, "%sc%zu", i ? "," : "", i + 1);
    buf_put_text(&r->guarded, ")");
}

/* ---- the query */

static bool is_number_type(Oid type) {
    return type == 20 || type == 21 || type == 23 || type == 26 || type == 700 || type == 701
           || type == 1700; /* int8, int2, int4, oid, float4, float8, numeric */
}

static enum error columns_tell(struct reading *r, const PGresult *described) {
    struct bytes *names = memory_get(r->count * sizeof(*names));
    r->is_number = memory_get(r->count * sizeof(*r->is_number));
    r->cells = memory_get(r->count * sizeof(*r->cells));
    for (size_t i = 0; i < r->count; i++) {
        names[i] = bytes_text(PQfname(described, (int)i));
        r->is_number[i] = is_number_type(PQftype(described, (int)i));
    }
    enum error e = r->taker->begin(r->taker->context, names, r->count);
    free(names);
    return e;
}

static enum error query_describe(struct reading *r) {
    PGresult *prepared = PQprepare(r->connection, "", buf_text(&r->sql), 0, NULL);
    enum error e =
        PQresultStatus(prepared) == PGRES_COMMAND_OK ? E_ok : server_failed(r, prepared, E_config);
    PQclear(prepared);
    TRY(e);
    PGresult *described = PQdescribePrepared(r->connection, "");
    r->count = (size_t)PQnfields(described);
    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        e = server_failed(r, described, E_config);
    else if (r->count == 0 || r->count > SOURCE_COLUMNS_MAX)
        e = fail(E_config, "postgresql: the query gives no columns, or over 1000");
    else
        e = columns_tell(r, described);
    if (!e)
        query_guard(r, described);
    PQclear(described);
    return e;
}

/* ---- rows, in COPY's text form: cells between tabs, \N for NULL, escapes with a backslash */

static char unescaped(char c) {
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

/* In place: what is written back is never longer. Returns what is behind the cell's tab. */
static char *cell_read(struct reading *r, size_t nth, char *in, char *end) {
    struct cell *cell = &r->cells[nth];
    char *tab = memchr(in, '\t', (size_t)(end - in));
    char *stop = tab ? tab : end, *out = in, *from = in;
    if (stop - in == 2 && in[0] == '\\' && in[1] == 'N') {
        *cell = (struct cell){ CELL_NULL, { NULL, 0 } };
        return stop + 1;
    }
    char *escape = memchr(from, '\\', (size_t)(stop - from));
    out = escape ? escape : stop;
    for (from = out; from < stop; from++)
        *out++ = *from == '\\' && from + 1 < stop ? unescaped(*++from) : *from;
    *cell = (struct cell){ r->is_number[nth] ? CELL_NUMBER : CELL_TEXT,
                           bytes_of(in, (size_t)(out - in)) };
    return stop + 1;
}

static enum error row_tell(struct reading *r, char *line, size_t len) {
    char *end = line + len, *at = line;
    if (len && end[-1] == '\n')
        end--;
    for (size_t i = 0; i < r->count; i++) {
        if (at > end)
            return fail(E_diverged, "postgresql: row %" PRId64 " has %zu of %zu columns",
                        r->rows + 1, i, r->count);
        at = cell_read(r, i, at, end);
    }
    if (at != end + 1)
        return fail(E_diverged, "postgresql: row %" PRId64 " has more than %zu columns",
                    r->rows + 1, r->count);
    r->rows++;
    return r->taker->row(r->taker->context, r->cells, r->count);
}

static enum error copy_end(struct reading *r) {
    PGresult *result = PQgetResult(r->connection);
    enum error e =
        PQresultStatus(result) == PGRES_COMMAND_OK ? E_ok : server_failed(r, result, E_config);
    PQclear(result);
    return e;
}

static enum error rows_copy(struct reading *r) {
    char *line;
    int len;
    enum error e = E_ok;
    while (!e && (len = PQgetCopyData(r->connection, &line, 0)) > 0) {
        e = row_tell(r, line, (size_t)len);
        PQfreemem(line);
    }
    if (e)
        return e;
    return len == -1 ? copy_end(r) : server_failed(r, NULL, E_network);
}

static enum error transaction_begin(struct reading *r) {
    char limit[80];
    int64_t left_ms = (r->query->deadline_ns - clock_steady_ns(clock_real())) / 1000000;
    TRY(statement_run(r, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", PGRES_COMMAND_OK,
                      NULL));
    (void)snprintf(limit, sizeof(limit), "SET LOCAL statement_timeout = %" PRId64,
                   left_ms > 1 ? left_ms : 1);
    return statement_run(r, limit, PGRES_COMMAND_OK, NULL);
}

static enum error query_copy(struct reading *r) {
    struct buf copy = { 0 };
    PGresult *result = NULL;
    TRY(transaction_begin(r));
    TRY(query_describe(r));
    buf_print(&copy, "COPY (%s) TO STDOUT", buf_text(&r->guarded));
    enum error e = statement_run(r, buf_text(&copy), PGRES_COPY_OUT, &result);
    PQclear(result);
    buf_finish(&copy);
    return e ? e : rows_copy(r);
}

static enum error postgresql_run(const struct source_query *q, const struct row_taker *taker) {
    struct reading r = { .query = q, .taker = taker };
    bool has_until = false;
    enum error e = sql_interval_write(q, &r.sql, &has_until);
    if (!e)
        e = connection_open(&r);
    if (!e && has_until)
        e = interval_check(&r);
    if (!e)
        e = query_copy(&r);
    PQfinish(r.connection);
    buf_finish(&r.sql);
    buf_finish(&r.guarded);
    free(r.is_number);
    free(r.cells);
    return e;
}

const struct source_kind postgresql_source_kind = { "postgresql", postgresql_run };
