/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The commands, and what is checked before one runs: that it is known, that the caller is, that it
 * has its arguments, and - of those that tell data - that it is all here and young enough. */
#include "inside.h"

#include <inttypes.h>
#include <strings.h>

enum { SHOWN_CHARS = 64 };

const struct resp_known resp_commands[] = {
    { "get", 2, resp_get, FOR_DATA, 1, 1 },
    { "hgetall", 2, resp_hgetall, FOR_DATA, 1, 1 },
    { "hget", 3, resp_hget, FOR_DATA, 1, 1 },
    { "hmget", -3, resp_hmget, FOR_DATA, 1, 1 },
    { "mget", -2, resp_mget, FOR_DATA, 1, -1 },
    { "exists", -2, resp_exists, FOR_DATA, 1, -1 },
    { "hlen", 2, resp_hlen, FOR_DATA, 1, 1 },
    { "hkeys", 2, resp_hkeys, FOR_DATA, 1, 1 },
    { "hvals", 2, resp_hvals, FOR_DATA, 1, 1 },
    { "hexists", 3, resp_hexists, FOR_DATA, 1, 1 },
    { "type", 2, resp_type, FOR_DATA, 1, 1 },
    { "ttl", 2, resp_ttl, FOR_DATA, 1, 1 },
    { "pttl", 2, resp_ttl, FOR_DATA, 1, 1 },
    { "age", 2, resp_age, FOR_DATA, 1, 1 },
    { "scan", -2, resp_scan, FOR_DATA, 0, 0 },
    { "dbsize", 1, resp_dbsize, FOR_DATA, 0, 0 },
    { "find", 4, resp_find, FOR_DATA, 0, 0 },
    { "hfind", 4, resp_hfind, FOR_DATA, 0, 0 },
    { "findall", -4, resp_findall, FOR_DATA, 0, 0 },
    { "keys", 2, resp_keys, FOR_KNOWN, 0, 0 },
    { "ping", -1, resp_ping, FOR_KNOWN, 0, 0 },
    { "echo", 2, resp_echo, FOR_KNOWN, 0, 0 },
    { "hello", -1, resp_hello, FOR_ALL, 0, 0 },
    { "auth", -2, resp_auth, FOR_ALL, 0, 0 },
    { "client", -2, resp_client, FOR_KNOWN, 0, 0 },
    { "command", -1, resp_command_list, FOR_KNOWN, 0, 0 },
    { "info", -1, resp_info, FOR_KNOWN, 0, 0 },
    { "config", -2, resp_config, FOR_KNOWN, 0, 0 },
    { "select", 2, resp_select, FOR_KNOWN, 0, 0 },
    { "staleness", -1, resp_staleness, FOR_KNOWN, 0, 0 },
    { "wait", 3, resp_wait, FOR_KNOWN, 0, 0 },
    { "quit", -1, resp_quit, FOR_ALL, 0, 0 },
    { "reset", 1, resp_reset, FOR_ALL, 0, 0 },
    { NULL, 0, NULL, FOR_ALL, 0, 0 },
};

/* What would write. Not a list of all that Redis has: of what clients and people try. */
static const char *const writes[] = {
    "set",     "setex",  "setnx",  "mset",     "getset",  "getdel",  "append", "incr",   "decr",
    "del",     "unlink", "hset",   "hmset",    "hdel",    "hincrby", "hsetnx", "expire", "pexpire",
    "persist", "rename", "lpush",  "rpush",    "lpop",    "rpop",    "sadd",   "srem",   "zadd",
    "zrem",    "incrby", "decrby", "flushall", "flushdb", "restore", "copy",   "move",   NULL,
};

bool resp_is(struct bytes word, const char *text) {
    size_t i = 0;
    for (; i < word.len && text[i]; i++) {
        uint8_t c = word.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)text[i])
            return false;
    }
    return i == word.len && !text[i];
}

bool resp_number(struct bytes word, int64_t most, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < word.len; i++) {
        int digit = word.data[i] - '0';
        if (digit < 0 || digit > 9 || *out > (most - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return word.len > 0 && *out <= most;
}

static const struct resp_known *command_find(struct bytes name) {
    const struct resp_known *k = resp_commands;
    while (k->name && !resp_is(name, k->name))
        k++;
    return k->name ? k : NULL;
}

static bool is_write(struct bytes name) {
    const char *const *w = writes;
    while (*w && !resp_is(name, *w))
        w++;
    return *w != NULL;
}

static void refuse_unknown(struct asked *a) {
    struct bytes name = a->arguments[0];
    if (is_write(name))
        resp_error(a->out, "READONLY this is a cache of what its source says: write there");
    else
        resp_error(a->out, "ERR unknown command '%.*s'",
                   (int)(name.len < SHOWN_CHARS ? name.len : SHOWN_CHARS), (const char *)name.data);
}

static void tell_loading(struct asked *a) {
    const struct rows_state *s = &a->connector->state;
    if (s->percent < 0)
        resp_error(a->out, "LOADING the cache has begun to read its topics");
    else if (s->eta_s < 0)
        resp_error(a->out, "LOADING the cache has read %" PRId64 " %% of its topics", s->percent);
    else
        resp_error(a->out,
                   "LOADING the cache has read %" PRId64 " %% of its topics, %" PRId64
                   " s are left",
                   s->percent, s->eta_s);
}

/* True: what is here may be told. */
static bool data_is_good(struct asked *a) {
    const struct rows_state *s = &a->connector->state;
    int64_t most_ms = a->caller->staleness_most_ms;
    if (!s->ready) {
        tell_loading(a);
        return false;
    }
    if (!most_ms || (s->staleness_ms >= 0 && s->staleness_ms <= most_ms))
        return true;
    if (s->staleness_ms < 0)
        resp_error(a->out,
                   "STALE it is not known how old the cache is, at most %" PRId64 " ms is wanted",
                   most_ms);
    else
        resp_error(a->out,
                   "STALE the cache is %" PRId64 " ms old, at most %" PRId64 " ms is wanted",
                   s->staleness_ms, most_ms);
    return false;
}

static bool count_is_good(const struct resp_known *k, size_t count) {
    return k->arity < 0 ? count >= (size_t)-k->arity : count == (size_t)k->arity;
}

static bool may_run(struct asked *a, const struct resp_known *k) {
    if (!a->caller->authenticated && (!k || k->needs != FOR_ALL)) {
        resp_error(a->out, "NOAUTH Authentication required.");
        return false;
    }
    if (!k) {
        refuse_unknown(a);
        return false;
    }
    if (!count_is_good(k, a->count)) {
        resp_error(a->out, "ERR wrong number of arguments for '%s' command", k->name);
        return false;
    }
    return k->needs != FOR_DATA || data_is_good(a);
}

/* A reply that has grown beyond its bound is taken back: other callers wait behind it. */
void resp_run(struct asked *a) {
    const struct resp_known *k = command_find(a->arguments[0]);
    size_t before = a->out.to->len;
    a->connector->commands++;
    if (!may_run(a, k)) {
        a->connector->refused++;
        return;
    }
    k->run(a);
    if (a->out.to->len - before <= RESP_REPLY_MAX)
        return;
    a->out.to->len = before;
    resp_error(a->out, "ERR the reply is over 16 MiB: ask for less at once");
}
