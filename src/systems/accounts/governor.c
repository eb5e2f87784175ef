/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The limit-governor: the one writer of changes of limits, and a second reckoning of every
 * decision.
 *
 * It reads what the ledger reads and what the ledger decided, in the order of the topic, and keeps
 * rules and uses in rows of its own by the same library. A decision tells how its limits stand
 * after it (`limits`); the governor derives the same text and compares. What is used depends on no
 * rule, so that is compared always; the decision itself where both had the same version of the
 * account's rules: a change of a limit may stand between a request and its decision. Days are those
 * of a version of the zones: with another one nothing is compared. A
 * request that is parked has no decision yet: nothing is compared, and nothing is wrong. What tells
 * no limits has reserved nothing: a deposit, the half of a transfer that comes in.
 *
 * This finds a ledger that is not deterministic, a lost or doubled decision, and rows that were
 * changed from outside. It does not find a wrong rule: both would apply it. After a divergence the
 * ledger's numbers are taken over, so that one is told once. */
#include "governor.h"
#include "horizon.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char topic[] = "account-transaction";
static const struct octavo_text nothing = { "", 0 };

enum {
    DECISION_STATE, /* reserved, released, declined, other */
    DECISION_CARD,
    DECISION_AMOUNT,
    DECISION_DAY,
    DECISION_TIME,
    DECISION_UNTIL, /* 0: of a hold, or of a transfer on its way */
    DECISION_COLUMNS
};
enum { GOVERNED_VERSION, GOVERNED_COLUMNS };
enum { CHANGE_BODY, CHANGE_VERSION, CHANGE_REASON, CHANGE_TIME, CHANGE_UNTIL, CHANGE_COLUMNS };

/* ---- changes of limits */

static bool key_is_account(struct octavo_step *s) {
    struct octavo_text account;
    return octavo_event_text(s, "account", &account) && account.len > 0
           && octavo_text_equal(account, octavo_event_key(s));
}

static void put_number(struct octavo_step *s, const char *field, int64_t otherwise) {
    int64_t value = otherwise;
    (void)octavo_event_int(s, field, &value);
    octavo_put_int(s, field, value);
}

static void put_text(struct octavo_step *s, const char *field, const char *otherwise) {
    struct octavo_text value = octavo_text(otherwise);
    (void)octavo_event_text(s, field, &value);
    octavo_put_text(s, field, value);
}

/* A change never reaches back: what was decided before it stays decided by what held then. */
static void change_tell(struct octavo_step *s, int64_t version, int64_t time_ms) {
    int64_t from = 0;
    (void)octavo_event_int(s, "from", &from);
    octavo_event_begin(s, topic, "limit-changed", octavo_event_key(s));
    put_text(s, "request", "");
    octavo_put_text(s, "account", octavo_event_key(s));
    put_text(s, "limit", "");
    put_text(s, "card", "");
    put_text(s, "period", "");
    put_number(s, "amount", -1);
    put_number(s, "count", -1);
    put_number(s, "window", 0);
    put_text(s, "mode", "strict");
    octavo_put_int(s, "from", from > time_ms ? from : time_ms);
    octavo_put_int(s, "version", version);
    octavo_end(s);
}

static void change_refuse(struct octavo_step *s, struct octavo_text reason) {
    octavo_event_begin(s, topic, "limit-change-refused", octavo_event_key(s));
    put_text(s, "request", "");
    octavo_put_text(s, "account", octavo_event_key(s));
    put_text(s, "limit", "");
    octavo_put_text(s, "reason", reason);
    octavo_end(s);
}

static void change_answer(struct octavo_step *s, const struct octavo_value *change) {
    if (change[CHANGE_REASON].text.len)
        change_refuse(s, change[CHANGE_REASON].text);
    else
        change_tell(s, change[CHANGE_VERSION].integer, change[CHANGE_TIME].integer);
}

static const char *change_fault(struct octavo_step *s, int64_t version) {
    struct octavo_value account[3];
    struct limits_state state = limits_state(s, nothing);
    if (!octavo_row_get(s, "limit_account", nothing, account, 3))
        return "there is no such account";
    if (state.rules + version - state.version >= LIMIT_RULES_MAX)
        return "the account has as many rules as it may have: take one away first";
    return limits_fault(s);
}

