/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A notice: it waits for the end of the customer's quiet hours, or is sent at once; what the
 * customer wants is looked at when it is sent, not when it happened. Then its outcome comes.
 *
 * Quiet hours are for mails: a webhook wakes nobody. What waits stands in a queue of the account,
 * and one timer is set to the end of the quiet hours by the customer's clock, so nothing is dropped
 * and the order stays. An address that a mail server refuses for good is suppressed, so that we are
 * no nuisance; setting it again lifts that. */
#include "communications.h"
#include "currency.h"
#include "horizon.h"
#include "templates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct octavo_text nothing = { "", 0 };
static const char *const ways[] = { "mail", "hook" };

enum { SUPPRESSED_REASON, SUPPRESSED_TIME, SUPPRESSED_COLUMNS };
enum { SENDING_NOTICE, SENDING_COLUMNS };
enum { QUEUED_NOTICE, QUEUED_COLUMNS };
enum { RELEASED_AT_ONCE = 100, TAIL_CHARS = 4 };

static bool is_mail(struct octavo_text name) {
    return name.len > 5 && memcmp(name.data + name.len - 5, ":mail", 5) == 0;
}

static bool notice_get(struct octavo_step *s, struct octavo_text name, struct octavo_value *n) {
    return octavo_row_get(s, "notice", name, n, NOTICE_COLUMNS);
}

static bool notice_is(const struct octavo_value *n, const char *state) {
    return octavo_text_is(n[NOTICE_STATE].text, state);
}

static void notice_put(struct octavo_step *s, struct octavo_text name, struct octavo_value *n) {
    bool is_open = notice_is(n, "waiting") || notice_is(n, "sent");
    n[NOTICE_UNTIL] = octavo_int_value(is_open ? 0 : horizon_until(s, &horizon_notices));
    octavo_row_put(s, "notice", name, n, NOTICE_COLUMNS);
}

static void state_put(struct octavo_step *s, struct octavo_text name, struct octavo_value *n,
                      const char *state) {
    n[NOTICE_STATE] = octavo_text_value(octavo_text(state));
    notice_put(s, name, n);
}

static struct octavo_text name_make(char out[NOTICE_NAME_CHARS], struct octavo_text request,
                                    const char *template, const char *way) {
    (void)snprintf(out, NOTICE_NAME_CHARS, "%.*s:%s:%s", (int)request.len, request.data, template,
                   way);
    return octavo_text(out);
}

/* ---- suppression */

static bool is_suppressed(struct octavo_step *s, struct octavo_text address) {
    struct octavo_value row[SUPPRESSED_COLUMNS];
    return octavo_row_get(s, "suppression", address, row, SUPPRESSED_COLUMNS);
}

void suppression_lift(struct octavo_step *s, struct octavo_text address) {
    if (is_suppressed(s, address))
        octavo_row_delete(s, "suppression", address);
}

static void suppress(struct octavo_step *s, struct octavo_text address, struct octavo_text reason) {
    struct octavo_value row[SUPPRESSED_COLUMNS] = {
        octavo_text_value(reason),
        octavo_int_value(octavo_event_time_ms(s)),
    };
    if (address.len)
        octavo_row_put(s, "suppression", address, row, SUPPRESSED_COLUMNS);
}

/* ---- sending */

static struct octavo_text money(struct octavo_step *s, const struct octavo_value *customer,
                                struct octavo_text currency, int64_t amount) {
    struct octavo_money m = { amount, currency_decimals(currency), currency };
    return octavo_money_text(s, customer[CUSTOMER_LOCALE].text, &m);
}

/* The account as customers know it, without the most of it. */
static void account_mask(char out[TAIL_CHARS + 2], struct octavo_text account) {
    size_t len = account.len < TAIL_CHARS ? account.len : TAIL_CHARS;
    (void)snprintf(out, TAIL_CHARS + 2, "*%.*s", (int)len, account.data + account.len - len);
}

