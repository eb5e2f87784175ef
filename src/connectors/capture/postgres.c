/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The stream's connection speaks the replication protocol: CREATE is done by a function on the
 * other one, because only there a time limit ends a wait for transactions that never end. */
#include "capture/postgres.h"

#include "capture/position.h"

#include "base/disk.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char session[] =
    "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c extra_float_digits=1"
    " -c bytea_output=hex -c statement_timeout=60000";

static enum error kind_of(const PGconn *c, const char *state) {
    if (PQstatus(c) == CONNECTION_BAD)
        return E_network;
    if (!state)
        return E_network;
    if (strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return E_network;
    if (strcmp(state, "57014") == 0 || strncmp(state, "40", 2) == 0 || strncmp(state, "53", 2) == 0
        || strcmp(state, "55006") == 0)
        return E_busy;
    return E_config;
}

/* The server's first line. */
static enum error failed(const PGconn *c, const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    enum error e = kind_of(c, state);
    if (!text)
        text =
            PQstatus(c) == CONNECTION_BAD ? "the connection is lost or refused" : PQerrorMessage(c);
    size_t len = strcspn(text, "\n");
    return fail(e, "postgresql: %.*s", (int)(len < 300 ? len : 300), text);
}

/* A standby that is not promoted yet is a server that cannot be reached: it has no slots to stream,
 * and the next try may find it promoted. */
static enum error connection_open(PGconn **out, const char *address, const char *replication) {
    const char *names[] = { "dbname",
                            "application_name",
                            "client_encoding",
                            "connect_timeout",
                            "tcp_user_timeout",
                            "options",
                            "target_session_attrs",
                            replication ? "replication" : NULL,
                            NULL };
    const char *values[] = { address, "octavo-capture", "UTF8",      "10", "30000",
                             session, "primary",        replication, NULL };
    *out = PQconnectdbParams(names, values, 1);
    if (PQstatus(*out) == CONNECTION_OK)
        return E_ok;
    const char *text = PQerrorMessage(*out);
    bool denied = !strstr(text, "too many connections")
                  && (strstr(text, "authentication") || strstr(text, "role ")
                      || strstr(text, "database \"") || strstr(text, "pg_hba"));
    if (!denied)
        return fail(E_network, "postgresql: cannot be reached");
    enum error e = fail(E_config, "postgresql: the user or database of the source's secret is "
                                  "refused");
    fail_try("a user with REPLICATION and SELECT on the table, and a line for it in pg_hba.conf");
    return e;
}

enum error postgres_open(struct postgres *s, const char *address) {
    *s = (struct postgres){ 0 };
    enum error e = connection_open(&s->plain, address, NULL);
    if (!e)
        e = connection_open(&s->stream, address, "database");
    if (e)
        postgres_close(s);
    return e;
}

void postgres_close(struct postgres *s) {
    if (s->message)
        PQfreemem(s->message);
    PQfinish(s->stream);
    PQfinish(s->plain);
    *s = (struct postgres){ 0 };
}

enum error postgres_ask(struct postgres *s, const char *sql, const char *const parameters[3],
                        PGresult **out) {
    int count = 0;
    *out = NULL;
    while (count < 3 && parameters[count])
        count++;
    PGresult *result = PQexecParams(s->plain, sql, count, NULL, parameters, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        *out = result;
        return E_ok;
    }
    enum error e = failed(s->plain, result);
    PQclear(result);
    return e;
}

enum error postgres_each(struct postgres *s, const struct postgres_query *q) {
    enum error e = E_ok;
    int count = 0;
    while (count < 3 && q->parameters[count])
        count++;
    if (!PQsendQueryParams(s->plain, q->sql, count, NULL, q->parameters, NULL, NULL, 0)
        || !PQsetSingleRowMode(s->plain))
        return failed(s->plain, NULL);
    for (PGresult *r; (r = PQgetResult(s->plain)) != NULL; PQclear(r)) {
        ExecStatusType status = PQresultStatus(r);
        if (!e && status == PGRES_SINGLE_TUPLE)
            e = q->on_row(q->context, r);
        else if (!e && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            e = failed(s->plain, r);
    }
    return e;
}

enum error postgres_run(struct postgres *s, const char *sql) {
    static const char *const none[3];
    PGresult *result;
    TRY(postgres_ask(s, sql, none, &result));
    PQclear(result);
    return E_ok;
}

enum error postgres_publication_check(struct postgres *s, const char *publication,
                                      const char *schema, const char *table) {
    PGresult *r;
    const char *parameters[3] = { publication, schema, table };
    TRY(postgres_ask(s,
                     "SELECT 1 FROM pg_publication_tables WHERE pubname = $1 AND schemaname = $2"
                     " AND tablename = $3",
                     parameters, &r));
    bool there = PQntuples(r) > 0;
    PQclear(r);
    if (there)
        return E_ok;
    enum error e = fail(E_config, "postgresql: publication %s does not have table %s.%s",
                        publication, schema, table);
    fail_try("CREATE PUBLICATION %s FOR TABLE %s.%s", publication, schema, table);
    return e;
}

enum error postgres_identify(struct postgres *s, uint64_t *system, uint64_t *lsn) {
    PGresult *result = PQexec(s->stream, "IDENTIFY_SYSTEM");
    enum error e = E_ok;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        e = failed(s->stream, result);
    else if (PQntuples(result) != 1 || PQnfields(result) < 3
             || !capture_lsn_read(PQgetvalue(result, 0, 2), lsn))
        e = fail(E_malformed, "postgresql: an answer to IDENTIFY_SYSTEM that is none");
    else
        *system = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return e;
}

/* ---- the slot */

enum error postgres_slot_find(struct postgres *s, const char *slot, struct postgres_slot *out) {
    PGresult *result;
    const char *parameters[3] = { slot };
    *out = (struct postgres_slot){ 0 };
    TRY(postgres_ask(s,
                     "SELECT active, coalesce(wal_status = 'lost', false),"
                     " coalesce(confirmed_flush_lsn::text, '0/0'), plugin,"
                     " coalesce(database = current_database(), false)"
                     " FROM pg_replication_slots WHERE slot_name = $1",
                     parameters, &result));
    enum error e = E_ok;
    out->exists = PQntuples(result) == 1;
    if (out->exists) {
        out->active = PQgetvalue(result, 0, 0)[0] == 't';
        out->lost = PQgetvalue(result, 0, 1)[0] == 't';
        if (strcmp(PQgetvalue(result, 0, 3), "pgoutput") != 0 || PQgetvalue(result, 0, 4)[0] != 't'
            || !capture_lsn_read(PQgetvalue(result, 0, 2), &out->confirmed)) {
            e = fail(E_config,
                     "postgresql: slot %s is somebody else's: another plugin, or another "
                     "database",
                     slot);
            fail_try("pgoutput:ANOTHER_NAME?...");
        }
    }
    PQclear(result);
    return e;
}

enum error postgres_slot_claim(const char *name, const struct postgres_slot *slot,
                               const char *marker) {
    bool ours;
    TRY(disk_exists(disk_real(), marker, &ours));
    if (ours)
        return E_ok;
    if (!slot->exists)
        return disk_put_new(disk_real(), marker, bytes_text("made here\n"));
    enum error e =
        fail(E_config, "postgresql: slot %s is there already, and was not made here", name);
    fail_try("pgoutput:ANOTHER_NAME?..., or SELECT pg_drop_replication_slot('%s') if nobody needs "
             "it",
             name);
    return e;
}

enum error postgres_slot_create(struct postgres *s, const char *slot, bool exists, uint64_t *lsn) {
    PGresult *result;
    const char *parameters[3] = { slot };
    if (exists) {
        TRY(postgres_ask(s, "SELECT pg_drop_replication_slot($1)", parameters, &result));
        PQclear(result);
    }
    TRY(postgres_run(s, "SET statement_timeout = 10000"));
    enum error e =
        postgres_ask(s, "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')",
                     parameters, &result);
    if (!e) {
        bool good = capture_lsn_read(PQgetvalue(result, 0, 0), lsn);
        PQclear(result);
        if (!good)
            return fail(E_malformed, "postgresql: a slot without an LSN");
        return postgres_run(s, "SET statement_timeout = 60000");
    }
    return e;
}

/* ---- the stream */

enum error postgres_stream_begin(struct postgres *s, const struct postgres_stream *what) {
    char *sql = text_format("START_REPLICATION SLOT \"%s\" LOGICAL %X/%X (proto_version '1', "
                            "publication_names '\"%s\"')",
                            what->slot, (unsigned)(what->lsn >> 32),
                            (unsigned)(what->lsn & 0xffffffff), what->publication);
    PGresult *result = PQexec(s->stream, sql);
    enum error e = PQresultStatus(result) == PGRES_COPY_BOTH ? E_ok : failed(s->stream, result);
    PQclear(result);
    free(sql);
    return e;
}

static enum error stream_ended(struct postgres *s) {
    PGresult *result = PQgetResult(s->stream);
    enum error e = PQresultStatus(result) == PGRES_FATAL_ERROR
                       ? failed(s->stream, result)
                       : fail(E_network, "postgresql: the stream has ended");
    PQclear(result);
    return e;
}

static enum error input_wait(struct postgres *s, int wait_ms) {
    struct pollfd p = { .fd = PQsocket(s->stream), .events = POLLIN };
    if (poll(&p, 1, wait_ms) > 0 && !PQconsumeInput(s->stream))
        return fail(E_network, "postgresql: the connection is lost");
    return E_ok;
}

enum error postgres_next(struct postgres *s, int wait_ms, struct bytes *message) {
    *message = bytes_of("", 0);
    if (s->message)
        PQfreemem(s->message);
    s->message = NULL;
    int len = PQgetCopyData(s->stream, &s->message, 1);
    if (len == 0) {
        TRY(input_wait(s, wait_ms));
        len = PQgetCopyData(s->stream, &s->message, 1);
    }
    if (len < 0)
        return stream_ended(s);
    *message = bytes_of(s->message ? s->message : "", (size_t)len);
    return E_ok;
}

enum error postgres_tell(struct postgres *s, uint64_t taken_lsn, bool answer) {
    struct buf out = { 0 };
    buf_put_byte(&out, 'r');
    for (int i = 0; i < 3; i++) /* written, on disk, seen */
        buf_put_be64(&out, taken_lsn);
    buf_put_be64(&out, 0);
    buf_put_byte(&out, answer);
    bool good = PQputCopyData(s->stream, (const char *)out.data, (int)out.len) == 1
                && PQflush(s->stream) == 0;
    buf_finish(&out);
    return good ? E_ok : fail(E_network, "postgresql: the connection is lost");
}
