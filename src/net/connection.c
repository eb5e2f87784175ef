/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One connection: input is handed out until somebody says stop, output waits for the end of the
 * turn, and every way of being slow has its deadline.
 *
 * Everything that may end in freeing the connection happens in its job at the end of the turn, so
 * no caller of this file ever holds a connection that has gone.
 *
 * Closing after the last words: the writing half is shut, then what still comes is thrown away
 * until the peer ends too or a second has passed. Closing with unread input would make the kernel
 * send a reset, which can destroy an answer that the peer has not read yet.
 *
 * With TLS the same machine has one state more, and its two calls that move bytes are others. */
#include "net/connection.h"

#include "base/check.h"
#include "base/event.h"
#include "net/loop_inside.h"
#include "net/tls_session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAUSED_INPUT_MAX = 64 * 1024, /* what a paused connection still reads, to notice its end */
    CONNECT_MS = 10 * 1000,
    AGREE_MS = 10 * 1000,
    LINGER_MS = 1000,
    TLS_SEND_BYTES = 16 * 1024, /* one record */
};

enum connection_state {
    CONNECTING, /* TCP's handshake runs; output waits */
    AGREEING,   /* TLS's handshake runs; output waits */
    OPEN,
    LAST_WORDS, /* only output is left */
    LINGERING,  /* all is sent, our side is shut */
    CLOSED,     /* freed at the end of the turn */
};

struct connection {
    struct loop *loop;
    int fd;
    struct tls *tls; /* NULL: plain */
    enum connection_state state;
    struct connection_limits limits;
    struct connection_handlers handlers;
    void *context;
    void (*on_gone)(void *owner, struct connection *c);
    void *owner;
    struct loop_watch *reader;
    struct loop_watch *writer;
    bool reading;
    bool paused; /* by the owner */
    bool muted;  /* too much output waits */
    bool again;  /* input that was held back can be handed out */
    bool ended;  /* the peer has sent its last byte */
    bool heard;  /* a byte has come */
    struct buf input;
    struct evbuffer *output;
    struct loop_job job;
    struct loop_timer *timer;
    int64_t due_ms;         /* what the timer is armed for; it may be late, never early */
    int64_t state_since_ms; /* of CONNECTING, AGREEING, LAST_WORDS and LINGERING */
    int64_t partial_since_ms;
    int64_t active_ms; /* bytes moved */
    char peer[ADDRESS_TEXT_BYTES];
};

static void on_readable(void *context);
static void on_writable(void *context);
static void on_time(void *context);
static void on_turn_end(void *context);

static int64_t now_ms(const struct connection *c) {
    return clock_steady_ms(loop_clock(c->loop));
}