static void change_decide(struct octavo_step *s, struct octavo_text request) {
    struct octavo_value governed[GOVERNED_COLUMNS], change[CHANGE_COLUMNS];
    if (!octavo_row_get(s, "governed", nothing, governed, GOVERNED_COLUMNS))
        governed[GOVERNED_VERSION] = octavo_int_value(0);
    const char *fault = change_fault(s, governed[GOVERNED_VERSION].integer);
    if (!fault) {
        governed[GOVERNED_VERSION].integer++;
        octavo_row_put(s, "governed", nothing, governed, GOVERNED_COLUMNS);
    }
    change[CHANGE_BODY] = octavo_text_value(octavo_event_json(s));
    change[CHANGE_VERSION] = octavo_int_value(fault ? 0 : governed[GOVERNED_VERSION].integer);
    change[CHANGE_REASON] = octavo_text_value(octavo_text(fault ? fault : ""));
    change[CHANGE_TIME] = octavo_int_value(octavo_event_time_ms(s));
    change[CHANGE_UNTIL] = octavo_int_value(horizon_until(s, &horizon_decisions));
    octavo_row_put(s, "limit_request", request, change, CHANGE_COLUMNS);
    change_answer(s, change);
}

static enum octavo_outcome on_change_requested(struct octavo_step *s) {
    struct octavo_value change[CHANGE_COLUMNS];
    struct octavo_text request;
    if (!key_is_account(s) || !octavo_event_text(s, "request", &request) || request.len == 0)
        return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
    if (!octavo_row_get(s, "limit_request", request, change, CHANGE_COLUMNS))
        change_decide(s, request);
    else if (octavo_text_equal(change[CHANGE_BODY].text, octavo_event_json(s)))
        change_answer(s, change);
    else
        change_refuse(s, octavo_text("the same request was made with another body"));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_changed(struct octavo_step *s) {
    if (!limits_changed(s))
        return octavo_refuse(s, OCTAVO_PARK, "it is no change of a limit, or one rule too many");
    state_publish(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_opened(struct octavo_step *s) {
    struct octavo_text zone = nothing;
    (void)octavo_event_text(s, "zone", &zone);
    if (!key_is_account(s) || !limits_opened(s, zone))
        return octavo_refuse(s, OCTAVO_PARK, "no account, or a zone that nobody knows");
    return OCTAVO_DONE;
}

/* ---- decisions */

/* Behind "v=3;"; NULL when it has not this form. */
static const char *behind_version(const char *text) {
    const char *end = strncmp(text, "v=", 2) == 0 ? strchr(text, ';') : NULL;
    return end ? end + 1 : NULL;
}

static void rules_compare(struct octavo_step *s, struct decision *d) {
    char text[LIMITS_TEXT_CHARS], version[32], zones[32];
    (void)snprintf(text, sizeof(text), "%.*s", (int)d->limits.len, d->limits.data);
    int version_len =
        snprintf(version, sizeof(version), "v=%" PRId64 ";", limits_state(s, nothing).version);
    int zones_len = snprintf(zones, sizeof(zones), "tz=%s;", octavo_zone_version());
    const char *rest = behind_version(text);
    d->same_zones = rest && strncmp(rest, zones, (size_t)zones_len) == 0;
    d->compares = d->same_zones && strncmp(text, version, (size_t)version_len) == 0;
}

static bool decision_read(struct octavo_step *s, struct decision *d) {
    int64_t forced = 0;
    *d = (struct decision){
        .card = nothing, .limits = nothing, .kind = nothing, .original = nothing, .code = nothing
    };
    if (!key_is_account(s) || !octavo_event_text(s, "request", &d->request))
        return false;
    (void)octavo_event_text(s, "card", &d->card);
    (void)octavo_event_text(s, "code", &d->code);
    (void)octavo_event_text(s, "kind", &d->kind);
    (void)octavo_event_text(s, "original", &d->original);
    (void)octavo_event_text(s, "limits", &d->limits);
    (void)octavo_event_int(s, "amount", &d->amount);
    d->forced = octavo_event_int(s, "forced", &forced) && forced;
    if (d->limits.len) {
        d->day = limits_day(d->limits);
        rules_compare(s, d);
    }
    return true;
}

/* What is decided by this event has another end to come. */
static bool is_open(struct octavo_step *s) {
    struct octavo_text type = octavo_event_type(s);
    return octavo_text_is(type, "hold-placed") || octavo_text_is(type, "transfer-begun");
}

static void decision_put(struct octavo_step *s, const struct decision *d, const char *state,
                         int64_t day) {
    struct octavo_value row[DECISION_COLUMNS];
    row[DECISION_STATE] = octavo_text_value(octavo_text(state));
    row[DECISION_CARD] = octavo_text_value(d->card);
    row[DECISION_AMOUNT] = octavo_int_value(d->amount);
    row[DECISION_DAY] = octavo_int_value(day);
    row[DECISION_TIME] = octavo_int_value(octavo_event_time_ms(s));
    row[DECISION_UNTIL] = octavo_int_value(is_open(s) ? 0 : horizon_until(s, &horizon_decisions));
    octavo_row_put(s, "decision", d->request, row, DECISION_COLUMNS);
}

static void decision_end(struct octavo_step *s, struct octavo_text request,
                         struct octavo_value *row, const char *state) {
    row[DECISION_STATE] = octavo_text_value(octavo_text(state));
    row[DECISION_UNTIL] = octavo_int_value(horizon_until(s, &horizon_decisions));
    octavo_row_put(s, "decision", request, row, DECISION_COLUMNS);
}

/* Its day is behind the horizon, where the ledger may remember more than is remembered here. */
static bool is_long_ago(struct octavo_step *s, const struct decision *d) {
    int64_t day = 0;
    int64_t ms = octavo_event_time_ms(s) - horizon_ms(s, &horizon_decisions) + 2 * DAY_MS;
    return d->day > 0 && octavo_local_day(s, octavo_text("UTC"), ms, &day) && d->day < day;
}

/* A repeat tells its decision again, with the day and the numbers of then. Another day: the ledger
 * has forgotten the request, and has decided anew. */
static bool is_repeat(struct octavo_step *s, const struct decision *d) {
    struct octavo_value row[DECISION_COLUMNS];
    if (!octavo_row_get(s, "decision", d->request, row, DECISION_COLUMNS))
        return is_long_ago(s, d);
    return !d->limits.len || row[DECISION_DAY].integer == d->day;
}

/* Without the version, and without the limit that refused. */
static bool same_used(struct octavo_text ledger, const char *derived) {
    char text[LIMITS_TEXT_CHARS];
    (void)snprintf(text, sizeof(text), "%.*s", (int)ledger.len, ledger.data);
    const char *here = behind_version(derived), *there = behind_version(text);
    char *by = strstr(text, ";by=");
    if (by)
        *by = 0;
    return here && there && strcmp(here, there) == 0;
}

/* `verdict`: what the library says of it here, and must have said there. */
static bool same_decision(const struct decision *d, const char *derived, const char *verdict) {
    bool refused = octavo_text_is(d->code, "61") || octavo_text_is(d->code, "65");
    return octavo_text_is(d->limits, derived)
           && (verdict ? octavo_text_is(d->code, verdict) : !refused);
}

static void compare(struct octavo_step *s, const struct decision *d, const struct limits_ask *ask,
                    const char *verdict) {
    char derived[LIMITS_TEXT_CHARS];
    if (!d->same_zones)
        return;
    limits_text(s, ask, derived);
    if (d->compares ? same_decision(d, derived, verdict) : same_used(d->limits, derived))
        return;
    alert_divergence(s, d, derived);
    limits_adopt(s, d->card, d->limits);
}

/* Granted there: counted here, whatever the rules here say, and told when they say otherwise. */
static void take_granted(struct octavo_step *s, const struct decision *d) {
    struct limits_ask ask = { .card = d->card,
                              .amount = d->amount,
                              .forced = d->forced || !d->compares };
    const char *verdict = limits_reserve(s, &ask);
    if (verdict) {
        ask.forced = true;
        (void)limits_reserve(s, &ask);
    }
    compare(s, d, &ask, verdict);
    if (!d->same_zones) /* its days are others: only its own numbers can be kept */
        limits_adopt(s, d->card, d->limits);
    decision_put(s, d, "reserved", d->day);
    alert_breaches(s, d, &ask);
    alert_velocity(s, d, false);
    state_publish(s);
}

/* Refused there by a limit: refused here, too, when asked. */
static void take_refused(struct octavo_step *s, const struct decision *d) {
    struct limits_ask ask = { .card = d->card, .amount = d->amount };
    const char *verdict = d->compares ? limits_reserve(s, &ask) : NULL;
    if (d->compares && !verdict)
        limits_release(s, &ask);
    compare(s, d, &ask, verdict);
    alert_breaches(s, d, &ask);
}

/* So much of what a decision has reserved comes back; all of it: it is no transaction any more. */
static void give_back(struct octavo_step *s, struct octavo_text request, int64_t amount) {
    struct octavo_value row[DECISION_COLUMNS];
    if (!octavo_row_get(s, "decision", request, row, DECISION_COLUMNS)
        || !octavo_text_is(row[DECISION_STATE].text, "reserved") || amount <= 0)
        return;
    int64_t left = row[DECISION_AMOUNT].integer - amount;
    struct limits_ask ask = { .card = row[DECISION_CARD].text,
                              .amount = left > 0 ? amount : row[DECISION_AMOUNT].integer,
                              .day = row[DECISION_DAY].integer,
                              .in_part = left > 0 };
    limits_release(s, &ask);
    row[DECISION_AMOUNT] = octavo_int_value(left > 0 ? left : 0);
    if (left <= 0)
        decision_end(s, request, row, "released");
    else
        octavo_row_put(s, "decision", request, row, DECISION_COLUMNS);
    state_publish(s);
}

/* What the hold has reserved is the posting's from now on, as far as it was posted. */
static void take_completion(struct octavo_step *s, const struct decision *d) {
    struct octavo_value hold[DECISION_COLUMNS];
    bool held = octavo_row_get(s, "decision", d->original, hold, DECISION_COLUMNS)
                && octavo_text_is(hold[DECISION_STATE].text, "reserved");
    if (held) {
        int64_t less = hold[DECISION_AMOUNT].integer - d->amount;
        struct limits_ask rest = { .card = hold[DECISION_CARD].text,
                                   .amount = less,
                                   .day = hold[DECISION_DAY].integer,
                                   .in_part = true };
        if (less > 0)
            limits_release(s, &rest);
        decision_end(s, d->original, hold, "completed");
        state_publish(s);
    }
    decision_put(s, d, held ? "reserved" : "other", held ? hold[DECISION_DAY].integer : 0);
}

static enum octavo_outcome decision_refuse(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_PARK, "no request, no account, or another than the key");
}

/* A transfer that was begun has arrived: it is over, too. */
static void transfer_end(struct octavo_step *s, const struct decision *d) {
    struct octavo_value row[DECISION_COLUMNS];
    if (octavo_row_get(s, "decision", d->request, row, DECISION_COLUMNS)
        && row[DECISION_UNTIL].integer == 0)
        decision_end(s, d->request, row, "reserved");
}

static enum octavo_outcome on_posted(struct octavo_step *s) {
    struct decision d;
    if (!decision_read(s, &d))
        return decision_refuse(s);
    if (is_repeat(s, &d))
        transfer_end(s, &d);
    else if (d.limits.len)
        take_granted(s, &d);
    else if (octavo_text_is(d.kind, "completion"))
        take_completion(s, &d);
    else
        decision_put(s, &d, "other", 0);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_held(struct octavo_step *s) {
    struct decision d;
    if (!decision_read(s, &d))
        return decision_refuse(s);
    if (!is_repeat(s, &d))
        take_granted(s, &d);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_declined(struct octavo_step *s) {
    struct decision d;
    if (!decision_read(s, &d))
        return decision_refuse(s);
    if (octavo_text_is(d.code, CODE_DUPLICATE))
        return OCTAVO_DONE;
    if (is_repeat(s, &d)) { /* or a transfer that was begun, and the other side has refused it */
        give_back(s, d.request, d.amount);
        return OCTAVO_DONE;
    }
    if (octavo_text_is(d.code, "61") || octavo_text_is(d.code, "65"))
        take_refused(s, &d);
    decision_put(s, &d, "declined", d.day);
    alert_velocity(s, &d, true);
    return OCTAVO_DONE;
}

/* What was `actual`ly given stays given. Entry 0: no money has moved; the reversal of a hold is
 * told as hold-voided, too, that of a transfer on its way is followed by another. */
static enum octavo_outcome on_reversed(struct octavo_step *s) {
    struct octavo_value row[DECISION_COLUMNS];
    struct decision d;
    int64_t actual = 0, entry = 0;
    if (!decision_read(s, &d))
        return decision_refuse(s);
    if (is_repeat(s, &d))
        return OCTAVO_DONE;
    (void)octavo_event_int(s, "actual", &actual);
    (void)octavo_event_int(s, "entry", &entry);
    if (entry && octavo_row_get(s, "decision", d.original, row, DECISION_COLUMNS))
        give_back(s, d.original, row[DECISION_AMOUNT].integer - actual);
    decision_put(s, &d, "other", 0);
    return OCTAVO_DONE;
}

/* Voided, expired, or less of it is held: the event names the hold and how much. */
static enum octavo_outcome on_hold_freed(struct octavo_step *s) {
    struct decision d;
    if (!decision_read(s, &d))
        return decision_refuse(s);
    give_back(s, d.request, d.amount);
    return OCTAVO_DONE;
}

const struct octavo_handler governor_handlers[] = {
    { "account-opened", on_opened },
    { "limit-change-requested", on_change_requested },
    { "limit-changed", on_changed },
    { "transaction-posted", on_posted },
    { "transaction-declined", on_declined },
    { "transaction-reversed", on_reversed },
    { "hold-placed", on_held },
    { "transfer-begun", on_held },
    { "hold-voided", on_hold_freed },
    { "hold-expired", on_hold_freed },
    { "hold-lessened", on_hold_freed },
    { "divergence-accepted", on_divergence_accepted },
    { "timer:divergence", on_divergence_remembered },
    { NULL, NULL },
};
