/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* PostgreSQL's logical replication, the messages of pgoutput in protocol version 1: bytes to
 * structs, nothing else. Source: PostgreSQL 15, "Logical Replication Message Formats".
 *
 * What is read borrows from the message. A relation is told before its first row and again when it
 * changes; it is kept here by copy. Numbers are big endian; an LSN is 64 bits. Hostile bytes: every
 * length is checked, a tuple has at most PGOUTPUT_COLUMNS_MAX columns, E_malformed says what. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_PGOUTPUT_H
#define OCTAVO_CONNECTORS_CAPTURE_PGOUTPUT_H

#include "base/bytes.h"
#include "base/error.h"

enum { PGOUTPUT_COLUMNS_MAX = 64, PGOUTPUT_NAME_CHARS = 63 };

struct pgoutput_column {
    char name[PGOUTPUT_NAME_CHARS + 1];
    uint32_t type; /* oid */
};

struct pgoutput_relation {
    uint32_t id;
    char schema[PGOUTPUT_NAME_CHARS + 1], name[PGOUTPUT_NAME_CHARS + 1];
    size_t count;
    struct pgoutput_column columns[PGOUTPUT_COLUMNS_MAX];
};

enum pgoutput_cell_kind {
    PGOUTPUT_NULL,
    PGOUTPUT_UNCHANGED, /* stored out of line and not part of the update */
    PGOUTPUT_TEXT
};

struct pgoutput_tuple {
    size_t count;
    struct pgoutput_cell {
        enum pgoutput_cell_kind kind;
        struct bytes text;
    } cells[PGOUTPUT_COLUMNS_MAX];
};

enum pgoutput_kind {
    PGOUTPUT_BEGIN,
    PGOUTPUT_COMMIT,
    PGOUTPUT_RELATION,
    PGOUTPUT_INSERT,
    PGOUTPUT_UPDATE,
    PGOUTPUT_DELETE,
    PGOUTPUT_TRUNCATE,
    PGOUTPUT_OTHER /* origin, type, message: nothing for us */
};

struct pgoutput_message {
    enum pgoutput_kind kind;
    uint64_t lsn;      /* begin: of the commit; commit: behind the transaction */
    int64_t time_ms;   /* begin, commit: since 1970 */
    uint32_t xid;      /* begin */
    uint32_t relation; /* of a row */
    bool has_old;      /* update, delete: `old` is its identity as it was */
    struct pgoutput_tuple old, row;
    struct pgoutput_relation is; /* relation */
    uint32_t truncated[PGOUTPUT_COLUMNS_MAX];
    size_t truncated_count;
};

/* Cells that the row does not have are as in its old one, if that was told whole. */
void pgoutput_fill(struct pgoutput_tuple *row, const struct pgoutput_tuple *old);
bool pgoutput_has_hole(const struct pgoutput_tuple *row);
enum error pgoutput_read(struct pgoutput_message *out, struct bytes message) MUST_CHECK;

#endif
