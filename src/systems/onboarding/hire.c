/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* hr-onboarding's other half: what the services answer, and what that makes of a hire.
 *
 * An answer counts when it is of the version that was last told; an older one only tells what it
 * knows (a login). An answer may come again, and may change: a check that was clear and is not any
 * more opens a hire that was done. */
#include "hire.h"

#include "day.h"

#include <stdio.h>
#include <string.h>

static const struct octavo_text nothing = { "", 0 };
const char *const hire_steps[HIRE_STEPS] = { "account", "benefits", "check" };

bool hire_get(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row) {
    return octavo_row_get(s, "hire", employee, row, HIRE_COLUMNS);
}

void hire_put(struct octavo_step *s, struct octavo_text employee, const struct octavo_value *row) {
    octavo_row_put(s, "hire", employee, row, HIRE_COLUMNS);
}

bool hire_is(const struct octavo_value *row, const char *state) {
    return octavo_text_is(row[HIRE_STATE].text, state);
}

static enum happening hire_happening(const struct octavo_value *row) {
    for (int h = HIRED; h < HAPPENINGS; h++)
        if (octavo_text_is(row[HIRE_EVENT].text, happening_types[h]))
            return (enum happening)h;
    return HIRED;
}

bool hire_is_active(const struct octavo_value *row) {
    return happening_is_active(hire_happening(row));
}

void hire_person(const struct octavo_value *row, struct octavo_text employee, struct person *out) {
    out->employee = employee;
    for (size_t i = 1; i < PERSON_TEXTS; i++)
        *person_text(out, i) = row[HIRE_GIVEN + i - 1].text;
    out->hours = row[HIRE_HOURS].integer;
}

/* ---- telling */

static void text_set(struct octavo_value *v, const char *text) {
    *v = octavo_text_value(octavo_text(text));
}

static const char *state_of(enum happening h) {
    return happening_is_active(h) ? "in-progress"
           : h == RESCINDED       ? "rescinding"
           : h == ERASED          ? "erasing"
                                  : "terminating";
}

static const char *end_of(enum happening h) {
    return h == RESCINDED ? "rescinded" : h == ERASED ? "erased" : "terminated";
}

void hire_tell(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
               enum happening happening) {
    struct person p;
    hire_person(row, employee, &p);
    row[HIRE_VERSION].integer++;
    text_set(&row[HIRE_EVENT], happening_types[happening]);
    text_set(&row[HIRE_STATE], state_of(happening));
    for (size_t i = 0; i < HIRE_STEPS; i++)
        row[HIRE_ACCOUNT + i] = row[HIRE_ACCOUNT_NOTE + i] = octavo_text_value(nothing);
    row[HIRE_CHANGED] = octavo_int_value(octavo_event_time_ms(s));
    octavo_event_begin(s, "employee-hired", happening_types[happening], employee);
    for (size_t i = 0; i < PERSON_TEXTS; i++)
        octavo_put_text(s, person_names[i], *person_text(&p, i));
    octavo_put_int(s, "hours", p.hours);
    octavo_put_int(s, "version", row[HIRE_VERSION].integer);
    if (row[HIRE_REASON].text.len)
        octavo_put_text(s, "reason", row[HIRE_REASON].text);
    octavo_end(s);
    hire_put(s, employee, row);
    int64_t start;
    if (happening_is_active(happening) && day_read(p.start, &start))
        octavo_timer_set(s, "first-day", employee,
                         person_day_begins(s, p.zone, start) + 8 * 3600000);
    else
        octavo_timer_cancel(s, "first-day", employee);
}

/* ---- judging */

static bool all_say(const struct octavo_value *row, const char *wanted) {
    for (size_t i = 0; i < HIRE_STEPS; i++)
        if (!octavo_text_is(row[HIRE_ACCOUNT + i].text, wanted)
            && !octavo_text_is(row[HIRE_ACCOUNT + i].text, "skipped"))
            return false;
    return true;
}

static bool one_says(const struct octavo_value *row, const char *what) {
    for (size_t i = 0; i < HIRE_STEPS; i++)
        if (octavo_text_is(row[HIRE_ACCOUNT + i].text, what))
            return true;
    return false;
}

