/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The gateway's memory of its requests: who asked what, and what was answered.
 *
 * A request is pending until its decision comes, or its deadline. At the deadline nobody knows the
 * outcome: the machine is told 91, and in the same step the reversal of its request is emitted -
 * its lane is the request's, so it comes behind it - and the row says reversed: whatever was
 * decided meanwhile, no money stays moved. A reversal has no reversal, and an inquiry needs none.
 * At their deadline the machine is told 91 too, but the row stays pending: when the machine repeats
 * it, it gets the outcome that came meanwhile, or waits again. The runtime answers the newest
 * asker, so a repeat of a pending request needs nothing from here.
 *
 * An advice tells what a machine has done by itself. Nobody can refuse it, so it is acknowledged by
 * the commit that takes it, and neither a parked account nor a poisoned advice holds up what the
 * machine has stored behind it. What cannot be posted is set aside for people. */
#include "gateway.h"
#include "horizon.h"

#include <stdio.h>
#include <string.h>

static const char topic[] = "account-transaction";
static const struct octavo_text nothing = { "", 0 };

static const struct request_kind kinds[] = {
    { "withdrawal-asked", "withdrawal-requested", LIFE_MONEY, NULL },
    { "deposit-asked", "deposit-requested", LIFE_MONEY, NULL },
    { "transfer-asked", "transfer-requested", LIFE_MONEY, NULL },
    { "authorization-asked", "authorization-requested", LIFE_MONEY, NULL },
    { "balance-asked", "balance-requested", LIFE_READ, NULL },
    { "reversal-asked", "reversal-requested", LIFE_AGAIN, NULL },
    { "reversal-advice-asked", "reversal-requested", LIFE_ADVICE, NULL },
    { "completion-asked", "completion-requested", LIFE_ADVICE, NULL },
    { "withdrawal-advice-asked", "advice-requested", LIFE_ADVICE, "withdrawal" },
    { "deposit-advice-asked", "advice-requested", LIFE_ADVICE, "deposit" },
    { "set-aside-asked", NULL, LIFE_ADVICE, NULL },
    { "pin-wrong-asked", NULL, LIFE_READ, NULL },
    { "teller-withdrawal-asked", "withdrawal-requested", LIFE_MONEY, NULL },
    { "teller-deposit-asked", "deposit-requested", LIFE_MONEY, NULL },
    { "teller-transfer-asked", "transfer-requested", LIFE_MONEY, NULL },
    { "teller-authorization-asked", "authorization-requested", LIFE_MONEY, NULL },
    { "teller-completion-asked", "completion-requested", LIFE_AGAIN, NULL },
    { "teller-reversal-asked", "reversal-requested", LIFE_AGAIN, NULL },
    { "teller-balance-asked", "balance-requested", LIFE_READ, NULL },
};

const struct request_kind *kind_of(struct octavo_text asked) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (octavo_text_is(asked, kinds[i].asked))
            return &kinds[i];
    return NULL;
}

static bool kind_becomes(const struct request_kind *kind, const char *requested) {
    return kind && kind->requested && strcmp(kind->requested, requested) == 0;
}

bool kind_holds(const struct request_kind *kind) {
    return kind_becomes(kind, "authorization-requested");
}

struct octavo_text event_text(struct octavo_step *s, const char *field) {
    struct octavo_text text = nothing;
    (void)octavo_event_text(s, field, &text);
    return text;
}

/* ---- what is asked */

