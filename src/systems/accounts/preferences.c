/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a customer wants to be told, how, in which language and when not. A field that is absent
 * stays as it is; an empty text or -1 takes it away. What cannot be is refused as a whole. */
#include "communications.h"

#include <string.h>

static const struct octavo_text nothing = { "", 0 };

enum { ADDRESS_CHARS = 254, WEBHOOK_CHARS = 2000, NO_MINUTE = -1 };

void customer_init(struct octavo_value *customer) {
    for (size_t i = 0; i < CUSTOMER_COLUMNS; i++)
        customer[i] = octavo_int_value(NO_MINUTE);
    customer[CUSTOMER_CURRENCY] = customer[CUSTOMER_EMAIL] = octavo_text_value(nothing);
    customer[CUSTOMER_WEBHOOK] = octavo_text_value(nothing);
    customer[CUSTOMER_ZONE] = octavo_text_value(octavo_text("UTC"));
    customer[CUSTOMER_LOCALE] = octavo_text_value(octavo_text("en"));
    customer[CUSTOMER_OPT_OUT] = octavo_int_value(0);
    customer[CUSTOMER_QUEUE_FIRST] = customer[CUSTOMER_QUEUE_END] = octavo_int_value(0);
}

bool customer_get(struct octavo_step *s, struct octavo_value *customer) {
    return octavo_row_get(s, "customer", nothing, customer, CUSTOMER_COLUMNS);
}

void customer_put(struct octavo_step *s, const struct octavo_value *customer) {
    octavo_row_put(s, "customer", nothing, customer, CUSTOMER_COLUMNS);
}

/* ---- fields */

/* One address of plain letters: the mail's connector looks closer, this keeps lists out. */
static bool email_is_good(struct octavo_text t) {
    size_t ats = 0;
    for (size_t i = 0; i < t.len; i++) {
        ats += t.data[i] == '@';
        if (t.data[i] <= ' ' || t.data[i] >= 0x7f || strchr(",;<>\"()[]\\", t.data[i]))
            return false;
    }
    return t.len <= ADDRESS_CHARS && ats == 1 && t.data[0] != '@' && t.data[t.len - 1] != '@';
}

static bool webhook_is_good(struct octavo_text t) {
    bool is_http = (t.len > 8 && memcmp(t.data, "https://", 8) == 0)
                   || (t.len > 7 && memcmp(t.data, "http://", 7) == 0);
    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] <= ' ' || t.data[i] >= 0x7f)
            return false;
    return is_http && t.len <= WEBHOOK_CHARS;
}

/* "22" or "22:30", up to the next `end` or the end of the text. */
static bool minute_read(struct octavo_text t, size_t *at, int64_t *minute) {
    int64_t part[2] = { 0, 0 };
    for (int i = 0; i < 2; i++) {
        size_t begin = *at;
        while (*at < t.len && *at < begin + 2 && t.data[*at] >= '0' && t.data[*at] <= '9')
            part[i] = part[i] * 10 + (t.data[(*at)++] - '0');
        if (*at == begin)
            return false;
        if (*at == t.len || t.data[*at] != ':')
            break;
        ++*at;
    }
    *minute = part[0] * 60 + part[1];
    return part[0] < 24 && part[1] < 60;
}

/* "22-07", "22:30-06:45"; the end may be on the next day. */
static bool quiet_read(struct octavo_text t, struct octavo_value *customer) {
    int64_t from = NO_MINUTE, until = NO_MINUTE;
    size_t at = 0;
    if (t.len > 0) {
        if (!minute_read(t, &at, &from) || at == t.len || t.data[at++] != '-'
            || !minute_read(t, &at, &until) || at != t.len || from == until)
            return false;
    }
    customer[CUSTOMER_QUIET_FROM] = octavo_int_value(from);
    customer[CUSTOMER_QUIET_UNTIL] = octavo_int_value(until);
    return true;
}

static const char *texts_take(struct octavo_step *s, struct octavo_value *customer) {
    struct octavo_text t;
    int64_t day;
    if (octavo_event_text(s, "email", &t)) {
        if (t.len && !email_is_good(t))
            return "its email is no address";
        customer[CUSTOMER_EMAIL] = octavo_text_value(t);
    }
    if (octavo_event_text(s, "webhook", &t)) {
        if (t.len && !webhook_is_good(t))
            return "its webhook is no http or https address";
        customer[CUSTOMER_WEBHOOK] = octavo_text_value(t);
    }
    if (octavo_event_text(s, "locale", &t)) {
        if (!octavo_locale_is_known(s, t))
            return "its locale is not known";
        customer[CUSTOMER_LOCALE] = octavo_text_value(t);
    }
    if (octavo_event_text(s, "zone", &t)) {
        if (!octavo_local_day(s, t, octavo_event_time_ms(s), &day))
            return "its zone is not known";
        customer[CUSTOMER_ZONE] = octavo_text_value(t);
    }
    if (octavo_event_text(s, "quiet", &t) && !quiet_read(t, customer))
        return "its quiet is not written as 22-07 or 22:30-06:45";
    return NULL;
}

static const char *numbers_take(struct octavo_step *s, struct octavo_value *customer) {
    int64_t v;
    if (octavo_event_int(s, "low_balance", &v))
        customer[CUSTOMER_LOW_BALANCE] = octavo_int_value(v);
    if (octavo_event_int(s, "large_debit", &v))
        customer[CUSTOMER_LARGE_DEBIT] = octavo_int_value(v);
    if (octavo_event_int(s, "opt_out", &v)) {
        if (v != 0 && v != 1)
            return "its opt_out is neither 0 nor 1";
        customer[CUSTOMER_OPT_OUT] = octavo_int_value(v);
    }
    return NULL;
}

/* ---- the whole; the answers hold nothing personal */

enum octavo_outcome on_preference_set_requested(struct octavo_step *s) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    struct octavo_text account, email;
    if (!octavo_event_text(s, "account", &account)
        || !octavo_text_equal(account, octavo_event_key(s)) || account.len == 0)
        return octavo_refuse(s, OCTAVO_PARK, "no account, or another than the key");
    const char *fault = "there is no such account";
    if (customer_get(s, customer))
        fault = texts_take(s, customer);
    if (!fault)
        fault = numbers_take(s, customer);
    octavo_event_begin(s, "account-transaction", fault ? "preference-refused" : "preference-set",
                       account);
    octavo_put_text(s, "account", account);
    if (fault)
        octavo_put_text(s, "reason", octavo_text(fault));
    octavo_end(s);
    if (fault)
        return OCTAVO_DONE;
    customer_put(s, customer);
    if (octavo_event_text(s, "email", &email) && email.len)
        suppression_lift(s, email);
    return OCTAVO_DONE;
}
