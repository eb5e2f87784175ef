/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transaction rows. A row is the answer to its request: the same request again gets the same event
 * again, and moves nothing.
 *
 * Answers and tombstones are kept for the setting answers_keep_days (horizon.h): column `until`
 * says when that is over, by the log's time, and the runtime forgets them then. What is still open
 * (a hold, a transfer on its way) has no such time. */
#include "horizon.h"
#include "ledger.h"

#include <string.h>

bool transaction_get(struct octavo_step *s, struct octavo_text request, struct octavo_value *tx) {
    return octavo_row_get(s, "transaction", request, tx, TX_COLUMNS);
}

bool transaction_is(const struct octavo_value *tx, const char *state) {
    return octavo_text_is(tx[TX_STATE].text, state);
}

static bool is_open(const struct octavo_value *tx) {
    return transaction_is(tx, "held") || transaction_is(tx, "reversing")
           || transaction_is(tx, "returning");
}

void transaction_put(struct octavo_step *s, struct octavo_text request, struct octavo_value *tx) {
    tx[TX_UNTIL] = octavo_int_value(is_open(tx) ? 0 : horizon_until(s, &horizon_answers));
    octavo_row_put(s, "transaction", request, tx, TX_COLUMNS);
}

/* ---- telling */

static const struct {
    const char *state;
    const char *event;
} told[] = {
    { "reversing", "transfer-begun" },
    { "adjusted", "transaction-posted" },
    { "declined", "transaction-declined" },
    { "acknowledged", "transaction-reversed" },
    { "told", "balance-told" },
    { "posted", "transaction-posted" },
    { "reversed", "transaction-posted" },
    { "returning", "transaction-posted" },
    { "completed", "hold-placed" },
    { "voided", "hold-placed" },
    { "expired", "hold-placed" },
    { "held", "hold-placed" },
};

/* What was posted and then reversed was approved: its repeat is told so, and its reversal follows.
 */
static const char *event_of(const struct octavo_value *tx) {
    if (transaction_is(tx, "held") && octavo_text_is(tx[TX_KIND].text, "transfer"))
        return "transfer-begun";
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (transaction_is(tx, told[i].state))
            return told[i].event;
    return "transaction-declined";
}

static void put_text_if(struct octavo_step *s, const char *field, struct octavo_text t) {
    if (t.len)
        octavo_put_text(s, field, t);
}

static void put_int_if(struct octavo_step *s, const char *field, int64_t v) {
    if (v)
        octavo_put_int(s, field, v);
}

/* What only some have. */
static void tell_rest(struct octavo_step *s, const struct octavo_value *tx) {
    put_int_if(s, "fee", tx[TX_FEE].integer);
    put_int_if(s, "forced", tx[TX_FORCED].integer);
    if (tx[TX_ACTUAL].integer >= 0)
        octavo_put_int(s, "actual", tx[TX_ACTUAL].integer);
    put_int_if(s, "expires", tx[TX_EXPIRES].integer);
    put_text_if(s, octavo_text_is(tx[TX_KIND].text, "transfer") ? "to" : "from", tx[TX_TO].text);
    put_text_if(s, "card", tx[TX_CARD].text);
    put_text_if(s, "terminal", tx[TX_TERMINAL].text);
    put_text_if(s, "rrn", tx[TX_RRN].text);
    put_text_if(s, "limits", tx[TX_LIMITS].text);
}

/* The event that a transaction row stands for: the first time, and for every repeat. */
static void tell(struct octavo_step *s, const struct request *r, const struct octavo_value *tx) {
    const char *type = event_of(tx);
    octavo_event_begin(s, TOPIC, type, octavo_event_key(s));
    octavo_put_text(s, "request", r->id);
    octavo_put_text(s, "kind", octavo_text(r->kind));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_int(s, "amount", r->amount);
    octavo_put_text(s, "code", tx[TX_CODE].text);
    octavo_put_int(s, "balance", tx[TX_BALANCE].integer);
    octavo_put_int(s, "available", tx[TX_AVAILABLE].integer);
    put_text_if(s, "currency", tx[TX_CURRENCY].text);
    put_text_if(s, "original", tx[TX_ORIGINAL].text);
    if (strcmp(type, "transaction-posted") == 0 || strcmp(type, "transaction-reversed") == 0)
        octavo_put_int(s, "entry", tx[TX_ENTRY].integer);
    tell_rest(s, tx);
    octavo_end(s);
}

