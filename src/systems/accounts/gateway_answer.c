/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What was decided, or was not in time, and what the asker is told. */
#include "gateway.h"
#include "horizon.h"

#include <stdio.h>
#include <string.h>

static const char topic[] = "account-transaction";
static const struct octavo_text nothing = { "", 0 };

/* ---- rows */

bool row_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[REQUEST_STATE].text, state);
}

/* An approved hold may be completed while it stands, and a late machine may ask behind that. */
static int64_t row_until(struct octavo_step *s, const struct octavo_value *row) {
    int64_t until = horizon_until(s, &horizon_answers), now = octavo_event_time_ms(s);
    if (row_is(row, "pending") || row_is(row, "acknowledged") || row_is(row, "stood-in"))
        return 0;
    if (!kind_holds(kind_of(row[REQUEST_TYPE].text))
        || !octavo_text_is(row[REQUEST_CODE].text, CODE_APPROVED))
        return until;
    return until
           + (row[REQUEST_EXPIRES].integer > now ? row[REQUEST_EXPIRES].integer - now : HOLD_MS);
}

void row_put(struct octavo_step *s, struct octavo_text request, struct octavo_value *row) {
    row[REQUEST_UNTIL] = octavo_int_value(row_until(s, row));
    octavo_row_put(s, "request", request, row, REQUEST_COLUMNS);
}

void deadline_set(struct octavo_step *s, struct octavo_text request, struct octavo_value *row) {
    int64_t deadline = octavo_event_time_ms(s) + ACCOUNTS_DEADLINE_MS;
    row[REQUEST_DEADLINE] = octavo_int_value(deadline);
    octavo_timer_set(s, "deadline", request, deadline);
}

/* ---- answers */

void reply_code(struct octavo_step *s, struct octavo_text request, const char *code) {
    octavo_reply_begin(s, request);
    octavo_put_text(s, "code", octavo_text(code));
    octavo_end(s);
}

/* A row has amounts to tell when it has an approval. A hold has no balance of the books: what is
 * available is told alone. */
void reply_row(struct octavo_step *s, struct octavo_text request, const struct octavo_value *row) {
    bool read = octavo_text_is(row[REQUEST_TYPE].text, "balance-asked");
    if (is_of_teller(request)) {
        teller_reply(s, request, row);
        return;
    }
    octavo_reply_begin(s, request);
    octavo_put_text(s, "code", row[REQUEST_CODE].text);
    if (row[REQUEST_APPROVAL].text.len) {
        octavo_put_int(s, "balance", row[REQUEST_BALANCE].integer);
        if (read)
            octavo_put_int(s, "available", row[REQUEST_AVAILABLE].integer);
        octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
        octavo_put_text(s, "approval", row[REQUEST_APPROVAL].text);
    }
    octavo_end(s);
}

/* ---- what people must see to */

void alarm_emit(struct octavo_step *s, struct octavo_text request, const struct octavo_value *row,
                const char *reason) {
    struct octavo_text account = row[REQUEST_ACCOUNT].text;
    octavo_event_begin(s, topic, "atm-alarm-raised", account.len ? account : request);
    octavo_put_text(s, "request", request);
    octavo_put_text(s, "account", account);
    octavo_put_text(s, "reason", octavo_text(reason));
    octavo_put_int(s, "amount", row[REQUEST_AMOUNT].integer);
    octavo_end(s);
}

void set_aside(struct octavo_step *s, struct octavo_text request,
               const struct octavo_value *aside) {
    struct octavo_value row[REQUEST_COLUMNS];
    char reason[64];
    row[REQUEST_ACCOUNT] = aside[ASIDE_ACCOUNT];
    row[REQUEST_AMOUNT] = aside[ASIDE_AMOUNT];
    (void)snprintf(reason, sizeof(reason), "an advice is set aside with code %.*s",
                   (int)aside[ASIDE_REASON].text.len, aside[ASIDE_REASON].text.data);
    octavo_row_put(s, "set_aside", request, aside, ASIDE_COLUMNS);
    alarm_emit(s, request, row, reason);
}

/* ---- decisions */

/* The card's first account stays its account. */
enum octavo_outcome on_card_opened(struct octavo_step *s) {
    struct octavo_value card[CARD_COLUMNS];
    struct octavo_text token, account, currency;
    if (!octavo_event_text(s, "card", &token) || !octavo_event_text(s, "account", &account)
        || !octavo_event_text(s, "currency", &currency))
        return octavo_refuse(s, OCTAVO_PARK, "no card, account or currency");
    if (octavo_row_get(s, "card", token, card, CARD_COLUMNS))
        return OCTAVO_DONE;
    card[CARD_ACCOUNT] = octavo_text_value(account);
    card[CARD_CURRENCY] = octavo_text_value(currency);
    octavo_row_put(s, "card", token, card, CARD_COLUMNS);
    return OCTAVO_DONE;
}

