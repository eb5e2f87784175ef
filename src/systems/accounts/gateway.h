/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of the gateway share: its rows, and what each kind of request is.
 *
 *   gateway.c          what cash machines ask: rows, and the events that ask the ledger
 *   gateway_teller.c   the same for callers over HTTP, whose requests are named http:KEY
 *   gateway_answer.c   what was decided, deadlines, and what the asker is told
 *   gateway_pin.c      wrong PINs are counted, and block a card
 *   gateway_standin.c  withdrawals that are approved without the ledger, where that is declared */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_GATEWAY_H
#define OCTAVO_SYSTEMS_ACCOUNTS_GATEWAY_H

#include "accounts.h"

enum card_column { CARD_ACCOUNT, CARD_CURRENCY, CARD_COLUMNS };
enum request_column {
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
    REQUEST_TO,
    REQUEST_ACTUAL,
    REQUEST_AVAILABLE,
    REQUEST_EXPIRES,
    REQUEST_UNTIL,
    REQUEST_STOOD_IN, /* cash that is out by our own word, and not in the books yet */
    REQUEST_COLUMNS
};
enum reference_column { REFERENCE_REQUEST, REFERENCE_UNTIL, REFERENCE_COLUMNS };
enum aside_column {
    ASIDE_REASON,
    ASIDE_TYPE,
    ASIDE_ACCOUNT,
    ASIDE_CARD,
    ASIDE_TERMINAL,
    ASIDE_AMOUNT,
    ASIDE_CURRENCY,
    ASIDE_TIME,
    ASIDE_COLUMNS
};

/* An Idempotency-Key has at most 200. */
enum { REQUEST_CHARS = 210 };

/* What becomes of a request at its deadline, and whether it waits at all. */
enum request_life {
    LIFE_MONEY,  /* told 91, and reversed in the same step: money may have moved */
    LIFE_AGAIN,  /* told 91, and goes on: its repeat gets the outcome */
    LIFE_READ,   /* as AGAIN, or one id would be asked twice */
    LIFE_ADVICE, /* acknowledged as soon as it is committed: it has happened, whatever we say */
};

struct request_kind {
    const char *asked;
    const char *requested; /* NULL: nobody else is told */
    enum request_life life;
    const char *advice; /* the kind of an advice-requested */
};

/* Of the type of a request or of its row; NULL: no request. */
const struct request_kind *kind_of(struct octavo_text asked);
bool kind_holds(const struct request_kind *kind); /* an authorisation */

struct octavo_text event_text(struct octavo_step *s, const char *field); /* "": absent */
void row_clear(struct octavo_value *row);
/* What the ledger is asked, from a row and from the event that is handled. */
void request_emit(struct octavo_step *s, const struct request_kind *kind,
                  struct octavo_text request, const struct octavo_value *row);
bool same_request(const struct octavo_value *a, const struct octavo_value *b);
/* A row from the request's fields, pending, with no account yet. False: a field is missing. */
bool asked_row_read(struct octavo_step *s, const struct request_kind *kind,
                    struct octavo_value *row);
/* The request is known already; `again` is what it says now. */
void asked_again(struct octavo_step *s, const struct request_kind *kind, struct octavo_value *row,
                 const struct octavo_value *again);
void asked_answer(struct octavo_step *s, struct octavo_value *row, const char *code);

/* A request of the HTTP edge, told in its words. */
bool is_of_teller(struct octavo_text request);
void teller_reply(struct octavo_step *s, struct octavo_text request,
                  const struct octavo_value *row);
enum octavo_outcome on_teller_asked(struct octavo_step *s);

bool row_is(const struct octavo_value *row, const char *state);
/* Writes into it how long it is kept. */
void row_put(struct octavo_step *s, struct octavo_text request, struct octavo_value *row);
void deadline_set(struct octavo_step *s, struct octavo_text request, struct octavo_value *row);

void reply_code(struct octavo_step *s, struct octavo_text request, const char *code);
/* The answer that a row stands for, the same for every repeat. */
void reply_row(struct octavo_step *s, struct octavo_text request, const struct octavo_value *row);

/* What cannot be posted stays in a table until somebody has seen to it, and says so by an event. */
void set_aside(struct octavo_step *s, struct octavo_text request, const struct octavo_value *aside);
/* The same of an advice that has a row, for the code that stands there. */
void advice_set_aside(struct octavo_step *s, struct octavo_text request,
                      const struct octavo_value *row);
void alarm_emit(struct octavo_step *s, struct octavo_text request, const struct octavo_value *row,
                const char *reason);

/* ---- gateway_pin.c */

/* The code by which it is refused: its card is blocked; NULL: its PIN was right, and the wrong ones
 * before it are forgotten. */
const char *pin_refusal(struct octavo_step *s, struct octavo_text card);
bool is_of_wrong_pin(const struct octavo_value *row); /* it was answered 55 or 75 */
enum octavo_outcome on_pin_wrong(struct octavo_step *s);
enum octavo_outcome on_pin_reset(struct octavo_step *s);

/* ---- gateway_standin.c */

/* At its deadline. True: the machine is told 00, and the row says so. */
bool standin_takes(struct octavo_step *s, struct octavo_text request, struct octavo_value *row);
/* The ledger's word on it has come: what it has declined is posted by force. */
void standin_decided(struct octavo_step *s, struct octavo_text request, struct octavo_value *row);
/* Of a reversal: the request that it takes back, by the name under which the books have it. */
struct octavo_text standin_original(struct octavo_step *s, const struct octavo_value *reversal,
                                    char name[REQUEST_CHARS + 3]);

enum octavo_outcome on_card_opened(struct octavo_step *s);
enum octavo_outcome on_decided(struct octavo_step *s);
enum octavo_outcome on_deadline(struct octavo_step *s);

#endif
