/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Withdrawals, deposits, advices and balances, and the table of what the transaction-processor
 * handles. Every request gets one transaction row, and that row is its answer: the same request
 * again gets the same event again, and moves nothing (answers.c). */
#include "ledger.h"

#include <string.h>

/* ---- withdrawals and deposits */

static int64_t money_post(struct octavo_step *s, struct request *r, int64_t sign) {
    int64_t entry = holder_post(s, r, sign * r->amount, "cash");
    if (r->fee)
        (void)holder_post(s, r, -r->fee, "fees");
    if (r->forced && account_available(r->holder) < 0)
        r->holder[ACCOUNT_FORCED].integer++;
    return entry;
}

static void move_money(struct octavo_step *s, struct request *r, int64_t sign) {
    char limits[SPEND_LIMITS_CHARS];
    const char *code = sign < 0 ? spend_refusal(s, r, limits) : request_fault(s, r);
    if (code)
        decline(s, r, code);
    else
        conclude(s, r, (struct verdict){ "posted", CODE_APPROVED, money_post(s, r, sign) });
}

static enum octavo_outcome money_asked(struct octavo_step *s, struct request *r, int64_t sign) {
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, r))
        return asked_refuse(s);
    bool has_fields =
        octavo_event_int(s, "amount", &r->amount) && octavo_event_text(s, "currency", &r->currency);
    if (transaction_get(s, r->id, tx))
        answer_again(s, r, tx);
    else if (!has_fields)
        decline(s, r, CODE_FORMAT);
    else
        move_money(s, r, sign);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_withdrawal_requested(struct octavo_step *s) {
    return money_asked(s, &(struct request){ .kind = "withdrawal" }, -1);
}

static enum octavo_outcome on_deposit_requested(struct octavo_step *s) {
    return money_asked(s, &(struct request){ .kind = "deposit" }, 1);
}

/* ---- advices: it has happened, and cannot be refused. What no account can take is kept in
 * suspense, and somebody has to look. Only what is no amount of money at all is declined. */

static bool is_currency(struct octavo_text t) {
    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
    return t.len == 3;
}

static void advice_post(struct octavo_step *s, struct request *r, int64_t sign) {
    bool takes =
        account_takes(r) && octavo_text_equal(r->currency, r->holder[ACCOUNT_CURRENCY].text);
    if (takes || r->amount <= 0 || r->amount > AMOUNT_MAX || !books_fit(s, r->currency, "cash")) {
        move_money(s, r, sign);
        return;
    }
    int64_t entry = suspense_post(s, r, sign * r->amount, "cash");
    alarm_raise(s, r, "an advice of no account, a closed one, or another currency", r->amount);
    conclude(s, r, (struct verdict){ "posted", CODE_APPROVED, entry });
}

static enum octavo_outcome on_advice_requested(struct octavo_step *s) {
    struct request r = { .kind = "withdrawal", .forced = true };
    struct octavo_value tx[TX_COLUMNS];
    struct octavo_text kind = nothing;
    if (!asked_read(s, &r))
        return asked_refuse(s);
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "currency", &r.currency) && is_currency(r.currency)
                      && octavo_event_text(s, "kind", &kind)
                      && (octavo_text_is(kind, "withdrawal") || octavo_text_is(kind, "deposit"));
    bool credit = octavo_text_is(kind, "deposit");
    r.kind = credit ? "deposit" : "withdrawal";
    if (transaction_get(s, r.id, tx)) {
        answer_again(s, &r, tx);
    } else if (!has_fields) {
        alarm_raise(s, &r, "an advice that cannot be read", 0);
        decline(s, &r, CODE_FORMAT);
    } else {
        advice_post(s, &r, credit ? 1 : -1);
    }
    return OCTAVO_DONE;
}

/* ---- asking for the balance */

static enum octavo_outcome on_balance_requested(struct octavo_step *s) {
    struct request r = { .kind = "balance" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    if (account_takes(&r))
        r.currency = r.holder[ACCOUNT_CURRENCY].text;
    if (transaction_get(s, r.id, tx)) {
        answer_again(s, &r, tx);
    } else if (!account_takes(&r)) {
        decline(s, &r, CODE_CARD);
    } else {
        conclude(s, &r, (struct verdict){ "told", CODE_APPROVED, 0 });
    }
    return OCTAVO_DONE;
}

const struct octavo_handler processor_handlers[] = {
    { "account-open-requested", on_open_requested },
    { "account-freeze-requested", on_change_requested },
    { "account-unfreeze-requested", on_change_requested },
    { "account-close-requested", on_change_requested },
    { "overdraft-set-requested", on_change_requested },
    { "fee-set-requested", on_change_requested },
    { "limit-changed", on_limit_changed },
    { "withdrawal-requested", on_withdrawal_requested },
    { "deposit-requested", on_deposit_requested },
    { "advice-requested", on_advice_requested },
    { "balance-requested", on_balance_requested },
    { "reversal-requested", on_reversal_requested },
    { "decision-diverged", on_decision_diverged },
    { "authorization-requested", on_authorization_requested },
    { "completion-requested", on_completion_requested },
    { "timer:hold-expiry", on_hold_expiry },
    { "hold-expiry-due", on_hold_expiry_due },
    { "transfer-requested", on_transfer_requested },
    { "transfer-credit-requested", on_transfer_credit_requested },
    { "transfer-credited", on_transfer_credited },
    { "transfer-credit-refused", on_transfer_credit_refused },
    { "transfer-return-requested", on_transfer_return_requested },
    { "transfer-returned", on_transfer_returned },
    { NULL, NULL },
};
