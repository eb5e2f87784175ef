/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ISO 8583:1987 as a cash machine of our own speaks it: text fields, binary bitmap, two bytes of
 * length before each message. The fields are written down here once more, not shared with the
 * connector, so that a mistake over there is not repeated by its judge. */
#ifndef OCTAVO_VERIFY_ATM_MESSAGE_H
#define OCTAVO_VERIFY_ATM_MESSAGE_H

#include "base/bytes.h"

enum { ATM_FIELDS = 129, ATM_TEXT_MAX = 2048 };

struct atm_message {
    char mti[5];
    uint16_t used;
    uint16_t at[ATM_FIELDS], len[ATM_FIELDS]; /* of a field in `text`; len 0: not there */
    char text[ATM_TEXT_MAX];
};

void atm_message_begin(struct atm_message *m, const char *mti);
void atm_message_put(struct atm_message *m, int field, const char *text);
struct bytes atm_message_get(const struct atm_message *m, int field); /* empty: it is not there */
void atm_message_pack(const struct atm_message *m, struct buf *out);
/* The message at the front of `in`: its whole length, 0 while it is not whole, -1: it cannot be
 * read and `why` says why. */
int atm_message_unpack(struct atm_message *out, struct bytes in, const char **why);

#endif