static void set_socket_options(int fd) {
    int on = 1; /* both only improve matters: a failure (a unix socket's) refuses no peer */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* ---- deadlines */

static int64_t deadline_ms(const struct connection *c) {
    switch (c->state) {
    case CONNECTING:
        return c->state_since_ms + CONNECT_MS;
    case AGREEING:
        return c->state_since_ms + AGREE_MS;
    case LAST_WORDS:
        return c->active_ms + c->limits.partial_ms;
    case LINGERING:
        return c->state_since_ms + LINGER_MS;
    case CLOSED:
        return INT64_MAX;
    case OPEN:
        break;
    }
    if (!c->heard)
        return c->active_ms + c->limits.first_byte_ms;
    if (c->input.len && !c->paused && !c->muted)
        return c->partial_since_ms + c->limits.partial_ms;
    return c->active_ms + c->limits.idle_ms;
}

/* Most requests come whole: the timer is touched only when a deadline moves closer. */
static void arm_timer(struct connection *c) {
    int64_t due_ms = deadline_ms(c);
    if (due_ms >= c->due_ms)
        return;
    c->due_ms = due_ms;
    loop_timer_start(c->timer, due_ms - now_ms(c));
}

static void drop(struct connection *c, const char *why) {
    event_log(EV_connection_dropped, "peer=%s why=%s", c->peer, why);
    connection_close(c);
}

static void on_time(void *context) {
    struct connection *c = context;
    c->due_ms = INT64_MAX;
    if (now_ms(c) < deadline_ms(c)) {
        arm_timer(c);
        return;
    }
    if (c->state == OPEN && !c->heard)
        drop(c, "no_first_byte");
    else if (c->state == OPEN && c->input.len && !c->paused && !c->muted)
        drop(c, "unfinished_request");
    else if (c->state == LAST_WORDS)
        drop(c, "reads_nothing");
    else if (c->state == AGREEING)
        drop(c, "no_handshake");
    else
        connection_close(c); /* idle, lingering or unreachable: nothing to report */
}

/* ---- life */

struct connection *connection_create(struct loop *l, const struct connection_options *options) {
    struct connection *c = memory_get(sizeof(*c));
    c->loop = l;
    c->fd = options->fd;
    if (options->tls)
        c->tls = tls_create(options->tls, c->fd, options->tls_name);
    c->state = options->connecting ? CONNECTING : c->tls ? AGREEING : OPEN;
    c->limits = options->limits;
    c->handlers = *options->handlers;
    c->context = options->context;
    c->on_gone = options->on_gone;
    c->owner = options->owner;
    c->reader = watch_create(l, c->fd, WATCH_READABLE, on_readable, c);
    c->writer = watch_create(l, c->fd, WATCH_WRITABLE_ONCE, on_writable, c);
    c->output = evbuffer_new();
    assert(c->output);
    if (!c->tls)
        (void)evbuffer_set_flags(c->output, EVBUFFER_FLAG_DRAINS_TO_FD);
    c->timer = loop_timer_create(l, on_time, c);
    c->job = (struct loop_job){ .run = on_turn_end, .context = c };
    c->state_since_ms = c->active_ms = c->partial_since_ms = now_ms(c);
    c->due_ms = INT64_MAX;
    address_text(&options->peer, c->peer);
    set_socket_options(c->fd);
    if (options->connecting)
        watch_start(c->writer);
    loop_after_turn(l, &c->job); /* begins to read */
    return c;
}

void connection_set_context(struct connection *c, void *context) {
    c->context = context;
}

void connection_destroy(struct connection *c) {
    c->state = CLOSED;
    loop_forget(c->loop, &c->job);
    loop_timer_destroy(c->timer);
    loop_watch_destroy(c->reader);
    loop_watch_destroy(c->writer);
    if (c->tls)
        tls_end(c->tls);
    tls_destroy(c->tls);
    (void)close(c->fd);
    if (c->context && c->handlers.on_closed)
        c->handlers.on_closed(c->context);
    if (c->on_gone)
        c->on_gone(c->owner, c);
    loop_forget(c->loop, &c->job); /* on_closed may have called us once more */
    evbuffer_free(c->output);
    buf_finish(&c->input);
    free(c);
}

void connection_close(struct connection *c) {
    if (c->state == CLOSED)
        return;
    c->state = CLOSED;
    watch_stop(c->reader);
    watch_stop(c->writer);
    loop_after_turn(c->loop, &c->job);
}

void connection_close_after_sending(struct connection *c) {
    if (c->state != OPEN && c->state != CONNECTING && c->state != AGREEING)
        return;
    c->active_ms = now_ms(c);
    if (c->state == OPEN)
        c->state = LAST_WORDS;
    else
        c->ended = true;
    loop_after_turn(c->loop, &c->job);
}

/* ---- input */

static bool hands_out(const struct connection *c) {
    return c->state == OPEN && !c->paused && !c->muted;
}

static bool wants_to_read(const struct connection *c) {
    if (c->state == AGREEING)
        return true;
    if (c->ended || c->muted)
        return false;
    if (c->state == LINGERING)
        return true;
    return c->state == OPEN && (!c->paused || c->input.len < PAUSED_INPUT_MAX);
}

static void set_reading(struct connection *c) {
    bool wanted = wants_to_read(c);
    if (wanted == c->reading)
        return;
    c->reading = wanted;
    wanted ? watch_start(c->reader) : watch_stop(c->reader);
}

/* Hands out `data` as long as it is taken; returns how much was. */
static size_t hand_out(struct connection *c, struct bytes data) {
    size_t done = 0;
    while (done < data.len && hands_out(c)) {
        size_t used = c->handlers.on_data(c->context, bytes_part(data, done, data.len - done));
        assert(used <= data.len - done);
        done += used;
        if (!used)
            break;
    }
    if (done)
        c->partial_since_ms = now_ms(c);
    return done;
}

static void hand_out_input(struct connection *c) {
    buf_drop_front(&c->input, hand_out(c, buf_bytes(&c->input)));
    if (!c->input.len)
        buf_finish(&c->input);
}

static void on_input(struct connection *c) {
    c->active_ms = now_ms(c);
    if (hands_out(c) && c->input.len > c->limits.input_max_bytes)
        drop(c, "input_too_large");
    loop_after_turn(c->loop, &c->job);
}

static ssize_t take_bytes(struct connection *c, void *to, size_t room) {
    return c->tls ? tls_receive(c->tls, to, room) : recv(c->fd, to, room, 0);
}

/* Returns what recv returned; 0 is the peer's end. */
static ssize_t receive(struct connection *c) {
    if (!c->input.len) {
        uint8_t *scratch = loop_scratch(c->loop);
        ssize_t got = take_bytes(c, scratch, SCRATCH_BYTES);
        if (got <= 0)
            return got;
        if (!c->heard)
            c->heard = true;
        c->partial_since_ms = now_ms(c);
        size_t used = hand_out(c, bytes_of(scratch, (size_t)got));
        buf_put(&c->input, scratch + used, (size_t)got - used);
        return got;
    }
    size_t room = c->limits.input_max_bytes + 1;
    room = c->input.len < room ? room - c->input.len : 1;
    room = room < SCRATCH_BYTES ? room : SCRATCH_BYTES;
    buf_reserve(&c->input, room);
    ssize_t got = take_bytes(c, c->input.data + c->input.len, room);
    if (got > 0) {
        c->input.len += (size_t)got;
        hand_out_input(c);
    }
    return got;
}

static void linger(struct connection *c) {
    ssize_t got = recv(c->fd, loop_scratch(c->loop), SCRATCH_BYTES, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        connection_close(c);
}

static void tell_of_failed_tls(struct connection *c) {
    int count = tls_failures_to_tell(c->tls, now_ms(c));
    if (count)
        event_log(EV_tls_failed, "peer=%s why=%s count=%d", c->peer, tls_trouble(c->tls), count);
}

/* `active_ms` stays: the first byte must come in time counted from the first of the handshake. */
static void agree(struct connection *c) {
    enum tls_progress progress = tls_handshake(c->tls);
    if (progress == TLS_FAILED) {
        tell_of_failed_tls(c);
        connection_close(c);
        return;
    }
    if (progress == TLS_WAITS) {
        if (tls_waits_to_write(c->tls))
            watch_start(c->writer);
        return;
    }
    c->state = c->ended ? LAST_WORDS : OPEN;
    c->ended = false;
    loop_after_turn(c->loop, &c->job);
}

static void on_readable(void *context) {
    struct connection *c = context;
    if (c->state == LINGERING)
        return linger(c);
    if (c->state == AGREEING)
        return agree(c);
    ssize_t got = receive(c);
    if (c->tls && tls_waits_to_write(c->tls))
        watch_start(c->writer);
    if (got > 0) {
        on_input(c);
    } else if (got == 0) {
        c->ended = true;
        loop_after_turn(c->loop, &c->job);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection_close(c);
    }
}

void connection_pause(struct connection *c, bool paused) {
    if (c->paused == paused)
        return;
    c->paused = paused;
    c->again = c->again || !paused;
    c->partial_since_ms = now_ms(c);
    loop_after_turn(c->loop, &c->job);
}

/* ---- output */

/* As evbuffer_write. Whole records: their bytes are brought together where they are not. */
static int write_records(struct connection *c) {
    int moved = 0;
    for (size_t len; (len = evbuffer_get_length(c->output)) > 0;) {
        size_t part = len < TLS_SEND_BYTES ? len : TLS_SEND_BYTES;
        ssize_t put = tls_send(c->tls, evbuffer_pullup(c->output, (ssize_t)part), part);
        if (put <= 0)
            return moved ? moved : -1;
        (void)evbuffer_drain(c->output, (size_t)put);
        moved += (int)put;
    }
    return moved;
}

enum { PIECES_A_TURN = 16 };

/* Memory and files take turns, and one call writes one kind. */
static int write_plain(struct connection *c) {
    int put = 1, moved = 0;
    for (int i = 0; i < PIECES_A_TURN && put > 0 && evbuffer_get_length(c->output); i++) {
        put = evbuffer_write(c->output, c->fd);
        moved += put > 0 ? put : 0;
    }
    return moved ? moved : put;
}

static void write_output(struct connection *c) {
    size_t before = evbuffer_get_length(c->output);
    if (!before || c->state == CONNECTING || c->state == AGREEING || c->state == CLOSED)
        return;
    int put = c->tls ? write_records(c) : write_plain(c);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(c);
        return;
    }
    size_t left = evbuffer_get_length(c->output);
    if (left < before)
        c->active_ms = now_ms(c);
    if (left)
        watch_start(c->writer);
    if (c->muted && left <= c->limits.output_max_bytes / 2) {
        c->muted = false;
        c->again = true;
        c->partial_since_ms = now_ms(c);
    }
}

static void on_connected(struct connection *c) {
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error) {
        connection_close(c);
        return;
    }
    c->heard = true; /* whoever connects may stay silent first */
    c->active_ms = c->state_since_ms = now_ms(c);
    if (c->tls) {
        c->state = AGREEING;
        agree(c);
        return;
    }
    c->state = c->ended ? LAST_WORDS : OPEN;
    c->ended = false;
}