static void mail_put(struct octavo_step *s, const struct octavo_value *customer,
                     const struct octavo_value *n) {
    static struct notice_text text;
    char account[TAIL_CHARS + 2], template[32];
    struct octavo_text currency = n[NOTICE_CURRENCY].text;
    account_mask(account, octavo_event_key(s));
    struct notice_words words = {
        .amount = money(s, customer, currency, n[NOTICE_AMOUNT].integer),
        .balance = money(s, customer, currency, n[NOTICE_BALANCE].integer),
        .time = octavo_moment_text(s, customer[CUSTOMER_LOCALE].text, customer[CUSTOMER_ZONE].text,
                                   n[NOTICE_TIME].integer),
        .account = octavo_text(account),
        .reference = n[NOTICE_REQUEST].text,
    };
    (void)snprintf(template, sizeof(template), "%.*s", (int)n[NOTICE_TEMPLATE].text.len,
                   n[NOTICE_TEMPLATE].text.data);
    (void)notice_write(&text, customer[CUSTOMER_LOCALE].text, template, &words);
    octavo_put_text(s, "to", customer[CUSTOMER_EMAIL].text);
    octavo_put_text(s, "subject", octavo_text(text.subject));
    octavo_put_text(s, "body", octavo_text(text.body));
}

static void hook_put(struct octavo_step *s, const struct octavo_value *customer,
                     const struct octavo_value *n) {
    octavo_put_text(s, "url", customer[CUSTOMER_WEBHOOK].text);
    octavo_put_text(s, "notice", n[NOTICE_TEMPLATE].text);
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "request", n[NOTICE_REQUEST].text);
    octavo_put_int(s, "amount", n[NOTICE_AMOUNT].integer);
    octavo_put_int(s, "balance", n[NOTICE_BALANCE].integer);
    octavo_put_text(s, "currency", n[NOTICE_CURRENCY].text);
    octavo_put_int(s, "time", n[NOTICE_TIME].integer);
}

static void effect_ask(struct octavo_step *s, const struct octavo_value *customer,
                       struct octavo_text name, struct octavo_value *n) {
    struct octavo_value sending[SENDING_COLUMNS] = { octavo_text_value(name) };
    bool mail = is_mail(name);
    octavo_effect_begin(s, mail ? "mail" : "hook", "notice");
    struct octavo_text id = octavo_effect_id(s);
    if (mail)
        mail_put(s, customer, n);
    else
        hook_put(s, customer, n);
    octavo_end(s);
    n[NOTICE_EFFECT] = octavo_text_value(id);
    n[NOTICE_SENDS].integer++;
    octavo_row_put(s, "sending", id, sending, SENDING_COLUMNS);
    state_put(s, name, n, "sent");
}

/* Why it is not sent; NULL: it is. */
static const char *obstacle(struct octavo_step *s, const struct octavo_value *customer,
                            struct octavo_text name) {
    struct octavo_text address = customer[is_mail(name) ? CUSTOMER_EMAIL : CUSTOMER_WEBHOOK].text;
    if (customer[CUSTOMER_OPT_OUT].integer)
        return "opted-out";
    if (address.len == 0)
        return "no-address";
    return is_mail(name) && is_suppressed(s, address) ? "suppressed" : NULL;
}

static void notice_send(struct octavo_step *s, const struct octavo_value *customer,
                        struct octavo_text name, struct octavo_value *n) {
    const char *why_not = obstacle(s, customer, name);
    if (why_not)
        state_put(s, name, n, why_not);
    else
        effect_ask(s, customer, name, n);
}

/* ---- quiet hours */

/* By the customer's clock; the end is the next time it shows that minute. */
static bool is_quiet(struct octavo_step *s, const struct octavo_value *customer, int64_t *end_ms) {
    int64_t from = customer[CUSTOMER_QUIET_FROM].integer;
    int64_t until = customer[CUSTOMER_QUIET_UNTIL].integer, now = octavo_event_time_ms(s);
    struct octavo_text zone = customer[CUSTOMER_ZONE].text;
    int minute = 0;
    if (from < 0 || !octavo_local_minute(s, zone, now, &minute))
        return false;
    bool quiet = from < until ? minute >= from && minute < until : minute >= from || minute < until;
    return quiet && octavo_local_next(s, zone, now, (int)until, end_ms);
}

static struct octavo_text place_name(char out[24], int64_t place) {
    (void)snprintf(out, 24, "%012" PRId64, place);
    return octavo_text(out);
}

