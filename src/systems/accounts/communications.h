/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of customer-communications share.
 *
 *   communications.c  decisions become notices; reversals, corrections
 *   notices.c         a notice and its life: waiting, sent, and what became of it
 *   preferences.c     what customers want */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_COMMUNICATIONS_H
#define OCTAVO_SYSTEMS_ACCOUNTS_COMMUNICATIONS_H

#include "accounts.h"

enum customer_column {
    CUSTOMER_CURRENCY,
    CUSTOMER_ZONE,
    CUSTOMER_LOCALE,
    CUSTOMER_EMAIL,
    CUSTOMER_WEBHOOK,
    CUSTOMER_QUIET_FROM, /* minutes of the day, -1: none */
    CUSTOMER_QUIET_UNTIL,
    CUSTOMER_LOW_BALANCE, /* -1: none */
    CUSTOMER_LARGE_DEBIT, /* -1: none */
    CUSTOMER_OPT_OUT,
    CUSTOMER_QUEUE_FIRST, /* what waits for the end of the quiet hours: first to end - 1 */
    CUSTOMER_QUEUE_END,
    CUSTOMER_COLUMNS
};
enum notice_column {
    NOTICE_STATE, /* waiting, sent, done, refused, late, unknown, dropped; not sent: cancelled,
                     opted-out, suppressed, no-address */
    NOTICE_TEMPLATE,
    NOTICE_REQUEST,
    NOTICE_AMOUNT,
    NOTICE_BALANCE,
    NOTICE_CURRENCY,
    NOTICE_TIME,
    NOTICE_EFFECT, /* the newest */
    NOTICE_SENDS,
    NOTICE_REASON,
    NOTICE_REVERSAL, /* what took it back, and how much, before its outcome was known */
    NOTICE_REVERSED,
    NOTICE_UNTIL, /* 0: it waits, or nobody knows yet whether it arrives */
    NOTICE_COLUMNS
};

enum { NOTICE_NAME_CHARS = 320 };

/* What there is to be told. */
struct told {
    const char *template;
    struct octavo_text request;
    struct octavo_text currency; /* "": the account's */
    int64_t amount, balance;
};

bool customer_get(struct octavo_step *s, struct octavo_value *customer); /* false: not opened */
void customer_put(struct octavo_step *s, const struct octavo_value *customer);
void customer_init(struct octavo_value *customer);

/* By every way the customer has; once, however often it is told. */
void notice_tell(struct octavo_step *s, const struct told *t);
/* A posting was taken back, so much of it: what is not sent is cancelled, what was is corrected. */
void notice_take_back(struct octavo_step *s, const struct told *t, struct octavo_text original);
void suppression_lift(struct octavo_step *s, struct octavo_text address);

enum octavo_outcome on_mail_outcome(struct octavo_step *s);
enum octavo_outcome on_hook_outcome(struct octavo_step *s);
enum octavo_outcome on_quiet_over(struct octavo_step *s);
enum octavo_outcome on_resend_requested(struct octavo_step *s);
enum octavo_outcome on_preference_set_requested(struct octavo_step *s);

#endif
