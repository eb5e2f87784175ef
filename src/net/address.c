/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Addresses: text to sockaddr and back. */
#include "net/address.h"

#include "base/disk.h"
#include "base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* What of 107 bytes is left behind /proc/self/fd/N/, N having at most seven digits. */
enum { NAME_BYTES_MOST = 107 - 22 };

enum error address_parse(struct address *out, const char *host, int port) {
    struct sockaddr_in *four = (struct sockaddr_in *)&out->storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->storage;
    *out = (struct address){ .len = sizeof(*four) };
    if (port < 0 || port > 65535)
        return fail(E_config, "port %d is not between 0 and 65535", port);
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return E_ok;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        out->len = sizeof(*six);
        return E_ok;
    }
    return fail(E_config, "%s is no IP address", host);
}

enum error address_split(const char *text, char host[ADDRESS_TEXT_BYTES], int *port) {
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long number = colon ? strtol(colon + 1, &end, 10) : -1;
    bool six = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';
    size_t len = colon ? (size_t)(colon - text) - (six ? 2 : 0) : 0;
    if (!len || len >= ADDRESS_TEXT_BYTES || colon[1] < '0' || colon[1] > '9' || *end
        || number > 65535)
        return fail(E_usage, "%s: HOST:PORT is wanted, such as 127.0.0.1:9100", text);
    (void)snprintf(host, ADDRESS_TEXT_BYTES, "%.*s", (int)len, text + (six ? 1 : 0));
    *port = (int)number;
    return E_ok;
}

/* By the directory's descriptor: /proc/self/fd/N/NAME. */
static enum error address_by_directory(struct address *out, const char *path) {
    struct sockaddr_un *local = (struct sockaddr_un *)&out->storage;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!slash || slash == path || strlen(name) > NAME_BYTES_MOST) {
        enum error e = fail(E_config, "%s: a socket's name has at most %d bytes, this one has %zu",
                            path, NAME_BYTES_MOST, strlen(name));
        fail_try("a shorter name");
        return e;
    }
    char *dir = text_format("%.*s", (int)(slash - path), path);
    int fd = -1;
    enum error e = disk_real_hold(dir, &fd);
    free(dir);
    if (e)
        return e;
    out->held = fd + 1;
    (void)snprintf(local->sun_path, sizeof(local->sun_path), "/proc/self/fd/%d/%s", fd, name);
    return E_ok;
}

enum error address_of_path(struct address *out, const char *path) {
    struct sockaddr_un *local = (struct sockaddr_un *)&out->storage;
    size_t len = strlen(path);
    *out = (struct address){ .len = sizeof(*local) };
    local->sun_family = AF_UNIX;
    if (len >= sizeof(local->sun_path))
        return address_by_directory(out, path);
    memcpy(local->sun_path, path, len);
    return E_ok;
}

void address_release(struct address *a) {
    int number = errno; /* whoever asked is about to tell it */
    if (a->held)
        (void)close(a->held - 1);
    a->held = 0;
    errno = number;
}

int address_connect(struct address *a, bool *refused) {
    int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)&a->storage, a->len);
    *refused = result != 0 && errno != EINPROGRESS;
    address_release(a);
    return fd;
}

bool address_is_loopback(const struct address *a) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)&a->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->storage;
    if (a->storage.ss_family == AF_UNIX)
        return true;
    if (a->storage.ss_family == AF_INET)
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

int address_port(const struct address *a) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)&a->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->storage;
    if (a->storage.ss_family == AF_UNIX)
        return 0;
    return ntohs(a->storage.ss_family == AF_INET ? four->sin_port : six->sin6_port);
}

void address_host(const struct address *a, char text[ADDRESS_TEXT_BYTES]) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)&a->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->storage;
    bool is_four = a->storage.ss_family == AF_INET;
    (void)snprintf(text, ADDRESS_TEXT_BYTES, a->storage.ss_family == AF_UNIX ? "unix" : "?");
    if (a->storage.ss_family == AF_UNIX)
        return;
    (void)inet_ntop(a->storage.ss_family,
                    is_four ? (const void *)&four->sin_addr : (const void *)&six->sin6_addr, text,
                    ADDRESS_TEXT_BYTES);
}

void address_text(const struct address *a, char text[ADDRESS_TEXT_BYTES]) {
    char host[ADDRESS_TEXT_BYTES];
    bool is_four = a->storage.ss_family == AF_INET;
    address_host(a, host);
    if (a->storage.ss_family == AF_UNIX)
        (void)snprintf(text, ADDRESS_TEXT_BYTES, "unix");
    else
        (void)snprintf(text, ADDRESS_TEXT_BYTES, is_four ? "%.46s:%d" : "[%.46s]:%d", host,
                       address_port(a));
}
