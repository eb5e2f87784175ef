/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is about the caller, the connection and the server, not about rows. */
#include "inside.h"

#include "net/listener.h"
#include "values/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS_MAX = 60 * 1000, STALENESS_MS_MAX = 86400 * 1000 };

void resp_ping(struct asked *a) {
    if (a->count > 2)
        resp_error(a->out, "ERR wrong number of arguments for 'ping' command");
    else if (a->count == 2)
        resp_bulk(a->out, a->arguments[1]);
    else
        resp_simple(a->out, "PONG");
}

void resp_echo(struct asked *a) {
    resp_bulk(a->out, a->arguments[1]);
}

void resp_select(struct asked *a) {
    if (bytes_is_text(a->arguments[1], "0"))
        resp_simple(a->out, "OK");
    else
        resp_error(a->out, "ERR there is one database, 0");
}

void resp_quit(struct asked *a) {
    resp_simple(a->out, "OK");
    a->caller->closing = true;
}

void resp_reset(struct asked *a) {
    struct caller *c = a->caller;
    c->version = a->out.version = 2;
    c->authenticated = !a->connector->password;
    c->name[0] = 0;
    c->staleness_most_ms = a->connector->staleness_most_ms;
    resp_simple(a->out, "RESET");
}

/* ---- who asks */

static bool authenticate(struct asked *a, struct bytes user, struct bytes password) {
    const char *wanted = a->connector->password;
    bool known = (!user.data || bytes_is_text(user, "default"))
                 && (!wanted || secrets_equal(password, bytes_text(wanted)));
    a->caller->authenticated = a->caller->authenticated || known;
    if (!known)
        resp_error(a->out, "WRONGPASS invalid username-password pair or user is disabled.");
    return known;
}

void resp_auth(struct asked *a) {
    bool has_user = a->count == 3;
    if (a->count > 3)
        resp_error(a->out, "ERR syntax error");
    else if (!a->connector->password)
        resp_error(a->out, "ERR AUTH <password> called without any password configured");
    else if (authenticate(a, has_user ? a->arguments[1] : (struct bytes){ 0 },
                          a->arguments[a->count - 1]))
        resp_simple(a->out, "OK");
}

/* The name of a connection has no blanks, as CLIENT LIST has them between its fields. */
static bool name_set(struct asked *a, struct bytes name) {
    bool good = name.len <= RESP_NAME_MAX;
    for (size_t i = 0; i < name.len; i++)
        good = good && name.data[i] > ' ' && name.data[i] < 0x7f;
    if (!good) {
        resp_error(a->out, "ERR a client's name is at most %d characters without blanks",
                   RESP_NAME_MAX);
        return false;
    }
    memcpy(a->caller->name, name.data, name.len);
    a->caller->name[name.len] = 0;
    return true;
}

static void hello_tell(struct asked *a) {
    resp_map(a->out, 7);
    resp_text(a->out, "server");
    resp_text(a->out, "octavo");
    resp_text(a->out, "version");
    resp_text(a->out, "7.0.0");
    resp_text(a->out, "proto");
    resp_int(a->out, a->out.version);
    resp_text(a->out, "id");
    resp_int(a->out, a->caller->id);
    resp_text(a->out, "mode");
    resp_text(a->out, "standalone");
    resp_text(a->out, "role");
    resp_text(a->out, "replica");
    resp_text(a->out, "modules");
    resp_array(a->out, 0);
}

static bool hello_options(struct asked *a) {
    for (size_t i = 2; i < a->count;) {
        if (resp_is(a->arguments[i], "auth") && i + 2 < a->count) {
            if (!authenticate(a, a->arguments[i + 1], a->arguments[i + 2]))
                return false;
            i += 3;
        } else if (resp_is(a->arguments[i], "setname") && i + 1 < a->count) {
            if (!name_set(a, a->arguments[i + 1]))
                return false;
            i += 2;
        } else {
            resp_error(a->out, "ERR syntax error in HELLO");
            return false;
        }
    }
    return true;
}

