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
    const char *type;                    /* withdrawal-asked, deposit-asked, reversal-asked */
    char id[REQUEST_ID_CHARS + 1];       /* TERMINAL-YYYYMMDD-STAN-RRN; equal for a repeat */
    char original[REQUEST_ID_CHARS + 1]; /* of a reversal: the request it takes back; else "" */
};

/* `m` is as iso_unpack left it, also when that failed. NULL: *out and its JSON are complete and the
 * gateway decides. Otherwise the code of the answer; nothing was appended. The card number leaves
 * here only as token and mask. */
const char *request_read(const struct iso_message *m, const struct request_options *options,
                         struct request *out, struct buf *json);

#endif
