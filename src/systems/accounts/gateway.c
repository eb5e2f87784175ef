/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The gateway's memory of its requests: who asked what, and what was answered.
 *
 * A request is pending until its decision comes, or its deadline. At the deadline nobody knows the
 * outcome: the machine is told 91, and in the same step the reversal of its request is emitted -
 * its lane is the request's, so it comes behind it - and the row says reversed: whatever was
 * decided meanwhile, no money stays moved. A reversal has no reversal. At its deadline the machine
 * is told 91 too, but the row stays pending: when the machine repeats it, as it must, it gets the
 * outcome that came meanwhile, or waits again. The runtime answers the newest asker, so a repeat of
 * a pending request needs nothing from here. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

static const char topic[] = "account-transaction";

enum { CARD_ACCOUNT, CARD_CURRENCY, CARD_COLUMNS };
enum {
    REQUEST_STATE,
    REQUEST_TYPE,
    REQUEST_ACCOUNT,
    REQUEST_CARD,
    REQUEST_AMOUNT,
    REQUEST_CURRENCY,
    REQUEST_ORIGINAL,
    REQUEST_CODE,
    REQUEST_BALANCE,
    REQUEST_APPROVAL,
    REQUEST_DEADLINE,
    REQUEST_COLUMNS
};

enum { REQUEST_CHARS = 200 };

static const struct octavo_text nothing = { "", 0 };

/* ---- answers */

static void reply_code(struct octavo_step *s, struct octavo_text request, const char *code) {
    octavo_reply_begin(s, request);
    octavo_put_text(s, "code", octavo_text(code));
    octavo_end(s);
}

/* The answer that a row stands for, the same for every repeat. */
static void reply_row(struct octavo_step *s, struct octavo_text request,
                      const struct octavo_value *row) {
    octavo_reply_begin(s, request);
    octavo_put_text(s, "code", row[REQUEST_CODE].text);
    if (row[REQUEST_APPROVAL].text.len) {
        octavo_put_int(s, "balance", row[REQUEST_BALANCE].integer);
        octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
        octavo_put_text(s, "approval", row[REQUEST_APPROVAL].text);
    }
    octavo_end(s);
}

static bool row_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[REQUEST_STATE].text, state);
}

static void row_put(struct octavo_step *s, struct octavo_text request,
                    const struct octavo_value *row) {
    octavo_row_put(s, "request", request, row, REQUEST_COLUMNS);
}

static void deadline_set(struct octavo_step *s, struct octavo_text request,
                         struct octavo_value *row) {
    int64_t deadline = octavo_event_time_ms(s) + ACCOUNTS_DEADLINE_MS;
    row[REQUEST_DEADLINE] = octavo_int_value(deadline);
    octavo_timer_set(s, "deadline", request, deadline);
}

/* ---- requests */

static bool is_reversal(const struct octavo_value *row) {
    return octavo_text_is(row[REQUEST_TYPE].text, "reversal-asked");
}

