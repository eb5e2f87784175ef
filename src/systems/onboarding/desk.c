/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* hr-onboarding's desk: what is asked by HTTP (hire-asked) and by operators (hire-requested, from a
 * file or a verb) is the same; only that who asks by HTTP is answered.
 *
 * A request has a name of its caller's, its Idempotency-Key or the id of its record. What became of
 * it is a row under that name, so that a repeat gets the same answer and does nothing; the same
 * name with another body is refused. */
#include "onboarding.h"

#include "day.h"
#include "hire.h"

#include <stdlib.h>
#include <string.h>

static const struct octavo_text nothing = { "", 0 };

enum {
    REQUEST_BODY,
    REQUEST_STATUS,
    REQUEST_TITLE,
    REQUEST_EMPLOYEE,
    REQUEST_VERSION,
    REQUEST_COLUMNS
};

/* What became of a request; `title` tells why it was refused. */
struct decision {
    int status;
    const char *title;
};

enum verb {
    HIRE,
    AMEND,
    MOVE,
    RESCIND,
    REHIRE,
    TERMINATE,
    APPROVE,
    ELECT,
    RETRY,
    SKIP,
    ERASE,
    VERBS
};
static const char *const verb_names[VERBS] = { "hire",   "amend",     "move",    "rescind",
                                               "rehire", "terminate", "approve", "elect",
                                               "retry",  "skip",      "erase" };

static bool is_asked(struct octavo_step *s) {
    struct octavo_text type = octavo_event_type(s);
    return type.len > 6 && memcmp(type.data + type.len - 6, "-asked", 6) == 0;
}

static enum verb verb_find(struct octavo_text type) {
    int v = HIRE;
    for (; v < VERBS; v++) {
        size_t len = strlen(verb_names[v]);
        if (type.len > len && memcmp(type.data, verb_names[v], len) == 0 && type.data[len] == '-')
            break;
    }
    return (enum verb)v;
}

/* ---- the record */

/* What the request says, over what the row says. A plan is elected in its window, or not at all. */
static void person_take(struct octavo_step *s, struct octavo_value *row, enum verb verb) {
    struct octavo_text t;
    bool takes_plan = verb == HIRE || verb == REHIRE || verb == ELECT;
    for (size_t i = 1; i < PERSON_TEXTS; i++)
        if ((i == PERSON_PLAN ? takes_plan : verb != ELECT)
            && octavo_event_text(s, person_names[i], &t))
            row[HIRE_GIVEN + i - 1] = octavo_text_value(t);
    if (verb != ELECT)
        (void)octavo_event_int(s, "hours", &row[HIRE_HOURS].integer);
}

