/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The address of an ISO 8583 edge:
 *
 *   iso8583://127.0.0.1:8583?dialect=iso87&connections_max=2000
 *
 * Parameters: dialect (a name or a path), connections_max, first_byte_ms, partial_ms, idle_ms; and
 * for TLS the PEM files certificate and key, and client_ca, whose clients alone are let in;
 * hsm, hsm_token, hsm_pin_file, mac_key, pin_key and pvv_key of a security module. */
#ifndef OCTAVO_CONNECTORS_ISO8583_ADDRESS_H
#define OCTAVO_CONNECTORS_ISO8583_ADDRESS_H

#include "base/bytes.h"
#include "base/error.h"

struct iso_address {
    char host[64];
    int port; /* 0: any free one */
    char dialect[256];
    char certificate[256]; /* "": no TLS */
    char key[256];
    char client_ca[256]; /* "": whoever speaks TLS */
    char hsm[256];       /* a PKCS#11 module; "": none */
    char hsm_token[64];
    char hsm_pin_file[256];
    char mac_key[64]; /* labels of keys in it */
    char pin_key[64];
    char pvv_key[64];
    int64_t connections_max;
    int64_t first_byte_ms; /* how long a new connection may say nothing */
    int64_t partial_ms;    /* how long a message may be incomplete */
    int64_t idle_ms;       /* how long a terminal may be silent */
};

enum error iso_address_read(struct iso_address *out, const char *url) MUST_CHECK;

#endif
