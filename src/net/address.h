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
};

enum error address_parse(struct address *out, const char *host, int port) MUST_CHECK;
/* HOST:PORT, where an address of IPv6 stands in brackets; E_usage when it is not one. */
enum error address_split(const char *text, char host[ADDRESS_TEXT_BYTES], int *port) MUST_CHECK;
/* E_config when it is longer than the system allows (107 bytes). */
enum error address_of_path(struct address *out, const char *path) MUST_CHECK;
bool address_is_loopback(const struct address *a);                         /* a unix socket's is */
int address_port(const struct address *a);                                 /* 0: a unix socket's */
void address_host(const struct address *a, char text[ADDRESS_TEXT_BYTES]); /* without the port */
void address_text(const struct address *a,
                  char text[ADDRESS_TEXT_BYTES]); /* host:port, or "unix" */

#endif
