/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reversal is always acknowledged, or the terminal would repeat it for ever: it undoes a posting,
 * voids a hold, does nothing to a declined or reversed one, and for one not seen yet leaves a
 * tombstone, by which the late original is declined. It may find a deposit that was spent
 * meanwhile. Then the account gives what it has, and the rest is owed: suspense gives it.
 *
 * With `actual` it is partial: that much was really given (of a deposit: taken).
 *   0            all of it is undone          the amount   nothing is
 *   below        the difference is undone     above        the books take it from suspense, and
 *                                                          somebody has to look: alarm-raised */
#include "ledger.h"

#include <string.h>

static bool is_credit(const struct octavo_value *original) {
    return octavo_text_is(original[TX_KIND].text, "deposit");
}

/* `amount` of a deposit is taken back. */
static int64_t deposit_undo(struct octavo_step *s, struct request *r, int64_t amount) {
    int64_t has = account_available(r->holder), entry = 0;
    has = has < 0 ? 0 : has;
    if (has > 0)
        entry = holder_post(s, r, has < amount ? -has : -amount, "cash");
    if (has < amount) {
        int64_t owed = suspense_post(s, r, has - amount, "cash");
        entry = entry ? entry : owed;
    }
    return entry;
}

/* The account is gone, or it never was and suspense has been posted to: so it is again. */
static int64_t undo_in_suspense(struct octavo_step *s, struct request *r,
                                const struct octavo_value *original, int64_t amount) {
    r->currency = original[TX_CURRENCY].text;
    int64_t entry = suspense_post(s, r, is_credit(original) ? -amount : amount, "cash");
    alarm_raise(s, r, "a reversal was posted to suspense", amount);
    r->currency = nothing;
    return entry;
}

static bool was_suspense(const struct request *r, const struct octavo_value *original) {
    return !account_takes(r)
           || !octavo_text_equal(original[TX_CURRENCY].text, r->holder[ACCOUNT_CURRENCY].text);
}

static int64_t undo(struct octavo_step *s, struct request *r, const struct octavo_value *original,
                    int64_t amount) {
    bool whole = amount == original[TX_AMOUNT].integer;
    if (was_suspense(r, original))
        return undo_in_suspense(s, r, original, amount);
    if (is_credit(original))
        return deposit_undo(s, r, amount);
    int64_t entry = holder_post(s, r, amount, "cash");
    if (whole && original[TX_FEE].integer)
        (void)holder_post(s, r, original[TX_FEE].integer, "fees");
    if (whole)
        spend_release(s, r, original, amount);
    else
        spend_release_part(s, r, original, amount);
    return entry;
}

/* More was given than approved: nobody can be charged for it before somebody has looked. */
static int64_t surplus_post(struct octavo_step *s, struct request *r,
                            const struct octavo_value *original) {
    int64_t more = r->actual - original[TX_AMOUNT].integer;
    r->currency = original[TX_CURRENCY].text;
    int64_t entry = suspense_post(s, r, is_credit(original) ? more : -more, "cash");
    alarm_raise(s, r, "more was given than approved", more);
    r->currency = nothing;
    return entry;
}

static void original_mark(struct octavo_step *s, const struct request *r,
                          struct octavo_value *original, const char *state) {
    original[TX_STATE] = octavo_text_value(octavo_text(state));
    transaction_put(s, r->original, original);
}

static int64_t posted_reverse(struct octavo_step *s, struct request *r,
                              struct octavo_value *original) {
    int64_t amount = original[TX_AMOUNT].integer, entry = 0;
    if (r->actual == amount)
        return 0;
    if (r->actual <= 0)
        entry = undo(s, r, original, amount);
    else if (r->actual < amount)
        entry = undo(s, r, original, amount - r->actual);
    else
        entry = surplus_post(s, r, original);
    original_mark(s, r, original, r->actual <= 0 ? "reversed" : "adjusted");
    return entry;
}

static void hold_reverse(struct octavo_step *s, struct request *r, struct octavo_value *hold) {
    if (r->actual <= 0)
        hold_void(s, r, hold);
    else if (r->actual < hold[TX_HELD].integer)
        hold_lessen(s, r, hold);
    else if (r->actual > hold[TX_HELD].integer)
        alarm_raise(s, r, "more was given than held", r->actual - hold[TX_HELD].integer);
}

/* Half of a transfer comes back with the other half, when the whole is reversed. */
static bool is_half(const struct octavo_value *tx) {
    struct octavo_text kind = tx[TX_KIND].text;
    return kind.len > 9 && memcmp(kind.data, "transfer-", 9) == 0;
}

/* What cannot be done: of a reversal, of half a transfer, or of another amount than it had. */
static const char *reversal_fault(struct octavo_step *s, const struct request *r,
                                  const struct octavo_value *original) {
    bool moves = transaction_is(original, "posted") || transaction_is(original, "held");
    if (octavo_text_is(original[TX_KIND].text, "reversal") || is_half(original))
        return CODE_INVALID;
    if (moves && original[TX_AMOUNT].integer != r->amount)
        return CODE_INVALID;
    if (moves && !books_fit(s, original[TX_CURRENCY].text, "cash"))
        return CODE_LIMIT;
    return NULL;
}

static void known_reverse(struct octavo_step *s, struct request *r, struct octavo_value *original) {
    struct verdict acknowledged = { "acknowledged", CODE_APPROVED, 0 };
    const char *fault = reversal_fault(s, r, original);
    if (fault) {
        decline(s, r, fault);
    } else if (octavo_text_is(original[TX_KIND].text, "transfer")) {
        transfer_reverse(s, r, original);
    } else {
        if (transaction_is(original, "held"))
            hold_reverse(s, r, original);
        else if (transaction_is(original, "posted"))
            acknowledged.entry = posted_reverse(s, r, original);
        conclude(s, r, acknowledged);
    }
}

static void reverse(struct octavo_step *s, struct request *r) {
    struct octavo_value original[TX_COLUMNS];
    if (transaction_get(s, r->original, original)) {
        known_reverse(s, r, original);
        return;
    }
    tombstone_put(s, r);
    if (r->actual > 0)
        alarm_raise(s, r, "a part was given of what never came", r->actual);
    conclude(s, r, (struct verdict){ "acknowledged", CODE_APPROVED, 0 });
}

enum octavo_outcome on_reversal_requested(struct octavo_step *s) {
    struct request r = { .kind = "reversal" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "original", &r.original) && r.original.len > 0
                      && r.original.len <= REQUEST_CHARS_MAX;
    if (octavo_event_int(s, "actual", &r.actual))
        has_fields = has_fields && r.actual >= 0 && r.actual <= AMOUNT_MAX;
    if (transaction_get(s, r.id, tx))
        answer_again(s, &r, tx);
    else if (!has_fields || octavo_text_equal(r.original, r.id))
        decline(s, &r, CODE_FORMAT);
    else
        reverse(s, &r);
    return OCTAVO_DONE;
}
