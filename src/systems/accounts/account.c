/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts are opened, frozen, closed, and get a line and fees. The account's number is the natural
 * key: opened again with the same fields is no change, with others it is refused. A change says how
 * it shall be, not by how much, so that telling it again is harmless; it needs no stored answer. */
#include "ledger.h"
#include "limits.h"

#include <string.h>

static bool is_currency(struct octavo_text t) {
    return t.len == 3 && t.data[0] >= '0' && t.data[0] <= '9' && t.data[1] >= '0'
           && t.data[1] <= '9' && t.data[2] >= '0' && t.data[2] <= '9';
}

static void tell_open_refused(struct octavo_step *s, struct octavo_text card, const char *reason) {
    octavo_event_begin(s, TOPIC, "account-open-refused", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "card", card);
    octavo_put_text(s, "reason", octavo_text(reason));
    octavo_end(s);
}

static void tell_opened(struct octavo_step *s, const struct octavo_value *account) {
    octavo_event_begin(s, TOPIC, "account-opened", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "currency", account[ACCOUNT_CURRENCY].text);
    octavo_put_text(s, "name", account[ACCOUNT_NAME].text);
    octavo_put_text(s, "zone", account[ACCOUNT_ZONE].text);
    octavo_end(s);
    octavo_event_begin(s, TOPIC, "card-opened", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "card", account[ACCOUNT_CARD].text);
    octavo_put_text(s, "currency", account[ACCOUNT_CURRENCY].text);
    octavo_end(s);
}

static bool same_opening(const struct octavo_value *was, const struct octavo_value *is) {
    static const enum account_column fields[] = { ACCOUNT_CURRENCY, ACCOUNT_CARD, ACCOUNT_NAME,
                                                  ACCOUNT_ZONE };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (!octavo_text_equal(was[fields[i]].text, is[fields[i]].text))
            return false;
    return true;
}

static void text_fill(struct octavo_step *s, const char *field, struct octavo_value *out) {
    struct octavo_text t = nothing;
    (void)octavo_event_text(s, field, &t);
    *out = octavo_text_value(t);
}

static void opening_read(struct octavo_step *s, struct octavo_value *is) {
    for (size_t i = 0; i < ACCOUNT_COLUMNS; i++)
        is[i] = octavo_int_value(0);
    text_fill(s, "currency", &is[ACCOUNT_CURRENCY]);
    text_fill(s, "card", &is[ACCOUNT_CARD]);
    text_fill(s, "name", &is[ACCOUNT_NAME]);
    text_fill(s, "zone", &is[ACCOUNT_ZONE]);
    if (!is[ACCOUNT_ZONE].text.len)
        is[ACCOUNT_ZONE] = octavo_text_value(octavo_text("UTC"));
    is[ACCOUNT_STATE] = octavo_text_value(octavo_text("open"));
    is[ACCOUNT_OPENED] = octavo_int_value(octavo_event_time_ms(s));
}

enum octavo_outcome on_open_requested(struct octavo_step *s) {
    struct octavo_value was[ACCOUNT_COLUMNS], is[ACCOUNT_COLUMNS];
    struct octavo_text account;
    if (!octavo_event_text(s, "account", &account)
        || !octavo_text_equal(account, octavo_event_key(s)) || account.len == 0)
        return octavo_refuse(s, OCTAVO_PARK, "no account, or another one than the key");
    opening_read(s, is);
    if (account_get(s, account, was)) {
        if (!same_opening(was, is))
            tell_open_refused(s, is[ACCOUNT_CARD].text, "the account exists with other fields");
        return OCTAVO_DONE;
    }
    if (!is_currency(is[ACCOUNT_CURRENCY].text) || is[ACCOUNT_CARD].text.len == 0
        || memchr(account.data, ':', account.len)) {
        tell_open_refused(s, is[ACCOUNT_CARD].text,
                          "no card, a currency that is not three digits, or a colon in "
                          "the account, which only internal accounts have");
        return OCTAVO_DONE;
    }
    if (!limits_opened(s, is[ACCOUNT_ZONE].text)) {
        tell_open_refused(s, is[ACCOUNT_CARD].text, "its zone is no name of a time zone");
        return OCTAVO_DONE;
    }
    account_put(s, account, is);
    tell_opened(s, is);
    return OCTAVO_DONE;
}

/* ---- changes */

struct change {
    const char *what;
    struct octavo_text reason;
    struct octavo_text kind; /* of a fee */
    int64_t amount;
};

