/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an account may give away: the one place where funds and limits are asked, for withdrawals,
 * holds and transfers alike. The limits come last, because a limit that is reserved stays so: a
 * decline for funds must leave it as it was. */
#include "ledger.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

bool account_takes(const struct request *r) {
    return r->has_account && !account_is(r->holder, "closed");
}

/* What a machine or a customer can do something about comes first. */
const char *request_fault(struct octavo_step *s, const struct request *r) {
    if (r->amount <= 0 || r->amount > AMOUNT_MAX)
        return CODE_AMOUNT;
    if (!account_takes(r))
        return CODE_CARD;
    if (!octavo_text_equal(r->currency, r->holder[ACCOUNT_CURRENCY].text))
        return CODE_CURRENCY;
    if (llabs(r->holder[ACCOUNT_BALANCE].integer) > BALANCE_MAX
        || !books_fit(s, r->currency, strncmp(r->kind, "transfer", 8) == 0 ? "clearing" : "cash"))
        return CODE_LIMIT;
    return NULL;
}

static int64_t fee_of(struct octavo_step *s, const struct request *r) {
    int64_t foreign = 0;
    if (octavo_text_is(octavo_text(r->kind), "transfer"))
        return r->holder[ACCOUNT_FEE_TRANSFER].integer;
    if (!octavo_text_is(octavo_text(r->kind), "withdrawal"))
        return 0;
    (void)octavo_event_int(s, "foreign", &foreign);
    return r->holder[ACCOUNT_FEE_WITHDRAWAL].integer
           + (foreign ? r->holder[ACCOUNT_FEE_FOREIGN].integer : 0);
}

static const char *limits_ask(struct octavo_step *s, struct request *r, char text[]) {
    struct limits_ask ask = {
        .card = r->card, .amount = r->amount, .forced = r->forced, .used = &r->holder[ACCOUNT_USED]
    };
    const char *code = limits_reserve_text(s, &ask, text);
    r->limits = octavo_text(text);
    r->limit_day = code ? 0 : ask.day;
    return code;
}

const char *spend_refusal(struct octavo_step *s, struct request *r,
                          char limits[SPEND_LIMITS_CHARS]) {
    const char *fault = request_fault(s, r);
    if (fault)
        return fault;
    r->fee = fee_of(s, r);
    if (!r->forced && account_is(r->holder, "frozen"))
        return CODE_RESTRICTED;
    if (!r->forced && account_available(r->holder) < r->amount + r->fee)
        return CODE_FUNDS;
    return limits_ask(s, r, limits);
}

static void release(struct octavo_step *s, struct request *r, const struct octavo_value *tx,
                    struct limits_ask ask) {
    ask.card = tx[TX_CARD].text;
    ask.day = tx[TX_LIMIT_DAY].integer;
    ask.used = &r->holder[ACCOUNT_USED];
    if (ask.day)
        limits_release(s, &ask);
}

void spend_release(struct octavo_step *s, struct request *r, const struct octavo_value *tx,
                   int64_t amount) {
    release(s, r, tx, (struct limits_ask){ .amount = amount });
}

void spend_release_part(struct octavo_step *s, struct request *r, const struct octavo_value *tx,
                        int64_t amount) {
    release(s, r, tx, (struct limits_ask){ .amount = amount, .in_part = true });
}
