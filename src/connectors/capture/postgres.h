/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* PostgreSQL by two connections: one that streams a slot, one for statements. Errors never hold the
 * address, which may have a password: E_network when the server is away, E_busy when it may succeed
 * later, E_config when somebody must change something. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_POSTGRES_H
#define OCTAVO_CONNECTORS_CAPTURE_POSTGRES_H

#include "base/bytes.h"
#include "base/error.h"

#include <libpq-fe.h>

struct postgres {
    PGconn *stream, *plain;
    char *message; /* the newest of the stream, libpq's */
};

struct postgres_slot {
    bool exists, active, lost;
    uint64_t confirmed;
};

/* What a stream is of; the names are letters, digits and _. */
struct postgres_stream {
    const char *slot, *publication;
    uint64_t lsn;
};

/* A statement whose rows come one by one: on_row has a result of one row. */
struct postgres_query {
    const char *sql;
    const char *const *parameters; /* three, those up to the first NULL */
    enum error (*on_row)(void *context, const PGresult *row);
    void *context;
};

enum error postgres_open(struct postgres *s, const char *address) MUST_CHECK;
void postgres_close(struct postgres *s); /* one that is all zero is fine */
/* A statement with parameters, those up to the first NULL; *out is the caller's. */
enum error postgres_ask(struct postgres *s, const char *sql, const char *const parameters[3],
                        PGresult **out) MUST_CHECK;
/* After the first error of on_row the rest is passed by. */
enum error postgres_each(struct postgres *s, const struct postgres_query *q) MUST_CHECK;
enum error postgres_run(struct postgres *s, const char *sql) MUST_CHECK;
enum error postgres_publication_check(struct postgres *s, const char *publication,
                                      const char *schema, const char *table) MUST_CHECK;
enum error postgres_identify(struct postgres *s, uint64_t *system, uint64_t *lsn) MUST_CHECK;
enum error postgres_slot_find(struct postgres *s, const char *slot,
                              struct postgres_slot *out) MUST_CHECK;
/* A slot that is there before our first position is ours when the file `marker` says that we were
 * about to make it, and were killed; else another reader would lose by our dropping it. */
enum error postgres_slot_claim(const char *name, const struct postgres_slot *slot,
                               const char *marker) MUST_CHECK;
/* Made, or made anew. Waits until the transactions that run have ended, ten seconds at most. */
enum error postgres_slot_create(struct postgres *s, const char *slot, bool exists,
                                uint64_t *lsn) MUST_CHECK;
enum error postgres_stream_begin(struct postgres *s, const struct postgres_stream *what) MUST_CHECK;
/* The next message, valid until the next call; none within wait_ms: empty. */
enum error postgres_next(struct postgres *s, int wait_ms, struct bytes *message) MUST_CHECK;
/* Tells what is taken for good; `answer`: and asks how far the server has sent. */
enum error postgres_tell(struct postgres *s, uint64_t taken_lsn, bool answer) MUST_CHECK;

#endif