/* A row from the request's fields, pending, with no account yet. False: a field is missing. */
static bool request_read(struct octavo_step *s, struct octavo_value *row) {
    struct octavo_text request, card, currency, original = nothing;
    int64_t amount;
    for (size_t i = 0; i < REQUEST_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    row[REQUEST_TYPE] = octavo_text_value(octavo_event_type(s));
    if (!octavo_event_text(s, "request", &request) || request.len > REQUEST_CHARS
        || !octavo_text_equal(request, octavo_event_key(s)) || !octavo_event_text(s, "card", &card)
        || !octavo_event_int(s, "amount", &amount) || !octavo_event_text(s, "currency", &currency)
        || (is_reversal(row) && !octavo_event_text(s, "original", &original)))
        return false;
    row[REQUEST_STATE] = octavo_text_value(octavo_text("pending"));
    row[REQUEST_CARD] = octavo_text_value(card);
    row[REQUEST_AMOUNT] = octavo_int_value(amount);
    row[REQUEST_CURRENCY] = octavo_text_value(currency);
    row[REQUEST_ORIGINAL] = octavo_text_value(original);
    row[REQUEST_BALANCE] = row[REQUEST_DEADLINE] = octavo_int_value(0);
    return true;
}

static bool same_request(const struct octavo_value *a, const struct octavo_value *b) {
    return octavo_text_equal(a[REQUEST_TYPE].text, b[REQUEST_TYPE].text)
           && octavo_text_equal(a[REQUEST_CARD].text, b[REQUEST_CARD].text)
           && octavo_text_equal(a[REQUEST_CURRENCY].text, b[REQUEST_CURRENCY].text)
           && octavo_text_equal(a[REQUEST_ORIGINAL].text, b[REQUEST_ORIGINAL].text)
           && a[REQUEST_AMOUNT].integer == b[REQUEST_AMOUNT].integer;
}

static void ask_again(struct octavo_step *s, struct octavo_value *row,
                      const struct octavo_value *again) {
    struct octavo_text request = octavo_event_key(s);
    if (!same_request(row, again)) {
        reply_code(s, request, CODE_DUPLICATE);
    } else if (!row_is(row, "pending")) {
        reply_row(s, request, row);
    } else if (row[REQUEST_DEADLINE].integer <= octavo_event_time_ms(s) && is_reversal(row)) {
        deadline_set(s, request, row); /* it was told 91 once; now it waits again */
        row_put(s, request, row);
    }
}

static void event_put(struct octavo_step *s, const struct octavo_value *row) {
    octavo_put_text(s, "account", row[REQUEST_ACCOUNT].text);
    octavo_put_int(s, "amount", row[REQUEST_AMOUNT].integer);
}

static void request_emit(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_text terminal = nothing;
    const char *type = is_reversal(row) ? "reversal-requested"
                       : octavo_text_is(row[REQUEST_TYPE].text, "deposit-asked")
                           ? "deposit-requested"
                           : "withdrawal-requested";
    (void)octavo_event_text(s, "terminal", &terminal);
    octavo_event_begin(s, topic, type, row[REQUEST_ACCOUNT].text);
    octavo_put_text(s, "request", octavo_event_key(s));
    if (is_reversal(row))
        octavo_put_text(s, "original", row[REQUEST_ORIGINAL].text);
    event_put(s, row);
    octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
    octavo_put_text(s, "terminal", terminal);
    octavo_end(s);
}

static enum octavo_outcome on_asked(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS], fresh[REQUEST_COLUMNS], card[CARD_COLUMNS];
    struct octavo_text request = octavo_event_key(s);
    if (!request_read(s, fresh)) {
        reply_code(s, request, CODE_FORMAT);
        return OCTAVO_DONE;
    }
    if (octavo_row_get(s, "request", request, row, REQUEST_COLUMNS)) {
        ask_again(s, row, fresh);
        return OCTAVO_DONE;
    }
    if (!octavo_row_get(s, "card", fresh[REQUEST_CARD].text, card, CARD_COLUMNS)) {
        fresh[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
        fresh[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_CARD));
        row_put(s, request, fresh);
        reply_row(s, request, fresh);
        return OCTAVO_DONE;
    }
    fresh[REQUEST_ACCOUNT] = card[CARD_ACCOUNT];
    deadline_set(s, request, fresh);
    row_put(s, request, fresh);
    request_emit(s, fresh);
    return OCTAVO_DONE;
}

/* ---- decisions */

/* The card's first account stays its account. */
static enum octavo_outcome on_card_opened(struct octavo_step *s) {
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

static void approval_put(struct octavo_step *s, struct octavo_value *row, char approval[8]) {
    int64_t balance, entry;
    if (!octavo_event_int(s, "balance", &balance) || !octavo_event_int(s, "entry", &entry))
        return;
    (void)snprintf(approval, 8, "%06d", (int)(entry % 1000000));
    row[REQUEST_BALANCE] = octavo_int_value(balance);
    row[REQUEST_APPROVAL] = octavo_text_value(octavo_text(approval));
}

/* Posted, declined or reversed. A request that is not pending was answered: 91, most likely. */
static enum octavo_outcome on_decided(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS];
    struct octavo_text request, code;
    char approval[8] = "";
    if (!octavo_event_text(s, "request", &request) || !octavo_event_text(s, "code", &code))
        return octavo_refuse(s, OCTAVO_PARK, "no request or code");
    if (!octavo_row_get(s, "request", request, row, REQUEST_COLUMNS) || !row_is(row, "pending"))
        return OCTAVO_DONE;
    row[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
    row[REQUEST_CODE] = octavo_text_value(code);
    if (octavo_text_is(octavo_event_type(s), "transaction-posted"))
        approval_put(s, row, approval);
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
    event_put(s, row);
    octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
    octavo_end(s);
}

static enum octavo_outcome on_deadline(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS];
    struct octavo_text request = octavo_event_key(s);
    if (!octavo_row_get(s, "request", request, row, REQUEST_COLUMNS) || !row_is(row, "pending"))
        return OCTAVO_DONE;
    reply_code(s, request, CODE_NO_ANSWER);
    if (is_reversal(row))
        return OCTAVO_DONE;
    row[REQUEST_STATE] = octavo_text_value(octavo_text("reversed"));
    row[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_NO_ANSWER));
    row_put(s, request, row);
    reversal_emit(s, request, row);
    return OCTAVO_DONE;
}

const struct octavo_handler gateway_handlers[] = {
    { "withdrawal-asked", on_asked },
    { "deposit-asked", on_asked },
    { "reversal-asked", on_asked },
    { "card-opened", on_card_opened },
    { "transaction-posted", on_decided },
    { "transaction-declined", on_decided },
    { "transaction-reversed", on_decided },
    { "timer:deadline", on_deadline },
    { NULL, NULL },
};
