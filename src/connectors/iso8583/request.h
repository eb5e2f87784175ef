/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a terminal asks: an ISO 8583 message -> a request for the gateway, or the code that answers
 * it at once. Pure; the connector owns sockets and tickets. */
#ifndef OCTAVO_CONNECTORS_ISO8583_REQUEST_H
#define OCTAVO_CONNECTORS_ISO8583_REQUEST_H

#include "message.h"

enum { REQUEST_ID_CHARS = 95 };

/* Codes of field 39 that the connector itself gives. */
#define ISO_CODE_APPROVED "00"
#define ISO_CODE_INVALID_TRANSACTION "12"
#define ISO_CODE_INVALID_AMOUNT "13"
#define ISO_CODE_INVALID_CARD "14"
#define ISO_CODE_FORMAT "30"
#define ISO_CODE_AWAY "91"
#define ISO_CODE_MALFUNCTION "96"

struct request_options {
    struct bytes secret; /* the key of card tokens */
    int64_t now_ms;      /* for the year that field 13 does not say */
};

struct request {
    const char *type;                    /* one of transactions.def, or set-aside-asked */
    char id[REQUEST_ID_CHARS + 1];       /* TERMINAL-YYYYMMDD-STAN-RRN; equal for a repeat */
    char original[REQUEST_ID_CHARS + 1]; /* the request it takes back or completes; else "" */
};

/* Advices tell what was done already: they cannot be refused, only acknowledged. */
bool request_is_advice(const struct iso_message *m);

/* `m` is as iso_unpack left it, also when that failed. NULL: *out and its JSON are complete and the
 * gateway decides. Otherwise the code of the answer; nothing was appended. The card number leaves
 * here only as token and mask.
 *
 * An advice that would be answered with a code is handed over as set-aside-asked instead, with what
 * of it is good and the code as its reason: its terminal repeats it until it is acknowledged, and
 * sends nothing that waits behind it. */
const char *request_read(const struct iso_message *m, const struct request_options *options,
                         struct request *out, struct buf *json);

#endif
