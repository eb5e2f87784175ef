/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Accounts are opened. The account's number is the natural key: opened again with the same fields
 * is no change, with others it is refused. */
#include "ledger.h"

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
    is[ACCOUNT_ANSWERS] = octavo_text_value(nothing);
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
    account_put(s, account, is);
    tell_opened(s, is);
    return OCTAVO_DONE;
}
