/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of this connector share. Everything is the loop's thread's. */
#ifndef OCTAVO_CONNECTORS_RESP_INSIDE_H
#define OCTAVO_CONNECTORS_RESP_INSIDE_H

#include "reply.h"
#include "request.h"
#include "resp.h"

#include "connectors/rows.h"
#include "net/loop.h"

enum {
    RESP_COLUMNS_MAX = 64,
    RESP_REPLY_MAX = 16 * 1024 * 1024, /* of one command */
    RESP_NAME_MAX = 64,
    RESP_NAMES_MAX = 32,
};

/* A list of names of the address: hide=origin,grave */
struct resp_names {
    char *text;
    const char *names[RESP_NAMES_MAX];
    size_t count;
};

/* A table as it is told: what is not, and what is the same in every reply. */
struct resp_column {
    bool hidden, masked;
    char *named; /* its name as a bulk string */
    size_t named_len;
};

struct resp_shape {
    bool hidden;
    size_t name_len;
    struct resp_column *columns;
};

struct connection;

/* Who asks: a connection. */
struct caller {
    struct caller *next, **at; /* of the connector */
    struct connector *connector;
    struct connection *connection;
    int64_t id;
    int version; /* of RESP */
    bool authenticated;
    bool closing;
    bool dropped;  /* with what it has not read: no part of it counts any more */
    size_t unsent; /* when it was looked at last: part of the connector's */
    size_t fresh; /* of it, what was given since `look`: its connection has not tried to write it */
    uint64_t look;
    char name[RESP_NAME_MAX + 1];
    int64_t staleness_most_ms; /* 0: any */
    bool waits;                /* WAIT: for a token, until due_ms */
    struct buf token;
    int64_t due_ms;
};

struct connector {
    struct connector_options options;
    const struct connector_rows *rows;
    struct tls_context *tls; /* or NULL */
    struct listener *listener;
    char *password;            /* NULL: none is asked for */
    struct resp_names hidden;  /* tables and columns that nobody sees */
    struct resp_names masked;  /* columns that are seen as stars */
    struct resp_shape *shapes; /* of each table */
    int64_t staleness_most_ms; /* what a caller begins with */
    struct caller *callers;
    size_t caller_count;
    size_t unsent, unsent_max; /* of all callers together */
    uint64_t look;             /* counts the ends of turns */
    bool looks;                /* in this round of jobs */
    struct loop_job turn_end;
    int64_t ids;
    uint64_t commands, refused;
    struct loop_timer *timer; /* looks at who waits; armed while somebody does */
    struct rows_state state;  /* as of the bytes being handled */
    int64_t now_ms;           /* likewise */
    struct resp_request request;
    struct buf out;
    struct buf json;
    struct buf key; /* of a row that was found */
    struct rows_value values[RESP_COLUMNS_MAX];
};

/* One command with its arguments; its name is the first. */
struct asked {
    struct connector *connector;
    struct caller *caller;
    const struct bytes *arguments;
    size_t count;
    struct resp_out out;
};

typedef void resp_command(struct asked *a);

struct resp_known {
    const char *name;
    int arity; /* as Redis counts: the name too; negative: at least */
    resp_command *run;
    enum { FOR_ALL, FOR_KNOWN, FOR_DATA } needs; /* nothing, AUTH, and what is caught up */
    int key; /* place of the first key, 0: none; of the last, -1: all that follow */
    int key_last;
};

extern const struct resp_known resp_commands[]; /* ends with a NULL name */
void resp_run(struct asked *a);                 /* with all its checks */

bool resp_is(struct bytes word, const char *text); /* whatever the case */
/* A number without a sign, at most `most`. */
bool resp_number(struct bytes word, int64_t most, int64_t *out);
bool resp_names_have(const struct resp_names *n, const char *name);

/* connection.c of commands: who asks */
resp_command resp_ping, resp_echo, resp_hello, resp_auth, resp_client, resp_command_list, resp_info,
    resp_config, resp_select, resp_quit, resp_reset, resp_staleness, resp_wait;
/* data.c: rows */
resp_command resp_get, resp_mget, resp_exists, resp_hget, resp_hmget, resp_hgetall, resp_hlen,
    resp_hkeys, resp_hvals, resp_hexists, resp_type, resp_ttl, resp_age;
/* scan.c */
resp_command resp_scan, resp_dbsize, resp_keys;
/* find.c */
resp_command resp_find, resp_hfind, resp_findall;

#endif
