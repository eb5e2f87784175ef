/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Holds: money that is promised and not yet given. A hold is a transaction row in state "held"; the
 * account's row has the sum of its holds, and what is available is without them.
 *
 *   held -> completed  a completion posts what was really given, the rest is free again
 *        -> voided     by a reversal
 *        -> expired    its time has come
 *
 * A hold ends once. Its time is the log's: a timer only writes hold-expiry-due into the topic when
 * the wall clock says so, and a completion whose record has the time of expiry or a later one is
 * too late, whether that event has come before it or not. So the topic alone decides, and whoever
 * reads it again finds the same. */
#include "ledger.h"

#include <stdio.h>
#include <string.h>

enum { TIMER_CHARS = 1024 };

/* Accounts have no colon. */
static struct octavo_text timer_key(char key[TIMER_CHARS], const struct request *r,
                                    struct octavo_text hold) {
    (void)snprintf(key, TIMER_CHARS, "%.*s:%.*s", (int)r->account.len, r->account.data,
                   (int)hold.len, hold.data);
    return octavo_text(key);
}

static void state_move(struct octavo_value *tx, const char *state) {
    tx[TX_STATE] = octavo_text_value(octavo_text(state));
}

static bool is_hold(const struct octavo_value *tx) {
    return octavo_text_is(tx[TX_KIND].text, "authorization");
}

/* The account's row is written with the answer. */
void hold_add(struct request *r, int64_t amount) {
    r->held = amount;
    r->holder[ACCOUNT_HELD].integer += amount;
    r->holder[ACCOUNT_HOLDS].integer++;
}

void hold_free(struct octavo_step *s, struct request *r, struct octavo_text hold,
               struct octavo_value *tx, const char *state) {
    char key[TIMER_CHARS];
    r->holder[ACCOUNT_HELD].integer -= tx[TX_HELD].integer;
    r->holder[ACCOUNT_HOLDS].integer--;
    if (tx[TX_EXPIRES].integer)
        octavo_timer_cancel(s, "hold-expiry", timer_key(key, r, hold));
    tx[TX_HELD] = octavo_int_value(0);
    state_move(tx, state);
    transaction_put(s, hold, tx);
}

void hold_tell(struct octavo_step *s, const struct request *r, struct octavo_text hold,
               const char *type, int64_t amount) {
    octavo_event_begin(s, TOPIC, type, octavo_event_key(s));
    octavo_put_text(s, "request", hold);
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_int(s, "amount", amount);
    octavo_put_int(s, "balance", r->holder[ACCOUNT_BALANCE].integer);
    octavo_put_int(s, "available", account_available(r->holder));
    octavo_put_text(s, "currency", r->holder[ACCOUNT_CURRENCY].text);
    octavo_end(s);
}

void hold_void(struct octavo_step *s, struct request *r, struct octavo_value *tx) {
    int64_t amount = tx[TX_HELD].integer;
    hold_free(s, r, r->original, tx, "voided");
    spend_release(s, r, tx, amount);
    hold_tell(s, r, r->original, "hold-voided", amount);
}

/* The machine gave less than it had asked for, and says so before it completes. */
void hold_lessen(struct octavo_step *s, struct request *r, struct octavo_value *tx) {
    int64_t less = tx[TX_HELD].integer - r->actual;
    r->holder[ACCOUNT_HELD].integer -= less;
    tx[TX_HELD] = octavo_int_value(r->actual);
    transaction_put(s, r->original, tx);
    spend_release_part(s, r, tx, less);
    hold_tell(s, r, r->original, "hold-lessened", less);
}

/* ---- placing */

static enum octavo_outcome hold_place(struct octavo_step *s, struct request *r) {
    char limits[SPEND_LIMITS_CHARS], key[TIMER_CHARS];
    int64_t now = octavo_event_time_ms(s);
    r->expires = now + HOLD_MS;
    bool timed = !octavo_event_int(s, "expires", &r->expires) || r->expires > now;
    const char *code = timed ? spend_refusal(s, r, limits) : CODE_FORMAT;
    if (code) {
        decline(s, r, code);
        return OCTAVO_DONE;
    }
    hold_add(r, r->amount);
    octavo_timer_set(s, "hold-expiry", timer_key(key, r, r->id), r->expires);
    conclude(s, r, (struct verdict){ "held", CODE_APPROVED, 0 });
    return OCTAVO_DONE;
}

enum octavo_outcome on_authorization_requested(struct octavo_step *s) {
    struct request r = { .kind = "authorization" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r) || r.account.len + r.id.len + 2 > TIMER_CHARS)
        return asked_refuse(s);
    bool has_fields =
        octavo_event_int(s, "amount", &r.amount) && octavo_event_text(s, "currency", &r.currency);
    if (transaction_get(s, r.id, tx))
        answer_again(s, &r, tx);
    else if (!has_fields)
        decline(s, &r, CODE_FORMAT);
    else
        return hold_place(s, &r);
    return OCTAVO_DONE;
}

