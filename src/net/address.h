/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numeric addresses; "localhost" is 127.0.0.1. No name is ever looked up: that would block.
 * A path is the address of a unix socket. */
#ifndef OCTAVO_NET_ADDRESS_H
#define OCTAVO_NET_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_BYTES = 64 };

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
    int held; /* the descriptor of a long path's directory, and 1; 0: none */
};

enum error address_parse(struct address *out, const char *host, int port) MUST_CHECK;
/* HOST:PORT, where an address of IPv6 stands in brackets; E_usage when it is not one. */
enum error address_split(const char *text, char host[ADDRESS_TEXT_BYTES], int *port) MUST_CHECK;
/* A path longer than a socket's address holds (107 bytes, unix(7)) is reached by its directory,
 * which is held until the address is released: whoever binds or connects has done with it. E_config
 * when the name in the directory is longer than about 80 bytes; E_not_found: no such directory. */
enum error address_of_path(struct address *out, const char *path) MUST_CHECK;
void address_release(struct address *a); /* of a path; any other is left as it is */
/* A socket that connects there without waiting, or -1 with errno; the address is released. */
int address_connect(struct address *a, bool *refused);
bool address_is_loopback(const struct address *a);                         /* a unix socket's is */
int address_port(const struct address *a);                                 /* 0: a unix socket's */
void address_host(const struct address *a, char text[ADDRESS_TEXT_BYTES]); /* without the port */
void address_text(const struct address *a,
                  char text[ADDRESS_TEXT_BYTES]); /* host:port, or "unix" */

#endif
