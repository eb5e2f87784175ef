/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What SQLite's result codes are to a connector that reads somebody else's database. In a header,
 * so that only rooms that link SQLite need it. What has no row is for the declaration's author: an
 * unknown table, a wrong query. Source: https://www.sqlite.org/rescode.html */
#ifndef OCTAVO_CONNECTORS_SQLITE_ERROR_H
#define OCTAVO_CONNECTORS_SQLITE_ERROR_H

#include "base/error.h"

#include <sqlite3.h>

static inline enum error sqlite_error_of(int code) {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_busy;
    case SQLITE_INTERRUPT: /* by us, when the time is up */
        return E_timed_out;
    case SQLITE_CANTOPEN:
        return E_not_found;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return E_corrupt;
    case SQLITE_IOERR:
        return E_io;
    case SQLITE_TOOBIG:
        return E_too_large;
    default:
        return E_config;
    }
}

#endif
