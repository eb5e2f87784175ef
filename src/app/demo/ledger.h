/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Looking into the running bank through its own public reading: accounts opened, books compared. */
#ifndef OCTAVO_APP_DEMO_LEDGER_H
#define OCTAVO_APP_DEMO_LEDGER_H

#include "audit.h"
#include "history.h"
#include "octavo.h"

/* Asks for every account of the history, with its card; waits for the broker, not the bank. */
bool ledger_open_accounts(struct octavo_session *s, const struct history *h, const char *currency);
int64_t ledger_known_cards(struct octavo_session *s); /* how many the gateway knows; -1: failed */
/* Requests that are not at rest: pending at the gateway, or their reversal not yet booked. */
int64_t ledger_unsettled(struct octavo_session *s);
/* Feeds every entry to the audit and sums every balance, internal ones too. */
bool ledger_audit(struct octavo_session *s, struct audit *audit, int64_t *sum_of_balances);

#endif
