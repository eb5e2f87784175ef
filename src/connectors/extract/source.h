/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A database that answers one query with rows, all of one snapshot.
 *
 * Rows are handed over one at a time and none is kept: memory is that of one row. Cells are texts
 * as the database writes them; numbers never pass through a float of ours, but where the database
 * has one, and then with all its digits. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_SOURCE_H
#define OCTAVO_CONNECTORS_EXTRACT_SOURCE_H

#include "base/bytes.h"
#include "base/error.h"

enum {
    SOURCE_COLUMNS_MAX = 1000,
    SOURCE_FIELD_MAX = 16 << 20, /* bytes of one cell */
};

struct cell {
    enum { CELL_NULL, CELL_NUMBER, CELL_TEXT } kind;
    struct bytes text; /* valid until the row's callback returns */
};

/* begin is called once, before the first row; an error of either ends the query with it. */
struct row_taker {
    enum error (*begin)(void *context, const struct bytes *names, size_t count);
    enum error (*row)(void *context, const struct cell *cells, size_t count);
    void *context;
};

struct source_query {
    const char *address;  /* sqlite:FILE, postgresql://USER@HOST/DATABASE, odbc:DSN=NAME */
    const char *data_dir; /* where a relative FILE begins */
    const char *sql; /* may name :from, :until (UTC, "2026-11-23 01:00:00"), :from_ms, :until_ms */
    int64_t from_ms, until_ms;
    struct source_times { /* what stands around a moment that is written into the query */
        const char *before, *after;
    } times;
    int64_t deadline_ns; /* by the steady clock: then it is E_timed_out */
};

/* E_config: the query is wrong, a cell cannot be written. E_busy, E_network, E_timed_out: later. */
enum error source_run(const struct source_query *q, const struct row_taker *taker) MUST_CHECK;

/* One kind of database. */
struct source_kind {
    const char *scheme;
    enum error (*run)(const struct source_query *q, const struct row_taker *taker);
};
extern const struct source_kind sqlite_source_kind;
extern const struct source_kind postgresql_source_kind;
extern const struct source_kind odbc_source_kind;

/* "2026-11-23 01:00:00" of a moment in UTC, closed by a zero. */
enum { SOURCE_TIME_CHARS = 40 };
void source_time_write(int64_t ms, char out[SOURCE_TIME_CHARS]);

#endif
