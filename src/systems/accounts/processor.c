/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The ledger. Every request gets one transaction row, and that row is its answer for ever: the same
 * request again gets the same event again, and moves nothing.
 *
 * Double entry: a posting gives an account an amount and takes the same from an internal account of
 * this partition, so that the sum over a partition and currency is always zero. A withdrawal gives
 * to the cash the machine has handed out (cash:203), a deposit takes from it.
 *
 * A reversal is always acknowledged, or the terminal would repeat it for ever: it undoes a posting,
 * does nothing to a declined or reversed one, and for one not seen yet leaves a tombstone, by which
 * the late original is declined. It may find a deposit that was spent meanwhile. Then the account
 * gives what it has, and the rest is owed: suspense gives it, so that no balance is below zero. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

static const char topic[] = "account-transaction";

enum {
    ACCOUNT_CURRENCY,
    ACCOUNT_CARD,
    ACCOUNT_NAME,
    ACCOUNT_BALANCE,
    ACCOUNT_ENTRY,
    ACCOUNT_OPENED,
    ACCOUNT_COLUMNS
};
enum {
    TX_KIND,
    TX_STATE,
    TX_AMOUNT,
    TX_CURRENCY,
    TX_ORIGINAL,
    TX_CODE,
    TX_BALANCE,
    TX_ENTRY,
    TX_TIME,
    TX_COLUMNS
};
enum {
    POSTING_TRANSACTION,
    POSTING_ACCOUNT,
    POSTING_AMOUNT,
    POSTING_CONTRA,
    POSTING_CONTRA_AMOUNT,
    POSTING_CURRENCY,
    POSTING_TIME,
    POSTING_COLUMNS
};
enum { INTERNAL_CURRENCY, INTERNAL_BALANCE, INTERNAL_ENTRY, INTERNAL_COLUMNS };

/* What is asked, and what is known when it is. */
struct request {
    const char *kind;
    struct octavo_text id;
    struct octavo_text account;
    struct octavo_text currency; /* "" of a reversal */
    struct octavo_text original; /* "" unless a reversal */
    int64_t amount;
    bool has_account;
    struct octavo_value holder[ACCOUNT_COLUMNS];
};

static const struct octavo_text nothing = { "", 0 };

/* ---- opening */

static bool is_currency(struct octavo_text t) {
    return t.len == 3 && t.data[0] >= '0' && t.data[0] <= '9' && t.data[1] >= '0'
           && t.data[1] <= '9' && t.data[2] >= '0' && t.data[2] <= '9';
}

static void tell_open_refused(struct octavo_step *s, struct octavo_text card, const char *reason) {
    octavo_event_begin(s, topic, "account-open-refused", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "card", card);
    octavo_put_text(s, "reason", octavo_text(reason));
    octavo_end(s);
}

static void tell_opened(struct octavo_step *s, const struct octavo_value *account) {
    octavo_event_begin(s, topic, "account-opened", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "currency", account[ACCOUNT_CURRENCY].text);
    octavo_put_text(s, "name", account[ACCOUNT_NAME].text);
    octavo_end(s);
    octavo_event_begin(s, topic, "card-opened", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "card", account[ACCOUNT_CARD].text);
    octavo_put_text(s, "currency", account[ACCOUNT_CURRENCY].text);
    octavo_end(s);
}

static bool same_opening(const struct octavo_value *was, const struct octavo_value *is) {
    return octavo_text_equal(was[ACCOUNT_CURRENCY].text, is[ACCOUNT_CURRENCY].text)
           && octavo_text_equal(was[ACCOUNT_CARD].text, is[ACCOUNT_CARD].text)
           && octavo_text_equal(was[ACCOUNT_NAME].text, is[ACCOUNT_NAME].text);
}

