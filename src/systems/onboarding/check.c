/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* background-check: one order at the vendor for each hire, by our own reference, and what the
 * vendor says of it.
 *
 * A webhook is taken for a hint only: whatever it says, the order is read, and what is read counts.
 * So one that comes twice, out of order, or with old news does no harm, and one that never comes is
 * made up for by the poll. It may come before our own row knows of the order (the vendor is quicker
 * than the answer to our call): the reference is noted then, and looked at when the answer is here.
 *
 *   ordering -> ordered -> clear <-> consider
 *       \          \-> cancelling -> cancelled     the hire was rescinded
 *        \       <-/                               the vendor did not: `retry` asks it again
 *         \-> failed                               the next version orders again
 *
 * Timers are keyed by employee, so that effects they ask for stand in the employee's line. */
#include "onboarding.h"

#include "person.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct octavo_text nothing = { "", 0 };

enum {
    CHECK_VERSION,
    CHECK_ACTIVE, /* 1: hired; 0: gone */
    CHECK_STATE,
    CHECK_ORDERS,    /* made so far; the reference is EMPLOYEE-ORDERS */
    CHECK_REFERENCE, /* of the newest */
    CHECK_EFFECT,    /* the newest one whose outcome counts */
    CHECK_ASKS,      /* create, read, delete: what that effect does */
    CHECK_REASON,
    CHECK_COLUMNS,
};

enum { POLL_MS = 3600000, WEBHOOK_KEPT_MS = 30 * 86400000LL, REFERENCE_CHARS = 64 };

static bool check_get(struct octavo_step *s, struct octavo_text employee,
                      struct octavo_value *row) {
    return octavo_row_get(s, "check", employee, row, CHECK_COLUMNS);
}

static void check_put(struct octavo_step *s, struct octavo_text employee,
                      const struct octavo_value *row) {
    octavo_row_put(s, "check", employee, row, CHECK_COLUMNS);
}

static bool check_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[CHECK_STATE].text, state);
}

static void state_set(struct octavo_value *row, const char *state) {
    row[CHECK_STATE] = octavo_text_value(octavo_text(state));
}

static void answer(struct octavo_step *s, struct octavo_text employee,
                   const struct octavo_value *row, const char *outcome) {
    step_answer_begin(s, &(struct step_answer){
                             .type = "check-step-finished",
                             .step = "check",
                             .outcome = outcome,
                             .version = row[CHECK_VERSION].integer,
                             .employee = employee,
                             .reason = row[CHECK_REASON].text,
                         });
    octavo_put_text(s, "reference", row[CHECK_REFERENCE].text);
    octavo_end(s);
}

/* Answers when there is something to answer. */
static void answer_state(struct octavo_step *s, struct octavo_text employee,
                         const struct octavo_value *row) {
    bool waits =
        check_is(row, "ordering") || check_is(row, "ordered") || check_is(row, "cancelling");
    if (waits)
        return;
    if (!row[CHECK_ACTIVE].integer)
        answer(s, employee, row, "undone");
    else
        answer(s, employee, row,
               check_is(row, "clear")      ? "done"
               : check_is(row, "consider") ? "adverse"
                                           : "failed");
}

/* ---- asking the vendor */

/* In a step whose key is the employee. */
static void vendor_begin(struct octavo_step *s, struct octavo_value *row, const char *what) {
    octavo_effect_begin(s, "vendor", what);
    row[CHECK_EFFECT] = octavo_text_value(octavo_effect_id(s));
    row[CHECK_ASKS] = octavo_text_value(octavo_text(what));
    octavo_put_text(s, "reference", row[CHECK_REFERENCE].text);
}

static void order(struct octavo_step *s, struct octavo_value *row, const struct person *p) {
    char reference[REFERENCE_CHARS];
    if (!check_is(row, "failed") || !row[CHECK_REFERENCE].text.len) {
        (void)snprintf(reference, sizeof(reference), "%.*s-%" PRId64, (int)p->employee.len,
                       p->employee.data, ++row[CHECK_ORDERS].integer);
        row[CHECK_REFERENCE] = octavo_text_value(octavo_text(reference));
    }
    struct octavo_value of[1] = { octavo_text_value(p->employee) };
    octavo_row_put(s, "reference", row[CHECK_REFERENCE].text, of, 1);
    state_set(row, "ordering");
    vendor_begin(s, row, "create");
    octavo_put_text(s, "employee", p->employee);
    octavo_put_text(s, "given", p->given);
    octavo_put_text(s, "family", p->family);
    octavo_put_text(s, "birth", p->birth);
    octavo_put_text(s, "package", octavo_text(octavo_setting(s, "package", "standard")));
    octavo_end(s);
    check_put(s, p->employee, row); /* before `reference` goes */
}

