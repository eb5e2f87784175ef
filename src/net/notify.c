/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Datagrams with the sender's credentials, which the kernel fills in: a process cannot give signs
 * of life for another. */
#include "net/notify.h"

#include "base/check.h"
#include "base/disk.h"
#include "net/address.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SIGNS = 3, STATE_MAX = 4096, STATES_A_TURN = 64 };

struct notifier {
    int fd;
    struct address to;
    struct loop_timer *timer;
    int64_t every_ms;
};

struct notified {
    int fd;
    char *path;
    struct loop_watch *watch;
    void (*on_state)(void *context, int pid, const char *state);
    void *context;
};

static enum error address_of_socket(struct address *out, const char *path) {
    TRY(address_of_path(out, path));
    if (path[0] != '@')
        return E_ok;
    ((struct sockaddr_un *)&out->storage)->sun_path[0] = 0;
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    return E_ok;
}

void notifier_tell(struct notifier *n, const char *state) {
    if (!n)
        return;
    ssize_t sent = sendto(n->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&n->to.storage, n->to.len);
    (void)sent; /* nobody listens any more, or there is no room: both pass */
}

static void on_sign(void *context) {
    struct notifier *n = context;
    notifier_tell(n, "WATCHDOG=1");
    loop_timer_start(n->timer, n->every_ms);
}

enum error notifier_open(struct notifier **out, struct loop *l, const char *path,
                         int64_t watchdog_ms) {
    struct address to;
    *out = NULL;
    TRY_WHILE(address_of_socket(&to, path), "reading NOTIFY_SOCKET");
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        address_release(&to);
        return fail_errno("cannot make a socket");
    }
    struct notifier *n = memory_get(sizeof(*n));
    n->fd = fd;
    n->to = to;
    n->every_ms = watchdog_ms / SIGNS;
    n->timer = loop_timer_create(l, on_sign, n);
    if (n->every_ms > 0)
        loop_timer_start(n->timer, n->every_ms);
    *out = n;
    return E_ok;
}

void notifier_close(struct notifier *n) {
    if (!n)
        return;
    loop_timer_destroy(n->timer);
    (void)close(n->fd);
    address_release(&n->to);
    free(n);
}

/* ---- the other end */

static int sender_of(struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(c), sizeof(who));
            return who.pid;
        }
    return 0;
}

static bool take_state(struct notified *n) {
    char state[STATE_MAX + 1];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec into = { state, STATE_MAX };
    struct msghdr message = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    ssize_t len = recvmsg(n->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (len < 0)
        return false;
    state[len] = 0;
    int pid = sender_of(&message);
    if (pid && !(message.msg_flags & MSG_TRUNC))
        n->on_state(n->context, pid, state);
    return true;
}

static void on_readable(void *context) {
    for (int i = 0; i < STATES_A_TURN && take_state(context); i++)
        ;
}

static enum error listen_at(int fd, const char *path) {
    struct address at;
    int on = 1;
    TRY(address_of_path(&at, path));
    enum error e = disk_unlink(disk_real(), path); /* only one process has this directory */
    if (e && e != E_not_found) {
        address_release(&at);
        return e;
    }
    (void)fchmod(fd, S_IRUSR | S_IWUSR);
    bool listens = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0
                   && bind(fd, (const struct sockaddr *)&at.storage, at.len) == 0;
    e = listens ? E_ok : fail_errno("cannot listen on %s", path);
    address_release(&at);
    return e;
}

enum error notified_open(struct notified **out, struct loop *l, const char *path,
                         void (*on_state)(void *context, int pid, const char *state),
                         void *context) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *out = NULL;
    if (fd < 0)
        return fail_errno("cannot make a socket");
    enum error e = listen_at(fd, path);
    if (e) {
        (void)close(fd);
        return e;
    }
    struct notified *n = memory_get(sizeof(*n));
    n->fd = fd;
    n->path = text_copy(path);
    n->on_state = on_state;
    n->context = context;
    n->watch = loop_watch_create(l, fd, on_readable, n);
    *out = n;
    return E_ok;
}

void notified_close(struct notified *n) {
    if (!n)
        return;
    loop_watch_destroy(n->watch);
    enum error e = disk_unlink(disk_real(), n->path);
    if (e && e != E_not_found)
        error_print(); /* it stays, and the next start replaces it */
    (void)close(n->fd);
    free(n->path);
    free(n);
}

bool notified_says(const char *state, const char *line) {
    size_t len = strlen(line);
    for (; state; state = strchr(state, '\n')) {
        state += *state == '\n';
        if (strncmp(state, line, len) == 0 && (state[len] == '\n' || !state[len]))
            return true;
    }
    return false;
}
