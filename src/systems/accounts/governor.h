/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of the limit-governor share.
 *
 *   governor.c         its handlers: changes of limits, decisions derived again
 *   governor_alerts.c  what it tells: states, breaches, velocity, divergence */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_GOVERNOR_H
#define OCTAVO_SYSTEMS_ACCOUNTS_GOVERNOR_H

#include "accounts.h"
#include "limits.h"

/* A decision of the ledger, as its event tells it. */
struct decision {
    struct octavo_text request, card, code, limits;
    struct octavo_text kind;     /* withdrawal, deposit, ... */
    struct octavo_text original; /* of what completes or takes back */
    int64_t amount;
    int64_t day; /* yyyymmdd for which it counts, as the ledger says */
    bool forced;
    bool same_zones; /* the ledger says how its limits stand, and its days are those of here */
    bool compares;   /* and it decided by the rules that hold here */
};

void alert_breaches(struct octavo_step *s, const struct decision *d, const struct limits_ask *ask);
/* Declines and withdrawals in a row, by the rules of how often. */
void alert_velocity(struct octavo_step *s, const struct decision *d, bool declined);
void alert_divergence(struct octavo_step *s, const struct decision *d, const char *derived);
/* limit-state, for an account that ever had a limit. */
void state_publish(struct octavo_step *s);

enum octavo_outcome on_divergence_accepted(struct octavo_step *s);
enum octavo_outcome on_divergence_remembered(struct octavo_step *s); /* its timer */

#endif
