/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a partner was promised of a file, held against what a query gives; a run that breaks it ends
 * with the reason and no file.
 *
 *   columns  = account, amount, booked     these, in this order: never a silently shifted column
 *   drift    = fail, or accept_add: further columns behind them are left out
 *   not_null = account, amount             a NULL in one of them ends the run
 *   mask     = card:last4, name:hash, note:empty
 *   min_rows, max_rows                     fewer or more rows end the run
 *
 * last4 leaves the last four characters, all before them are *; hash is 32 hexadecimal digits of
 * HMAC-SHA-256 by the key file mask.key, equal for equal values; empty is an empty text. NULL stays
 * NULL. Texts a contract is made of are borrowed from the definition. */
#ifndef OCTAVO_CONNECTORS_EXTRACT_CONTRACT_H
#define OCTAVO_CONNECTORS_EXTRACT_CONTRACT_H

#include "extract/source.h"

struct contract_options {
    struct bytes columns, drift, not_null, mask, min_rows, max_rows; /* empty: nothing is said */
    struct bytes key; /* of hash; empty: no mask may say hash */
};

struct contract;
/* E_config: something in it cannot be read. */
enum error contract_create(struct contract **out,
                           const struct contract_options *options) MUST_CHECK;
void contract_destroy(struct contract *c); /* NULL is fine */
/* *count: so many columns of a row are written, the first ones. */
enum error contract_begin(struct contract *c, const struct bytes *names, size_t *count) MUST_CHECK;
/* The row as it may be written: its own cells, or masked ones that are valid until the next. */
enum error contract_row(struct contract *c, const struct cell *cells,
                        const struct cell **out) MUST_CHECK;
enum error contract_end(const struct contract *c) MUST_CHECK;
bool contract_wants_key(struct bytes mask);

#endif