static void queue_add(struct octavo_step *s, struct octavo_value *customer,
                      struct octavo_text name) {
    struct octavo_value row[QUEUED_COLUMNS] = { octavo_text_value(name) };
    char place[24];
    int64_t at = customer[CUSTOMER_QUEUE_END].integer++;
    octavo_row_put(s, "queued", place_name(place, at), row, QUEUED_COLUMNS);
    customer_put(s, customer);
}

static void queue_release(struct octavo_step *s, struct octavo_value *customer) {
    struct octavo_value row[QUEUED_COLUMNS], n[NOTICE_COLUMNS];
    char place[24];
    int64_t *first = &customer[CUSTOMER_QUEUE_FIRST].integer;
    for (int i = 0; i < RELEASED_AT_ONCE && *first < customer[CUSTOMER_QUEUE_END].integer; i++) {
        struct octavo_text at = place_name(place, (*first)++);
        if (!octavo_row_get(s, "queued", at, row, QUEUED_COLUMNS))
            continue;
        if (notice_get(s, row[QUEUED_NOTICE].text, n) && notice_is(n, "waiting"))
            notice_send(s, customer, row[QUEUED_NOTICE].text, n);
        octavo_row_delete(s, "queued", at);
    }
    customer_put(s, customer);
}

enum octavo_outcome on_quiet_over(struct octavo_step *s) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    int64_t end_ms;
    if (!customer_get(s, customer))
        return OCTAVO_DONE;
    if (is_quiet(s, customer, &end_ms)) { /* the hours were changed meanwhile */
        octavo_timer_set(s, "quiet", octavo_event_key(s), end_ms);
        return OCTAVO_DONE;
    }
    queue_release(s, customer);
    if (customer[CUSTOMER_QUEUE_FIRST].integer < customer[CUSTOMER_QUEUE_END].integer)
        octavo_timer_set(s, "quiet", octavo_event_key(s), octavo_event_time_ms(s));
    return OCTAVO_DONE;
}

/* Behind those that wait it waits, too, or it would come before them. */
static void send_or_wait(struct octavo_step *s, struct octavo_value *customer,
                         struct octavo_text name, struct octavo_value *n) {
    int64_t end_ms = octavo_event_time_ms(s);
    bool others_wait =
        customer[CUSTOMER_QUEUE_FIRST].integer < customer[CUSTOMER_QUEUE_END].integer;
    bool waits = is_mail(name) && (is_quiet(s, customer, &end_ms) || others_wait);
    if (!waits) {
        notice_send(s, customer, name, n);
        return;
    }
    state_put(s, name, n, "waiting");
    queue_add(s, customer, name);
    octavo_timer_set(s, "quiet", octavo_event_key(s), end_ms);
}

/* ---- telling */

static void notice_begin(struct octavo_step *s, struct octavo_value *customer, const struct told *t,
                         const char *way) {
    struct octavo_value n[NOTICE_COLUMNS];
    char text[NOTICE_NAME_CHARS];
    struct octavo_text name = name_make(text, t->request, t->template, way);
    if (notice_get(s, name, n) || obstacle(s, customer, name))
        return;
    for (size_t i = 0; i < NOTICE_COLUMNS; i++)
        n[i] = octavo_text_value(nothing);
    n[NOTICE_TEMPLATE] = octavo_text_value(octavo_text(t->template));
    n[NOTICE_REQUEST] = octavo_text_value(t->request);
    n[NOTICE_AMOUNT] = octavo_int_value(t->amount);
    n[NOTICE_BALANCE] = octavo_int_value(t->balance);
    n[NOTICE_CURRENCY] =
        t->currency.len ? octavo_text_value(t->currency) : customer[CUSTOMER_CURRENCY];
    n[NOTICE_TIME] = octavo_int_value(octavo_event_time_ms(s));
    n[NOTICE_SENDS] = n[NOTICE_REVERSED] = octavo_int_value(0);
    send_or_wait(s, customer, name, n);
}

void notice_tell(struct octavo_step *s, const struct told *t) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    if (!customer_get(s, customer))
        return;
    for (size_t i = 0; i < 2; i++)
        notice_begin(s, customer, t, ways[i]);
}

