/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of the transaction-processor share: columns of its tables, a request with what is
 * known of its account, and the books. Columns stand in the order of octavo.yaml.
 *
 *   ledger.c    internal accounts, postings, the chain of digests
 *   answers.c   transaction rows, which are the stored answers, and the events they stand for
 *   spend.c     may it be given away: funds, state, fees, limits
 *   processor.c withdrawals, deposits, advices, balances, and the table of handlers
 *   holds.c     money promised; transfers.c between accounts; reversals.c what takes back
 *   account.c   what opens and changes accounts */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_LEDGER_H
#define OCTAVO_SYSTEMS_ACCOUNTS_LEDGER_H

#include "accounts.h"

enum account_column {
    ACCOUNT_CURRENCY,
    ACCOUNT_CARD,
    ACCOUNT_NAME,
    ACCOUNT_BALANCE,
    ACCOUNT_ENTRY,
    ACCOUNT_OPENED,
    ACCOUNT_HELD,
    ACCOUNT_HOLDS,
    ACCOUNT_OVERDRAFT,
    ACCOUNT_STATE,
    ACCOUNT_ZONE,
    ACCOUNT_FORCED,
    ACCOUNT_FEE_WITHDRAWAL,
    ACCOUNT_FEE_TRANSFER,
    ACCOUNT_FEE_FOREIGN,
    ACCOUNT_USED, /* six, as of table limit_used */
    ACCOUNT_COLUMNS = ACCOUNT_USED + 6
};
enum transaction_column {
    TX_KIND,
    TX_STATE,
    TX_AMOUNT,
    TX_CURRENCY,
    TX_ORIGINAL,
    TX_CODE,
    TX_BALANCE,
    TX_ENTRY,
    TX_TIME,
    TX_AVAILABLE,
    TX_RESERVED,
    TX_HELD,
    TX_EXPIRES,
    TX_TO,
    TX_FEE,
    TX_FORCED,
    TX_ACTUAL,
    TX_CARD,
    TX_TERMINAL,
    TX_RRN,
    TX_LIMITS,
    TX_LIMIT_DAY,
    TX_UNTIL,
    TX_COLUMNS
};
enum posting_column {
    POSTING_TRANSACTION,
    POSTING_ACCOUNT,
    POSTING_AMOUNT,
    POSTING_CONTRA,
    POSTING_CONTRA_AMOUNT,
    POSTING_CURRENCY,
    POSTING_TIME,
    POSTING_DIGEST,
    POSTING_COLUMNS
};
enum internal_column { INTERNAL_CURRENCY, INTERNAL_BALANCE, INTERNAL_ENTRY, INTERNAL_COLUMNS };
enum chain_column { CHAIN_ENTRY, CHAIN_DIGEST, CHAIN_COLUMNS };

#define TOPIC "account-transaction"

/* A balance beyond is refused, so that no sum of a few postings can wrap. */
#define BALANCE_MAX ((int64_t)1 << 62)

enum { DIGEST_CHARS = 64, REQUEST_CHARS_MAX = 256 };

static const struct octavo_text nothing = { "", 0 };

/* What is asked, and what is known when it is. Texts are of the event or of rows. */
struct request {
    const char *kind;
    struct octavo_text id;
    struct octavo_text account;
    struct octavo_text currency; /* "" of a reversal */
    struct octavo_text original; /* "" unless a reversal or a completion */
    struct octavo_text to;       /* of a transfer */
    struct octavo_text card, terminal, rrn;
    struct octavo_text limits; /* what the limits say after the decision */
    int64_t amount;
    int64_t actual; /* of a reversal: what was really given; -1: nothing of it was said */
    int64_t fee;
    int64_t held; /* by this request, after it */
    int64_t expires;
    int64_t limit_day; /* yyyymmdd for which the limits count it; 0: they do not */
    bool forced;       /* it has happened already: it cannot be refused */
    bool has_account;
    struct octavo_value holder[ACCOUNT_COLUMNS];
};

struct verdict {
    const char *state;
    const char *code;
    int64_t entry;
};

/* ---- ledger.c */

/* False: it names nobody, and parks its account. */
bool asked_read(struct octavo_step *s, struct request *r);
enum octavo_outcome asked_refuse(struct octavo_step *s);

bool account_get(struct octavo_step *s, struct octavo_text account, struct octavo_value *row);
void account_put(struct octavo_step *s, struct octavo_text account, const struct octavo_value *row);
/* What may be taken: the balance and the overdraft line, less what holds keep. */
int64_t account_available(const struct octavo_value *row);
bool account_is(const struct octavo_value *row, const char *state);