/* ---- expiring */

/* It wakes the log, nothing else: who reads it decides. */
enum octavo_outcome on_hold_expiry(struct octavo_step *s) {
    struct octavo_text key = octavo_event_key(s);
    const char *colon = memchr(key.data, ':', key.len);
    if (!colon)
        return OCTAVO_DONE;
    struct octavo_text account = { key.data, (size_t)(colon - key.data) };
    struct octavo_text hold = { colon + 1, key.len - account.len - 1 };
    octavo_event_begin(s, TOPIC, "hold-expiry-due", account);
    octavo_put_text(s, "request", hold);
    octavo_put_text(s, "account", account);
    octavo_end(s);
    return OCTAVO_DONE;
}

static bool is_due(struct octavo_step *s, const struct octavo_value *tx) {
    return is_hold(tx) && transaction_is(tx, "held") && tx[TX_EXPIRES].integer
           && octavo_event_time_ms(s) >= tx[TX_EXPIRES].integer;
}

static void hold_expire(struct octavo_step *s, struct request *r, struct octavo_text hold,
                        struct octavo_value *tx) {
    int64_t amount = tx[TX_HELD].integer;
    hold_free(s, r, hold, tx, "expired");
    spend_release(s, r, tx, amount);
    account_put(s, r->account, r->holder);
    hold_tell(s, r, hold, "hold-expired", amount);
}

enum octavo_outcome on_hold_expiry_due(struct octavo_step *s) {
    struct request r = { .kind = "authorization" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    if (r.has_account && transaction_get(s, r.id, tx) && is_due(s, tx))
        hold_expire(s, &r, r.id, tx);
    return OCTAVO_DONE;
}

/* ---- completing */

/* NULL: it may be posted. Forced, it happened: only a second one of the same hold is refused. */
static const char *completion_refusal(const struct request *r, const struct octavo_value *tx,
                                      bool known) {
    if (known && (!is_hold(tx) || transaction_is(tx, "completed")))
        return CODE_INVALID;
    if (r->forced)
        return NULL;
    if (!known)
        return CODE_UNKNOWN;
    if (transaction_is(tx, "expired"))
        return CODE_LATE;
    if (!transaction_is(tx, "held"))
        return CODE_INVALID;
    return r->amount > tx[TX_HELD].integer ? CODE_AMOUNT : NULL;
}

/* The limits were reserved with the hold; what was not given counts no longer. */
static void hold_complete(struct octavo_step *s, struct request *r, struct octavo_value *tx) {
    int64_t held = tx[TX_HELD].integer;
    bool was_held = transaction_is(tx, "held");
    if (was_held) {
        hold_free(s, r, r->original, tx, "completed");
    } else {
        state_move(tx, "completed");
        transaction_put(s, r->original, tx);
    }
    r->limit_day = tx[TX_LIMIT_DAY].integer;
    if (!r->card.len)
        r->card = tx[TX_CARD].text;
    if (!was_held)
        r->limit_day = 0; /* it was given back when the hold ended */
    else if (held > r->amount)
        spend_release_part(s, r, tx, held - r->amount);
}

static void complete(struct octavo_step *s, struct request *r) {
    struct octavo_value tx[TX_COLUMNS];
    bool known = transaction_get(s, r->original, tx);
    const char *fault = request_fault(s, r);
    if (!fault && known && is_due(s, tx))
        hold_expire(s, r, r->original, tx);
    if (!fault)
        fault = completion_refusal(r, tx, known);
    if (fault) {
        decline(s, r, fault);
        return;
    }
    if (known)
        hold_complete(s, r, tx);
    int64_t entry = holder_post(s, r, -r->amount, "cash");
    if (account_available(r->holder) < 0)
        r->holder[ACCOUNT_FORCED].integer++;
    conclude(s, r, (struct verdict){ "posted", CODE_APPROVED, entry });
}

enum octavo_outcome on_completion_requested(struct octavo_step *s) {
    struct request r = { .kind = "completion" };
    struct octavo_value tx[TX_COLUMNS];
    int64_t forced = 0;
    if (!asked_read(s, &r))
        return asked_refuse(s);
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "original", &r.original) && r.original.len > 0
                      && r.original.len <= REQUEST_CHARS_MAX;
    (void)octavo_event_int(s, "forced", &forced);
    r.forced = forced != 0;
    if (!octavo_event_text(s, "currency", &r.currency) && r.has_account)
        r.currency = r.holder[ACCOUNT_CURRENCY].text;
    if (transaction_get(s, r.id, tx))
        answer_again(s, &r, tx);
    else if (!has_fields || octavo_text_equal(r.original, r.id))
        decline(s, &r, CODE_FORMAT);
    else
        complete(s, &r);
    return OCTAVO_DONE;
}