void row_clear(struct octavo_value *row) {
    for (size_t i = 0; i < REQUEST_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    row[REQUEST_AMOUNT] = row[REQUEST_BALANCE] = row[REQUEST_DEADLINE] = octavo_int_value(0);
    row[REQUEST_ACTUAL] = row[REQUEST_AVAILABLE] = octavo_int_value(0);
    row[REQUEST_EXPIRES] = row[REQUEST_UNTIL] = octavo_int_value(0);
    row[REQUEST_STOOD_IN] = octavo_int_value(0);
}

bool asked_row_read(struct octavo_step *s, const struct request_kind *kind,
                    struct octavo_value *row) {
    struct octavo_text request, card, currency, original = nothing;
    int64_t amount = 0, actual = 0;
    bool names_original =
        kind_becomes(kind, "reversal-requested") || kind_becomes(kind, "completion-requested");
    row_clear(row);
    row[REQUEST_TYPE] = octavo_text_value(octavo_event_type(s));
    if (!octavo_event_text(s, "request", &request) || request.len > REQUEST_CHARS
        || !octavo_text_equal(request, octavo_event_key(s)) || !octavo_event_text(s, "card", &card)
        || (!octavo_event_int(s, "amount", &amount) && kind->life != LIFE_READ)
        || !octavo_event_text(s, "currency", &currency)
        || (names_original && !octavo_event_text(s, "original", &original)))
        return false;
    (void)octavo_event_int(s, "actual", &actual);
    row[REQUEST_STATE] = octavo_text_value(octavo_text("pending"));
    row[REQUEST_CARD] = octavo_text_value(card);
    row[REQUEST_AMOUNT] = octavo_int_value(amount);
    row[REQUEST_CURRENCY] = octavo_text_value(currency);
    row[REQUEST_ORIGINAL] = octavo_text_value(original);
    row[REQUEST_TO] = octavo_text_value(event_text(s, "to"));
    row[REQUEST_ACTUAL] = octavo_int_value(actual);
    return true;
}

/* A reversal may come as a request and later as an advice: it is still the same. */
static bool same_type(const struct octavo_value *a, const struct octavo_value *b) {
    const struct request_kind *is = kind_of(b[REQUEST_TYPE].text);
    const struct request_kind *was = kind_of(a[REQUEST_TYPE].text);
    return is == was
           || (kind_becomes(was, "reversal-requested") && is->requested
               && kind_becomes(was, is->requested));
}

bool same_request(const struct octavo_value *a, const struct octavo_value *b) {
    static const int texts[] = { REQUEST_CARD, REQUEST_ORIGINAL, REQUEST_TO, REQUEST_CURRENCY };
    bool read = octavo_text_is(b[REQUEST_TYPE].text, "balance-asked"); /* in any currency */
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) - read; i++)
        if (!octavo_text_equal(a[texts[i]].text, b[texts[i]].text))
            return false;
    return same_type(a, b) && a[REQUEST_AMOUNT].integer == b[REQUEST_AMOUNT].integer
           && a[REQUEST_ACTUAL].integer == b[REQUEST_ACTUAL].integer
           && a[REQUEST_EXPIRES].integer == b[REQUEST_EXPIRES].integer;
}

void asked_again(struct octavo_step *s, const struct request_kind *kind, struct octavo_value *row,
                 const struct octavo_value *again) {
    struct octavo_text request = octavo_event_key(s);
    const struct request_kind *was = kind_of(row[REQUEST_TYPE].text);
    if (!same_request(row, again)) {
        alarm_emit(s, request, row, "the same request with another body");
        reply_code(s, request, CODE_DUPLICATE);
    } else if (kind->life == LIFE_ADVICE) {
        reply_code(s, request, CODE_APPROVED);
    } else if (row_is(row, "acknowledged")) {
        reply_code(s, request, CODE_APPROVED);
    } else if (!row_is(row, "pending")) {
        reply_row(s, request, row);
    } else if (row[REQUEST_DEADLINE].integer <= octavo_event_time_ms(s)
               && was->life != LIFE_MONEY) {
        deadline_set(s, request, row); /* it was told 91 once; now it waits again */
        row_put(s, request, row);
    }
}

/* ---- what the ledger is asked */

static void optional_put(struct octavo_step *s, const char *field, struct octavo_text text) {
    if (text.len)
        octavo_put_text(s, field, text);
}

static void origin_put(struct octavo_step *s, struct octavo_text request) {
    bool teller = is_of_teller(request);
    if (!teller)
        octavo_put_text(s, "terminal", event_text(s, "terminal"));
    optional_put(s, "card", event_text(s, "card"));
    optional_put(s, "rrn", event_text(s, "rrn"));
    optional_put(s, "local", event_text(s, "local"));
    optional_put(s, "settlement", event_text(s, "settlement"));
    octavo_put_text(s, "channel", octavo_text(teller ? "http" : "atm"));
    octavo_end(s);
}

