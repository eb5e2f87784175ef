/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* benefits-enrollment: who is insured, by which plan, from which day.
 *
 * Silence is a choice: whoever says nothing gets the plan of the settings, so a hire waits for
 * nobody. A hire that is taken back before its addition has left for the carrier leaves no trace
 * there; afterwards it is an end of coverage.
 *
 *   none -> adding -> added <-> changing      a change waits, or is on its way
 *             |         \-> ending -> ended
 *             \-> none                        taken back in time */
#include "benefits.h"

#include "day.h"
#include "onboarding.h"
#include "plan.h"

static const struct octavo_text nothing = { "", 0 };

bool member_get(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row) {
    return octavo_row_get(s, "member", employee, row, MEMBER_COLUMNS);
}

void member_put(struct octavo_step *s, struct octavo_text employee,
                const struct octavo_value *row) {
    octavo_row_put(s, "member", employee, row, MEMBER_COLUMNS);
}

bool member_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[MEMBER_STATE].text, state);
}

static void state_set(struct octavo_value *row, const char *state) {
    row[MEMBER_STATE] = octavo_text_value(octavo_text(state));
}

void member_answer_failed(struct octavo_step *s, struct octavo_text employee,
                          const struct octavo_value *row, struct octavo_text reason) {
    step_answer_begin(s, &(struct step_answer){
                             .type = "benefits-step-finished",
                             .step = "benefits",
                             .outcome = "failed",
                             .version = row[MEMBER_VERSION].integer,
                             .employee = employee,
                             .reason = reason,
                         });
    octavo_end(s);
}

void member_answer(struct octavo_step *s, struct octavo_text employee,
                   const struct octavo_value *row) {
    char begins[DAY_CHARS];
    if (member_is(row, "adding") || member_is(row, "changing") || member_is(row, "ending"))
        return;
    step_answer_begin(s, &(struct step_answer){
                             .type = "benefits-step-finished",
                             .step = "benefits",
                             .outcome = row[MEMBER_ACTIVE].integer ? "done" : "undone",
                             .version = row[MEMBER_VERSION].integer,
                             .employee = employee,
                             .reason = row[MEMBER_REASON].text,
                         });
    if (member_is(row, "added")) {
        octavo_put_text(s, "plan", row[MEMBER_PLAN].text);
        octavo_put_text(s, "coverage_start",
                        octavo_text(day_text(begins, row[MEMBER_BEGINS].integer)));
    }
    octavo_end(s);
}

/* ---- hires */

static void row_begin(struct octavo_value *row) {
    for (size_t i = 0; i < MEMBER_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    row[MEMBER_VERSION] = row[MEMBER_ACTIVE] = row[MEMBER_BEGINS] = row[MEMBER_CHANGE] =
        row[MEMBER_HIRED] = row[MEMBER_FILED] = octavo_int_value(0);
    state_set(row, "none");
}

static void row_take(struct octavo_value *row, const struct hired *h) {
    row[MEMBER_VERSION] = octavo_int_value(h->version);
    row[MEMBER_ACTIVE] = octavo_int_value(happening_is_active(h->happening));
    row[MEMBER_GIVEN] = octavo_text_value(h->person.given);
    row[MEMBER_FAMILY] = octavo_text_value(h->person.family);
    row[MEMBER_BIRTH] = octavo_text_value(h->person.birth);
    row[MEMBER_CLASS] = octavo_text_value(h->person.class);
    row[MEMBER_HIRED] = octavo_int_value(h->start);
    row[MEMBER_REASON] = octavo_text_value(nothing);
}

/* Coverage ends: before it has left, by taking it back. */
static void leave(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
                  const char *reason) {
    bool adds = member_is(row, "adding") && !row[MEMBER_FILED].integer;
    row[MEMBER_REASON] = octavo_text_value(octavo_text(reason));
    if (adds && change_take_back(s, row)) {
        state_set(row, "none");
    } else if (row[MEMBER_FILED].integer || adds) {
        state_set(row, "ending");
        change_queue(s, employee, row, "024");
    } else if (!member_is(row, "ended")) {
        state_set(row, "none");
    }
}

static bool same_coverage(const struct octavo_value *row, const struct octavo_value *before) {
    static const size_t told[] = { MEMBER_GIVEN, MEMBER_FAMILY, MEMBER_BIRTH, MEMBER_CLASS,
                                   MEMBER_PLAN };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (!octavo_text_equal(row[told[i]].text, before[told[i]].text))
            return false;
    return row[MEMBER_BEGINS].integer == before[MEMBER_BEGINS].integer
           && row[MEMBER_HIRED].integer == before[MEMBER_HIRED].integer;
}

/* The carrier knows of the coverage: a change. It does not, or knows of its end: an addition. An
 * end that has not left yet is taken back, and was never said. */
static void cover(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
                  const struct octavo_value *before) {
    bool ends = member_is(before, "ending");
    bool known = before[MEMBER_FILED].integer && (!ends || change_take_back(s, before));
    if (member_is(before, "added") && same_coverage(row, before))
        return;
    state_set(row, known ? "changing" : "adding");
    row[MEMBER_FILED] = octavo_int_value(known);
    change_queue(s, employee, row, known ? "001" : "021");
}

/* What another version says of the coverage is not changed by a plan that there is not. */
static void enroll(struct octavo_step *s, const struct hired *h, struct octavo_value *row,
                   const struct plan *plan) {
    struct octavo_value before[MEMBER_COLUMNS];
    struct octavo_text employee = h->person.employee;
    for (size_t i = 0; i < MEMBER_COLUMNS; i++)
        before[i] = row[i];
    row_take(row, h);
    if (plan) {
        row[MEMBER_PLAN] = octavo_text_value(octavo_text(plan->id));
        row[MEMBER_BEGINS] = octavo_int_value(plan_begins(plan, h->start));
    }
    const char *obstacle = !row[MEMBER_ACTIVE].integer ? "coverage has ended"
                           : plan                      ? plan_obstacle(plan, &h->person)
                                                       : NULL;
    if (obstacle)
        leave(s, employee, row, obstacle);
    else if (plan)
        cover(s, employee, row, before);
    member_put(s, employee, row);
    if (obstacle || plan)
        member_answer(s, employee, row);
    else
        member_answer_failed(s, employee, row, octavo_text("there is no such plan"));
}

static enum octavo_outcome on_hired(struct octavo_step *s) {
    struct octavo_value row[MEMBER_COLUMNS];
    struct plan plan;
    struct hired h;
    const char *why;
    if (!hired_read(s, &h, &why))
        return octavo_refuse(s, OCTAVO_PARK, "%s", why);
    bool found = plan_choose(octavo_setting(s, "plans", "id=STANDARD wait=month-after:30"),
                             h.person.plan, &plan, &why);
    if (!found && why)
        return octavo_refuse(s, OCTAVO_STOP, "setting plans: %s", why);
    if (!member_get(s, h.person.employee, row))
        row_begin(row);
    if (h.version > row[MEMBER_VERSION].integer)
        enroll(s, &h, row, found ? &plan : NULL);
    return OCTAVO_DONE;
}

const struct octavo_handler benefits_handlers[] = {
    { "employee-hired", on_hired },
    { "benefits-elected", on_hired },
    { "employee-amended", on_hired },
    { "start-date-moved", on_hired },
    { "employee-rehired", on_hired },
    { "hire-rescinded", on_hired },
    { "employee-terminated", on_hired },
    { "personal-data-erased", on_hired },
    { "timer:batch", on_change_batch },
    { "effect:files", on_file_outcome },
    { NULL, NULL },
};