static void row_begin(struct octavo_step *s, struct octavo_value *row) {
    for (size_t i = 0; i < HIRE_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    row[HIRE_VERSION] = row[HIRE_UID_NUMBER] = row[HIRE_LATE] = octavo_int_value(0);
    row[HIRE_ASKED] = row[HIRE_CHANGED] = octavo_int_value(octavo_event_time_ms(s));
    row[HIRE_HOURS] = octavo_int_value(40);
    row[HIRE_GIVEN + 6] = octavo_text_value(octavo_text("full-time"));
    row[HIRE_ZONE] = octavo_text_value(octavo_text(octavo_setting(s, "zone", "UTC")));
}

static const char *record_fault(struct octavo_step *s, const struct octavo_value *row,
                                struct octavo_text employee) {
    struct person p;
    int64_t day;
    hire_person(row, employee, &p);
    const char *fault = person_fault(&p);
    if (!fault && !octavo_local_day(s, p.zone, octavo_event_time_ms(s), &day))
        fault = "zone is not known; it is a name such as Europe/Prague";
    return fault;
}

/* ---- what may be asked when */

static const char *obstacle(enum verb verb, const struct octavo_value *row, bool known) {
    bool waits = known && hire_is(row, "waiting-approval");
    bool active = known && !waits && hire_is_active(row);
    switch (verb) {
    case HIRE:
        return known ? "this employee is known: amend, or rehire" : NULL;
    case AMEND:
    case MOVE:
    case TERMINATE:
    case ELECT:
        return active ? NULL : "this employee is not hired";
    case RESCIND:
        return active || waits ? NULL : "this employee is not hired";
    case REHIRE:
        return known && !waits && !active ? NULL
                                          : "only who was rescinded or terminated is rehired";
    case ERASE:
        return known && (hire_is(row, "rescinded") || hire_is(row, "terminated"))
                   ? NULL
                   : "only who was rescinded or terminated is erased";
    case APPROVE:
        return waits ? NULL : "nothing waits for an approval";
    case RETRY:
    case SKIP:
        return known && !waits ? NULL : "this employee is not hired";
    case VERBS:
        break;
    }
    return "no such request";
}

static bool has_begun(struct octavo_step *s, const struct octavo_value *row) {
    int64_t start;
    return day_read(row[HIRE_START].text, &start) && start <= person_today(s, row[HIRE_ZONE].text);
}

/* Until the last minute of the window's last day, by the clock where the person works. */
static bool window_is_open(struct octavo_step *s, const struct octavo_value *row) {
    int64_t start, days = strtoll(octavo_setting(s, "election_days", "30"), NULL, 10);
    return day_read(row[HIRE_START].text, &start)
           && octavo_event_time_ms(s) < person_day_begins(s, row[HIRE_ZONE].text, start + days + 1);
}

/* ---- doing it */

static struct decision skip(struct octavo_step *s, struct octavo_text employee,
                            struct octavo_value *row) {
    struct octavo_text step = hired_field(s, "step");
    for (size_t i = 0; i < HIRE_STEPS; i++) {
        if (!octavo_text_is(step, hire_steps[i]))
            continue;
        row[HIRE_ACCOUNT + i] = octavo_text_value(octavo_text("skipped"));
        row[HIRE_ACCOUNT_NOTE + i] = octavo_text_value(hired_field(s, "reason"));
        hire_judge(s, employee, row);
        return (struct decision){ 202, NULL };
    }
    return (struct decision){ 400, "step is account, benefits or check" };
}

static enum happening happening_of(enum verb verb, const struct octavo_value *row) {
    static const enum happening plain[VERBS] = {
        [HIRE] = HIRED,        [AMEND] = AMENDED,  [MOVE] = MOVED,
        [RESCIND] = RESCINDED, [REHIRE] = REHIRED, [TERMINATE] = TERMINATED,
        [APPROVE] = HIRED,     [ELECT] = ELECTED,  [ERASE] = ERASED,
    };
    if (verb != RETRY)
        return plain[verb];
    for (int h = HIRED; h < HAPPENINGS; h++)
        if (octavo_text_is(row[HIRE_EVENT].text, happening_types[h]))
            return (enum happening)h;
    return HIRED;
}

/* A hire that nobody has heard of yet is just not hired. */
static struct decision withdraw(struct octavo_step *s, struct octavo_text employee) {
    octavo_row_delete(s, "hire", employee);
    return (struct decision){ 200, NULL };
}

static void text_erase(struct octavo_value *v, const char *otherwise) {
    if (v->text.len && !person_is_sealed(v->text))
        *v = octavo_text_value(octavo_text(otherwise));
}

/* A row from before personal data was sealed: no key that is destroyed takes it along. */
static void clear_text_erase(struct octavo_value *row) {
    text_erase(&row[HIRE_GIVEN], "erased");
    text_erase(&row[HIRE_GIVEN + 1], "erased");
    text_erase(&row[HIRE_GIVEN + 2], "");
    text_erase(&row[HIRE_LOGIN], "");
}

static struct decision decide(struct octavo_step *s, enum verb verb, struct octavo_text employee,
                              struct octavo_value *row) {
    bool known = hire_get(s, employee, row);
    const char *fault = obstacle(verb, row, known);
    if (fault)
        return (struct decision){ known || verb == REHIRE ? 409 : 404, fault };
    if (verb == RESCIND && hire_is(row, "waiting-approval"))
        return withdraw(s, employee);
    if (verb == SKIP)
        return skip(s, employee, row);
    if (verb == RESCIND && has_begun(s, row))
        return (struct decision){ 409, "the first day has begun: terminate instead" };
    if (verb == ELECT && !hired_field(s, "plan").len)
        return (struct decision){ 400, "plan is wanted: the one that is elected" };
    if (verb == ELECT && !window_is_open(s, row))
        return (struct decision){ 409, "the window for elections has closed" };
    if (!known)
        row_begin(s, row);
    if (verb == REHIRE && octavo_text_is(row[HIRE_EVENT].text, happening_types[ERASED]))
        /* nobody knows any more who it was, however far the erasure is */
        row[HIRE_GIVEN] = row[HIRE_GIVEN + 1] = row[HIRE_GIVEN + 2] = octavo_text_value(nothing);
    if (verb != APPROVE && verb != RETRY && verb != ERASE)
        person_take(s, row, verb);
    fault = record_fault(s, row, employee);
    if (fault)
        return (struct decision){ 400, fault };
    if (verb != RETRY || hired_field(s, "reason").len) /* else why it was taken back stands */
        row[HIRE_REASON] = octavo_text_value(hired_field(s, "reason"));
    if (verb == HIRE && strcmp(octavo_setting(s, "approval", "none"), "needed") == 0) {
        row[HIRE_STATE] = octavo_text_value(octavo_text("waiting-approval"));
        hire_put(s, employee, row);
        return (struct decision){ 202, NULL };
    }
    if (verb == ERASE)
        clear_text_erase(row);
    hire_tell(s, employee, row, happening_of(verb, row));
    return (struct decision){ 202, NULL };
}

/* ---- answering */

static void request_answer(struct octavo_step *s, struct octavo_text name,
                           const struct octavo_value *request) {
    if (!is_asked(s))
        return;
    octavo_reply_begin(s, name);
    octavo_put_int(s, "status", request[REQUEST_STATUS].integer);
    if (request[REQUEST_TITLE].text.len)
        octavo_put_text(s, "title", request[REQUEST_TITLE].text);
    octavo_put_text(s, "employee", request[REQUEST_EMPLOYEE].text);
    octavo_put_int(s, "version", request[REQUEST_VERSION].integer);
    octavo_end(s);
}

static enum octavo_outcome on_asked(struct octavo_step *s) {
    struct octavo_value request[REQUEST_COLUMNS], row[HIRE_COLUMNS];
    struct octavo_text name = octavo_event_id(s), employee = hired_field(s, "employee");
    struct octavo_text json = octavo_event_json(s);
    char body[65];
    octavo_sha256(json.data, json.len, body);
    if (octavo_row_get(s, "request", name, request, REQUEST_COLUMNS)) {
        if (!octavo_text_is(request[REQUEST_BODY].text, body)) {
            request[REQUEST_STATUS] = octavo_int_value(422);
            request[REQUEST_TITLE] =
                octavo_text_value(octavo_text("the Idempotency-Key was another request's"));
        }
        request_answer(s, name, request);
        return OCTAVO_DONE;
    }
    row[HIRE_VERSION] = octavo_int_value(0);
    struct decision d = decide(s, verb_find(octavo_event_type(s)), employee, row);
    request[REQUEST_BODY] = octavo_text_value(octavo_text(body));
    request[REQUEST_STATUS] = octavo_int_value(d.status);
    request[REQUEST_TITLE] = octavo_text_value(octavo_text(d.title ? d.title : ""));
    request[REQUEST_EMPLOYEE] = octavo_text_value(employee);
    request[REQUEST_VERSION] = octavo_int_value(d.status < 300 ? row[HIRE_VERSION].integer : 0);
    octavo_row_put(s, "request", name, request, REQUEST_COLUMNS);
    request_answer(s, name, request);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_employee_asked(struct octavo_step *s) {
    struct octavo_value row[HIRE_COLUMNS];
    struct octavo_text employee = hired_field(s, "employee");
    octavo_reply_begin(s, octavo_event_id(s));
    if (!hire_get(s, employee, row)) {
        octavo_put_int(s, "status", 404);
        octavo_put_text(s, "title", octavo_text("no such employee"));
    } else {
        octavo_put_text(s, "employee", employee);
        octavo_put_text(s, "state", row[HIRE_STATE].text);
        octavo_put_int(s, "version", row[HIRE_VERSION].integer);
        for (size_t i = 0; i < HIRE_STEPS; i++)
            octavo_put_text(s, hire_steps[i], row[HIRE_ACCOUNT + i].text);
        octavo_put_text(s, "login", row[HIRE_LOGIN].text);
        octavo_put_text(s, "coverage_start", row[HIRE_COVERAGE].text);
        octavo_put_text(s, "start", row[HIRE_START].text);
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

const struct octavo_handler hire_handlers[] = {
    { "hire-asked", on_asked },
    { "hire-requested", on_asked },
    { "amend-asked", on_asked },
    { "amend-requested", on_asked },
    { "move-asked", on_asked },
    { "move-requested", on_asked },
    { "rescind-asked", on_asked },
    { "rescind-requested", on_asked },
    { "rehire-asked", on_asked },
    { "rehire-requested", on_asked },
    { "terminate-asked", on_asked },
    { "terminate-requested", on_asked },
    { "approve-asked", on_asked },
    { "approve-requested", on_asked },
    { "retry-asked", on_asked },
    { "retry-requested", on_asked },
    { "elect-asked", on_asked },
    { "elect-requested", on_asked },
    { "skip-asked", on_asked },
    { "skip-requested", on_asked },
    { "erase-requested", on_asked },
    { "employee-asked", on_employee_asked },
    { "account-step-finished", on_step_finished },
    { "benefits-step-finished", on_step_finished },
    { "check-step-finished", on_step_finished },
    { "timer:first-day", on_first_day },
    { NULL, NULL },
};
