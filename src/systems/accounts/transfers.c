/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transfers, each ID in two halves that both balance in their partition, through its clearing:
 *
 *   ID         A gives to clearing           ID/credit   clearing gives to B
 *   ID/back    clearing gives to A again     ID/return   B gives to clearing again
 *
 * Both accounts in this partition: both halves in one step. Else in four, each of which the log
 * repeats and a row makes once:
 *
 *   A  transfer-requested            holds amount and fee, without expiry; asks B
 *   B  transfer-credit-requested     takes, or refuses; says so to A
 *   A  transfer-credited             posts its half, the hold ends
 *      transfer-credit-refused       the hold is void, the transfer declined
 *
 * B's credit is the pivot: before it nothing has moved, after it only a return undoes. A reversal
 * before the pivot waits for it. A return takes from B what B still has, and the rest from
 * suspense, with an alarm: whoever was told 91 has no money moved. Clearings of all partitions
 * together are zero when no transfer is on its way. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HALF_CHARS = REQUEST_CHARS_MAX + 16, TRANSFER_ID_MAX = 248, TO_CHARS_MAX = 512 };

static struct octavo_text half_name(char name[HALF_CHARS], struct octavo_text id,
                                    const char *half) {
    int len = snprintf(name, HALF_CHARS, "%.*s/%s", (int)id.len, id.data, half);
    return (struct octavo_text){ name, (size_t)len };
}

/* A transfer's own row as the request that it was. */
static void request_restore(struct request *r, const struct octavo_value *tx) {
    r->kind = "transfer";
    r->amount = tx[TX_AMOUNT].integer;
    r->currency = tx[TX_CURRENCY].text;
    r->to = tx[TX_TO].text;
    r->fee = tx[TX_FEE].integer;
    r->card = tx[TX_CARD].text;
    r->terminal = tx[TX_TERMINAL].text;
    r->rrn = tx[TX_RRN].text;
    r->limits = tx[TX_LIMITS].text;
    r->limit_day = tx[TX_LIMIT_DAY].integer;
}

static void state_put(struct octavo_step *s, struct octavo_text id, struct octavo_value *tx,
                      const char *state) {
    tx[TX_STATE] = octavo_text_value(octavo_text(state));
    transaction_put(s, id, tx);
}

/* What one half says to the other: `other` is whose key it gets, and who says it is in it. */
static void half_tell(struct octavo_step *s, const char *type, struct octavo_text id,
                      struct octavo_text other) {
    octavo_event_begin(s, TOPIC, type, other);
    octavo_put_text(s, "request", id);
    octavo_put_text(s, "account", other);
    octavo_put_text(s, "other", octavo_event_key(s));
}

static void half_ask(struct octavo_step *s, const char *type, const struct octavo_value *tx,
                     struct octavo_text id) {
    half_tell(s, type, id, tx[TX_TO].text);
    octavo_put_int(s, "amount", tx[TX_AMOUNT].integer);
    octavo_put_text(s, "currency", tx[TX_CURRENCY].text);
    octavo_end(s);
}

/* ---- inside one partition */

/* The other account's half of a step, told to it as its own transaction. */
static void peer_post(struct octavo_step *s, const struct request *r, const char *half,
                      struct octavo_value *peer) {
    char name[HALF_CHARS], kind[24];
    bool credit = strcmp(half, "credit") == 0;
    struct octavo_text id = half_name(name, credit ? r->id : r->original, half);
    int64_t amount = credit ? r->amount : -r->amount;
    struct posting p = { id, r->to, peer[ACCOUNT_CURRENCY].text, "clearing", amount };
    peer[ACCOUNT_ENTRY] = octavo_int_value(ledger_post(s, &p));
    peer[ACCOUNT_BALANCE].integer += amount;
    account_put(s, r->to, peer);
    (void)snprintf(kind, sizeof(kind), "transfer-%s", half);
    octavo_event_begin(s, TOPIC, "transaction-posted", r->to);
    octavo_put_text(s, "request", id);
    octavo_put_text(s, "kind", octavo_text(kind));
    octavo_put_text(s, "account", r->to);
    octavo_put_int(s, "amount", r->amount);
    octavo_put_text(s, "code", octavo_text(CODE_APPROVED));
    octavo_put_int(s, "balance", peer[ACCOUNT_BALANCE].integer);
    octavo_put_int(s, "available", account_available(peer));
    octavo_put_text(s, "currency", peer[ACCOUNT_CURRENCY].text);
    octavo_put_int(s, "entry", peer[ACCOUNT_ENTRY].integer);
    octavo_put_text(s, "from", octavo_event_key(s));
    octavo_end(s);
}

