/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Message authentication (field 64, or 128 where there is a second bitmap): the last field, over
 * every byte of the message before it. */
#ifndef OCTAVO_CONNECTORS_ISO8583_SEAL_H
#define OCTAVO_CONNECTORS_ISO8583_SEAL_H

#include "hsm.h"
#include "message.h"

/* *right: it is there and it is the message's. E_network: the module did not answer. */
enum error seal_check(struct hsm *h, const struct iso_dialect *d, struct bytes message,
                      const struct iso_message *m, bool *right) MUST_CHECK;
/* Gives the answer its field, of zeros, before it is packed. */
void seal_prepare(struct iso_message *m);
/* Fills it in the packed bytes: header and message at the end of `wire`, from `start`. */
enum error seal_put(struct hsm *h, const struct iso_dialect *d, struct buf *wire,
                    size_t start) MUST_CHECK;
/* E_config: the dialect lacks the fields. */
enum error seal_dialect_check(const struct iso_dialect *d) MUST_CHECK;

#endif
