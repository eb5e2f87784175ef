/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Connections: bytes in, replies out, and who waits.
 *
 * What is asked in one piece is answered in one piece, up to CHUNK_BYTES; then the connection says
 * whether its peer still takes what it asked for (listener.h), so a pipeline of a million requests
 * holds no more than that and the listener's bound. How old the cache is, is looked at once a
 * piece. A connection that WAITs is paused, and what it asked behind it waits with it. */
#include "inside.h"

#include "base/check.h"
#include "base/event.h"
#include "connectors/url.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/tls.h"
#include "values/digest.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 256 * 1024,
    OUTPUT_MAX = 512 * 1024,
    UNREAD_MIB = 256, /* of all together, if the address does not say */
    UNREAD_MIB_MAX = 1 << 20,
    CONNECTIONS_MAX = 20000,
    PORT_TRIES = 32,
    IDLE_MS = 3600 * 1000,
    LOOK_MS = 2,
    STALENESS_MS_MAX = 86400 * 1000,
};

/* ---- who does not read */

static void unsent_look(struct caller *who) {
    struct connector *c = who->connector;
    size_t now = who->dropped ? 0 : connection_unsent(who->connection);
    c->unsent = c->unsent - who->unsent + now;
    who->unsent = now;
}

/* What it could have read. */
static size_t waited(const struct caller *who) {
    size_t fresh = who->look == who->connector->look ? who->fresh : 0;
    return who->unsent > fresh ? who->unsent - fresh : 0;
}

/* Who has let most wait comes first. */
static int callers_compare(const void *a, const void *b) {
    size_t first = waited(*(struct caller *const *)a), second = waited(*(struct caller *const *)b);
    return first < second ? 1 : first > second ? -1 : 0;
}

static void caller_drop(struct caller *who) {
    event_log(EV_connection_dropped, "peer=%s why=unread bytes=%zu",
              connection_peer(who->connection), who->unsent);
    who->closing = who->dropped = true;
    who->waits = false;
    connection_close(who->connection);
    unsent_look(who);
}

/* While too much waits, who has let most wait goes, with what it has not read. What others have
 * read meanwhile is looked at only when it matters. */
static void unsent_bound(struct connector *c) {
    size_t count = 0;
    if (c->unsent <= c->unsent_max)
        return;
    struct caller **worst = memory_get(c->caller_count * sizeof(struct caller *));
    for (struct caller *who = c->callers; who; who = who->next) {
        unsent_look(who);
        worst[count++] = who;
    }
    if (c->unsent > c->unsent_max)
        qsort(worst, count, sizeof(struct caller *), callers_compare);
    for (size_t i = 0; i < count && c->unsent > c->unsent_max && waited(worst[i]); i++)
        caller_drop(worst[i]);
    free(worst);
}

/* Connections write at the end of the turn, in a round of jobs: what they keep then is what their
 * peers do not take. So it is looked at in the round behind it, once for all replies of the turn;
 * what that round itself has had asked and answered is not written yet, and `fresh`. */
static void on_turn_end(void *context) {
    struct connector *c = context;
    c->looks = !c->looks;
    if (c->looks) {
        c->look++;
        loop_after_turn(c->options.loop, &c->turn_end);
    } else {
        unsent_bound(c);
    }
}

/* Sends what is in `out`. */
static void out_send(struct caller *who) {
    struct connector *c = who->connector;
    if (!c->out.len)
        return;
    who->fresh = c->out.len + (who->look == c->look ? who->fresh : 0);
    who->look = c->look;
    loop_after_turn(c->options.loop, &c->turn_end);
    if (c->out.len >= CHUNK_BYTES)
        connection_send_buf(who->connection, &c->out);
    else
        connection_send(who->connection, buf_bytes(&c->out));
    unsent_look(who);
}

/* ---- who waits */

static void wait_answer(struct caller *who, bool reached) {
    struct connector *c = who->connector;
    struct resp_out out = { &c->out, who->version };
    buf_clear(&c->out);
    if (reached)
        resp_int(out, 1);
    else
        resp_error(out, "TIMEOUT what was written is not here yet: wait longer, or ask the source");
    who->waits = false;
    out_send(who);
    connection_pause(who->connection, false);
}

static void on_look(void *context) {
    struct connector *c = context;
    int64_t now_ms = clock_steady_ms(loop_clock(c->options.loop));
    bool waits = false;
    for (struct caller *who = c->callers; who; who = who->next) {
        bool reached = false;
        if (!who->waits)
            continue;
        if (c->rows->reached(c->rows->context, buf_bytes(&who->token), &reached))
            reached = false;
        if (reached || now_ms >= who->due_ms)
            wait_answer(who, reached);
        waits = waits || who->waits;
    }
    if (waits)
        loop_timer_start(c->timer, LOOK_MS);
}

/* ---- what is asked */

