/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The system "accounts": a ledger behind cash machines. README.md says what it promises. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_H
#define OCTAVO_SYSTEMS_ACCOUNTS_H

#include "octavo.h"

extern const struct octavo_system accounts_system;
extern const char accounts_files[]; /* events/ and tests/, as app/parts.h reads them */

extern const struct octavo_handler processor_handlers[];
extern const struct octavo_handler gateway_handlers[];
extern const struct octavo_handler governor_handlers[];
extern const struct octavo_handler communications_handlers[];
enum octavo_outcome on_decision_diverged(struct octavo_step *s); /* the ledger's, of the governor */

int accounts_open(struct octavo_session *s, int count, char **arguments);
int accounts_show(struct octavo_session *s, int count, char **arguments);
int accounts_list(struct octavo_session *s, int count, char **arguments);
int accounts_audit(struct octavo_session *s, int count, char **arguments);
int accounts_set_aside(struct octavo_session *s, int count, char **arguments);
int accounts_freeze(struct octavo_session *s, int count, char **arguments);
int accounts_unfreeze(struct octavo_session *s, int count, char **arguments);
int accounts_close(struct octavo_session *s, int count, char **arguments);
int accounts_overdraft(struct octavo_session *s, int count, char **arguments);
int accounts_fee(struct octavo_session *s, int count, char **arguments);
int accounts_statement(struct octavo_session *s, int count, char **arguments);
int accounts_balance(struct octavo_session *s, int count, char **arguments);
int accounts_trial_balance(struct octavo_session *s, int count, char **arguments);
int accounts_find(struct octavo_session *s, int count, char **arguments);
int accounts_explain(struct octavo_session *s, int count, char **arguments);
int accounts_reconcile(struct octavo_session *s, int count, char **arguments);
int accounts_tail(struct octavo_session *s, int count, char **arguments);
int accounts_limit(struct octavo_session *s, int count, char **arguments);
int accounts_notices(struct octavo_session *s, int count, char **arguments);
int accounts_pin(struct octavo_session *s, int count, char **arguments);
int accounts_preference(struct octavo_session *s, int count, char **arguments);

/* How long a cash machine waits for a decision before it is told 91. */
enum { ACCOUNTS_DEADLINE_MS = 8000 };
/* How long the ledger knows a request again: longer than any terminal stores and forwards. */
#define HOLD_MS ((int64_t)7 * 24 * 3600 * 1000) /* of a hold that says nothing else */
#define ANSWERS_KEEP_LEAST_MS ((int64_t)24 * 3600 * 1000)
#define ANSWERS_KEEP_MS (7 * ANSWERS_KEEP_LEAST_MS)

/* ISO 8583 field 39. */
#define CODE_APPROVED "00"
#define CODE_INVALID "12"        /* a transaction that cannot be, as a reversal of a reversal */
#define CODE_AMOUNT "13"         /* zero, negative or over AMOUNT_MAX */
#define CODE_CARD "14"           /* no such card, no such account */
#define CODE_UNKNOWN "25"        /* the original of a completion is not there */
#define CODE_FORMAT "30"         /* a field is missing */
#define CODE_FUNDS "51"          /* the balance is smaller */
#define CODE_CURRENCY "58"       /* not the account's currency */
#define CODE_LIMIT "61"          /* a sum that the books cannot hold */
#define CODE_PIN "55"            /* the PIN is not the card's */
#define CODE_RESTRICTED "62"     /* the account is frozen */
#define CODE_LATE "68"           /* its reversal was here before it, or its hold expired */
#define CODE_PIN_TRIES "75"      /* too many wrong PINs: an operator must see to it */
#define CODE_NO_ANSWER "91"      /* the outcome is not known; it is reversed */
#define CODE_DUPLICATE "94"      /* the same request with another body */
#define AMOUNT_MAX 1000000000000 /* 10^12 minor units */

#endif