/* The account's number is the natural key: opened again with the same fields is no change. */
static enum octavo_outcome on_open_requested(struct octavo_step *s) {
    struct octavo_value was[ACCOUNT_COLUMNS], is[ACCOUNT_COLUMNS];
    struct octavo_text account, currency = nothing, card = nothing, name = nothing;
    if (!octavo_event_text(s, "account", &account)
        || !octavo_text_equal(account, octavo_event_key(s)) || account.len == 0)
        return octavo_refuse(s, OCTAVO_PARK, "no account, or another one than the key");
    (void)octavo_event_text(s, "name", &name);
    (void)octavo_event_text(s, "card", &card);
    (void)octavo_event_text(s, "currency", &currency);
    is[ACCOUNT_CURRENCY] = octavo_text_value(currency);
    is[ACCOUNT_CARD] = octavo_text_value(card);
    is[ACCOUNT_NAME] = octavo_text_value(name);
    is[ACCOUNT_BALANCE] = octavo_int_value(0);
    is[ACCOUNT_ENTRY] = octavo_int_value(0);
    is[ACCOUNT_OPENED] = octavo_int_value(octavo_event_time_ms(s));
    if (octavo_row_get(s, "account", nothing, was, ACCOUNT_COLUMNS)) {
        if (!same_opening(was, is))
            tell_open_refused(s, card, "the account exists with other fields");
        return OCTAVO_DONE;
    }
    if (!is_currency(currency) || card.len == 0 || memchr(account.data, ':', account.len)) {
        tell_open_refused(s, card,
                          "no card, a currency that is not three digits, or a colon in "
                          "the account, which only internal accounts have");
        return OCTAVO_DONE;
    }
    octavo_row_put(s, "account", nothing, is, ACCOUNT_COLUMNS);
    tell_opened(s, is);
    return OCTAVO_DONE;
}

/* ---- answers */

static void tell_common(struct octavo_step *s, const struct request *r, const char *type,
                        const struct octavo_value *tx) {
    octavo_event_begin(s, topic, type, octavo_event_key(s));
    octavo_put_text(s, "request", r->id);
    octavo_put_text(s, "kind", octavo_text(r->kind));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_int(s, "amount", r->amount);
    octavo_put_text(s, "code", tx[TX_CODE].text);
    octavo_put_int(s, "balance", tx[TX_BALANCE].integer);
}

/* The event that a transaction row stands for: the first time, and for every repeat. What was
 * posted and then reversed was approved: its repeat is told so, and its reversal follows. */
static void tell(struct octavo_step *s, const struct request *r, const struct octavo_value *tx) {
    if (octavo_text_is(tx[TX_STATE].text, "declined")) {
        tell_common(s, r, "transaction-declined", tx);
    } else if (octavo_text_is(tx[TX_STATE].text, "acknowledged")) {
        tell_common(s, r, "transaction-reversed", tx);
        octavo_put_text(s, "original", r->original);
        octavo_put_int(s, "entry", tx[TX_ENTRY].integer);
    } else {
        tell_common(s, r, "transaction-posted", tx);
        octavo_put_text(s, "currency", r->currency);
        octavo_put_int(s, "entry", tx[TX_ENTRY].integer);
    }
    octavo_end(s);
}

struct verdict {
    const char *state;
    const char *code;
    int64_t entry;
};

static void conclude(struct octavo_step *s, const struct request *r, struct verdict v) {
    struct octavo_value tx[TX_COLUMNS];
    tx[TX_KIND] = octavo_text_value(octavo_text(r->kind));
    tx[TX_STATE] = octavo_text_value(octavo_text(v.state));
    tx[TX_AMOUNT] = octavo_int_value(r->amount);
    tx[TX_CURRENCY] = octavo_text_value(r->currency);
    tx[TX_ORIGINAL] = octavo_text_value(r->original);
    tx[TX_CODE] = octavo_text_value(octavo_text(v.code));
    tx[TX_BALANCE] = octavo_int_value(r->has_account ? r->holder[ACCOUNT_BALANCE].integer : 0);
    tx[TX_ENTRY] = octavo_int_value(v.entry);
    tx[TX_TIME] = octavo_int_value(octavo_event_time_ms(s));
    octavo_row_put(s, "transaction", r->id, tx, TX_COLUMNS);
    tell(s, r, tx);
}

static void decline(struct octavo_step *s, const struct request *r, const char *code) {
    conclude(s, r, (struct verdict){ "declined", code, 0 });
}

/* A transaction row is there: a repeat, another body, or a tombstone that waits for its original.
 */
static void answer_again(struct octavo_step *s, const struct request *r,
                         const struct octavo_value *tx) {
    struct octavo_value duplicate[TX_COLUMNS];
    if (octavo_text_is(tx[TX_STATE].text, "tombstone") && r->original.len == 0) {
        decline(s, r, CODE_LATE);
        return;
    }
    bool same = octavo_text_is(tx[TX_KIND].text, r->kind) && tx[TX_AMOUNT].integer == r->amount
                && octavo_text_equal(tx[TX_CURRENCY].text, r->currency)
                && octavo_text_equal(tx[TX_ORIGINAL].text, r->original);
    if (same) {
        tell(s, r, tx);
        return;
    }
    memcpy(duplicate, tx, sizeof(duplicate)); /* told, not stored: the first one's row stays */
    duplicate[TX_STATE] = octavo_text_value(octavo_text("declined"));
    duplicate[TX_CODE] = octavo_text_value(octavo_text(CODE_DUPLICATE));
    tell(s, r, duplicate);
}