/* An approval is the entry of the books that it stands for; what has none gets its request's. */
static void approval_put(struct octavo_step *s, struct octavo_value *row, char approval[8]) {
    int64_t balance = 0, available = 0, entry = 0;
    struct octavo_text currency;
    bool has_balance = octavo_event_int(s, "balance", &balance);
    bool has_available = octavo_event_int(s, "available", &available);
    if (!has_balance && !has_available)
        return;
    (void)octavo_event_int(s, "entry", &entry);
    (void)snprintf(approval, 8, "%06d", (int)(entry % 1000000));
    row[REQUEST_BALANCE] = octavo_int_value(has_balance ? balance : available);
    row[REQUEST_AVAILABLE] = octavo_int_value(has_available ? available : balance);
    row[REQUEST_APPROVAL] = octavo_text_value(octavo_text(approval));
    if (kind_of(row[REQUEST_TYPE].text)->life == LIFE_READ
        && octavo_event_text(s, "currency", &currency))
        row[REQUEST_CURRENCY] = octavo_text_value(currency);
}

void advice_set_aside(struct octavo_step *s, struct octavo_text request,
                      const struct octavo_value *row) {
    struct octavo_value aside[ASIDE_COLUMNS];
    aside[ASIDE_REASON] = row[REQUEST_CODE];
    aside[ASIDE_TYPE] = row[REQUEST_TYPE];
    aside[ASIDE_ACCOUNT] = row[REQUEST_ACCOUNT];
    aside[ASIDE_CARD] = row[REQUEST_CARD];
    aside[ASIDE_TERMINAL] = octavo_text_value(nothing);
    aside[ASIDE_AMOUNT] = row[REQUEST_AMOUNT];
    aside[ASIDE_CURRENCY] = row[REQUEST_CURRENCY];
    aside[ASIDE_TIME] = octavo_int_value(octavo_event_time_ms(s));
    set_aside(s, request, aside);
}

/* The ledger has the last word about an advice too, but its machine is not asked again. */
static void advice_decided(struct octavo_step *s, struct octavo_text request,
                           struct octavo_value *row) {
    row[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
    row_put(s, request, row);
    if (!octavo_text_is(row[REQUEST_CODE].text, CODE_APPROVED))
        advice_set_aside(s, request, row);
}

/* Posted, declined, reversed, held or told. A request that is not pending was answered: 91, most
 * likely. */
enum octavo_outcome on_decided(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS];
    struct octavo_text request, code = octavo_text(CODE_APPROVED);
    char approval[8] = "";
    bool told = octavo_text_is(octavo_event_type(s), "balance-told");
    if (!octavo_event_text(s, "request", &request)
        || (!octavo_event_text(s, "code", &code) && !told))
        return octavo_refuse(s, OCTAVO_PARK, "no request or code");
    if (!octavo_row_get(s, "request", request, row, REQUEST_COLUMNS))
        return OCTAVO_DONE;
    row[REQUEST_CODE] = octavo_text_value(code);
    if (row_is(row, "stood-in")) {
        standin_decided(s, request, row);
        return OCTAVO_DONE;
    }
    if (row_is(row, "acknowledged")) {
        advice_decided(s, request, row);
        return OCTAVO_DONE;
    }
    if (!row_is(row, "pending"))
        return OCTAVO_DONE;
    row[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
    if (octavo_text_is(code, CODE_APPROVED)
        && !octavo_text_is(octavo_event_type(s), "transaction-reversed"))
        approval_put(s, row, approval);
    if (is_of_teller(request) && told)
        octavo_row_delete(s, "request", request); /* its key will not come again */
    else
        row_put(s, request, row);
    octavo_timer_cancel(s, "deadline", request);
    reply_row(s, request, row);
    return OCTAVO_DONE;
}

/* ---- the deadline */

static void reversal_emit(struct octavo_step *s, struct octavo_text request,
                          const struct octavo_value *row) {
    char id[REQUEST_CHARS + 3];
    (void)snprintf(id, sizeof(id), "%.*s-R", (int)request.len, request.data);
    octavo_event_begin(s, topic, "reversal-requested", row[REQUEST_ACCOUNT].text);
    octavo_put_text(s, "request", octavo_text(id));
    octavo_put_text(s, "original", request);
    octavo_put_text(s, "account", row[REQUEST_ACCOUNT].text);
    octavo_put_int(s, "amount", row[REQUEST_AMOUNT].integer);
    octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
    octavo_end(s);
}

static void deadline_pass(struct octavo_step *s, enum request_life life, struct octavo_text request,
                          struct octavo_value *row) {
    switch (life) {
    case LIFE_AGAIN:
    case LIFE_ADVICE: /* has no deadline */
        return;
    case LIFE_READ:
        if (is_of_teller(request))
            octavo_row_delete(s, "request", request); /* its key will not come again */
        return;
    case LIFE_MONEY:
        row[REQUEST_STATE] = octavo_text_value(octavo_text("reversed"));
        row_put(s, request, row);
        reversal_emit(s, request, row);
        return;
    }
}

enum octavo_outcome on_deadline(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS];
    struct octavo_text request = octavo_event_key(s);
    if (!octavo_row_get(s, "request", request, row, REQUEST_COLUMNS) || !row_is(row, "pending"))
        return OCTAVO_DONE;
    if (standin_takes(s, request, row)) {
        reply_row(s, request, row);
        return OCTAVO_DONE;
    }
    row[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_NO_ANSWER));
    reply_row(s, request, row);
    deadline_pass(s, kind_of(row[REQUEST_TYPE].text)->life, request, row);
    return OCTAVO_DONE;
}
