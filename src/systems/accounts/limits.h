/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Limits: how much an account, or one card of it, may give away in a transaction, a day, a month.
 *
 * A limit is a balance: it is reserved and released with the funds, in the same step. The library
 * looks at nothing but the step's event and the rows of three tables - limit_account, limit_rule,
 * limit_used - which transaction-processor and limit-governor both declare, each in a store of its
 * own. So the governor can derive every decision again and compare.
 *
 * The day is the account's: its zone, and the time of the log. A day that has begun never goes
 * back: what carries an earlier time than something before it counts on the day that has begun.
 * What is used is counted from the opening on, whether there are rules or not. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_LIMITS_H
#define OCTAVO_SYSTEMS_ACCOUNTS_LIMITS_H

#include "octavo.h"

enum {
    LIMIT_NAME_CHARS = 32, /* of a limit's own name */
    LIMIT_RULES_MAX = 32,  /* of an account, those of the future counted */
    LIMITS_FOUND_MAX = 8,  /* of a transaction */
    LIMITS_USED_COLUMNS = 6,
    LIMITS_TEXT_CHARS = 384 /* with the zero */
};

/* A limit that a transaction goes over. */
struct limit_found {
    char limit[LIMIT_NAME_CHARS + 1];
    const char *period; /* "transaction", "day" or "month" */
    const char *code;   /* "61" over the amount, "65" over the count */
    bool strict;        /* else it is only observed */
    int64_t allowed;    /* amount or number */
    int64_t would_be;
};

/* What is to be given away, or was. Zero is a transaction without a card. */
struct limits_ask {
    struct octavo_text card; /* its token */
    int64_t amount;
    int64_t day;  /* yyyymmdd on which it is counted: reserve sets it, keep it for release */
    bool forced;  /* it has happened: counted, never refused */
    bool in_part; /* release: it stays a transaction, of a smaller amount */
    /* What the account has used, where the caller has it: the columns of limit_used in a row of its
     * own, which it writes itself. NULL: in limit_used. A card's use is always there. */
    struct octavo_value *used;
    int found_count; /* reserve sets both: the first strict one is why it was refused */
    struct limit_found found[LIMITS_FOUND_MAX];
};

/* The account is opened, its days are those of `zone` ("": UTC). False: no such zone. */
bool limits_opened(struct octavo_step *s, struct octavo_text zone);
/* What is wrong with a change of a limit as the event has it; NULL: nothing. */
const char *limits_fault(struct octavo_step *s);
/* Takes the rule of a limit-changed. False: it is no such event; nothing is changed. */
bool limits_changed(struct octavo_step *s);

/* NULL: granted, and reserved. "61": over an amount, "65": over a number; nothing is reserved. */
const char *limits_reserve(struct octavo_step *s, struct limits_ask *ask);
/* A void, an expiry, a reversal: given back to the day on which it was spent, if that is not over.
 */
void limits_release(struct octavo_step *s, const struct limits_ask *ask);
/* What is used, by now. */
struct limits_state {
    int64_t version; /* of the rules */
    int64_t rules;
    int64_t day, day_amount, day_count;
    int64_t month, month_amount, month_count; /* yyyymm */
};
struct limits_state limits_state(struct octavo_step *s, struct octavo_text card);

/* A rule of how often, which refuses nothing: the governor's. */
struct limit_velocity {
    char limit[LIMIT_NAME_CHARS + 1];
    bool near;                /* else of declines */
    int64_t amount;           /* near: what is kept just below */
    int64_t count, window_ms; /* so many in such a time are told */
};
/* Those in force that concern the card; returns how many, at most LIMIT_RULES_MAX. */
int limits_velocities(struct octavo_step *s, struct octavo_text card, struct limit_velocity *out);

/* "v=3;tz=2025b;d=20261122;day.a=15000;day.c=3;month.a=90000;month.c=9", then the card's four, then
 * by=LIMIT when that refused: what is used after the decision, and by which rules it was taken. */
void limits_text(struct octavo_step *s, const struct limits_ask *ask, char out[LIMITS_TEXT_CHARS]);
/* limits_reserve, then limits_text: of rows that are read once. */
const char *limits_reserve_text(struct octavo_step *s, struct limits_ask *ask,
                                char out[LIMITS_TEXT_CHARS]);
int64_t limits_day(struct octavo_text text); /* of such a text; 0: it names none */
/* Takes what another's text says is used for one's own. */
void limits_adopt(struct octavo_step *s, struct octavo_text card, struct octavo_text text);

#endif
