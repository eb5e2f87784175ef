/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The oracle: what the bank should say, worked out from the history alone.
 *
 * It shares no code with the system: a deposit adds; a withdrawal takes when there is enough and is
 * declined when not. Comparing with Berka's own running balance cannot give every account-day,
 * because the source rounds and lets some accounts go below zero, so the fold says how many to
 * expect. */
#ifndef OCTAVO_APP_DEMO_FOLD_H
#define OCTAVO_APP_DEMO_FOLD_H

#include "history.h"

/* What is known of one movement: from an answer, or from the fold. */
struct outcome {
    bool known;
    bool approved;
    int64_t balance; /* afterwards */
};

/* How many days end with the source's balance. Only days of which all is known count. */
struct days_compared {
    int32_t days;
    int32_t equal;
    int32_t close; /* within 1.00, the equal ones too */
};

/* Fills `out`, one for each movement, for the accounts' first movements as far as `done` knows
 * them: what was not replayed is not expected. */
void fold_history(const struct history *h, const struct outcome *done, struct outcome *out);
struct days_compared days_compare(const struct history *h, const struct outcome *outcomes);

#endif