void request_emit(struct octavo_step *s, const struct request_kind *kind,
                  struct octavo_text request, const struct octavo_value *row) {
    char name[REQUEST_CHARS + 3];
    struct octavo_text original = row[REQUEST_ORIGINAL].text;
    if (kind_becomes(kind, "reversal-requested"))
        original = standin_original(s, row, name);
    octavo_event_begin(s, topic, kind->requested, row[REQUEST_ACCOUNT].text);
    octavo_put_text(s, "request", request);
    optional_put(s, "original", original);
    octavo_put_text(s, "account", row[REQUEST_ACCOUNT].text);
    octavo_put_int(s, "amount", row[REQUEST_AMOUNT].integer);
    octavo_put_text(s, "currency", row[REQUEST_CURRENCY].text);
    optional_put(s, "to", row[REQUEST_TO].text);
    if (row[REQUEST_ACTUAL].integer)
        octavo_put_int(s, "actual", row[REQUEST_ACTUAL].integer);
    if (row[REQUEST_EXPIRES].integer)
        octavo_put_int(s, "expires", row[REQUEST_EXPIRES].integer);
    if (kind->advice)
        octavo_put_text(s, "kind", octavo_text(kind->advice));
    origin_put(s, request);
}

static void advice_emit(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_value plain[REQUEST_COLUMNS];
    memcpy(plain, row, sizeof(plain));
    plain[REQUEST_ORIGINAL] = octavo_text_value(nothing);
    request_emit(s, kind_of(octavo_text("withdrawal-advice-asked")), octavo_event_key(s), plain);
}

/* The cash is out: it is posted whatever became of what it names. */
static void forced_emit(struct octavo_step *s, const struct octavo_value *row, const char *reason) {
    alarm_emit(s, octavo_event_key(s), row, reason);
    advice_emit(s, row);
}

/* TERMINAL-YYYYMMDD-...: whether its answer may be forgotten already. Its day is that of its own
 * zone, which begins as early as 14 hours before UTC's. */
static bool is_behind_horizon(struct octavo_step *s, struct octavo_text original) {
    enum { DATE_CHARS = 8 };
    const int64_t earliest_zone_ms = (int64_t)14 * 3600 * 1000;
    int64_t last = 0, day = 0;
    size_t at = event_text(s, "terminal").len + 1;
    if (original.len < at + DATE_CHARS + 1 || original.data[at - 1] != '-'
        || original.data[at + DATE_CHARS] != '-')
        return false;
    for (size_t i = at; i < at + DATE_CHARS; i++) {
        if (original.data[i] < '0' || original.data[i] > '9')
            return false;
        day = day * 10 + (original.data[i] - '0');
    }
    int64_t ms = octavo_event_time_ms(s) - horizon_ms(s, &horizon_answers) + earliest_zone_ms;
    return octavo_local_day(s, octavo_text("UTC"), ms, &last) && day <= last;
}

/* Whose cash is out, or whether it was posted already, nobody here can know: by force, it might be
 * posted twice, or to the wrong account. */
static void unclear_set_aside(struct octavo_step *s, const struct octavo_value *row) {
    struct octavo_value late[REQUEST_COLUMNS];
    memcpy(late, row, sizeof(late));
    late[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
    late[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_UNKNOWN));
    row_put(s, octavo_event_key(s), late);
    advice_set_aside(s, octavo_event_key(s), late);
}

/* A card that was nobody's when its withdrawal came is still the same card. */
static bool is_of_another(const struct octavo_value *row, const struct octavo_value *original) {
    return !octavo_text_equal(row[REQUEST_ACCOUNT].text, original[REQUEST_ACCOUNT].text)
           && !octavo_text_equal(row[REQUEST_CARD].text, original[REQUEST_CARD].text);
}

/* Of a withdrawal it tells how much of it came out: that is a reversal of the rest. */
static void completion_of_withdrawal(struct octavo_step *s, const struct octavo_value *row,
                                     const struct octavo_value *original) {
    struct octavo_value back[REQUEST_COLUMNS];
    bool approved = row_is(original, "pending") || row_is(original, "stood-in")
                    || row_is(original, "forced")
                    || (row_is(original, "answered")
                        && octavo_text_is(original[REQUEST_CODE].text, CODE_APPROVED));
    if (is_of_another(row, original)) {
        unclear_set_aside(s, row);
        return;
    }
    if (!approved) {
        forced_emit(s, row, "cash of a withdrawal that was declined or taken back");
        return;
    }
    memcpy(back, row, sizeof(back));
    if (original[REQUEST_AMOUNT].integer == row[REQUEST_AMOUNT].integer) {
        back[REQUEST_STATE] = octavo_text_value(octavo_text("answered")); /* nobody is asked */
        back[REQUEST_CODE] = octavo_text_value(octavo_text(CODE_APPROVED));
        row_put(s, octavo_event_key(s), back);
        return;
    }
    back[REQUEST_ACTUAL] = row[REQUEST_AMOUNT];
    back[REQUEST_AMOUNT] = original[REQUEST_AMOUNT];
    request_emit(s, kind_of(octavo_text("reversal-advice-asked")), octavo_event_key(s), back);
}

