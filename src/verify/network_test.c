/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "network.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_MS = 250, HEARD_MS = 30000 };

/* Somebody of another group who says everything again. */
struct echo {
    int pid, socket;
    char port[16];
    struct process process;
};

_Noreturn static void echo_run(const struct sockaddr_in *to, int group) {
    char byte;
    if (setresgid((gid_t)group, (gid_t)group, (gid_t)group) || prctl(PR_SET_PDEATHSIG, SIGKILL))
        _exit(1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
        _exit(1);
    while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1) {
    }
    _exit(0);
}

/* Its socket is opened as who it is, so by a child that has changed before. */
static void echo_begin(struct echo *e) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
    (void)snprintf(e->port, sizeof(e->port), "%d", ntohs(at.sin_port));
    e->process = (struct process){ .group = NETWORK_GROUP + 1 };
    e->pid = fork();
    if (e->pid == 0)
        echo_run(&at, e->process.group);
    e->socket = accept(listener, NULL, NULL);
    CHECK(e->pid > 0 && e->socket >= 0);
    (void)close(listener);
}

static void echo_end(struct echo *e) {
    (void)close(e->socket);
    (void)kill(e->pid, SIGKILL);
    (void)waitpid(e->pid, NULL, 0);
}

static void said(const struct echo *e, char byte) {
    CHECK(write(e->socket, &byte, 1) == 1);
}

static bool hears(const struct echo *e, char wanted, int limit_ms) {
    struct pollfd p = { e->socket, POLLIN, 0 };
    char byte = 0;
    return poll(&p, 1, limit_ms) == 1 && read(e->socket, &byte, 1) == 1 && byte == wanted;
}

static bool is_had(void) {
    const char *lacks = network_lacks();
    if (!lacks && !network_enter())
        return true;
    (void)printf("# skip: %s\n", lacks ? lacks : error_story());
    return false;
}

static void is_cut_and_healed(enum network_way way, bool by_port) {
    struct echo e = { 0 };
    unsigned long long dropped = 0;
    echo_begin(&e);
    said(&e, 'a');
    CHECK(hears(&e, 'a', HEARD_MS));
    struct network_cut cut = { &e.process, way, by_port ? e.port : NULL };
    CHECK_OK(network_cut(&cut));
    if (way == NETWORK_told) { /* known by what it says */
        said(&e, 'b');
        CHECK(hears(&e, 'b', HEARD_MS));
    }
    said(&e, 'c');
    CHECK(!hears(&e, 'c', SILENCE_MS));
    CHECK_OK(network_heal(&dropped));
    CHECK(hears(&e, 'c', HEARD_MS)); /* it is sent again, and nothing was lost */
    CHECK(dropped > 0);
    echo_end(&e);
}

TEST(what_a_process_says_is_dropped_and_comes_when_the_network_is_healed) {
    if (!is_had())
        return;
    is_cut_and_healed(NETWORK_said, true);
    is_cut_and_healed(NETWORK_said, false);
}

TEST(what_a_process_is_told_is_dropped_and_comes_when_the_network_is_healed) {
    if (!is_had())
        return;
    is_cut_and_healed(NETWORK_told, true);
    is_cut_and_healed(NETWORK_told, false);
}

TEST(a_process_may_be_cut_off_both_ways) {
    if (is_had())
        is_cut_and_healed(NETWORK_both, true);
}

TEST(others_and_other_ports_are_not_cut) {
    struct echo e = { 0 };
    unsigned long long dropped;
    if (!is_had())
        return;
    echo_begin(&e);
    struct process other = { .group = NETWORK_GROUP + 2 };
    struct network_cut of_another = { &other, NETWORK_both, NULL };
    struct network_cut elsewhere = { &e.process, NETWORK_both, "1,2" };
    CHECK_OK(network_cut(&of_another));
    CHECK_OK(network_cut(&elsewhere));
    said(&e, 'a');
    CHECK(hears(&e, 'a', HEARD_MS));
    CHECK_OK(network_heal(&dropped));
    CHECK_INT((long long)dropped, 0);
    echo_end(&e);
}
