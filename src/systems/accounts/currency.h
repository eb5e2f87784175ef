/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Currencies as people write them (CZK) and as events carry them (203), and amounts for people. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_CURRENCY_H
#define OCTAVO_SYSTEMS_ACCOUNTS_CURRENCY_H

#include "octavo.h"

enum { AMOUNT_CHARS = 32 };

/* "CZK" and "203" give "203"; NULL when it is neither a known name nor three digits. */
const char *currency_code(const char *name);
int currency_decimals(struct octavo_text currency); /* 2 of one that is not named here */
/* Minor units with the currency's decimals: 123450 in 203 is "1234.50", in 392 "123450". */
void amount_print(char out[AMOUNT_CHARS], int64_t amount, struct octavo_text currency);

#endif