void resp_hello(struct asked *a) {
    int64_t version = a->caller->version;
    if (a->count > 1
        && (!resp_number(a->arguments[1], 9, &version) || version < 2 || version > 3)) {
        resp_error(a->out, "NOPROTO unsupported protocol version");
        return;
    }
    if (!hello_options(a))
        return;
    if (!a->caller->authenticated) {
        resp_error(a->out, "NOAUTH HELLO must be called with the client already authenticated, "
                           "otherwise the HELLO <proto> AUTH <user> <pass> option can be used");
        return;
    }
    a->caller->version = a->out.version = (int)version;
    hello_tell(a);
}

static void caller_print(struct buf *out, const struct caller *c) {
    buf_print(out, "id=%" PRId64 " addr=%s name=%s resp=%d\n", c->id,
              connection_peer(c->connection), c->name, c->version);
}

static void client_list(struct asked *a, bool all) {
    struct buf *text = &a->connector->json;
    buf_clear(text);
    for (const struct caller *c = a->connector->callers; c; c = c->next)
        if (all || c == a->caller)
            caller_print(text, c);
    resp_bulk(a->out, buf_bytes(text));
}

void resp_client(struct asked *a) {
    struct bytes verb = a->arguments[1];
    if (resp_is(verb, "id"))
        resp_int(a->out, a->caller->id);
    else if (resp_is(verb, "getname") && a->caller->name[0])
        resp_text(a->out, a->caller->name);
    else if (resp_is(verb, "getname"))
        resp_null(a->out);
    else if (resp_is(verb, "setname") && a->count == 3) {
        if (name_set(a, a->arguments[2]))
            resp_simple(a->out, "OK");
    } else if (resp_is(verb, "setinfo") || resp_is(verb, "no-evict") || resp_is(verb, "no-touch"))
        resp_simple(a->out, "OK");
    else if (resp_is(verb, "list") || resp_is(verb, "info"))
        client_list(a, resp_is(verb, "list"));
    else
        resp_error(a->out, "ERR unknown subcommand of CLIENT, or wrong arguments: it has ID, "
                           "GETNAME, SETNAME, SETINFO, LIST, INFO, NO-EVICT");
}

/* ---- the server */

static size_t known_count(void) {
    size_t count = 0;
    while (resp_commands[count].name)
        count++;
    return count;
}

static void command_put(struct asked *a, const struct resp_known *k) {
    resp_array(a->out, 6);
    resp_text(a->out, k->name);
    resp_int(a->out, k->arity);
    resp_array(a->out, 1);
    resp_simple(a->out, "readonly");
    resp_int(a->out, k->key);
    resp_int(a->out, k->key_last);
    resp_int(a->out, k->key ? 1 : 0);
}

static void command_info(struct asked *a) {
    resp_array(a->out, a->count - 2);
    for (size_t i = 2; i < a->count; i++) {
        const struct resp_known *k = resp_commands;
        while (k->name && !resp_is(a->arguments[i], k->name))
            k++;
        if (k->name)
            command_put(a, k);
        else
            resp_null(a->out);
    }
}

void resp_command_list(struct asked *a) {
    size_t count = known_count();
    if (a->count == 1) {
        resp_array(a->out, count);
        for (size_t i = 0; i < count; i++)
            command_put(a, &resp_commands[i]);
    } else if (resp_is(a->arguments[1], "count"))
        resp_int(a->out, (int64_t)count);
    else if (resp_is(a->arguments[1], "docs"))
        resp_map(a->out, 0);
    else if (resp_is(a->arguments[1], "info"))
        command_info(a);
    else
        resp_error(a->out, "ERR unknown subcommand of COMMAND: it has COUNT, DOCS, INFO");
}

/* What redis-benchmark and client libraries ask of a server's settings. */
void resp_config(struct asked *a) {
    static const char *const settings[][2] = { { "save", "" }, { "appendonly", "no" } };
    if (!resp_is(a->arguments[1], "get") || a->count < 3) {
        resp_error(a->out, "ERR of CONFIG there is GET: settings stand in octavo.yaml");
        return;
    }
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
        if (resp_is(a->arguments[2], settings[i][0])) {
            resp_map(a->out, 1);
            resp_text(a->out, settings[i][0]);
            resp_text(a->out, settings[i][1]);
            return;
        }
    resp_map(a->out, 0);
}

