/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of sinks: a receiver that hears what it is sent and answers as it is told to. */
#ifndef OCTAVO_CONNECTORS_HTTP_RECEIVER_FIXTURE_H
#define OCTAVO_CONNECTORS_HTTP_RECEIVER_FIXTURE_H

#include "base/mailbox.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct server {
    int listener, port;
    const char *reply; /* "": closes without a word; "wait": says nothing */
    struct buf heard;
    int requests;
    struct thread *thread;
} server;

/* A whole request: its head, then as many bytes as it says. */
static inline bool request_read(int fd, char *text, size_t room) {
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, text + len, room - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = 0;
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (end && strlen(end + 4) >= (length ? strtoul(length + 16, NULL, 10) : 0))
            return true;
    }
}

static inline void serve(int fd) {
    static char text[8192];
    while (request_read(fd, text, sizeof(text))) {
        buf_put_text(&server.heard, text);
        server.requests++;
        while (strcmp(server.reply, "wait") == 0 && read(fd, text, 1) > 0)
            ;
        if (!*server.reply || strcmp(server.reply, "wait") == 0)
            return;
        if (write(fd, server.reply, strlen(server.reply)) < 0)
            return;
    }
}

static inline void server_run(void *context) {
    (void)context;
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0;) {
        serve(fd);
        (void)close(fd);
    }
}

static inline void server_start(const char *reply) {
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = (struct server){ .reply = reply };
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(listen(server.listener, 8), 0);
    CHECK_INT(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
    server.port = ntohs(address.sin_port);
    server.thread = thread_start("server", server_run, NULL);
}

static inline void server_stop(void) {
    (void)shutdown(server.listener, SHUT_RDWR);
    thread_join(server.thread);
    (void)close(server.listener);
}

#endif