static const char *peer_fault(const struct request *r, const struct octavo_value *peer) {
    if (account_is(peer, "closed"))
        return CODE_CARD;
    if (!octavo_text_equal(peer[ACCOUNT_CURRENCY].text, r->currency))
        return CODE_CURRENCY;
    return llabs(peer[ACCOUNT_BALANCE].integer) > BALANCE_MAX ? CODE_LIMIT : NULL;
}

static int64_t holder_give(struct octavo_step *s, struct request *r) {
    int64_t entry = holder_post(s, r, -r->amount, "clearing");
    if (r->fee)
        (void)holder_post(s, r, -r->fee, "fees");
    return entry;
}

/* ---- A asks */

static void transfer_begin(struct octavo_step *s, struct request *r) {
    struct octavo_value tx[TX_COLUMNS];
    hold_add(r, r->amount + r->fee);
    conclude(s, r, (struct verdict){ "held", CODE_APPROVED, 0 });
    if (transaction_get(s, r->id, tx))
        half_ask(s, "transfer-credit-requested", tx, r->id);
}

static void transfer_decide(struct octavo_step *s, struct request *r) {
    char limits[SPEND_LIMITS_CHARS];
    struct octavo_value peer[ACCOUNT_COLUMNS];
    bool local = account_get(s, r->to, peer);
    const char *code = request_fault(s, r);
    if (!code && local)
        code = peer_fault(r, peer);
    if (!code)
        code = spend_refusal(s, r, limits);
    if (code) {
        decline(s, r, code);
    } else if (!local) {
        transfer_begin(s, r);
    } else {
        int64_t entry = holder_give(s, r);
        peer_post(s, r, "credit", peer);
        conclude(s, r, (struct verdict){ "posted", CODE_APPROVED, entry });
    }
}