static void vendor_ask(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
                       const char *what) {
    vendor_begin(s, row, what);
    octavo_end(s);
    check_put(s, employee, row);
}

static void poll_later(struct octavo_step *s, struct octavo_text employee) {
    const char *text = octavo_setting(s, "poll_ms", "");
    int64_t ms = text[0] ? strtoll(text, NULL, 10) : POLL_MS;
    octavo_timer_set(s, "read", employee, octavo_event_time_ms(s) + (ms > 0 ? ms : POLL_MS));
}

/* ---- hires */

static void on_active(struct octavo_step *s, struct octavo_value *row, const struct person *p) {
    bool has_one = check_is(row, "ordering") || check_is(row, "ordered") || check_is(row, "clear")
                   || check_is(row, "consider");
    if (!has_one) { /* none, cancelled, being cancelled, or failed */
        order(s, row, p);
        return;
    }
    check_put(s, p->employee, row);
    answer_state(s, p->employee, row);
}

static void on_gone(struct octavo_step *s, struct octavo_value *row, struct octavo_text employee) {
    octavo_timer_cancel(s, "read", employee);
    if (check_is(row, "ordering") || check_is(row, "ordered")) {
        state_set(row, "cancelling");
        vendor_ask(s, employee, row, "delete");
        return;
    }
    check_put(s, employee, row);
    answer_state(s, employee, row);
}

