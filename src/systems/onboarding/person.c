/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading and judging the record of a hire. What is refused here is refused with words for the
 * person at the desk: the same ones by HTTP, from a file, and when an event is parked. */
#include "person.h"

#include "day.h"

#include <string.h>

const char *const person_names[PERSON_TEXTS] = { "employee",   "given", "family", "birth", "start",
                                                 "department", "title", "class",  "zone",  "plan" };
const char *const happening_types[HAPPENINGS] = { "employee-hired",      "employee-amended",
                                                  "start-date-moved",    "employee-rehired",
                                                  "benefits-elected",    "hire-rescinded",
                                                  "employee-terminated", "personal-data-erased" };

struct octavo_text *person_text(struct person *p, size_t nth) {
    struct octavo_text *const texts[PERSON_TEXTS] = { &p->employee, &p->given, &p->family,
                                                      &p->birth,    &p->start, &p->department,
                                                      &p->title,    &p->class, &p->zone,
                                                      &p->plan };
    return texts[nth];
}

bool happening_is_active(enum happening h) {
    return h < RESCINDED;
}

struct octavo_text hired_field(struct octavo_step *s, const char *name) {
    struct octavo_text text = { "", 0 };
    (void)octavo_event_text(s, name, &text);
    return text;
}

/* ---- judging */

static bool is_number(struct octavo_text t) {
    if (!t.len || t.len > EMPLOYEE_CHARS)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

static bool is_line(struct octavo_text t, size_t most) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.data[i] < ' ' || t.data[i] == 0x7f)
            return false;
    return t.len <= most;
}

bool person_is_sealed(struct octavo_text t) {
    static const char begins[] = "{sealed:";
    return t.len > sizeof(begins) && memcmp(t.data, begins, sizeof(begins) - 1) == 0
           && t.data[t.len - 1] == '}';
}

static bool is_name(struct octavo_text t) {
    return person_is_sealed(t) || (t.len && is_line(t, NAME_BYTES));
}

static bool is_class(struct octavo_text t) {
    static const char *const classes[] = { "full-time", "part-time", "temporary", "contractor" };
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (octavo_text_is(t, classes[i]))
            return true;
    return false;
}

const char *person_fault(const struct person *p) {
    int64_t day;
    if (!is_number(p->employee))
        return "employee is 1 to 32 letters, digits and dashes";
    if (!is_name(p->given))
        return "given is a name of 1 to 200 bytes";
    if (!is_name(p->family))
        return "family is a name of 1 to 200 bytes";
    if (!day_read(p->start, &day))
        return "start is a day such as 2026-12-01";
    if (p->birth.len && !person_is_sealed(p->birth) && !day_read(p->birth, &day))
        return "birth is a day such as 1984-02-29";
    if (!is_line(p->department, WORDS_BYTES) || memchr(p->department.data, '/', p->department.len))
        return "department is at most 64 bytes without a slash";
    if (!is_line(p->title, NAME_BYTES))
        return "title is one line of at most 200 bytes";
    if (!is_class(p->class))
        return "class is full-time, part-time, temporary or contractor";
    if (!p->zone.len || !is_line(p->zone, WORDS_BYTES))
        return "zone is a name such as Europe/Prague";
    if (!is_line(p->plan, PLAN_BYTES) || memchr(p->plan.data, ' ', p->plan.len))
        return "plan is at most 24 bytes without blanks";
    if (p->hours < 0 || p->hours > 100)
        return "hours is 0 to 100 a week";
    return NULL;
}

/* ---- the event */

static bool happening_find(struct octavo_text type, enum happening *out) {
    for (int h = HIRED; h < HAPPENINGS; h++)
        if (octavo_text_is(type, happening_types[h])) {
            *out = (enum happening)h;
            return true;
        }
    return false;
}

bool hired_read(struct octavo_step *s, struct hired *out, const char **why) {
    int64_t today;
    *out = (struct hired){ .version = 0 };
    for (size_t i = 0; i < PERSON_TEXTS; i++)
        *person_text(&out->person, i) = hired_field(s, person_names[i]);
    (void)octavo_event_int(s, "hours", &out->person.hours);
    *why = person_fault(&out->person);
    if (*why)
        return false;
    *why = "no such zone";
    if (!octavo_local_day(s, out->person.zone, octavo_event_time_ms(s), &today))
        return false;
    *why = "no version, or another employee than the key";
    return happening_find(octavo_event_type(s), &out->happening)
           && octavo_event_int(s, "version", &out->version) && out->version > 0
           && octavo_text_equal(out->person.employee, octavo_event_key(s))
           && day_read(out->person.start, &out->start);
}

int64_t person_today(struct octavo_step *s, struct octavo_text zone) {
    int64_t ymd = 19700101;
    (void)octavo_local_day(s, zone, octavo_event_time_ms(s), &ymd);
    return day_of((struct day_parts){ ymd / 10000, (int)(ymd / 100 % 100), (int)(ymd % 100) });
}

/* Zones are at most 14 hours ahead; where midnight does not exist the day begins a bit later. */
int64_t person_day_begins(struct octavo_step *s, struct octavo_text zone, int64_t day) {
    int64_t at = day * 86400000 - 15 * 3600000, ymd, next;
    struct day_parts p = day_parts(day);
    int64_t wanted = p.year * 10000 + p.month * 100 + p.day;
    for (int i = 0; i < 4 && octavo_local_next(s, zone, at, 0, &next); i++) {
        if (octavo_local_day(s, zone, next, &ymd) && ymd >= wanted)
            return next;
        at = next + 1;
    }
    return day * 86400000;
}

void step_answer_begin(struct octavo_step *s, const struct step_answer *a) {
    octavo_event_begin(s, "onboarding-step-finished", a->type, a->employee);
    octavo_put_text(s, "employee", a->employee);
    octavo_put_int(s, "version", a->version);
    octavo_put_text(s, "step", octavo_text(a->step));
    octavo_put_text(s, "outcome", octavo_text(a->outcome));
    if (a->reason.len)
        octavo_put_text(s, "reason", a->reason);
}
