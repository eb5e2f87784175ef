/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Whether the customer's PIN is the card's: its block (field 52, ISO 9564 format 0) against the
 * PIN verification value (PVV) of track 2, by two keys of a security module. */
#ifndef OCTAVO_CONNECTORS_ISO8583_PIN_H
#define OCTAVO_CONNECTORS_ISO8583_PIN_H

#include "hsm.h"
#include "message.h"

/* Whether this message must carry a PIN: it asks for something, now, and the module has the keys.
 */
bool pin_is_wanted(const struct hsm *h, const struct iso_message *m);
/* *right: the PIN is the card's. Without block, track or PVV it is not. E_network: the module. */
enum error pin_check(struct hsm *h, const struct iso_message *m, bool *right) MUST_CHECK;

#endif
