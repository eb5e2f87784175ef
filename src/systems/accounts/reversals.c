/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reversal is always acknowledged, or the terminal would repeat it for ever: it undoes a posting,
 * does nothing to a declined or reversed one, and for one not seen yet leaves a tombstone, by which
 * the late original is declined. It may find a deposit that was spent meanwhile. Then the account
 * gives what it has, and the rest is owed: suspense gives it, so that no balance is below zero. */
#include "ledger.h"

static int64_t post_back(struct octavo_step *s, struct request *r,
                         const struct octavo_value *original) {
    int64_t balance = r->holder[ACCOUNT_BALANCE].integer;
    int64_t amount = original[TX_AMOUNT].integer, entry = 0;
    if (octavo_text_is(original[TX_KIND].text, "withdrawal"))
        return holder_post(s, r, amount, "cash");
    if (balance > 0)
        entry = holder_post(s, r, balance < amount ? -balance : -amount, "cash");
    if (balance < amount) {
        int64_t owed = suspense_post(s, r, balance - amount, "cash");
        entry = entry ? entry : owed;
    }
    return entry;
}

static void original_mark(struct octavo_step *s, const struct request *r,
                          struct octavo_value *original) {
    original[TX_STATE] = octavo_text_value(octavo_text("reversed"));
    transaction_put(s, r->original, original);
}

static void reverse(struct octavo_step *s, struct request *r) {
    struct octavo_value original[TX_COLUMNS];
    struct verdict acknowledged = { "acknowledged", CODE_APPROVED, 0 };
    bool known = transaction_get(s, r->original, original);
    bool posted = known && transaction_is(original, "posted");
    if (known && octavo_text_is(original[TX_KIND].text, "reversal")) {
        decline(s, r, CODE_INVALID);
        return;
    }
    if (posted && original[TX_AMOUNT].integer != r->amount) { /* a part of it: not yet */
        decline(s, r, CODE_INVALID);
        return;
    }
    if (posted && !books_fit(s, r->holder[ACCOUNT_CURRENCY].text)) {
        decline(s, r, CODE_LIMIT);
        return;
    }
    if (posted) {
        acknowledged.entry = post_back(s, r, original);
        original_mark(s, r, original);
    }
    if (!known)
        tombstone_put(s, r);
    conclude(s, r, acknowledged);
}

enum octavo_outcome on_reversal_requested(struct octavo_step *s) {
    struct request r = { .kind = "reversal" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "original", &r.original) && r.original.len > 0
                      && r.original.len <= REQUEST_CHARS_MAX;
    if (transaction_get(s, r.id, tx))
        answer_again(s, &r, tx);
    else if (!has_fields || octavo_text_equal(r.original, r.id))
        decline(s, &r, CODE_FORMAT);
    else
        reverse(s, &r);
    return OCTAVO_DONE;
}