static void tell_change(struct octavo_step *s, const struct change *c,
                        const struct octavo_value *account, const char *refusal) {
    struct octavo_text request = nothing;
    (void)octavo_event_text(s, "request", &request);
    octavo_event_begin(s, TOPIC, refusal ? "account-change-refused" : "account-changed",
                       octavo_event_key(s));
    octavo_put_text(s, "request", request);
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "what", octavo_text(c->what));
    if (c->kind.len)
        octavo_put_text(s, "kind", c->kind);
    octavo_put_int(s, "amount", c->amount);
    octavo_put_text(s, "reason", refusal ? octavo_text(refusal) : c->reason);
    if (account)
        octavo_put_text(s, "state", account[ACCOUNT_STATE].text);
    octavo_end(s);
}

static const char *freeze(struct octavo_value *account, const struct change *c) {
    (void)c;
    account[ACCOUNT_STATE] = octavo_text_value(octavo_text("frozen"));
    return NULL;
}

static const char *unfreeze(struct octavo_value *account, const struct change *c) {
    (void)c;
    account[ACCOUNT_STATE] = octavo_text_value(octavo_text("open"));
    return NULL;
}

static const char *close_it(struct octavo_value *account, const struct change *c) {
    (void)c;
    if (account[ACCOUNT_BALANCE].integer)
        return "its balance is not zero";
    if (account[ACCOUNT_HOLDS].integer)
        return "it has holds or transfers on their way";
    account[ACCOUNT_STATE] = octavo_text_value(octavo_text("closed"));
    return NULL;
}

static const char *overdraft_set(struct octavo_value *account, const struct change *c) {
    int64_t line = account[ACCOUNT_OVERDRAFT].integer;
    if (c->amount < 0 || c->amount > AMOUNT_MAX)
        return "an overdraft line is 0 to 10^12 minor units";
    if (c->amount < line && account_available(account) - line + c->amount < 0)
        return "more than this is in use";
    account[ACCOUNT_OVERDRAFT] = octavo_int_value(c->amount);
    return NULL;
}

static const char *fee_set(struct octavo_value *account, const struct change *c) {
    if (c->amount < 0 || c->amount > AMOUNT_MAX)
        return "a fee is 0 to 10^12 minor units";
    if (octavo_text_is(c->kind, "withdrawal"))
        account[ACCOUNT_FEE_WITHDRAWAL] = octavo_int_value(c->amount);
    else if (octavo_text_is(c->kind, "transfer"))
        account[ACCOUNT_FEE_TRANSFER] = octavo_int_value(c->amount);
    else if (octavo_text_is(c->kind, "foreign"))
        account[ACCOUNT_FEE_FOREIGN] = octavo_int_value(c->amount);
    else
        return "a fee is of kind withdrawal, transfer or foreign";
    return NULL;
}

static const struct {
    const char *request;
    const char *what;
    const char *(*make)(struct octavo_value *account, const struct change *c); /* NULL: done */
    bool has_amount;
} changes[] = {
    { "account-freeze-requested", "frozen", freeze, false },
    { "account-unfreeze-requested", "unfrozen", unfreeze, false },
    { "account-close-requested", "closed", close_it, false },
    { "overdraft-set-requested", "overdraft", overdraft_set, true },
    { "fee-set-requested", "fee", fee_set, true },
};

static void change_make(struct octavo_step *s, size_t which) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    struct change c = { changes[which].what, nothing, nothing, 0 };
    bool there = account_get(s, octavo_event_key(s), account);
    bool has_amount = octavo_event_int(s, "amount", &c.amount);
    const char *refusal = NULL;
    (void)octavo_event_text(s, "reason", &c.reason);
    (void)octavo_event_text(s, "kind", &c.kind);
    if (!there)
        refusal = "there is no such account";
    else if (account_is(account, "closed") && changes[which].make != close_it)
        refusal = "it is closed";
    else if (changes[which].has_amount && !has_amount)
        refusal = "it has no amount";
    else
        refusal = changes[which].make(account, &c);
    if (!refusal)
        account_put(s, octavo_event_key(s), account);
    tell_change(s, &c, there ? account : NULL, refusal);
}

enum octavo_outcome on_change_requested(struct octavo_step *s) {
    struct octavo_text account = nothing;
    if (!octavo_event_text(s, "account", &account) || account.len == 0
        || !octavo_text_equal(account, octavo_event_key(s)))
        return octavo_refuse(s, OCTAVO_PARK, "no account, or another one than the key");
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        if (octavo_text_is(octavo_event_type(s), changes[i].request))
            change_make(s, i);
    return OCTAVO_DONE;
}

/* Changes of limits come from the governor, which has checked them. */
enum octavo_outcome on_limit_changed(struct octavo_step *s) {
    return limits_changed(s) ? OCTAVO_DONE : octavo_refuse(s, OCTAVO_PARK, "no change of a limit");
}