/* What a 0220 with an original means depends on what its original is. */
static void completion_emit(struct octavo_step *s, const struct request_kind *kind,
                            const struct octavo_value *row) {
    struct octavo_value original[REQUEST_COLUMNS];
    bool known =
        octavo_row_get(s, "request", row[REQUEST_ORIGINAL].text, original, REQUEST_COLUMNS);
    if (!known && is_behind_horizon(s, row[REQUEST_ORIGINAL].text))
        unclear_set_aside(s, row);
    else if (!known)
        forced_emit(s, row, "the completion of a request that never came");
    else if (octavo_text_is(original[REQUEST_TYPE].text, "withdrawal-asked"))
        completion_of_withdrawal(s, row, original);
    else
        request_emit(s, kind, octavo_event_key(s), row);
}

/* A hold is found again by its terminal and retrieval reference, when its completion names it by
 * nothing else. */
static struct octavo_text reference_of(struct octavo_step *s, char out[REQUEST_CHARS]) {
    struct octavo_text terminal = event_text(s, "terminal"), rrn = event_text(s, "rrn");
    int len = snprintf(out, REQUEST_CHARS, "%.*s/%.*s", (int)terminal.len, terminal.data,
                       (int)rrn.len, rrn.data);
    return (struct octavo_text){ out, len < REQUEST_CHARS ? (size_t)len : REQUEST_CHARS - 1 };
}

static void reference_put(struct octavo_step *s) {
    char sub[REQUEST_CHARS];
    int64_t until = horizon_until(s, &horizon_answers) + HOLD_MS;
    struct octavo_value row[REFERENCE_COLUMNS] = { octavo_text_value(octavo_event_key(s)),
                                                   octavo_int_value(until) };
    octavo_row_put(s, "reference", reference_of(s, sub), row, REFERENCE_COLUMNS);
}

static bool reference_find(struct octavo_step *s, struct octavo_value *row) {
    char sub[REQUEST_CHARS];
    struct octavo_value found[REFERENCE_COLUMNS];
    if (!octavo_row_get(s, "reference", reference_of(s, sub), found, REFERENCE_COLUMNS))
        return false;
    row[REQUEST_ORIGINAL] = found[REFERENCE_REQUEST];
    return true;
}

/* ---- taking it */

void asked_answer(struct octavo_step *s, struct octavo_value *row, const char *code) {
    row[REQUEST_STATE] = octavo_text_value(octavo_text("answered"));
    row[REQUEST_CODE] = octavo_text_value(octavo_text(code));
    row_put(s, octavo_event_key(s), row);
    reply_row(s, octavo_event_key(s), row);
}

static void advice_take(struct octavo_step *s, const struct request_kind *kind,
                        struct octavo_value *row) {
    struct octavo_value emitted[REQUEST_COLUMNS];
    row[REQUEST_STATE] = octavo_text_value(octavo_text("acknowledged"));
    row_put(s, octavo_event_key(s), row);
    memcpy(emitted, row, sizeof(emitted));
    if (kind_becomes(kind, "completion-requested"))
        completion_emit(s, kind, row);
    else if (octavo_text_is(row[REQUEST_TYPE].text, "withdrawal-advice-asked")
             && reference_find(s, emitted))
        completion_emit(s, kind_of(octavo_text("completion-asked")), emitted);
    else
        request_emit(s, kind, octavo_event_key(s), row);
    reply_code(s, octavo_event_key(s), CODE_APPROVED);
}

/* Nobody's card. What was only asked is refused; of what was asked no money can have moved, so its
 * reversal has nothing to do; what was done already is owed by nobody: the ledger knows no account
 * of the card's name and books it where it can be found. */
static void stranger_take(struct octavo_step *s, const struct request_kind *kind,
                          struct octavo_value *row) {
    if (kind_becomes(kind, "reversal-requested")) {
        asked_answer(s, row, CODE_APPROVED);
    } else if (kind->life == LIFE_ADVICE) {
        row[REQUEST_ACCOUNT] = row[REQUEST_CARD];
        advice_take(s, kind, row);
    } else {
        asked_answer(s, row, CODE_CARD);
    }
}

