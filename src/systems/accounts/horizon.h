/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How long the services of the bank remember what is over.
 *
 * A row that is open - a pending request, a hold, a notice that nobody knows to have arrived - is
 * kept until it no longer is: its column `until` is 0. What is over is kept so many days more, by
 * the log's time, and then the runtime forgets it (`forget: until`); no handler sees a row behind
 * its horizon, wherever the walk of the store is.
 *
 * The numbers hang together. The ledger and the gateway keep answers for 7 days: longer than any
 * terminal stores and forwards. The governor and the communications hear of a reversal later than
 * the ledger decides it, and must still know what it takes back: they keep 35 days. That is more
 * than any month, and what was used in a month that is over concerns no limit any more: so a
 * governor that has forgotten a decision derives the same. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_HORIZON_H
#define OCTAVO_SYSTEMS_ACCOUNTS_HORIZON_H

#include "octavo.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* A setting of the service, how many days it is when nobody says, and how many at least. */
struct horizon {
    const char *setting;
    int64_t days;
    int64_t days_min;
};

extern const struct horizon horizon_answers;   /* of the ledger and of the gateway */
extern const struct horizon horizon_decisions; /* of the governor */
extern const struct horizon horizon_notices;

int64_t horizon_ms(struct octavo_step *s, const struct horizon *h);
/* The `until` of what is over now. */
int64_t horizon_until(struct octavo_step *s, const struct horizon *h);

#endif