static void row_begin(struct octavo_value *row) {
    for (size_t i = 0; i < CHECK_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    row[CHECK_VERSION] = row[CHECK_ACTIVE] = row[CHECK_ORDERS] = octavo_int_value(0);
    state_set(row, "none");
}

static enum octavo_outcome on_hired(struct octavo_step *s) {
    struct octavo_value row[CHECK_COLUMNS];
    struct hired h;
    const char *why;
    if (!hired_read(s, &h, &why))
        return octavo_refuse(s, OCTAVO_PARK, "%s", why);
    if (!check_get(s, h.person.employee, row))
        row_begin(row);
    if (h.version <= row[CHECK_VERSION].integer)
        return OCTAVO_DONE;
    bool again = h.happening == REHIRED && !row[CHECK_ACTIVE].integer;
    row[CHECK_VERSION] = octavo_int_value(h.version);
    row[CHECK_ACTIVE] = octavo_int_value(happening_is_active(h.happening));
    row[CHECK_REASON] = octavo_text_value(nothing);
    if (again) /* what was found years ago does not count */
        state_set(row, "none");
    if (row[CHECK_ACTIVE].integer)
        on_active(s, row, &h.person);
    else
        on_gone(s, row, h.person.employee);
    return OCTAVO_DONE;
}

/* ---- what the vendor says */

static void apply(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row) {
    struct octavo_text status = hired_field(s, "status"), result = hired_field(s, "result");
    bool canceled = octavo_text_is(status, "canceled");
    if (!octavo_text_is(status, "complete") && !canceled) {
        if (check_is(row, "ordering") || octavo_text_is(status, "dispute"))
            state_set(row, "ordered");
        check_put(s, employee, row);
        poll_later(s, employee);
        return;
    }
    const char *state = canceled                          ? "failed"
                        : octavo_text_is(result, "clear") ? "clear"
                                                          : "consider";
    bool news = !check_is(row, state);
    state_set(row, state);
    row[CHECK_REASON] =
        octavo_text_value(canceled ? octavo_text("the vendor cancelled the order") : nothing);
    if (canceled)
        row[CHECK_REFERENCE] = octavo_text_value(nothing); /* the next order is another one */
    check_put(s, employee, row);
    octavo_timer_cancel(s, "read", employee);
    if (news)
        answer_state(s, employee, row);
}

static void failed(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row) {
    state_set(row, "failed");
    row[CHECK_REASON] = octavo_text_value(hired_field(s, "reason"));
    check_put(s, employee, row);
    answer_state(s, employee, row);
}

static void on_created(struct octavo_step *s, struct octavo_text employee,
                       struct octavo_value *row) {
    struct octavo_value early[1];
    state_set(row, "ordered");
    apply(s, employee, row);
    if (octavo_row_get(s, "early", row[CHECK_REFERENCE].text, early, 1)) {
        octavo_row_delete(s, "early", row[CHECK_REFERENCE].text);
        octavo_timer_set(s, "read", employee, octavo_event_time_ms(s));
    }
}

/* An order that is complete is no harm either. After anything else it may still stand. */
static void on_deleted(struct octavo_step *s, struct octavo_text employee,
                       struct octavo_value *row) {
    struct octavo_text outcome = hired_field(s, "outcome"), reason = hired_field(s, "reason");
    bool complete =
        octavo_text_is(outcome, "refused") && octavo_text_is(reason, "the service answered 409");
    bool stands = !octavo_text_is(outcome, "done") && !complete;
    state_set(row, stands ? "ordered" : "cancelled");
    row[CHECK_REASON] = octavo_text_value(stands ? reason : nothing);
    check_put(s, employee, row);
    answer(s, employee, row, stands ? "failed" : "undone");
}

static enum octavo_outcome on_outcome(struct octavo_step *s) {
    struct octavo_value row[CHECK_COLUMNS];
    struct octavo_text employee = octavo_event_key(s);
    if (!check_get(s, employee, row)
        || !octavo_text_equal(row[CHECK_EFFECT].text, hired_field(s, "effect")))
        return OCTAVO_DONE; /* another was asked for since */
    bool done = octavo_text_is(hired_field(s, "outcome"), "done");
    bool creates = octavo_text_is(row[CHECK_ASKS].text, "create");
    if (check_is(row, "cancelling")) {
        on_deleted(s, employee, row);
    } else if (!row[CHECK_ACTIVE].integer) {
        return OCTAVO_DONE;
    } else if (done && creates) {
        on_created(s, employee, row);
    } else if (done) {
        apply(s, employee, row);
    } else if (creates) {
        failed(s, employee, row);
    } else {
        poll_later(s, employee); /* a read that failed: later again */
    }
    return OCTAVO_DONE;
}

static enum octavo_outcome on_read(struct octavo_step *s) {
    struct octavo_value row[CHECK_COLUMNS];
    struct octavo_text employee = octavo_event_key(s);
    if (check_get(s, employee, row) && row[CHECK_ACTIVE].integer && !check_is(row, "ordering")
        && row[CHECK_REFERENCE].text.len)
        vendor_ask(s, employee, row, "read");
    return OCTAVO_DONE;
}

/* ---- webhooks: the edge has held the signature and the time against them */

static void hint_take(struct octavo_step *s, struct octavo_text reference) {
    struct octavo_value of[1], row[CHECK_COLUMNS];
    int64_t now = octavo_event_time_ms(s);
    if (octavo_row_get(s, "reference", reference, of, 1) && check_get(s, of[0].text, row)
        && !check_is(row, "ordering")) {
        if (octavo_text_equal(row[CHECK_REFERENCE].text, reference) && row[CHECK_ACTIVE].integer)
            octavo_timer_set(s, "read", of[0].text, now);
        return;
    }
    struct octavo_value early[1] = { octavo_int_value(now) };
    octavo_row_put(s, "early", reference, early, 1);
}

static enum octavo_outcome on_webhook(struct octavo_step *s) {
    struct octavo_text id = octavo_event_id(s), reference = hired_field(s, "reference");
    int64_t now = octavo_event_time_ms(s);
    struct octavo_value seen[2];
    bool known = octavo_row_get(s, "webhook", id, seen, 2);
    bool good = reference.len > 0 && reference.len < REFERENCE_CHARS;
    if (!known && good) {
        seen[0] = octavo_int_value(now);
        seen[1] = octavo_text_value(reference);
        octavo_row_put(s, "webhook", id, seen, 2);
        octavo_timer_set(s, "forget", id, now + WEBHOOK_KEPT_MS);
        hint_take(s, reference);
    }
    octavo_reply_begin(s, id);
    octavo_put_int(s, "status", good ? 200 : 400);
    if (!good)
        octavo_put_text(s, "title", octavo_text("it has no text \"reference\""));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_forget(struct octavo_step *s) {
    struct octavo_value seen[2], early[1];
    struct octavo_text id = octavo_event_key(s);
    if (!octavo_row_get(s, "webhook", id, seen, 2))
        return OCTAVO_DONE;
    if (octavo_row_get(s, "early", seen[1].text, early, 1))
        octavo_row_delete(s, "early", seen[1].text); /* of an order that never was ours */
    octavo_row_delete(s, "webhook", id);
    return OCTAVO_DONE;
}

const struct octavo_handler check_handlers[] = {
    { "employee-hired", on_hired },
    { "benefits-elected", on_hired },
    { "employee-amended", on_hired },
    { "start-date-moved", on_hired },
    { "employee-rehired", on_hired },
    { "hire-rescinded", on_hired },
    { "employee-terminated", on_hired },
    { "personal-data-erased", on_hired },
    { "effect:vendor", on_outcome },
    { "timer:read", on_read },
    { "webhook-asked", on_webhook },
    { "timer:forget", on_forget },
    { NULL, NULL },
};
