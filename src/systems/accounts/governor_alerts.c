/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the limit-governor tells: limit-state (the newest of each account stays), and alerts.
 *
 * A divergence is open until somebody has looked: it keeps the service unready, over restarts by a
 * timer of its account, until `divergence-accepted` comes. */
#include "governor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char alerts[] = "limit-alert";
static const struct octavo_text nothing = { "", 0 };

enum { DIVERGENCE_COUNT, DIVERGENCE_REQUEST, DIVERGENCE_TIME, DIVERGENCE_COLUMNS };
enum { DIVERGED_OPEN, DIVERGED_COLUMNS };
enum { VELOCITY_TIMES, VELOCITY_COLUMNS };
enum { REMEMBERED_MS = 60 * 1000, TIMES_CHARS = 20 * 21, NEAR_TENTHS = 9 };

/* ---- states */

static void used_put(struct octavo_step *s, const struct limits_state *state) {
    octavo_put_int(s, "day", state->day);
    octavo_put_int(s, "day_amount", state->day_amount);
    octavo_put_int(s, "day_count", state->day_count);
    octavo_put_int(s, "month", state->month);
    octavo_put_int(s, "month_amount", state->month_amount);
    octavo_put_int(s, "month_count", state->month_count);
}

void state_publish(struct octavo_step *s) {
    struct limits_state state = limits_state(s, nothing);
    if (state.version == 0)
        return;
    octavo_event_begin(s, "limit-state", "limit-state", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_int(s, "version", state.version);
    octavo_put_int(s, "rules", state.rules);
    used_put(s, &state);
    octavo_end(s);
}

/* ---- breaches */

static void alert_begin(struct octavo_step *s, const char *type, const struct decision *d) {
    octavo_event_begin(s, alerts, type, octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "request", d->request);
}

void alert_breaches(struct octavo_step *s, const struct decision *d, const struct limits_ask *ask) {
    for (int i = 0; i < ask->found_count; i++) {
        const struct limit_found *f = &ask->found[i];
        alert_begin(s, "limit-breached", d);
        octavo_put_text(s, "limit", octavo_text(f->limit));
        octavo_put_text(s, "period", octavo_text(f->period));
        octavo_put_text(s, "mode", octavo_text(f->strict ? "strict" : "observe"));
        octavo_put_text(s, "what", octavo_text(f->code[1] == '1' ? "amount" : "count"));
        octavo_put_int(s, "allowed", f->allowed);
        octavo_put_int(s, "would_be", f->would_be);
        octavo_put_text(s, "code", d->code);
        octavo_end(s);
    }
}

/* ---- how often */

/* The times in the window, then this one: "1795348800000 1795348801000". Returns how many. */
static int64_t times_note(struct octavo_step *s, const struct limit_velocity *v) {
    struct octavo_value row[VELOCITY_COLUMNS];
    char text[TIMES_CHARS + 21] = "", was[TIMES_CHARS + 21] = "";
    int64_t now = octavo_event_time_ms(s), count = 1;
    int len = 0;
    if (octavo_row_get(s, "velocity", octavo_text(v->limit), row, VELOCITY_COLUMNS))
        (void)snprintf(was, sizeof(was), "%.*s", (int)row[0].text.len, row[0].text.data);
    for (char *at = was; *at && count < v->count; count++) {
        int64_t time = strtoll(at, &at, 10);
        at += *at == ' ';
        if (time <= now - v->window_ms)
            count--;
        else
            len += snprintf(text + len, sizeof(text) - (size_t)len, "%" PRId64 " ", time);
    }
    (void)snprintf(text + len, sizeof(text) - (size_t)len, "%" PRId64, now);
    row[VELOCITY_TIMES] = octavo_text_value(octavo_text(count >= v->count ? "" : text));
    octavo_row_put(s, "velocity", octavo_text(v->limit), row, VELOCITY_COLUMNS);
    return count;
}

/* Told once, then counted anew. */
void alert_velocity(struct octavo_step *s, const struct decision *d, bool declined) {
    struct limit_velocity rules[LIMIT_RULES_MAX];
    int count = limits_velocities(s, d->card, rules);
    for (int i = 0; i < count; i++) {
        const struct limit_velocity *v = &rules[i];
        bool is_near = d->amount < v->amount && d->amount >= v->amount / 10 * NEAR_TENTHS;
        if ((v->near ? declined || !is_near : !declined) || times_note(s, v) < v->count)
            continue;
        alert_begin(s, "velocity-exceeded", d);
        octavo_put_text(s, "limit", octavo_text(v->limit));
        octavo_put_text(s, "what", octavo_text(v->near ? "near" : "declines"));
        octavo_put_int(s, "count", v->count);
        octavo_put_int(s, "window", v->window_ms);
        octavo_end(s);
    }
}

/* ---- divergence */

static int64_t diverged_add(struct octavo_step *s, int64_t change) {
    struct octavo_value row[DIVERGED_COLUMNS];
    if (!octavo_row_get(s, "diverged", nothing, row, DIVERGED_COLUMNS))
        row[DIVERGED_OPEN] = octavo_int_value(0);
    row[DIVERGED_OPEN].integer += change;
    if (change)
        octavo_row_put(s, "diverged", nothing, row, DIVERGED_COLUMNS);
    return row[DIVERGED_OPEN].integer;
}

static void unready(struct octavo_step *s, int64_t open) {
    char reason[160] = "";
    if (open > 0)
        (void)snprintf(reason, sizeof(reason),
                       "%" PRId64
                       " accounts of task %d diverged: see topic limit-alert, then `octavo "
                       "accounts limit accept ACCOUNT`",
                       open, (int)octavo_task(s));
    octavo_unready(s, reason);
}

static void divergence_tell(struct octavo_step *s, const struct decision *d, const char *topic,
                            const char *derived) {
    octavo_event_begin(s, topic, "decision-diverged", octavo_event_key(s));
    octavo_put_text(s, "account", octavo_event_key(s));
    octavo_put_text(s, "request", d->request);
    octavo_put_text(s, "code", d->code);
    octavo_put_text(s, "ledger", d->limits);
    octavo_put_text(s, "governor", octavo_text(derived));
    octavo_end(s);
}

void alert_divergence(struct octavo_step *s, const struct decision *d, const char *derived) {
    struct octavo_value row[DIVERGENCE_COLUMNS];
    bool open = octavo_row_get(s, "divergence", nothing, row, DIVERGENCE_COLUMNS);
    if (!open)
        row[DIVERGENCE_COUNT] = octavo_int_value(0);
    row[DIVERGENCE_COUNT].integer++;
    row[DIVERGENCE_REQUEST] = octavo_text_value(d->request);
    row[DIVERGENCE_TIME] = octavo_int_value(octavo_event_time_ms(s));
    octavo_row_put(s, "divergence", nothing, row, DIVERGENCE_COLUMNS);
    unready(s, diverged_add(s, open ? 0 : 1));
    octavo_timer_set(s, "divergence", octavo_event_key(s), octavo_event_time_ms(s) + REMEMBERED_MS);
    divergence_tell(s, d, alerts, derived);
    divergence_tell(s, d, "account-transaction", derived);
}

enum octavo_outcome on_divergence_remembered(struct octavo_step *s) {
    struct octavo_value row[DIVERGENCE_COLUMNS];
    if (!octavo_row_get(s, "divergence", nothing, row, DIVERGENCE_COLUMNS))
        return OCTAVO_DONE;
    unready(s, diverged_add(s, 0));
    octavo_timer_set(s, "divergence", octavo_event_key(s), octavo_event_time_ms(s) + REMEMBERED_MS);
    return OCTAVO_DONE;
}

enum octavo_outcome on_divergence_accepted(struct octavo_step *s) {
    struct octavo_value row[DIVERGENCE_COLUMNS];
    if (!octavo_row_get(s, "divergence", nothing, row, DIVERGENCE_COLUMNS))
        return OCTAVO_DONE;
    octavo_row_delete(s, "divergence", nothing);
    octavo_timer_cancel(s, "divergence", octavo_event_key(s));
    unready(s, diverged_add(s, -1));
    return OCTAVO_DONE;
}

/* Of the ledger: it goes on, unless its settings say that a divergence stops it. */
enum octavo_outcome on_decision_diverged(struct octavo_step *s) {
    struct octavo_text request = nothing;
    (void)octavo_event_text(s, "request", &request);
    if (strcmp(octavo_setting(s, "on_divergence", "go-on"), "stop") != 0)
        return OCTAVO_DONE;
    return octavo_refuse(s, OCTAVO_STOP,
                         "the governor derives other limits for request %.*s, and on_divergence is "
                         "stop: look at it, then start with on_divergence: go-on",
                         (int)request.len, request.data);
}