/* One entry of the books: `account` gets `amount`, the partition's own account `contra` (cash,
 * fees, suspense, clearing) gives it. */
struct posting {
    struct octavo_text transaction;
    struct octavo_text account; /* a customer's, or an internal one by its whole name */
    struct octavo_text currency;
    const char *contra;
    int64_t amount;
};
/* Whether the books can hold it: to be asked before anything is posted, so that they never wrap and
 * never stop half-way. Fees and suspense take a part of what is asked for. */
bool books_fit(struct octavo_step *s, struct octavo_text currency, const char *contra);
int64_t ledger_post(struct octavo_step *s, const struct posting *p); /* the number of the entry */
/* Of a row of table posting, as its column digest has it. */
void posting_digest(struct octavo_text before, int64_t entry, const struct octavo_value *posting,
                    char digest[DIGEST_CHARS + 1]);
/* The same with the request's account; its row is written by conclude(). */
int64_t holder_post(struct octavo_step *s, struct request *r, int64_t amount, const char *contra);
/* The account suspense:CURRENCY gets `amount` from `contra`: what no customer can be charged for.
 */
int64_t suspense_post(struct octavo_step *s, const struct request *r, int64_t amount,
                      const char *contra);
void alarm_raise(struct octavo_step *s, const struct request *r, const char *reason,
                 int64_t amount);

/* ---- answers.c */

bool transaction_get(struct octavo_step *s, struct octavo_text request, struct octavo_value *tx);
/* Writes into the row how long it is kept. */
void transaction_put(struct octavo_step *s, struct octavo_text request, struct octavo_value *tx);
bool transaction_is(const struct octavo_value *tx, const char *state);
/* Stores the answer and the account, and tells the answer. */
void conclude(struct octavo_step *s, struct request *r, struct verdict v);
void decline(struct octavo_step *s, struct request *r, const char *code);
/* A transaction row is there: a repeat, another body, or a tombstone that waits for its original.
 */
void answer_again(struct octavo_step *s, struct request *r, const struct octavo_value *tx);
void tombstone_put(struct octavo_step *s, struct request *r);

/* ---- spend.c */

enum { SPEND_LIMITS_CHARS = 384 };
bool account_takes(const struct request *r); /* it is there, and not closed */
/* Of amount, account and currency; NULL: none. */
const char *request_fault(struct octavo_step *s, const struct request *r);
/* The code by which it is declined; NULL: granted, and its limits are reserved. Sets the fee and
 * what the limits say, which is written to `limits`. */
const char *spend_refusal(struct octavo_step *s, struct request *r,
                          char limits[SPEND_LIMITS_CHARS]);
/* Given back to the day for which it counts. The account's row is written by who asks. */
void spend_release(struct octavo_step *s, struct request *r, const struct octavo_value *tx,
                   int64_t amount); /* the transaction is none any more */
void spend_release_part(struct octavo_step *s, struct request *r, const struct octavo_value *tx,
                        int64_t amount); /* it stays one */

/* ---- holds.c */

void hold_add(struct request *r, int64_t amount);
void hold_free(struct octavo_step *s, struct request *r, struct octavo_text hold,
               struct octavo_value *tx, const char *state);
/* "hold-voided" and the like: so much of it is free again. */
void hold_tell(struct octavo_step *s, const struct request *r, struct octavo_text hold,
               const char *type, int64_t amount);
void hold_void(struct octavo_step *s, struct request *r, struct octavo_value *tx);
void hold_lessen(struct octavo_step *s, struct request *r, struct octavo_value *tx);

/* ---- transfers.c */

void transfer_reverse(struct octavo_step *s, struct request *r, struct octavo_value *tx);

/* ---- handlers */

enum octavo_outcome on_open_requested(struct octavo_step *s);
enum octavo_outcome on_change_requested(struct octavo_step *s);
enum octavo_outcome on_limit_changed(struct octavo_step *s);
enum octavo_outcome on_reversal_requested(struct octavo_step *s);
enum octavo_outcome on_authorization_requested(struct octavo_step *s);
enum octavo_outcome on_completion_requested(struct octavo_step *s);
enum octavo_outcome on_hold_expiry(struct octavo_step *s);
enum octavo_outcome on_hold_expiry_due(struct octavo_step *s);
enum octavo_outcome on_transfer_requested(struct octavo_step *s);
enum octavo_outcome on_transfer_credit_requested(struct octavo_step *s);
enum octavo_outcome on_transfer_credited(struct octavo_step *s);
enum octavo_outcome on_transfer_credit_refused(struct octavo_step *s);
enum octavo_outcome on_transfer_return_requested(struct octavo_step *s);
enum octavo_outcome on_transfer_returned(struct octavo_step *s);

#endif