/* ---- taking back */

static void take_back(struct octavo_step *s, struct octavo_value *customer, const struct told *t,
                      struct octavo_text name) {
    struct octavo_value n[NOTICE_COLUMNS];
    if (!notice_get(s, name, n))
        return;
    if (notice_is(n, "waiting")) {
        state_put(s, name, n, "cancelled");
    } else if (notice_is(n, "done")) {
        notice_begin(s, customer, t, is_mail(name) ? "mail" : "hook");
    } else if (notice_is(n, "sent")) { /* nobody knows yet whether it arrives */
        n[NOTICE_REVERSAL] = octavo_text_value(t->request);
        n[NOTICE_REVERSED] = octavo_int_value(t->amount);
        n[NOTICE_BALANCE] = octavo_int_value(t->balance);
        notice_put(s, name, n);
    }
}

void notice_take_back(struct octavo_step *s, const struct told *t, struct octavo_text original) {
    static const char *const templates[] = { "debit", "large-debit", "credit" };
    struct octavo_value customer[CUSTOMER_COLUMNS];
    char name[NOTICE_NAME_CHARS];
    for (size_t i = 0; i < 6 && customer_get(s, customer); i++)
        take_back(s, customer, t, name_make(name, original, templates[i / 2], ways[i % 2]));
}

static void correct_now(struct octavo_step *s, const char *way, const struct octavo_value *n) {
    struct octavo_value customer[CUSTOMER_COLUMNS];
    struct told t = {
        .template = "correction",
        .request = n[NOTICE_REVERSAL].text,
        .currency = n[NOTICE_CURRENCY].text,
        .amount = n[NOTICE_REVERSED].integer,
        .balance = n[NOTICE_BALANCE].integer,
    };
    if (n[NOTICE_REVERSED].integer > 0 && customer_get(s, customer))
        notice_begin(s, customer, &t, way);
}

/* ---- outcomes */

static enum octavo_outcome outcome_take(struct octavo_step *s, const char *way) {
    struct octavo_value sending[SENDING_COLUMNS], n[NOTICE_COLUMNS], customer[CUSTOMER_COLUMNS];
    struct octavo_text effect, outcome, reason = nothing;
    char state[16];
    if (!octavo_event_text(s, "effect", &effect) || !octavo_event_text(s, "outcome", &outcome))
        return octavo_refuse(s, OCTAVO_PARK, "no effect or outcome");
    (void)octavo_event_text(s, "reason", &reason);
    if (!octavo_row_get(s, "sending", effect, sending, SENDING_COLUMNS)
        || !notice_get(s, sending[SENDING_NOTICE].text, n))
        return OCTAVO_DONE;
    struct octavo_text name = sending[SENDING_NOTICE].text;
    (void)snprintf(state, sizeof(state), "%.*s", (int)outcome.len, outcome.data);
    n[NOTICE_REASON] = octavo_text_value(reason);
    state_put(s, name, n, state);
    if (octavo_text_is(outcome, "done"))
        correct_now(s, way, n);
    else if (octavo_text_is(outcome, "refused") && is_mail(name) && customer_get(s, customer))
        suppress(s, customer[CUSTOMER_EMAIL].text, reason);
    octavo_row_delete(s, "sending", effect);
    return OCTAVO_DONE;
}

enum octavo_outcome on_mail_outcome(struct octavo_step *s) {
    return outcome_take(s, "mail");
}

enum octavo_outcome on_hook_outcome(struct octavo_step *s) {
    return outcome_take(s, "hook");
}

/* An operator wants it sent again: as another effect, so the receiver will take it again. */
enum octavo_outcome on_resend_requested(struct octavo_step *s) {
    struct octavo_value n[NOTICE_COLUMNS], customer[CUSTOMER_COLUMNS];
    struct octavo_text name;
    if (!octavo_event_text(s, "notice", &name) || !customer_get(s, customer)
        || !notice_get(s, name, n) || notice_is(n, "waiting"))
        return OCTAVO_DONE;
    notice_send(s, customer, name, n);
    return OCTAVO_DONE;
}
