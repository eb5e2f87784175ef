/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The proxy's process: one poll loop over pairs of sockets. */
#include "line.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS_MAX = 256, PART = 64 << 10, HELD_MAX = 8 << 20, TURN_MS = 3, END_TXN = 26 };

struct pair {
    int client, server; /* -1: the pair is free */
    struct buf up, down;
    size_t frame_left;      /* of the request that is passing */
    size_t passed;          /* of `up`: may go */
    int64_t up_ms, down_ms; /* not before */
};

struct proxy {
    struct line_rules *rules;
    int listeners[LINE_PORTS_MAX], ports[LINE_PORTS_MAX];
    size_t listener_count;
    unsigned resets;
    struct pair pairs[PAIRS_MAX];
};

static struct sockaddr_in address_of(uint32_t host, int port) {
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    a.sin_addr.s_addr = host;
    return a;
}

static void pair_close(struct pair *p, bool reset) {
    struct linger now = { 1, 0 };
    int fds[] = { p->client, p->server };
    for (size_t i = 0; i < 2; i++) {
        if (reset)
            (void)setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        (void)close(fds[i]);
    }
    buf_finish(&p->up);
    buf_finish(&p->down);
    *p = (struct pair){ .client = -1, .server = -1 };
}

static void pair_open(struct proxy *x, size_t which) {
    struct sockaddr_in to = address_of(htonl(INADDR_LOOPBACK), x->ports[which]);
    int on = 1;
    int client = accept4(x->listeners[which], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    size_t at = 0;
    while (at < PAIRS_MAX && x->pairs[at].client >= 0)
        at++;
    if (client < 0 || server < 0 || at == PAIRS_MAX
        || (connect(server, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)) {
        (void)close(client);
        (void)close(server);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    x->pairs[at].client = client;
    x->pairs[at].server = server;
}

/* False: that side has ended. */
static bool side_read(struct proxy *x, int fd, struct buf *into, int64_t *not_before) {
    int delay = atomic_load(&x->rules->delay_ms);
    ssize_t got = recv(fd, buf_extend(into, PART), PART, 0);
    into->len -= got > 0 ? (size_t)(PART - got) : PART;
    if (got > 0 && delay) {
        *not_before = clock_steady_ms(clock_real()) + delay;
        atomic_fetch_add(&x->rules->delayed, 1);
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool side_write(int fd, struct buf *from, size_t len) {
    ssize_t sent = len ? send(fd, from->data, len, MSG_NOSIGNAL) : 0;
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
    buf_drop_front(from, (size_t)sent);
    return true;
}

/* How much of what was asked may go on: whole requests, up to one that is held. */
static void requests_pass(struct proxy *x, struct pair *p) {
    while (p->passed < p->up.len) {
        const uint8_t *at = p->up.data + p->passed;
        size_t left = p->up.len - p->passed;
        if (!p->frame_left) {
            if (left < 6)
                return;
            if ((at[4] << 8 | at[5]) == END_TXN && atomic_load(&x->rules->hold_end)) {
                atomic_fetch_add(&x->rules->held, 1);
                return;
            }
            p->frame_left =
                4 + ((size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);
        }
        size_t part = left < p->frame_left ? left : p->frame_left;
        p->passed += part;
        p->frame_left -= part;
    }
}

static bool pair_write(struct proxy *x, struct pair *p, int64_t now_ms) {
    requests_pass(x, p);
    size_t before = p->up.len;
    if (now_ms >= p->up_ms && !side_write(p->server, &p->up, p->passed))
        return false;
    p->passed -= before - p->up.len;
    if (p->down.len && atomic_load(&x->rules->mute)) {
        atomic_fetch_add(&x->rules->lost, 1);
        return false;
    }
    return now_ms < p->down_ms || side_write(p->client, &p->down, p->down.len);
}

static void pair_turn(struct proxy *x, struct pair *p, const struct pollfd *polls) {
    bool well = true;
    if (polls[0].revents & (POLLIN | POLLHUP | POLLERR))
        well = side_read(x, p->client, &p->up, &p->up_ms);
    if (well && polls[1].revents & (POLLIN | POLLHUP | POLLERR))
        well = side_read(x, p->server, &p->down, &p->down_ms);
    if (well)
        well = pair_write(x, p, clock_steady_ms(clock_real()));
    if (!well) /* what had come is handed over, unless it is to be lost */
        pair_close(p, atomic_load(&x->rules->mute));
}

static size_t polls_fill(struct proxy *x, struct pollfd *polls, size_t *of) {
    size_t count = x->listener_count;
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){ x->listeners[i], POLLIN, 0 };
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *p = &x->pairs[i];
        if (p->client < 0)
            continue;
        of[(count - x->listener_count) / 2] = i;
        polls[count++] = (struct pollfd){ p->client, p->up.len < HELD_MAX ? POLLIN : 0, 0 };
        polls[count++] = (struct pollfd){ p->server, p->down.len < HELD_MAX ? POLLIN : 0, 0 };
    }
    return count;
}

static void resets_look(struct proxy *x) {
    unsigned wanted = atomic_load(&x->rules->resets);
    if (wanted == x->resets)
        return;
    x->resets = wanted;
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (x->pairs[i].client >= 0) {
            pair_close(&x->pairs[i], true);
            atomic_fetch_add(&x->rules->reset, 1);
        }
}

_Noreturn static void proxy_run(struct proxy *x) {
    static struct pollfd polls[2 * PAIRS_MAX + LINE_PORTS_MAX];
    static size_t of[PAIRS_MAX + 1];
    for (;;) {
        if (atomic_load(&x->rules->cut)) {
            (void)poll(NULL, 0, TURN_MS);
            continue;
        }
        resets_look(x);
        size_t count = polls_fill(x, polls, of);
        (void)poll(polls, (nfds_t)count, TURN_MS);
        for (size_t i = 0; x->listener_count + 2 * i < count; i++)
            pair_turn(x, &x->pairs[of[i]], &polls[x->listener_count + 2 * i]);
        for (size_t i = 0; i < x->listener_count; i++)
            if (polls[i].revents & POLLIN)
                pair_open(x, i);
    }
}

static int listener_make(int port) {
    struct sockaddr_in at = address_of(inet_addr(LINE_ADDRESS), port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, PAIRS_MAX))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

_Noreturn static void proxy_live(struct proxy *x, int parent) {
    for (size_t i = 0; i < PAIRS_MAX; i++)
        x->pairs[i].client = x->pairs[i].server = -1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGINT, SIG_IGN);
    if (getppid() == parent)
        proxy_run(x);
    _exit(0);
}

static enum error listeners_make(struct proxy *x, const int *ports, size_t count) {
    assert(count <= LINE_PORTS_MAX);
    for (size_t i = 0; i < count; i++) {
        x->ports[i] = ports[i];
        x->listeners[i] = listener_make(ports[i]);
        if (x->listeners[i] < 0)
            return fail_errno("listen at " LINE_ADDRESS ":%d", ports[i]);
        x->listener_count++;
    }
    return E_ok;
}

enum error line_open(struct line *l, const int *ports, size_t count) {
    int parent = getpid();
    struct proxy *x = memory_get(sizeof(*x));
    enum error e = listeners_make(x, ports, count);
    if (!e) {
        x->rules = l->rules = mmap(NULL, sizeof(*l->rules), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        l->pid = l->rules == MAP_FAILED ? -1 : fork();
        if (l->pid == 0)
            proxy_live(x, parent);
        if (l->pid < 0) {
            l->rules = NULL;
            e = fail_errno("start a proxy");
        }
    }
    for (size_t i = 0; i < x->listener_count; i++)
        (void)close(x->listeners[i]);
    free(x);
    return e;
}

void line_close(struct line *l) {
    int status;
    if (!l->rules)
        return;
    (void)kill(l->pid, SIGKILL);
    while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)munmap(l->rules, sizeof(*l->rules));
    *l = (struct line){ 0 };
}