/* ---- deciding */

static void row_fill(struct octavo_step *s, const struct request *r, struct octavo_value *tx) {
    bool is = r->has_account;
    tx[TX_KIND] = octavo_text_value(octavo_text(r->kind));
    tx[TX_AMOUNT] = octavo_int_value(r->amount);
    tx[TX_CURRENCY] = octavo_text_value(r->currency);
    tx[TX_ORIGINAL] = octavo_text_value(r->original);
    tx[TX_BALANCE] = octavo_int_value(is ? r->holder[ACCOUNT_BALANCE].integer : 0);
    tx[TX_TIME] = octavo_int_value(octavo_event_time_ms(s));
    tx[TX_AVAILABLE] = octavo_int_value(is ? account_available(r->holder) : 0);
    tx[TX_RESERVED] = octavo_int_value(is ? r->holder[ACCOUNT_HELD].integer : 0);
    tx[TX_HELD] = octavo_int_value(r->held);
    tx[TX_EXPIRES] = octavo_int_value(r->expires);
    tx[TX_TO] = octavo_text_value(r->to);
    tx[TX_FEE] = octavo_int_value(r->fee);
    tx[TX_FORCED] = octavo_int_value(r->forced);
    tx[TX_ACTUAL] = octavo_int_value(r->actual);
    tx[TX_CARD] = octavo_text_value(r->card);
    tx[TX_TERMINAL] = octavo_text_value(r->terminal);
    tx[TX_RRN] = octavo_text_value(r->rrn);
    tx[TX_LIMITS] = octavo_text_value(r->limits);
    tx[TX_LIMIT_DAY] = octavo_int_value(r->limit_day);
}

static void verdict_fill(struct octavo_value *tx, struct verdict v) {
    tx[TX_STATE] = octavo_text_value(octavo_text(v.state));
    tx[TX_CODE] = octavo_text_value(octavo_text(v.code));
    tx[TX_ENTRY] = octavo_int_value(v.entry);
}

void conclude(struct octavo_step *s, struct request *r, struct verdict v) {
    struct octavo_value tx[TX_COLUMNS];
    row_fill(s, r, tx);
    verdict_fill(tx, v);
    transaction_put(s, r->id, tx);
    tell(s, r, tx);
    if (r->has_account)
        account_put(s, r->account, r->holder);
}

void decline(struct octavo_step *s, struct request *r, const char *code) {
    r->fee = r->held = r->expires = 0;
    conclude(s, r, (struct verdict){ "declined", code, 0 });
}

void tombstone_put(struct octavo_step *s, struct request *r) {
    struct octavo_value tx[TX_COLUMNS];
    struct request late = { .kind = "", .amount = r->amount, .actual = -1 };
    row_fill(s, &late, tx);
    verdict_fill(tx, (struct verdict){ "tombstone", CODE_LATE, 0 });
    transaction_put(s, r->original, tx);
}

static bool is_same(const struct request *r, const struct octavo_value *tx) {
    return octavo_text_is(tx[TX_KIND].text, r->kind) && tx[TX_AMOUNT].integer == r->amount
           && tx[TX_ACTUAL].integer == r->actual
           && octavo_text_equal(tx[TX_CURRENCY].text, r->currency)
           && octavo_text_equal(tx[TX_ORIGINAL].text, r->original)
           && octavo_text_equal(tx[TX_TO].text, r->to);
}

void answer_again(struct octavo_step *s, struct request *r, const struct octavo_value *tx) {
    struct octavo_value duplicate[TX_COLUMNS];
    if (transaction_is(tx, "tombstone") && r->original.len == 0) {
        decline(s, r, CODE_LATE);
        return;
    }
    if (is_same(r, tx)) {
        tell(s, r, tx);
        return;
    }
    memcpy(duplicate, tx, sizeof(duplicate)); /* told, not stored: the first one's row stays */
    verdict_fill(duplicate, (struct verdict){ "declined", CODE_DUPLICATE, 0 });
    duplicate[TX_LIMITS] = duplicate[TX_CARD] = octavo_text_value(nothing);
    tell(s, r, duplicate);
    alarm_raise(s, r, "the same request with another body", r->amount);
}
