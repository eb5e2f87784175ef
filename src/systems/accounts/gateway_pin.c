/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Wrong PINs. The edge compares them, by its security module, and tells what it found: a request
 * whose PIN was wrong comes as pin-wrong-asked. It is answered 55, and the last of `pin_tries` in a
 * row 75; from then on every request of the card is, also with the right PIN, until an operator has
 * reset it. A repeat is the same request and counts once: whatever comes under the name of a wrong
 * PIN is answered as that was, also with the right one, or one name would do for all the tries. An
 * advice, or a reversal, has no PIN. */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIN_ACCOUNT, PIN_TRIES, PIN_TIME, PIN_COLUMNS };

static const char topic[] = "account-transaction";

/* 0: they are not counted. */
static int64_t tries_max(struct octavo_step *s) {
    int64_t tries = strtoll(octavo_setting(s, "pin_tries", "3"), NULL, 10);
    return tries > 0 ? tries : 0;
}

static bool is_blocked(struct octavo_step *s, const struct octavo_value *pin) {
    int64_t max = tries_max(s);
    return max && pin[PIN_TRIES].integer >= max;
}

const char *pin_refusal(struct octavo_step *s, struct octavo_text card) {
    struct octavo_value pin[PIN_COLUMNS];
    if (!octavo_row_get(s, "pin", card, pin, PIN_COLUMNS))
        return NULL;
    if (is_blocked(s, pin))
        return CODE_PIN_TRIES;
    octavo_row_delete(s, "pin", card);
    return NULL;
}

/* One more; the code that it is answered with. */
static const char *try_count(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_value pin[PIN_COLUMNS];
    struct octavo_text card = row[REQUEST_CARD].text;
    bool counted = octavo_row_get(s, "pin", card, pin, PIN_COLUMNS);
    if (counted && is_blocked(s, pin))
        return CODE_PIN_TRIES;
    pin[PIN_ACCOUNT] = row[REQUEST_ACCOUNT];
    pin[PIN_TRIES] = octavo_int_value(counted ? pin[PIN_TRIES].integer + 1 : 1);
    pin[PIN_TIME] = octavo_int_value(octavo_event_time_ms(s));
    octavo_row_put(s, "pin", card, pin, PIN_COLUMNS);
    if (!is_blocked(s, pin))
        return CODE_PIN;
    alarm_emit(s, octavo_event_key(s), row, "too many wrong PINs: the card is blocked");
    return CODE_PIN_TRIES;
}

static const char *wrong_count(struct octavo_step *s, struct octavo_value *fresh) {
    struct octavo_value card[CARD_COLUMNS];
    if (!octavo_row_get(s, "card", fresh[REQUEST_CARD].text, card, CARD_COLUMNS))
        return CODE_PIN; /* nobody learns which cards there are */
    fresh[REQUEST_ACCOUNT] = card[CARD_ACCOUNT];
    return try_count(s, fresh);
}

bool is_of_wrong_pin(const struct octavo_value *row) {
    return octavo_text_is(row[REQUEST_TYPE].text, "pin-wrong-asked");
}

/* A wrong PIN under the name of a request that is known. Of one that had a wrong PIN it is the
 * repeat, and counted already. Any other had the right PIN, or needed none, and its repeat has the
 * same: this is somebody who tries. He is answered at once, or as the newest who asked he would
 * hear, and be paid, what the ledger decides; the machine that had the right PIN asks again. */
static void known_wrong(struct octavo_step *s, const struct octavo_value *row,
                        struct octavo_value *fresh) {
    if (is_of_wrong_pin(row))
        reply_row(s, octavo_event_key(s), row);
    else
        reply_code(s, octavo_event_key(s), wrong_count(s, fresh));
}

enum octavo_outcome on_pin_wrong(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS], fresh[REQUEST_COLUMNS];
    const struct request_kind *kind = kind_of(octavo_event_type(s));
    if (!asked_row_read(s, kind, fresh)) {
        reply_code(s, octavo_event_key(s), CODE_FORMAT);
    } else if (octavo_row_get(s, "request", octavo_event_key(s), row, REQUEST_COLUMNS)) {
        known_wrong(s, row, fresh);
    } else {
        const char *code = wrong_count(s, fresh);
        asked_answer(s, fresh, code);
    }
    return OCTAVO_DONE;
}

/* ---- an operator has seen to it */

static void reset_tell(struct octavo_step *s, const char *type, const char *reason) {
    octavo_event_begin(s, topic, type, octavo_event_key(s));
    octavo_put_text(s, "request", event_text(s, "request"));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "card", event_text(s, "card"));
    if (reason)
        octavo_put_text(s, "reason", octavo_text(reason));
    octavo_end(s);
}

enum octavo_outcome on_pin_reset(struct octavo_step *s) {
    struct octavo_value pin[PIN_COLUMNS];
    struct octavo_text card, request;
    if (!octavo_event_text(s, "request", &request) || !octavo_event_text(s, "card", &card)
        || !octavo_text_equal(event_text(s, "account"), octavo_event_key(s)))
        return octavo_refuse(s, OCTAVO_PARK, "no request, card or account, or not the key's");
    if (!octavo_row_get(s, "pin", card, pin, PIN_COLUMNS)
        || !octavo_text_equal(pin[PIN_ACCOUNT].text, octavo_event_key(s))) {
        reset_tell(s, "card-unblock-refused",
                   "no wrong PIN is counted of this card of this account");
        return OCTAVO_DONE;
    }
    octavo_row_delete(s, "pin", card);
    reset_tell(s, "card-unblocked", NULL);
    return OCTAVO_DONE;
}