static void on_writable(void *context) {
    struct connection *c = context;
    if (c->state == CONNECTING)
        on_connected(c);
    else if (c->state == AGREEING)
        agree(c);
    loop_after_turn(c->loop, &c->job);
}

static bool takes_output(struct connection *c) {
    return c->state == OPEN || ((c->state == CONNECTING || c->state == AGREEING) && !c->ended);
}

static void after_send(struct connection *c) {
    if (evbuffer_get_length(c->output) > c->limits.output_max_bytes)
        c->muted = true;
    loop_after_turn(c->loop, &c->job);
}

void connection_send(struct connection *c, struct bytes data) {
    if (!takes_output(c) || !data.len)
        return;
    int added = evbuffer_add(c->output, data.data, data.len);
    assert(added == 0);
    after_send(c);
}

static void free_sent(const void *data, size_t len, void *context) {
    (void)data;
    (void)len;
    free(context);
}

void connection_send_buf(struct connection *c, struct buf *data) {
    if (takes_output(c) && data->len) {
        int added = evbuffer_add_reference(c->output, data->data, data->len, free_sent, data->data);
        assert(added == 0);
        *data = (struct buf){ 0 };
        after_send(c);
    }
    buf_finish(data);
}

bool connection_is_plain(const struct connection *c) {
    return !c->tls;
}

