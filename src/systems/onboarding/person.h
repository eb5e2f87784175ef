/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The record of a hire, as every event of employee-hired carries it: whole, so that a service acts
 * on the newest event alone and needs to ask nobody. Texts are the event's or the row's. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_PERSON_H
#define OCTAVO_SYSTEMS_ONBOARDING_PERSON_H

#include "octavo.h"

enum { EMPLOYEE_CHARS = 32, NAME_BYTES = 200, WORDS_BYTES = 64, PLAN_BYTES = 24 };

struct person {
    struct octavo_text employee, given, family;
    struct octavo_text birth;      /* 1984-02-29; of those who check and insure */
    struct octavo_text start;      /* the first day */
    struct octavo_text department; /* a short name: d005 */
    struct octavo_text title;
    struct octavo_text class; /* full-time, part-time, temporary, contractor */
    struct octavo_text zone;  /* IANA name: where the first day begins */
    struct octavo_text plan;  /* the benefits that were elected; "": silence */
    int64_t hours;            /* a week */
};

/* The texts by their names in events, rows and files, in the order of columns. */
enum { PERSON_TEXTS = 10, PERSON_ZONE = 8, PERSON_PLAN = 9 };
extern const char *const person_names[PERSON_TEXTS];
struct octavo_text *person_text(struct person *p, size_t nth);
/* A token instead of the text: it was judged before it was sealed, and is opened where it leaves.
 */
bool person_is_sealed(struct octavo_text t);

/* NULL, or what is wrong with it, as a sentence for who wrote it. Knows all but the zones. */
const char *person_fault(const struct person *p);

/* What happened, of the events of a hire. */
enum happening {
    HIRED,
    AMENDED,
    MOVED,
    REHIRED,
    ELECTED,
    RESCINDED,
    TERMINATED,
    ERASED,
    HAPPENINGS
};
extern const char *const happening_types[HAPPENINGS];
bool happening_is_active(enum happening h); /* the person is to come, or is there */

/* An event of employee-hired. False: a field is missing or cannot be, or it is another's than its
 * key; `why` says which. */
struct hired {
    enum happening happening;
    int64_t version; /* of the employee, from 1 without gaps */
    int64_t start;   /* as a day */
    struct person person;
};
bool hired_read(struct octavo_step *s, struct hired *out, const char **why);
/* The day it is where the person works. */
int64_t person_today(struct octavo_step *s, struct octavo_text zone);
/* The moment at which the day begins in the zone. */
int64_t person_day_begins(struct octavo_step *s, struct octavo_text zone, int64_t day);

/* An answer on onboarding-step-finished, begun: more may be put before octavo_end. */
struct step_answer {
    const char *type;    /* STEP-step-finished */
    const char *step;    /* account, benefits, check */
    const char *outcome; /* done, undone, adverse, failed */
    int64_t version;
    struct octavo_text employee, reason;
};
void step_answer_begin(struct octavo_step *s, const struct step_answer *a);

/* A field of the event; "" when it is not there. */
struct octavo_text hired_field(struct octavo_step *s, const char *name);

#endif