void resp_info(struct asked *a) {
    const struct connector *c = a->connector;
    const struct rows_state *s = &c->state;
    struct buf *text = &a->connector->json;
    uint64_t index_bytes, bytes = c->rows->bytes(c->rows->context, &index_bytes);
    buf_clear(text);
    buf_print(text,
              "# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\n"
              "server_name:octavo\r\ntcp_port:%d\r\n\r\n",
              listener_port(c->listener));
    buf_print(text, "# Clients\r\nconnected_clients:%zu\r\n\r\n", c->caller_count);
    buf_print(text,
              "# Memory\r\nused_memory_rows:%" PRIu64 "\r\nused_memory_indexes:%" PRIu64 "\r\n\r\n",
              bytes, index_bytes);
    buf_print(text,
              "# Persistence\r\nloading:%d\r\nloading_loaded_perc:%" PRId64
              "\r\nloading_eta_seconds:%" PRId64 "\r\n\r\n",
              !s->ready, s->ready ? 100 : s->percent, s->ready ? 0 : s->eta_s);
    buf_print(text,
              "# Cache\r\nstaleness_ms:%" PRId64 "\r\nevents:%" PRIu64 "\r\npassed_by:%" PRIu64
              "\r\n\r\n",
              s->staleness_ms, s->events, s->poison);
    buf_print(text,
              "# Stats\r\ntotal_commands_processed:%" PRIu64 "\r\ntotal_error_replies:%" PRIu64
              "\r\n\r\n# Replication\r\nrole:slave\r\n\r\n# Keyspace\r\n",
              c->commands, c->refused);
    for (size_t i = 0; i < c->rows->table_count; i++)
        if (!resp_names_have(&c->hidden, c->rows->tables[i].name))
            buf_print(text, "%s:keys=%" PRIu64 "\r\n", c->rows->tables[i].name,
                      c->rows->count(c->rows->context, i));
    resp_bulk(a->out, buf_bytes(text));
}

/* ---- how old, and how far */

/* STALENESS tells it; STALENESS MAX ms bounds it for this connection, 0: any. */
void resp_staleness(struct asked *a) {
    int64_t most_ms;
    if (a->count == 1) {
        resp_int(a->out, a->connector->state.staleness_ms);
        return;
    }
    if (a->count != 3 || !resp_is(a->arguments[1], "max")
        || !resp_number(a->arguments[2], STALENESS_MS_MAX, &most_ms)) {
        resp_error(a->out, "ERR STALENESS, or STALENESS MAX milliseconds");
        return;
    }
    a->caller->staleness_most_ms = most_ms;
    resp_simple(a->out, "OK");
}

/* WAIT token ms: until what the token names is here. Redis's WAIT replicas ms has none to wait for.
 */
void resp_wait(struct asked *a) {
    const struct connector_rows *rows = a->connector->rows;
    int64_t ms, replicas;
    bool reached;
    if (!resp_number(a->arguments[2], WAIT_MS_MAX, &ms)) {
        resp_error(a->out, "ERR the time to wait is 0 to %d ms", WAIT_MS_MAX);
        return;
    }
    if (resp_number(a->arguments[1], INT32_MAX, &replicas)) {
        resp_int(a->out, 0);
        return;
    }
    if (rows->reached(rows->context, a->arguments[1], &reached)) {
        resp_error(a->out, "ERR that is no token: SEQUENCE:TOPIC/PARTITION:SOURCE is wanted");
        return;
    }
    if (reached) {
        resp_int(a->out, 1);
        return;
    }
    buf_clear(&a->caller->token);
    buf_put_bytes(&a->caller->token, a->arguments[1]);
    a->caller->due_ms = clock_steady_ms(loop_clock(a->connector->options.loop)) + ms;
    a->caller->waits = true;
}