void connection_send_file(struct connection *c, int fd, int64_t position, size_t len) {
    assert(!c->tls);
    if (!takes_output(c) || !len) {
        (void)close(fd);
        return;
    }
    struct evbuffer_file_segment *piece =
        evbuffer_file_segment_new(fd, position, (ssize_t)len, EVBUF_FS_CLOSE_ON_FREE);
    assert(piece);
    int added = evbuffer_add_file_segment(c->output, piece, 0, (ssize_t)len);
    assert(added == 0);
    evbuffer_file_segment_free(piece);
    after_send(c);
}

/* ---- the end of a turn */

static void shut_writing(struct connection *c) {
    if (c->tls)
        tls_end(c->tls);
    if (c->ended || shutdown(c->fd, SHUT_WR) != 0) {
        connection_close(c);
        return;
    }
    c->state = LINGERING;
    c->state_since_ms = now_ms(c);
}

/* The peer's end has been read: close when nothing that came before is held back. */
static void on_ended(struct connection *c) {
    if (hands_out(c) || !c->input.len)
        c->state = LAST_WORDS;
}

static void on_turn_end(void *context) {
    struct connection *c = context;
    write_output(c);
    if (c->again && hands_out(c)) {
        c->again = false;
        hand_out_input(c);
        if (c->input.len && hands_out(c) && c->input.len > c->limits.input_max_bytes)
            drop(c, "input_too_large");
    }
    if (c->ended && c->state == OPEN)
        on_ended(c);
    if (c->state == LAST_WORDS && !evbuffer_get_length(c->output))
        shut_writing(c);
    if (c->state == CLOSED) {
        connection_destroy(c);
        return;
    }
    set_reading(c);
    if (c->tls && c->state == OPEN && c->reading && tls_holds_input(c->tls))
        on_readable(c); /* the socket will not tell of it */
    arm_timer(c);
}

