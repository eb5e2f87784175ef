/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Withdrawals and deposits, and the table of what the transaction-processor handles. Every request
 * gets one transaction row, and that row is its answer: the same request again gets the same event
 * again, and moves nothing (answers.c). */
#include "ledger.h"

#include <stdlib.h>

/* The first reason, in the order in which a terminal's operator can do something about it. */
static const char *refusal(struct octavo_step *s, const struct request *r, int64_t sign) {
    if (r->amount <= 0 || r->amount > AMOUNT_MAX)
        return CODE_AMOUNT;
    if (!r->has_account)
        return CODE_CARD;
    if (!octavo_text_equal(r->currency, r->holder[ACCOUNT_CURRENCY].text))
        return CODE_CURRENCY;
    if (sign < 0 && account_available(r->holder) < r->amount)
        return CODE_FUNDS;
    if (llabs(r->holder[ACCOUNT_BALANCE].integer) > BALANCE_MAX || !books_fit(s, r->currency))
        return CODE_LIMIT;
    return NULL;
}

static void move_money(struct octavo_step *s, struct request *r, int64_t sign) {
    struct octavo_value tx[TX_COLUMNS];
    bool has_fields =
        octavo_event_int(s, "amount", &r->amount) && octavo_event_text(s, "currency", &r->currency);
    if (transaction_get(s, r->id, tx)) {
        answer_again(s, r, tx);
        return;
    }
    const char *code = has_fields ? refusal(s, r, sign) : CODE_FORMAT;
    if (code)
        decline(s, r, code);
    else
        conclude(s, r,
                 (struct verdict){ "posted", CODE_APPROVED,
                                   holder_post(s, r, sign * r->amount, "cash") });
}

static enum octavo_outcome on_withdrawal_requested(struct octavo_step *s) {
    struct request r = { .kind = "withdrawal" };
    if (!asked_read(s, &r))
        return asked_refuse(s);
    move_money(s, &r, -1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_deposit_requested(struct octavo_step *s) {
    struct request r = { .kind = "deposit" };
    if (!asked_read(s, &r))
        return asked_refuse(s);
    move_money(s, &r, 1);
    return OCTAVO_DONE;
}

const struct octavo_handler processor_handlers[] = {
    { "account-open-requested", on_open_requested },
    { "withdrawal-requested", on_withdrawal_requested },
    { "deposit-requested", on_deposit_requested },
    { "reversal-requested", on_reversal_requested },
    { "decision-diverged", on_decision_diverged },
    { NULL, NULL },
};