static void refresh(struct connector *c) {
    c->rows->state(c->rows->context, &c->state);
    c->now_ms = clock_wall_ms(loop_clock(c->options.loop));
}

static void request_run(struct caller *who) {
    struct connector *c = who->connector;
    struct asked asked = {
        c, who, c->request.arguments, c->request.count, { &c->out, who->version }
    };
    if (c->request.count)
        resp_run(&asked);
}

/* False: nothing more may be taken from it now. */
static bool goes_on(const struct caller *who) {
    return !who->waits && !who->closing && who->connector->out.len < CHUNK_BYTES;
}

static void refuse_bytes(struct caller *who, const char *why) {
    resp_error((struct resp_out){ &who->connector->out, who->version }, "ERR Protocol error: %s",
               why);
    who->closing = true;
}

static void replies_send(struct caller *who) {
    out_send(who);
    if (who->closing)
        connection_close_after_sending(who->connection);
    if (!who->waits || who->closing)
        return;
    connection_pause(who->connection, true);
    loop_timer_start(who->connector->timer, LOOK_MS);
}

static size_t on_data(void *context, struct bytes data) {
    struct caller *who = context;
    struct connector *c = who->connector;
    size_t used = 0;
    if (who->closing)
        return data.len;
    refresh(c);
    buf_clear(&c->out);
    while (used < data.len && goes_on(who)) {
        struct bytes rest = bytes_part(data, used, data.len - used);
        enum resp_parsed parsed = resp_request_read(&c->request, rest);
        if (parsed == RESP_MORE)
            break;
        if (parsed == RESP_BAD) {
            refuse_bytes(who, c->request.why);
            used = data.len;
            break;
        }
        request_run(who);
        used += c->request.used;
    }
    replies_send(who);
    return who->closing ? data.len : used;
}

static void *on_open(void *context, struct connection *connection) {
    struct connector *c = context;
    struct caller *who = memory_get(sizeof(*who));
    who->connector = c;
    who->connection = connection;
    who->id = ++c->ids;
    who->version = 2;
    who->authenticated = !c->password;
    who->staleness_most_ms = c->staleness_most_ms;
    who->next = c->callers;
    who->at = &c->callers;
    if (who->next)
        who->next->at = &who->next;
    c->callers = who;
    c->caller_count++;
    return who;
}

static void on_closed(void *context) {
    struct caller *who = context;
    *who->at = who->next;
    if (who->next)
        who->next->at = who->at;
    who->connector->caller_count--;
    who->connector->unsent -= who->unsent;
    buf_finish(&who->token);
    free(who);
}

/* ---- opening */

bool resp_names_have(const struct resp_names *n, const char *name) {
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->names[i], name) == 0)
            return true;
    return false;
}

static enum error names_read(struct resp_names *n, const struct url *u, const char *parameter) {
    const char *text = url_get(u, parameter);
    char *rest = NULL;
    n->text = text ? text_copy(text) : NULL;
    for (char *name = n->text ? strtok_r(n->text, ",", &rest) : NULL; name;
         name = strtok_r(NULL, ",", &rest)) {
        if (n->count == RESP_NAMES_MAX)
            return url_wrong(u, "it names too much to hide or to mask");
        n->names[n->count++] = name;
    }
    return E_ok;
}

static void shapes_make(struct connector *c) {
    struct buf named = { 0 };
    c->shapes = memory_get((c->rows->table_count + 1) * sizeof(*c->shapes));
    for (size_t i = 0; i < c->rows->table_count; i++) {
        const struct rows_table *t = &c->rows->tables[i];
        struct resp_shape *shape = &c->shapes[i];
        shape->hidden = resp_names_have(&c->hidden, t->name);
        shape->name_len = strlen(t->name);
        shape->columns = memory_get((t->column_count + 1) * sizeof(*shape->columns));
        for (size_t n = 0; n < t->column_count; n++) {
            buf_clear(&named);
            resp_text((struct resp_out){ &named, 2 }, t->columns[n].name);
            shape->columns[n] =
                (struct resp_column){ resp_names_have(&c->hidden, t->columns[n].name),
                                      resp_names_have(&c->masked, t->columns[n].name),
                                      text_copy_bytes(buf_bytes(&named)), named.len };
        }
    }
    buf_finish(&named);
}

static void shapes_finish(struct connector *c) {
    for (size_t i = 0; c->shapes && i < c->rows->table_count; i++) {
        for (size_t n = 0; n < c->rows->tables[i].column_count; n++)
            free(c->shapes[i].columns[n].named);
        free(c->shapes[i].columns);
    }
    free(c->shapes);
}