/* ---- postings */

struct internal {
    char name[24];
    struct octavo_value row[INTERNAL_COLUMNS];
};

/* The partition's own account of this kind in the holder's currency; new ones begin with zero. */
static struct internal internal_get(struct octavo_step *s, const struct request *r,
                                    const char *kind) {
    struct internal i;
    struct octavo_text currency = r->holder[ACCOUNT_CURRENCY].text;
    (void)snprintf(i.name, sizeof(i.name), "%s:%.*s", kind, (int)currency.len, currency.data);
    if (!octavo_row_get(s, "internal", octavo_text(i.name), i.row, INTERNAL_COLUMNS)) {
        i.row[INTERNAL_CURRENCY] = octavo_text_value(currency);
        i.row[INTERNAL_BALANCE] = i.row[INTERNAL_ENTRY] = octavo_int_value(0);
    }
    return i;
}

static void internal_give(struct octavo_step *s, struct internal *i, int64_t amount,
                          int64_t entry) {
    i->row[INTERNAL_BALANCE].integer += amount;
    i->row[INTERNAL_ENTRY] = octavo_int_value(entry);
    octavo_row_put(s, "internal", octavo_text(i->name), i->row, INTERNAL_COLUMNS);
}

static bool sum_fits(struct octavo_value balance, int64_t amount) {
    int64_t sum;
    return !__builtin_add_overflow(balance.integer, amount, &sum);
}

/* Every sum is checked before anything is posted: the books never wrap and never stop half-way. */
static bool fits(struct octavo_step *s, const struct request *r, int64_t amount) {
    struct internal cash = internal_get(s, r, "cash"), suspense = internal_get(s, r, "suspense");
    return sum_fits(r->holder[ACCOUNT_BALANCE], amount)
           && sum_fits(cash.row[INTERNAL_BALANCE], -amount)
           && sum_fits(suspense.row[INTERNAL_BALANCE], amount);
}

static int64_t post(struct octavo_step *s, const struct request *r, struct octavo_text account,
                    int64_t amount) {
    struct octavo_value posting[POSTING_COLUMNS];
    struct internal cash = internal_get(s, r, "cash");
    posting[POSTING_TRANSACTION] = octavo_text_value(r->id);
    posting[POSTING_ACCOUNT] = octavo_text_value(account);
    posting[POSTING_AMOUNT] = octavo_int_value(amount);
    posting[POSTING_CONTRA] = octavo_text_value(octavo_text(cash.name));
    posting[POSTING_CONTRA_AMOUNT] = octavo_int_value(-amount);
    posting[POSTING_CURRENCY] = r->holder[ACCOUNT_CURRENCY];
    posting[POSTING_TIME] = octavo_int_value(octavo_event_time_ms(s));
    int64_t entry = octavo_log_add(s, "posting", posting, POSTING_COLUMNS);
    internal_give(s, &cash, -amount, entry);
    return entry;
}

static int64_t post_to_holder(struct octavo_step *s, struct request *r, int64_t amount) {
    int64_t entry = post(s, r, octavo_event_key(s), amount);
    r->holder[ACCOUNT_BALANCE].integer += amount;
    r->holder[ACCOUNT_ENTRY] = octavo_int_value(entry);
    octavo_row_put(s, "account", nothing, r->holder, ACCOUNT_COLUMNS);
    return entry;
}

/* ---- withdrawals and deposits */

static bool request_read(struct octavo_step *s, struct request *r) {
    r->currency = r->original = nothing;
    if (!octavo_event_text(s, "request", &r->id) || r->id.len == 0
        || !octavo_event_text(s, "account", &r->account)
        || !octavo_text_equal(r->account, octavo_event_key(s)) || r->account.len == 0)
        return false;
    r->has_account = octavo_row_get(s, "account", nothing, r->holder, ACCOUNT_COLUMNS);
    return true;
}

static void move_money(struct octavo_step *s, struct request *r, int64_t sign) {
    struct octavo_value tx[TX_COLUMNS];
    bool has_fields =
        octavo_event_int(s, "amount", &r->amount) && octavo_event_text(s, "currency", &r->currency);
    if (octavo_row_get(s, "transaction", r->id, tx, TX_COLUMNS))
        answer_again(s, r, tx);
    else if (!has_fields)
        decline(s, r, CODE_FORMAT);
    else if (r->amount <= 0 || r->amount > AMOUNT_MAX)
        decline(s, r, CODE_AMOUNT);
    else if (!r->has_account)
        decline(s, r, CODE_CARD);
    else if (!octavo_text_equal(r->currency, r->holder[ACCOUNT_CURRENCY].text))
        decline(s, r, CODE_CURRENCY);
    else if (sign < 0 && r->holder[ACCOUNT_BALANCE].integer < r->amount)
        decline(s, r, CODE_FUNDS);
    else if (!fits(s, r, sign * r->amount))
        decline(s, r, CODE_LIMIT);
    else
        conclude(
            s, r,
            (struct verdict){ "posted", CODE_APPROVED, post_to_holder(s, r, sign * r->amount) });
}