static const char *judgement(const struct octavo_value *row) {
    enum happening h = hire_happening(row);
    if (!happening_is_active(h)) {
        if (one_says(row, "failed"))
            return "failed";
        if (all_say(row, "undone"))
            return end_of(h);
        return state_of(h);
    }
    if (one_says(row, "adverse"))
        return "review";
    if (one_says(row, "failed"))
        return "failed";
    return all_say(row, "done") ? "onboarded" : "in-progress";
}

static bool has_begun(struct octavo_step *s, const struct octavo_value *row) {
    int64_t start;
    return day_read(row[HIRE_START].text, &start) && start <= person_today(s, row[HIRE_ZONE].text);
}

void hire_judge(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row) {
    const char *state = judgement(row);
    const char *adverse = octavo_setting(s, "adverse", "review");
    if (!hire_is(row, state))
        row[HIRE_CHANGED] = octavo_int_value(octavo_event_time_ms(s));
    text_set(&row[HIRE_STATE], state);
    if (strcmp(state, "review") == 0 && strcmp(adverse, "rescind") == 0) {
        text_set(&row[HIRE_REASON], "background check");
        hire_tell(s, employee, row, has_begun(s, row) ? TERMINATED : RESCINDED);
        return;
    }
    if (strcmp(state, "onboarded") == 0)
        octavo_timer_cancel(s, "first-day", employee);
    hire_put(s, employee, row);
}

/* ---- answers */

static size_t step_find(struct octavo_text name) {
    size_t i = 0;
    while (i < HIRE_STEPS && !octavo_text_is(name, hire_steps[i]))
        i++;
    return i;
}

static bool is_outcome(struct octavo_text t) {
    return octavo_text_is(t, "done") || octavo_text_is(t, "undone") || octavo_text_is(t, "adverse")
           || octavo_text_is(t, "failed");
}

/* What it knows is worth keeping, whatever version it is of. */
static void knowledge_take(struct octavo_step *s, struct octavo_value *row) {
    static const struct {
        const char *name;
        size_t column;
    } texts[] = { { "login", HIRE_LOGIN },
                  { "coverage_start", HIRE_COVERAGE },
                  { "reference", HIRE_REFERENCE } };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct octavo_text t = hired_field(s, texts[i].name);
        if (t.len)
            row[texts[i].column] = octavo_text_value(t);
    }
    (void)octavo_event_int(s, "uid_number", &row[HIRE_UID_NUMBER].integer);
}

enum octavo_outcome on_step_finished(struct octavo_step *s) {
    struct octavo_value row[HIRE_COLUMNS];
    struct octavo_text employee = hired_field(s, "employee"), outcome = hired_field(s, "outcome");
    size_t step = step_find(hired_field(s, "step"));
    int64_t version;
    if (!octavo_event_int(s, "version", &version) || step == HIRE_STEPS || !is_outcome(outcome))
        return octavo_refuse(s, OCTAVO_PARK, "no version, or a step or outcome that is none");
    if (!hire_get(s, employee, row))
        return octavo_refuse(s, OCTAVO_PARK, "there is no hire of employee %.*s", (int)employee.len,
                             employee.data);
    knowledge_take(s, row);
    if (version == row[HIRE_VERSION].integer
        && !octavo_text_is(row[HIRE_ACCOUNT + step].text, "skipped")) {
        row[HIRE_ACCOUNT + step] = octavo_text_value(outcome);
        row[HIRE_ACCOUNT_NOTE + step] = octavo_text_value(hired_field(s, "reason"));
        hire_judge(s, employee, row);
    } else {
        hire_put(s, employee, row);
    }
    return OCTAVO_DONE;
}

/* 08:00 of the first day, and not everything is there: somebody is to know. */
enum octavo_outcome on_first_day(struct octavo_step *s) {
    struct octavo_value row[HIRE_COLUMNS];
    struct octavo_text employee = octavo_event_key(s);
    if (!hire_get(s, employee, row) || hire_is(row, "onboarded") || !hire_is_active(row))
        return OCTAVO_DONE;
    row[HIRE_LATE] = octavo_int_value(1);
    hire_put(s, employee, row);
    return OCTAVO_DONE;
}