/* 500ms, 5s, 1m */
static enum error staleness_read(struct connector *c, const struct url *u) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
    const char *text = url_get(u, "max_staleness");
    size_t digits = text ? strspn(text, "0123456789") : 0;
    int64_t number;
    if (!text)
        return E_ok;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(text + digits, units[i].unit) == 0
            && resp_number(bytes_of(text, digits), STALENESS_MS_MAX / units[i].ms, &number)) {
            c->staleness_most_ms = number * units[i].ms;
            return E_ok;
        }
    return url_wrong(u, "max_staleness is not such as 500ms, 5s or 1m");
}

static char *password_of(struct bytes secret) {
    struct buf hex = { 0 };
    bool printable = true;
    while (secret.len
           && (secret.data[secret.len - 1] == '\n' || secret.data[secret.len - 1] == '\r'))
        secret.len--;
    for (size_t i = 0; i < secret.len; i++) {
        printable = printable && secret.data[i] > ' ' && secret.data[i] < 0x7f;
        buf_print(&hex, "%02x", secret.data[i]);
    }
    char *password = text_copy_bytes(printable ? secret : buf_bytes(&hex));
    buf_finish(&hex);
    return password;
}

static enum error unread_read(struct connector *c, const struct url *u) {
    const char *text = url_get(u, "unread_mib");
    int64_t mib = UNREAD_MIB;
    if (text && (!resp_number(bytes_text(text), UNREAD_MIB_MAX, &mib) || !mib))
        return url_wrong(u, "unread_mib is not such as 256");
    c->unsent_max = (size_t)mib << 20;
    return E_ok;
}

static enum error tls_open(struct connector *c, const struct url *u) {
    const struct tls_files files = { url_get(u, "certificate"), url_get(u, "key"),
                                     url_get(u, "client_ca") };
    if (!files.certificate && !files.key && !files.ca)
        return E_ok;
    if (!files.certificate || !files.key)
        return url_wrong(u, "TLS wants certificate and key");
    return tls_context_listen(&c->tls, &files);
}

static enum error listen_at(struct connector *c, const struct url *u) {
    char host[ADDRESS_TEXT_BYTES];
    struct listener_options options = {
        .host = host,
        .port_tries = PORT_TRIES,
        .connections_max = CONNECTIONS_MAX,
        .input_max_bytes = 2 * RESP_REQUEST_MAX,
        .output_max_bytes = OUTPUT_MAX,
        .first_byte_ms = IDLE_MS, /* a pool of connections may open more than it needs */
        .idle_ms = IDLE_MS,
        .tls = c->tls,
        .knows_its_clients = c->password || url_get(u, "client_ca"),
        .handlers = { on_open, on_data, on_closed },
        .context = c,
    };
    const char *where = strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
    if (address_split(where, host, &options.port))
        return url_wrong(u, "it is not HOST:PORT");
    return listener_open(&c->listener, c->options.loop, &options);
}

static enum error open_at(struct connector *c, const struct url *u) {
    TRY(names_read(&c->hidden, u, "hide"));
    TRY(names_read(&c->masked, u, "mask"));
    shapes_make(c);
    TRY(staleness_read(c, u));
    TRY(unread_read(c, u));
    TRY(tls_open(c, u));
    return listen_at(c, u);
}

static void resp_close(struct connector *c) {
    if (!c)
        return;
    listener_close(c->listener);
    assert(!c->callers);
    tls_context_destroy(c->tls);
    loop_timer_destroy(c->timer);
    loop_forget(c->options.loop, &c->turn_end);
    if (c->password)
        secret_forget(c->password, strlen(c->password));
    free(c->password);
    shapes_finish(c);
    free(c->hidden.text);
    free(c->masked.text);
    resp_request_finish(&c->request);
    buf_finish(&c->out);
    buf_finish(&c->json);
    buf_finish(&c->key);
    free(c);
}

static enum error resp_open(struct connector **out, const struct connector_options *options) {
    static const char *const known[] = { "hide", "mask",       "max_staleness", "certificate",
                                         "key",  "unread_mib", "client_ca",     NULL };
    static const struct url_form form = { "resp", known, "resp://127.0.0.1:6380" };
    struct url u = { 0 };
    *out = NULL;
    if (!options->rows) {
        enum error e = fail(E_config, "%s: RESP reads a state that is in memory", options->url);
        fail_try("state: fold");
        return e;
    }
    TRY(url_read(&u, &form, options->url));
    struct connector *c = memory_get(sizeof(*c));
    c->options = *options;
    c->rows = options->rows;
    c->timer = loop_timer_create(options->loop, on_look, c);
    c->turn_end = (struct loop_job){ .run = on_turn_end, .context = c };
    if (options->secret_len)
        c->password = password_of(bytes_of(options->secret, options->secret_len));
    enum error e = open_at(c, &u);
    url_finish(&u);
    if (e) {
        resp_close(c);
        return e;
    }
    *out = c;
    return E_ok;
}

static int resp_port(const struct connector *c) {
    return listener_port(c->listener);
}

const struct connector_query resp_query_kind = { "resp", resp_open, resp_port, resp_close };