static enum octavo_outcome on_withdrawal_requested(struct octavo_step *s) {
    struct request r = { .kind = "withdrawal" };
    if (!request_read(s, &r))
        return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
    move_money(s, &r, -1);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_deposit_requested(struct octavo_step *s) {
    struct request r = { .kind = "deposit" };
    if (!request_read(s, &r))
        return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
    move_money(s, &r, 1);
    return OCTAVO_DONE;
}

/* ---- reversals */

/* The part of a spent deposit that the account cannot give back: suspense gives it. */
static int64_t post_owed(struct octavo_step *s, const struct request *r, int64_t owed) {
    struct internal suspense = internal_get(s, r, "suspense");
    int64_t entry = post(s, r, octavo_text(suspense.name), -owed);
    internal_give(s, &suspense, -owed, entry);
    return entry;
}

static int64_t post_back(struct octavo_step *s, struct request *r,
                         const struct octavo_value *original) {
    int64_t balance = r->holder[ACCOUNT_BALANCE].integer;
    int64_t amount = original[TX_AMOUNT].integer, entry = 0;
    if (octavo_text_is(original[TX_KIND].text, "withdrawal"))
        return post_to_holder(s, r, amount);
    if (balance > 0)
        entry = post_to_holder(s, r, balance < amount ? -balance : -amount);
    if (balance < amount) {
        int64_t owed = post_owed(s, r, amount - balance);
        entry = entry ? entry : owed;
    }
    return entry;
}

static void original_mark(struct octavo_step *s, const struct request *r,
                          struct octavo_value *original) {
    original[TX_STATE] = octavo_text_value(octavo_text("reversed"));
    octavo_row_put(s, "transaction", r->original, original, TX_COLUMNS);
}

static void tombstone_put(struct octavo_step *s, const struct request *r) {
    struct octavo_value tx[TX_COLUMNS];
    for (size_t i = 0; i < TX_COLUMNS; i++)
        tx[i] = octavo_text_value(nothing);
    tx[TX_STATE] = octavo_text_value(octavo_text("tombstone"));
    tx[TX_CODE] = octavo_text_value(octavo_text(CODE_LATE));
    tx[TX_AMOUNT] = octavo_int_value(r->amount);
    tx[TX_BALANCE] = tx[TX_ENTRY] = octavo_int_value(0);
    tx[TX_TIME] = octavo_int_value(octavo_event_time_ms(s));
    octavo_row_put(s, "transaction", r->original, tx, TX_COLUMNS);
}

static void reverse(struct octavo_step *s, struct request *r) {
    struct octavo_value original[TX_COLUMNS];
    struct verdict acknowledged = { "acknowledged", CODE_APPROVED, 0 };
    bool known = octavo_row_get(s, "transaction", r->original, original, TX_COLUMNS);
    bool posted = known && octavo_text_is(original[TX_STATE].text, "posted");
    if (known && octavo_text_is(original[TX_KIND].text, "reversal")) {
        decline(s, r, CODE_INVALID);
        return;
    }
    if (posted && original[TX_AMOUNT].integer != r->amount) { /* a part of it: not yet */
        decline(s, r, CODE_INVALID);
        return;
    }
    int64_t back = octavo_text_is(original[TX_KIND].text, "deposit") ? -r->amount : r->amount;
    if (posted && !fits(s, r, back)) {
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

static enum octavo_outcome on_reversal_requested(struct octavo_step *s) {
    struct request r = { .kind = "reversal" };
    struct octavo_value tx[TX_COLUMNS];
    if (!request_read(s, &r))
        return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "original", &r.original) && r.original.len > 0;
    if (octavo_row_get(s, "transaction", r.id, tx, TX_COLUMNS))
        answer_again(s, &r, tx);
    else if (!has_fields || octavo_text_equal(r.original, r.id))
        decline(s, &r, CODE_FORMAT);
    else
        reverse(s, &r);
    return OCTAVO_DONE;
}

const struct octavo_handler processor_handlers[] = {
    { "account-open-requested", on_open_requested },
    { "withdrawal-requested", on_withdrawal_requested },
    { "deposit-requested", on_deposit_requested },
    { "reversal-requested", on_reversal_requested },
    { NULL, NULL },
};