const char *connection_peer(const struct connection *c) {
    return c->peer;
}

void connection_local(const struct connection *c, char host[ADDRESS_TEXT_BYTES]) {
    struct address at = { .len = sizeof(at.storage) };
    if (getsockname(c->fd, (struct sockaddr *)&at.storage, &at.len) != 0)
        at.storage.ss_family = AF_UNIX;
    address_host(&at, host);
}

size_t connection_unsent(const struct connection *c) {
    return evbuffer_get_length(c->output);
}

/* ---- connecting */

static enum error connect_to(struct connection **out, struct loop *l,
                             struct connection_options *options) {
    bool refused;
    options->connecting = true;
    options->limits = (struct connection_limits){
        .input_max_bytes = (size_t)16 << 20,
        .output_max_bytes = (size_t)32 << 20,
        .first_byte_ms = INT32_MAX,
        .partial_ms = INT32_MAX,
        .idle_ms = INT32_MAX,
    };
    options->fd = address_connect(&options->peer, &refused);
    if (options->fd < 0)
        return fail_errno("cannot make a socket");
    *out = connection_create(l, options);
    if (refused)
        connection_close(*out); /* told like every other refusal, at the end of the turn */
    return E_ok;
}

enum error connection_connect(struct connection **out, struct loop *l, const char *host, int port,
                              const struct connection_handlers *handlers, void *context) {
    struct connection_options options = { .handlers = handlers, .context = context };
    *out = NULL;
    TRY(address_parse(&options.peer, host, port));
    return connect_to(out, l, &options);
}

enum error connection_connect_path(struct connection **out, struct loop *l, const char *path,
                                   const struct connection_handlers *handlers, void *context) {
    struct connection_options options = { .handlers = handlers, .context = context };
    *out = NULL;
    TRY(address_of_path(&options.peer, path));
    return connect_to(out, l, &options);
}

enum error connection_connect_tls(struct connection **out, struct loop *l,
                                  const struct connection_target *target,
                                  const struct connection_handlers *handlers, void *context) {
    struct connection_options options = {
        .handlers = handlers,
        .context = context,
        .tls = target->tls,
        .tls_name = target->name ? target->name : target->host,
    };
    *out = NULL;
    TRY(address_parse(&options.peer, target->host, target->port));
    return connect_to(out, l, &options);
}
