/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* HMGET, and of its answer two values or two times nothing. */
#include "resp_client.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART = 4096 };

void resp_client_init(struct resp_client *c, int port) {
    *c = (struct resp_client){ .port = port, .fd = -1 };
}

static void line_close(struct resp_client *c) {
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    c->waits = false;
}

void resp_client_finish(struct resp_client *c) {
    line_close(c);
    buf_finish(&c->in);
    buf_finish(&c->out);
}

static void line_open(struct resp_client *c) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
        line_close(c);
}

bool resp_client_ask(struct resp_client *c, const char *key) {
    bool is_new = c->fd < 0;
    if (is_new)
        line_open(c);
    buf_clear(&c->in);
    buf_clear(&c->out);
    buf_print(&c->out, "*4\r\n$5\r\nHMGET\r\n$%zu\r\n%s\r\n$7\r\nversion\r\n$9\r\npurchases\r\n",
              strlen(key), key);
    c->waits = c->fd >= 0;
    return is_new;
}

/* A line without its end, cut off the front; null: it is not whole. */
static struct bytes line_cut(struct bytes *in) {
    const uint8_t *end = in->len ? memmem(in->data, in->len, "\r\n", 2) : NULL;
    if (!end)
        return bytes_of(NULL, 0);
    struct bytes line = bytes_of(in->data, (size_t)(end - in->data));
    *in = bytes_of(end + 2, in->len - line.len - 2);
    return line;
}

/* 1: a value; 0: there is none; -1: not whole yet. */
static int value_cut(struct bytes *in, int64_t *out) {
    struct bytes line = line_cut(in);
    if (!line.data)
        return -1;
    if (line.len >= 2 && (line.data[0] == '_' || line.data[1] == '-'))
        return 0;
    struct bytes value = line_cut(in);
    if (!value.data)
        return -1;
    char digits[24] = { 0 };
    memcpy(digits, value.data, value.len < sizeof(digits) ? value.len : sizeof(digits) - 1);
    *out = strtoll(digits, NULL, 10);
    return 1;
}

static enum resp_state answer_read(struct resp_client *c, struct resp_row *out) {
    struct bytes in = buf_bytes(&c->in);
    struct bytes head = line_cut(&in);
    if (!head.data)
        return RESP_waits;
    if (!head.len || head.data[0] != '*')
        return RESP_rests;
    int version = value_cut(&in, &out->version);
    int purchases = version < 0 ? -1 : value_cut(&in, &out->purchases);
    if (purchases < 0)
        return RESP_waits;
    out->found = version == 1;
    return RESP_answered;
}

enum resp_state resp_client_turn(struct resp_client *c, struct resp_row *out) {
    *out = (struct resp_row){ 0 };
    if (!c->waits)
        return RESP_rests;
    if (c->out.len) {
        ssize_t sent = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
        if (sent > 0)
            buf_drop_front(&c->out, (size_t)sent);
        else if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
            line_close(c);
    }
    ssize_t got = c->fd < 0 ? 0 : recv(c->fd, buf_extend(&c->in, PART), PART, 0);
    int why = errno;
    if (c->fd >= 0)
        c->in.len -= got > 0 ? (size_t)(PART - got) : PART;
    if (got == 0 || (got < 0 && why != EAGAIN && why != EINTR && why != ENOTCONN)) {
        line_close(c);
        return RESP_rests;
    }
    enum resp_state state = answer_read(c, out);
    c->waits = state == RESP_waits;
    return state;
}
