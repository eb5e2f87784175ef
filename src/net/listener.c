/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The listener: finds a port, accepts a bounded number of connections a turn, keeps their list.
 *
 * When the process is out of descriptors, accept fails for as long as the connection waits, so the
 * listener looks away for a moment instead of spinning. */
#include "net/listener.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/event.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/loop_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, BACKLOG = 256, LOOK_AWAY_MS = 100, REPORT_EVERY_MS = 1000 };

struct listener {
    struct loop *loop;
    int fd;
    int port;
    char *path; /* of a unix socket; NULL: TCP */
    struct loop_watch *acceptor;
    struct loop_timer *look_again;
    struct connection_handlers handlers;
    struct connection_limits limits;
    struct tls_context *tls;
    void *context;
    struct connection **connections;
    int connection_count;
    int connections_max;
    int address_max;
    int64_t quiet_until_ms; /* connection_limit is logged at most once a second */
};

static int64_t or_default(int64_t given, int64_t otherwise) {
    return given ? given : otherwise;
}

static void set_options(struct listener *l, const struct listener_options *options) {
    l->handlers = options->handlers;
    l->context = options->context;
    l->tls = options->tls;
    l->connections_max = (int)or_default(options->connections_max, 1000);
    l->address_max = (int)or_default(options->address_max, l->connections_max);
    l->limits = (struct connection_limits){
        .input_max_bytes = (size_t)or_default((int64_t)options->input_max_bytes, 16 << 20),
        .output_max_bytes = (size_t)or_default((int64_t)options->output_max_bytes, 32 << 20),
        .first_byte_ms = or_default(options->first_byte_ms, 10 * 1000),
        .partial_ms = or_default(options->partial_ms, 30 * 1000),
        .idle_ms = or_default(options->idle_ms, 600 * 1000),
    };
}

