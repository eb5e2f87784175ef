/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Stand-in: a withdrawal that has no decision by its deadline is approved by the gateway itself, up
 * to the setting `stand_in` (minor units for a card and day, UTC; 0, which it is: never).
 *
 * Its request stands in the topic, so the ledger will decide it. Does it approve, all is well. Does
 * it decline, the cash is out nevertheless, and an advice posts it by force, with an alarm, under
 * the name of the request and "-F". A reversal that comes before the ledger's word needs no advice:
 * it stands behind its original in the topic, and takes back what may be approved yet; one that
 * comes later names what the books have. So what came out is posted once, and nothing else. */
#include "gateway.h"
#include "horizon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAKEN_BACK = -1 }; /* in the column stood_in: its reversal came before its deadline */
enum { STOOD_DAY, STOOD_AMOUNT, STOOD_UNTIL, STOOD_COLUMNS };

static int64_t most(struct octavo_step *s) {
    return strtoll(octavo_setting(s, "stand_in", "0"), NULL, 10);
}

static bool is_card_currency(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_value card[CARD_COLUMNS];
    return octavo_row_get(s, "card", row[REQUEST_CARD].text, card, CARD_COLUMNS)
           && octavo_text_equal(card[CARD_CURRENCY].text, row[REQUEST_CURRENCY].text);
}

/* False: over what the card may have today. */
static bool amount_take(struct octavo_step *s, struct octavo_text card, int64_t amount) {
    struct octavo_value stood[STOOD_COLUMNS];
    int64_t day = 0, used = 0;
    if (!octavo_local_day(s, octavo_text("UTC"), octavo_event_time_ms(s), &day))
        return false;
    if (octavo_row_get(s, "stood_in", card, stood, STOOD_COLUMNS)
        && stood[STOOD_DAY].integer == day)
        used = stood[STOOD_AMOUNT].integer;
    if (amount <= 0 || amount > most(s) - used)
        return false;
    stood[STOOD_DAY] = octavo_int_value(day);
    stood[STOOD_AMOUNT] = octavo_int_value(used + amount);
    stood[STOOD_UNTIL] = octavo_int_value(octavo_event_time_ms(s) + 2 * DAY_MS);
    octavo_row_put(s, "stood_in", card, stood, STOOD_COLUMNS);
    return true;
}

bool standin_takes(struct octavo_step *s, struct octavo_text request, struct octavo_value *row) {
    bool reversed = row[REQUEST_STOOD_IN].integer == TAKEN_BACK;
    if (most(s) <= 0 || reversed || !octavo_text_is(row[REQUEST_TYPE].text, "withdrawal-asked")
        || !is_card_currency(s, row)
        || !amount_take(s, row[REQUEST_CARD].text, row[REQUEST_AMOUNT].integer))
        return false;
    row[REQUEST_STATE] = octavo_text_value(octavo_text("stood-in"));
    row[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_APPROVED));
    row[REQUEST_STOOD_IN] = row[REQUEST_AMOUNT];
    row_put(s, request, row);
    return true;
}

static struct octavo_text forced_name(char out[REQUEST_CHARS + 3], struct octavo_text request) {
    (void)snprintf(out, REQUEST_CHARS + 3, "%.*s-F", (int)request.len, request.data);
    return octavo_text(out);
}

void standin_decided(struct octavo_step *s, struct octavo_text request, struct octavo_value *row) {
    struct octavo_value cash[REQUEST_COLUMNS];
    char name[REQUEST_CHARS + 3];
    bool approved = octavo_text_is(row[REQUEST_CODE].text, CODE_APPROVED);
    row[REQUEST_STATE] = octavo_text_value(octavo_text(approved ? "answered" : "forced"));
    row[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_APPROVED)); /* it was told so */
    memcpy(cash, row, sizeof(cash));
    row_put(s, request, row);
    if (approved)
        return;
    cash[REQUEST_AMOUNT] = row[REQUEST_STOOD_IN];
    alarm_emit(s, request, cash, "the ledger declines what was approved in its place");
    request_emit(s, kind_of(octavo_text("withdrawal-advice-asked")), forced_name(name, request),
                 cash);
}

/* What came out beyond what was asked is nobody's charge before somebody has looked, as in the
 * books. */
static int64_t out_by_our_word(struct octavo_step *s, const struct octavo_value *row,
                               struct octavo_text request, int64_t actual) {
    struct octavo_value more[REQUEST_COLUMNS];
    int64_t amount = row[REQUEST_AMOUNT].integer;
    if (actual <= amount)
        return actual;
    memcpy(more, row, sizeof(more));
    more[REQUEST_AMOUNT] = octavo_int_value(actual - amount);
    alarm_emit(s, request, more, "more was given than approved");
    return amount;
}

/* Another account's request is nothing that this one can take back: the ledger will say so. */
struct octavo_text standin_original(struct octavo_step *s, const struct octavo_value *reversal,
                                    char name[REQUEST_CHARS + 3]) {
    struct octavo_value row[REQUEST_COLUMNS];
    struct octavo_text original = reversal[REQUEST_ORIGINAL].text;
    int64_t actual = reversal[REQUEST_ACTUAL].integer;
    if (!octavo_row_get(s, "request", original, row, REQUEST_COLUMNS)
        || !octavo_text_equal(row[REQUEST_ACCOUNT].text, reversal[REQUEST_ACCOUNT].text))
        return original;
    if (row_is(row, "forced"))
        return forced_name(name, original);
    bool pending = row_is(row, "pending") && most(s) > 0;
    if (!pending && !row_is(row, "stood-in"))
        return original;
    row[REQUEST_STOOD_IN] =
        octavo_int_value(pending ? TAKEN_BACK : out_by_our_word(s, row, original, actual));
    if (!pending && !actual) /* nothing is out: whatever the ledger says of it, the reversal stands
                                behind it */
        row[REQUEST_STATE] = octavo_text_value(octavo_text("reversed"));
    row_put(s, original, row);
    return original;
}
