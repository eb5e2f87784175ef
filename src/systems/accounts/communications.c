/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* customer-communications: customers are told what was decided, never what was asked for.
 *
 * A notice has a name, REQUEST:TEMPLATE:WAY, and a row under it: a decision that is told again, for
 * a repeat or after a crash, is told to the customer once. What leaves is an effect, whose id is
 * the Message-ID of a mail and the key of a webhook. */
#include "communications.h"

static const struct octavo_text nothing = { "", 0 };

static bool told_read(struct octavo_step *s, struct told *t) {
    struct octavo_text account;
    *t = (struct told){ .currency = nothing };
    (void)octavo_event_text(s, "currency", &t->currency);
    return octavo_event_text(s, "account", &account)
           && octavo_text_equal(account, octavo_event_key(s))
           && octavo_event_text(s, "request", &t->request) && t->request.len <= 256
           && octavo_event_int(s, "amount", &t->amount)
           && octavo_event_int(s, "balance", &t->balance);
}

static enum octavo_outcome told_refuse(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_PARK, "no request, amount or balance, or another than the key");
}

static enum octavo_outcome on_opened(struct octavo_step *s) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    struct octavo_text text;
    int64_t day;
    if (customer_get(s, customer))
        return OCTAVO_DONE;
    customer_init(customer);
    if (octavo_event_text(s, "currency", &text))
        customer[CUSTOMER_CURRENCY] = octavo_text_value(text);
    if (octavo_event_text(s, "zone", &text)
        && octavo_local_day(s, text, octavo_event_time_ms(s), &day))
        customer[CUSTOMER_ZONE] = octavo_text_value(text);
    customer_put(s, customer);
    return OCTAVO_DONE;
}

/* Below, and it was not before this: told once for each fall. */
static bool falls_below(const struct told *t, int64_t fee, int64_t low) {
    return low >= 0 && t->balance < low && t->balance + t->amount + fee >= low;
}

static void debit_tell(struct octavo_step *s, struct told *t) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    int64_t fee = 0;
    if (!customer_get(s, customer))
        return;
    int64_t large = customer[CUSTOMER_LARGE_DEBIT].integer;
    int64_t low = customer[CUSTOMER_LOW_BALANCE].integer;
    (void)octavo_event_int(s, "fee", &fee);
    t->template = large >= 0 && t->amount >= large ? "large-debit" : "debit";
    notice_tell(s, t);
    if (falls_below(t, fee, low)) {
        t->template = "low-balance";
        t->amount = low;
        notice_tell(s, t);
    }
}

static enum octavo_outcome on_posted(struct octavo_step *s) {
    struct octavo_text kind = nothing;
    struct told t;
    if (!told_read(s, &t))
        return told_refuse(s);
    (void)octavo_event_text(s, "kind", &kind);
    if (octavo_text_is(kind, "deposit") || octavo_text_is(kind, "transfer-credit")) {
        t.template = "credit";
        notice_tell(s, &t);
    } else {
        debit_tell(s, &t);
    }
    return OCTAVO_DONE;
}

/* entry 0: it was declined, or not seen, or a hold: nobody was told of it. */
static enum octavo_outcome on_reversed(struct octavo_step *s) {
    struct octavo_text original;
    struct told t;
    int64_t actual = 0, entry = 0;
    if (!told_read(s, &t) || !octavo_event_text(s, "original", &original))
        return told_refuse(s);
    (void)octavo_event_int(s, "actual", &actual);
    (void)octavo_event_int(s, "entry", &entry);
    t.amount -= actual;
    t.template = "correction";
    if (entry && t.amount > 0)
        notice_take_back(s, &t, original);
    return OCTAVO_DONE;
}

const struct octavo_handler communications_handlers[] = {
    { "account-opened", on_opened },
    { "preference-set-requested", on_preference_set_requested },
    { "notice-resend-requested", on_resend_requested },
    { "transaction-posted", on_posted },
    { "transaction-reversed", on_reversed },
    { "effect:mail", on_mail_outcome },
    { "effect:hook", on_hook_outcome },
    { "timer:quiet", on_quiet_over },
    { NULL, NULL },
};