/* Returns the descriptor, or -1 with errno. */
static int socket_listen(const struct address *at) {
    int on = 1;
    int fd = socket(at->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* past our own TIME_WAITs */
    if (at->storage.ss_family == AF_UNIX)
        (void)fchmod(fd, S_IRUSR | S_IWUSR); /* before the bind, so the file is never anybody's */
    if (bind(fd, (const struct sockaddr *)&at->storage, at->len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int number = errno;
    (void)close(fd);
    errno = number;
    return -1;
}

static enum error listen_on(struct listener *l, const struct listener_options *options, int port) {
    const char *host = options->host ? options->host : "127.0.0.1";
    struct address at;
    TRY(address_parse(&at, host, port));
    if (!address_is_loopback(&at) && !(options->tls && options->knows_its_clients)) {
        enum error e = fail(E_refused, "%s is not a loopback address", host);
        fail_try("127.0.0.1; other addresses need TLS and clients that authenticate");
        return e;
    }
    l->fd = socket_listen(&at);
    if (l->fd < 0 && errno == EADDRINUSE)
        return fail(E_exists, "port %d on %s is taken", port, host);
    if (l->fd < 0)
        return fail_errno("cannot listen on %s port %d", host, port);
    at.len = sizeof(at.storage);
    if (getsockname(l->fd, (struct sockaddr *)&at.storage, &at.len) != 0)
        return fail_errno("cannot learn the port of %s", host);
    l->port = address_port(&at);
    return E_ok;
}

static bool somebody_listens(const struct address *at) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0
                    && (connect(fd, (const struct sockaddr *)&at->storage, at->len) == 0
                        || errno == EAGAIN /* its queue is full */);
    if (fd >= 0)
        (void)close(fd);
    return answered;
}

/* A process that was killed leaves its file; nobody listens behind it. */
static enum error listen_at(struct listener *l, const char *path, const struct address *at) {
    l->fd = socket_listen(at);
    if (l->fd < 0 && errno == EADDRINUSE) {
        if (somebody_listens(at))
            return fail(E_exists, "%s: another process listens there", path);
        TRY(disk_unlink(disk_real(), path));
        l->fd = socket_listen(at);
    }
    if (l->fd < 0)
        return fail_errno("cannot listen on %s", path);
    l->path = text_copy(path);
    return E_ok;
}

static enum error listen_on_path(struct listener *l, const char *path) {
    struct address at;
    TRY(address_of_path(&at, path));
    enum error e = listen_at(l, path, &at);
    address_release(&at);
    return e;
}

static enum error find_port(struct listener *l, const struct listener_options *options) {
    enum error e = listen_on(l, options, options->port);
    int port = options->port;
    for (int i = 0; e == E_exists && i < options->port_tries && port < 65535; i++)
        e = listen_on(l, options, ++port);
    if (!e && options->port && l->port != options->port)
        event_log(EV_port_taken, "port=%d taken_instead=%d", options->port, l->port);
    if (e == E_exists)
        fail_try("another port, or 0 for any free one");
    return e;
}

static void on_gone(void *owner, struct connection *c) {
    struct listener *l = owner;
    int at = 0;
    while (at < l->connection_count && l->connections[at] != c)
        at++;
    assert(at < l->connection_count);
    l->connections[at] = l->connections[--l->connection_count];
}

/* Up to its colon: the address without the port. */
static size_t host_len(const char *peer) {
    const char *colon = strrchr(peer, ':');
    return colon ? (size_t)(colon - peer) : strlen(peer);
}

static int count_from(const struct listener *l, const char *peer) {
    size_t len = host_len(peer);
    int count = 0;
    for (int i = 0; i < l->connection_count; i++) {
        const char *other = connection_peer(l->connections[i]);
        count += host_len(other) == len && memcmp(other, peer, len) == 0;
    }
    return count;
}

/* Why there is no room for one more, or NULL. */
static const char *full_why(const struct listener *l, const struct address *peer) {
    char text[ADDRESS_TEXT_BYTES];
    if (l->connection_count >= l->connections_max)
        return "in_all";
    if (l->address_max >= l->connections_max)
        return NULL;
    address_text(peer, text);
    return count_from(l, text) >= l->address_max ? "of_one_address" : NULL;
}

static bool is_full(struct listener *l, const struct address *peer) {
    const char *why = full_why(l, peer);
    if (!why)
        return false;
    int64_t now_ms = clock_steady_ms(loop_clock(l->loop));
    if (now_ms >= l->quiet_until_ms) {
        l->quiet_until_ms = now_ms + REPORT_EVERY_MS;
        event_log(EV_connection_limit, "port=%d connections=%d why=%s", l->port,
                  l->connection_count, why);
    }
    return true;
}

static void take_connection(struct listener *l, int fd, const struct address *peer) {
    struct connection_options options = {
        .fd = fd,
        .peer = *peer,
        .limits = l->limits,
        .tls = l->tls,
        .handlers = &l->handlers,
        .on_gone = on_gone,
        .owner = l,
    };
    struct connection *c = connection_create(l->loop, &options);
    l->connections[l->connection_count++] = c;
    void *context = l->handlers.on_open(l->context, c);
    connection_set_context(c, context);
    if (!context)
        connection_close(c);
}

static void look_away(struct listener *l) {
    event_log(EV_connection_limit, "port=%d connections=%d why=%s", l->port, l->connection_count,
              errno == EMFILE || errno == ENFILE ? "no_descriptors" : "no_memory");
    watch_stop(l->acceptor);
    loop_timer_start(l->look_again, LOOK_AWAY_MS);
}

static void on_acceptable(void *context) {
    struct listener *l = context;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct address peer = { .len = sizeof(peer.storage) };
        int accepted = accept4(l->fd, (struct sockaddr *)&peer.storage, &peer.len,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0 && is_full(l, &peer))
            (void)close(accepted);
        else if (accepted >= 0)
            take_connection(l, accepted, &peer);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return look_away(l);
        else if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

static void on_look_again(void *context) {
    struct listener *l = context;
    watch_start(l->acceptor);
}

enum error listener_open(struct listener **out, struct loop *l,
                         const struct listener_options *options) {
    struct listener *made = memory_get(sizeof(*made));
    *out = NULL;
    made->loop = l;
    made->fd = -1;
    set_options(made, options);
    enum error e = options->path ? listen_on_path(made, options->path) : find_port(made, options);
    if (e) {
        listener_close(made);
        return e;
    }
    made->connections = memory_get((size_t)made->connections_max * sizeof(struct connection *));
    made->look_again = loop_timer_create(l, on_look_again, made);
    made->acceptor = loop_watch_create(l, made->fd, on_acceptable, made);
    *out = made;
    return E_ok;
}

int listener_port(const struct listener *l) {
    return l->port;
}

void listener_close(struct listener *l) {
    if (!l)
        return;
    loop_watch_destroy(l->acceptor);
    loop_timer_destroy(l->look_again);
    if (l->path && disk_unlink(disk_real(), l->path) == E_io)
        error_print(); /* it stays, and the next start replaces it */
    if (l->fd >= 0)
        (void)close(l->fd);
    while (l->connection_count)
        connection_destroy(l->connections[l->connection_count - 1]);
    free(l->connections);
    free(l->path);
    free(l);
}