static enum octavo_outcome on_asked(struct octavo_step *s) {
    struct octavo_value row[REQUEST_COLUMNS], fresh[REQUEST_COLUMNS], card[CARD_COLUMNS];
    const struct request_kind *kind = kind_of(octavo_event_type(s));
    struct octavo_text request = octavo_event_key(s);
    if (!asked_row_read(s, kind, fresh)) {
        reply_code(s, request, CODE_FORMAT);
        return OCTAVO_DONE;
    }
    if (octavo_row_get(s, "request", request, row, REQUEST_COLUMNS)) {
        if (is_of_wrong_pin(row) && (kind->life == LIFE_MONEY || kind->life == LIFE_READ))
            reply_row(s, request, row);
        else
            asked_again(s, kind, row, fresh);
        return OCTAVO_DONE;
    }
    if (!octavo_row_get(s, "card", fresh[REQUEST_CARD].text, card, CARD_COLUMNS)) {
        stranger_take(s, kind, fresh);
        return OCTAVO_DONE;
    }
    fresh[REQUEST_ACCOUNT] = card[CARD_ACCOUNT];
    if (kind->life == LIFE_ADVICE) {
        advice_take(s, kind, fresh);
        return OCTAVO_DONE;
    }
    const char *refusal =
        kind->life == LIFE_AGAIN ? NULL : pin_refusal(s, fresh[REQUEST_CARD].text);
    if (refusal) {
        asked_answer(s, fresh, refusal);
        return OCTAVO_DONE;
    }
    if (kind_holds(kind))
        reference_put(s);
    deadline_set(s, request, fresh);
    row_put(s, request, fresh);
    request_emit(s, kind, request, fresh);
    return OCTAVO_DONE;
}

/* An advice that the connector could not make a request of: kept with what of it was good. */
static enum octavo_outcome on_set_aside(struct octavo_step *s) {
    struct octavo_value aside[ASIDE_COLUMNS], was[ASIDE_COLUMNS];
    struct octavo_text request = octavo_event_key(s);
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    aside[ASIDE_REASON] = octavo_text_value(event_text(s, "reason"));
    aside[ASIDE_TYPE] = octavo_text_value(event_text(s, "message"));
    aside[ASIDE_ACCOUNT] = octavo_text_value(nothing);
    aside[ASIDE_CARD] = octavo_text_value(event_text(s, "card"));
    aside[ASIDE_TERMINAL] = octavo_text_value(event_text(s, "terminal"));
    aside[ASIDE_AMOUNT] = octavo_int_value(amount);
    aside[ASIDE_CURRENCY] = octavo_text_value(event_text(s, "currency"));
    aside[ASIDE_TIME] = octavo_int_value(octavo_event_time_ms(s));
    if (request.len <= REQUEST_CHARS
        && !octavo_row_get(s, "set_aside", request, was, ASIDE_COLUMNS))
        set_aside(s, request, aside);
    reply_code(s, request, CODE_APPROVED);
    return OCTAVO_DONE;
}

const struct octavo_handler gateway_handlers[] = {
    { "withdrawal-asked", on_asked },
    { "deposit-asked", on_asked },
    { "transfer-asked", on_asked },
    { "authorization-asked", on_asked },
    { "balance-asked", on_asked },
    { "reversal-asked", on_asked },
    { "reversal-advice-asked", on_asked },
    { "completion-asked", on_asked },
    { "withdrawal-advice-asked", on_asked },
    { "deposit-advice-asked", on_asked },
    { "set-aside-asked", on_set_aside },
    { "pin-wrong-asked", on_pin_wrong },
    { "card-unblock-requested", on_pin_reset },
    { "teller-withdrawal-asked", on_teller_asked },
    { "teller-deposit-asked", on_teller_asked },
    { "teller-transfer-asked", on_teller_asked },
    { "teller-authorization-asked", on_teller_asked },
    { "teller-completion-asked", on_teller_asked },
    { "teller-reversal-asked", on_teller_asked },
    { "teller-balance-asked", on_teller_asked },
    { "card-opened", on_card_opened },
    { "transaction-posted", on_decided },
    { "transaction-declined", on_decided },
    { "transaction-reversed", on_decided },
    { "hold-placed", on_decided },
    { "balance-told", on_decided },
    { "timer:deadline", on_deadline },
    { NULL, NULL },
};
