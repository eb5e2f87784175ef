/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The reference system, as a user would write one: it includes octavo.h and nothing else of ours.
 *
 * An order is a row {id, account, amount, park}. It is handed on by the gateway, booked by the
 * ledger and told by the notifier, each once. An order with park = 1 cannot be booked: it parks its
 * account until an operator drops it, and everything behind it waits. */
#include "octavo.h"

#include <stdio.h>

static const struct octavo_text nothing = { "", 0 };

struct order {
    int64_t number;
    int64_t amount;
    int64_t park;
};

static bool order_read(struct octavo_step *s, struct order *o) {
    *o = (struct order){ 0 };
    (void)octavo_event_int(s, "park", &o->park);
    return octavo_event_int(s, "id", &o->number) && octavo_event_int(s, "amount", &o->amount);
}

/* ---- gateway */

static enum octavo_outcome on_order_arrived(struct octavo_step *s) {
    struct order o;
    if (!order_read(s, &o))
        return octavo_refuse(s, OCTAVO_PARK, "an order without id or amount");
    octavo_event_begin(s, "order", "order-placed", octavo_event_key(s));
    octavo_put_int(s, "id", o.number);
    octavo_put_int(s, "amount", o.amount);
    octavo_put_int(s, "park", o.park);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- ledger */

enum { BALANCE, ORDERS, UNSETTLED, ACCOUNT_COLUMNS };
enum { SETTLE_AFTER_MS = 200 };

static void account_get(struct octavo_step *s, struct octavo_value *account) {
    if (octavo_row_get(s, "account", nothing, account, ACCOUNT_COLUMNS))
        return;
    for (int i = 0; i < ACCOUNT_COLUMNS; i++)
        account[i] = octavo_int_value(0);
}

static enum octavo_outcome on_order_placed(struct octavo_step *s) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    struct order o;
    if (!order_read(s, &o) || o.park)
        return octavo_refuse(s, OCTAVO_PARK, "order %lld is not to be booked", (long long)o.number);
    account_get(s, account);
    account[BALANCE].integer += o.amount;
    account[ORDERS].integer++;
    account[UNSETTLED].integer++;
    octavo_row_put(s, "account", nothing, account, ACCOUNT_COLUMNS);
    struct octavo_value posting[] = { octavo_int_value(o.number),
                                      octavo_text_value(octavo_event_key(s)),
                                      octavo_int_value(o.amount), account[BALANCE] };
    (void)octavo_log_add(s, "posting", posting, 4);
    octavo_timer_set(s, "settle", octavo_event_key(s), octavo_event_time_ms(s) + SETTLE_AFTER_MS);
    octavo_event_begin(s, "booked", "order-booked", octavo_event_key(s));
    octavo_put_int(s, "id", o.number);
    octavo_put_int(s, "amount", o.amount);
    octavo_put_int(s, "balance", account[BALANCE].integer);
    octavo_put_int(s, "nth", account[ORDERS].integer);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* The sum of all `settled` is the number of orders booked, however often the timer was moved. */
static enum octavo_outcome on_settle(struct octavo_step *s) {
    struct octavo_value account[ACCOUNT_COLUMNS];
    account_get(s, account);
    octavo_event_begin(s, "booked", "account-settled", octavo_event_key(s));
    octavo_put_int(s, "settled", account[UNSETTLED].integer);
    octavo_put_int(s, "balance", account[BALANCE].integer);
    octavo_end(s);
    account[UNSETTLED] = octavo_int_value(0);
    octavo_row_put(s, "account", nothing, account, ACCOUNT_COLUMNS);
    return OCTAVO_DONE;
}

/* ---- notifier */

enum { TOLD_NUMBER, TOLD_EDGE, TOLD_OUTCOME, TOLD_COLUMNS };

static const char *const edges[] = { "archive", "slips", "desk", "mail" };

/* By the effect's id when its outcome comes: that names the edge and the id, not the order. */
static void told_put(struct octavo_step *s, const struct order *o, const char *edge) {
    struct octavo_value told[TOLD_COLUMNS] = { octavo_int_value(o->number),
                                               octavo_text_value(octavo_text(edge)),
                                               octavo_text_value(octavo_text("asked")) };
    octavo_row_put(s, "told", octavo_effect_id(s), told, TOLD_COLUMNS);
}

static enum octavo_outcome on_order_booked(struct octavo_step *s) {
    char name[40], content[80];
    struct order o;
    int64_t balance;
    if (!order_read(s, &o) || !octavo_event_int(s, "balance", &balance))
        return octavo_refuse(s, OCTAVO_PARK, "a booking without id, amount or balance");
    const char *edge = edges[(size_t)o.number % (sizeof(edges) / sizeof(*edges))];
    (void)snprintf(name, sizeof(name), "order-%lld", (long long)o.number);
    (void)snprintf(content, sizeof(content), "%lld;%lld;%lld\n", (long long)o.number,
                   (long long)o.amount, (long long)balance);
    octavo_effect_begin(s, edge, "tell");
    told_put(s, &o, edge);
    if (edge == edges[3]) {
        octavo_put_text(s, "to", octavo_text("customer@reference.test"));
        octavo_put_text(s, "subject", octavo_text(name));
        octavo_put_text(s, "body", octavo_text(content));
    } else {
        octavo_put_text(s, "content", octavo_text(content));
    }
    if (edge == edges[1] || edge == edges[2]) /* the keyed one is called by the effect's id */
        octavo_put_text(s, "name", octavo_text(name));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_outcome(struct octavo_step *s) {
    struct octavo_value told[TOLD_COLUMNS];
    struct octavo_text effect, outcome;
    if (!octavo_event_text(s, "effect", &effect) || !octavo_event_text(s, "outcome", &outcome)
        || !octavo_row_get(s, "told", effect, told, TOLD_COLUMNS))
        return octavo_refuse(s, OCTAVO_PARK, "an outcome of an effect that was not asked for");
    octavo_event_begin(s, "told", "order-told", octavo_event_key(s));
    octavo_put_int(s, "id", told[TOLD_NUMBER].integer);
    octavo_put_text(s, "edge", told[TOLD_EDGE].text);
    octavo_put_text(s, "outcome", outcome);
    octavo_end(s);
    told[TOLD_OUTCOME] = octavo_text_value(outcome);
    octavo_row_put(s, "told", effect, told, TOLD_COLUMNS);
    return OCTAVO_DONE;
}

/* ---- summary */

enum { SUMMARY_TOLD, SUMMARY_LAST, SUMMARY_COLUMNS };

static enum octavo_outcome on_order_told(struct octavo_step *s) {
    struct octavo_value account[SUMMARY_COLUMNS];
    int64_t number;
    if (!octavo_event_int(s, "id", &number))
        return octavo_refuse(s, OCTAVO_PARK, "an order without id");
    if (!octavo_row_get(s, "account", nothing, account, SUMMARY_COLUMNS))
        account[SUMMARY_TOLD] = octavo_int_value(0);
    account[SUMMARY_TOLD].integer++;
    account[SUMMARY_LAST] = octavo_int_value(number);
    octavo_row_put(s, "account", nothing, account, SUMMARY_COLUMNS);
    octavo_event_begin(s, "summary", "account-summed", octavo_event_key(s));
    octavo_put_int(s, "told", account[SUMMARY_TOLD].integer);
    octavo_put_int(s, "last", number);
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- what it exports */

static const struct octavo_handler gateway[] = { { "order-arrived", on_order_arrived },
                                                 { NULL, NULL } };

static const struct octavo_handler ledger[] = { { "order-placed", on_order_placed },
                                                { "timer:settle", on_settle },
                                                { NULL, NULL } };

static const struct octavo_handler notifier[] = {
    { "order-booked", on_order_booked }, { "effect:archive", on_outcome },
    { "effect:slips", on_outcome },      { "effect:desk", on_outcome },
    { "effect:mail", on_outcome },       { NULL, NULL }
};

static const struct octavo_handler summary[] = { { "order-told", on_order_told }, { NULL, NULL } };

static const struct octavo_service services[] = { { "gateway", gateway },
                                                  { "ledger", ledger },
                                                  { "notifier", notifier },
                                                  { "summary", summary },
                                                  { NULL, NULL } };

static const struct octavo_command commands[] = { { NULL, NULL, NULL, NULL } };

extern const struct octavo_system octavo_system;
const struct octavo_system octavo_system = {
    .size = sizeof(struct octavo_system),
    .api = OCTAVO_API,
    .name = "reference",
    .services = services,
    .commands = commands,
};