enum octavo_outcome on_transfer_requested(struct octavo_step *s) {
    struct request r = { .kind = "transfer" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    bool has_fields = octavo_event_int(s, "amount", &r.amount)
                      && octavo_event_text(s, "currency", &r.currency)
                      && octavo_event_text(s, "to", &r.to) && r.to.len > 0
                      && r.to.len <= TO_CHARS_MAX && r.id.len <= TRANSFER_ID_MAX;
    if (transaction_get(s, r.id, tx))
        answer_again(s, &r, tx);
    else if (!has_fields)
        decline(s, &r, CODE_FORMAT);
    else if (octavo_text_equal(r.to, r.account))
        decline(s, &r, CODE_INVALID);
    else
        transfer_decide(s, &r);
    return OCTAVO_DONE;
}

/* ---- B answers */

static void half_answer(struct octavo_step *s, const struct request *r, struct octavo_text id,
                        const struct octavo_value *tx) {
    bool taken = !transaction_is(tx, "declined");
    half_tell(s, taken ? "transfer-credited" : "transfer-credit-refused", id, r->to);
    octavo_put_text(s, "code", tx[TX_CODE].text);
    octavo_end(s);
}

/* Asked by a transfer's other half: `to` is who asks, the id gets the half's name. */
static bool half_read(struct octavo_step *s, struct request *r, struct octavo_text *id) {
    return asked_read(s, r) && (*id = r->id).len <= TRANSFER_ID_MAX
           && octavo_event_text(s, "other", &r->to) && r->to.len > 0
           && octavo_event_int(s, "amount", &r->amount)
           && octavo_event_text(s, "currency", &r->currency);
}

enum octavo_outcome on_transfer_credit_requested(struct octavo_step *s) {
    struct request r = { .kind = "transfer-credit" };
    struct octavo_value tx[TX_COLUMNS];
    struct octavo_text id;
    char name[HALF_CHARS];
    if (!half_read(s, &r, &id))
        return asked_refuse(s);
    r.id = half_name(name, id, "credit");
    if (!transaction_get(s, r.id, tx)) {
        const char *code = request_fault(s, &r);
        if (code)
            decline(s, &r, code);
        else
            conclude(s, &r,
                     (struct verdict){ "posted", CODE_APPROVED,
                                       holder_post(s, &r, r.amount, "clearing") });
    }
    if (transaction_get(s, r.id, tx))
        half_answer(s, &r, id, tx);
    return OCTAVO_DONE;
}

/* ---- A ends it */

static bool is_on_its_way(const struct octavo_value *tx) {
    return octavo_text_is(tx[TX_KIND].text, "transfer")
           && (transaction_is(tx, "held") || transaction_is(tx, "reversing"));
}

static void return_ask(struct octavo_step *s, struct octavo_text id, struct octavo_value *tx) {
    state_put(s, id, tx, "returning");
    half_ask(s, "transfer-return-requested", tx, id);
}

enum octavo_outcome on_transfer_credited(struct octavo_step *s) {
    struct request r = { .kind = "transfer" };
    struct octavo_value tx[TX_COLUMNS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    if (!r.has_account || !transaction_get(s, r.id, tx) || !is_on_its_way(tx))
        return OCTAVO_DONE; /* told again */
    bool reversing = transaction_is(tx, "reversing");
    request_restore(&r, tx);
    hold_free(s, &r, r.id, tx, "posted");
    conclude(s, &r, (struct verdict){ "posted", CODE_APPROVED, holder_give(s, &r) });
    if (reversing && transaction_get(s, r.id, tx))
        return_ask(s, r.id, tx);
    return OCTAVO_DONE;
}

enum octavo_outcome on_transfer_credit_refused(struct octavo_step *s) {
    struct request r = { .kind = "transfer" };
    struct octavo_value tx[TX_COLUMNS];
    struct octavo_text code;
    char closed[8];
    if (!asked_read(s, &r) || !octavo_event_text(s, "code", &code))
        return asked_refuse(s);
    if (!r.has_account || !transaction_get(s, r.id, tx) || !is_on_its_way(tx))
        return OCTAVO_DONE;
    request_restore(&r, tx);
    hold_free(s, &r, r.id, tx, "declined");
    spend_release(s, &r, tx, r.amount);
    hold_tell(s, &r, r.id, "hold-voided", r.amount);
    (void)snprintf(closed, sizeof(closed), "%.*s", (int)code.len, code.data);
    r.limit_day = 0;
    decline(s, &r, closed);
    return OCTAVO_DONE;
}

/* ---- a posted transfer comes back */

/* What the account has of it; the rest is owed, and suspense gives it. */
static int64_t holder_return(struct octavo_step *s, struct request *r) {
    int64_t has = account_available(r->holder), entry = 0;
    has = has < 0 || !account_takes(r) ? 0 : has;
    if (has > 0)
        entry = holder_post(s, r, has < r->amount ? -has : -r->amount, "clearing");
    if (has < r->amount) {
        int64_t owed = suspense_post(s, r, has - r->amount, "clearing");
        alarm_raise(s, r, "a transfer came back after its money was spent", r->amount - has);
        entry = entry ? entry : owed;
    }
    return entry;
}

/* Only of what was credited here: anybody's word would empty the account. */
enum octavo_outcome on_transfer_return_requested(struct octavo_step *s) {
    struct request r = { .kind = "transfer-return" };
    struct octavo_value credit[TX_COLUMNS], tx[TX_COLUMNS];
    struct octavo_text id;
    char name[HALF_CHARS], credit_name[HALF_CHARS];
    if (!half_read(s, &r, &id))
        return asked_refuse(s);
    r.id = half_name(name, id, "return");
    bool credited =
        r.has_account && transaction_get(s, half_name(credit_name, id, "credit"), credit)
        && credit[TX_AMOUNT].integer == r.amount && octavo_text_equal(credit[TX_TO].text, r.to);
    if (!transaction_get(s, r.id, tx)) {
        if (!credited || !transaction_is(credit, "posted")) {
            alarm_raise(s, &r, "a transfer is to come back that was not credited", r.amount);
            return OCTAVO_DONE;
        }
        state_put(s, octavo_text(credit_name), credit, "reversed");
        conclude(s, &r, (struct verdict){ "posted", CODE_APPROVED, holder_return(s, &r) });
    }
    half_tell(s, "transfer-returned", id, r.to);
    octavo_end(s);
    return OCTAVO_DONE;
}

static int64_t holder_regain(struct octavo_step *s, struct request *r,
                             const struct octavo_value *tx) {
    int64_t entry = holder_post(s, r, tx[TX_AMOUNT].integer, "clearing");
    if (tx[TX_FEE].integer)
        (void)holder_post(s, r, tx[TX_FEE].integer, "fees");
    spend_release(s, r, tx, tx[TX_AMOUNT].integer);
    return entry;
}

enum octavo_outcome on_transfer_returned(struct octavo_step *s) {
    struct request r = { .kind = "reversal" };
    struct octavo_value tx[TX_COLUMNS];
    char name[HALF_CHARS];
    if (!asked_read(s, &r))
        return asked_refuse(s);
    if (!r.has_account || !transaction_get(s, r.id, tx) || !transaction_is(tx, "returning"))
        return OCTAVO_DONE;
    r.original = r.id;
    r.id = half_name(name, r.id, "back");
    r.amount = tx[TX_AMOUNT].integer;
    state_put(s, r.original, tx, "reversed");
    conclude(s, &r, (struct verdict){ "acknowledged", CODE_APPROVED, holder_regain(s, &r, tx) });
    return OCTAVO_DONE;
}

/* Both in this partition: B gives what it has, and the rest is owed. */
static int64_t return_here(struct octavo_step *s, struct request *r, struct octavo_value *tx,
                           struct octavo_value *peer) {
    struct request back = *r;
    int64_t has = account_available(peer), amount = tx[TX_AMOUNT].integer;
    has = has < 0 || account_is(peer, "closed") ? 0 : has < amount ? has : amount;
    back.to = tx[TX_TO].text;
    back.amount = has;
    if (has > 0)
        peer_post(s, &back, "return", peer);
    if (has < amount) {
        char name[HALF_CHARS];
        back.id = half_name(name, r->original, "return");
        (void)suspense_post(s, &back, has - amount, "clearing");
        alarm_raise(s, r, "a transfer came back after its money was spent", amount - has);
    }
    state_put(s, r->original, tx, "reversed");
    return holder_regain(s, r, tx);
}

void transfer_reverse(struct octavo_step *s, struct request *r, struct octavo_value *tx) {
    struct octavo_value peer[ACCOUNT_COLUMNS];
    struct verdict acknowledged = { "acknowledged", CODE_APPROVED, 0 };
    if (transaction_is(tx, "held"))
        state_put(s, r->original, tx, "reversing");
    else if (transaction_is(tx, "posted") && account_get(s, tx[TX_TO].text, peer))
        acknowledged.entry = return_here(s, r, tx, peer);
    else if (transaction_is(tx, "posted"))
        return_ask(s, r->original, tx);
    conclude(s, r, acknowledged);
}
