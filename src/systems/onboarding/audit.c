/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rows of four services held against each other. A hire on its way may be ahead of a service
 * or behind it; one at its end agrees with all three, and that is what is judged. */
#include "onboarding.h"

#include "hire.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audited {
    char *employee;
    int64_t version, uid_number;
    bool at_end, active;
    bool skipped;
    size_t seen[HIRE_STEPS]; /* rows of a service about it */
};

struct audit {
    struct octavo_session *session;
    struct audited *hires;
    size_t count, room, wrong, at_end;
    size_t step; /* whose rows are read */
};

__attribute__((format(printf, 3, 4))) static void wrong(struct audit *a, const char *employee,
                                                        const char *format, ...) {
    char what[200];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(what, sizeof(what), format, list);
    va_end(list);
    a->wrong++;
    octavo_print(a->session,
                 octavo_json_wanted(a->session) ? "{\"employee\":\"%.40s\",\"wrong\":\"%s\"}\n"
                                                : "employee %.40s: %s\n",
                 employee, what);
}

static void hire_take(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct audit *a = context;
    (void)key;
    (void)count;
    bool gone = octavo_text_is(v[HIRE_STATE].text, "rescinded")
                || octavo_text_is(v[HIRE_STATE].text, "terminated")
                || octavo_text_is(v[HIRE_STATE].text, "erased");
    a->hires = verb_room(a->hires, a->count, &a->room, sizeof(*a->hires));
    struct audited *h = &a->hires[a->count++];
    *h = (struct audited){ .employee = verb_text_keep(sub),
                           .version = v[HIRE_VERSION].integer,
                           .uid_number = v[HIRE_UID_NUMBER].integer,
                           .at_end = gone || octavo_text_is(v[HIRE_STATE].text, "onboarded"),
                           .active = !gone };
    for (size_t i = 0; i < HIRE_STEPS; i++)
        h->skipped = h->skipped || octavo_text_is(v[HIRE_ACCOUNT + i].text, "skipped");
    a->at_end += h->at_end;
}

static int by_employee(const void *a, const void *b) {
    return strcmp(((const struct audited *)a)->employee, ((const struct audited *)b)->employee);
}

static int by_number(const void *a, const void *b) {
    int64_t x = ((const struct audited *)a)->uid_number;
    int64_t y = ((const struct audited *)b)->uid_number;
    return x < y ? -1 : x > y;
}

static struct audited *hire_of(const struct audit *a, struct octavo_text employee) {
    struct audited wanted = { .employee = verb_text_keep(employee) };
    struct audited *found =
        a->count ? bsearch(&wanted, a->hires, a->count, sizeof(*a->hires), by_employee) : NULL;
    free(wanted.employee);
    return found;
}

/* The first columns of the three tables: version, and active where `active` says. */
static void step_take(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    static const size_t active_column[HIRE_STEPS] = { 3, 2, 1 };
    struct audit *a = context;
    struct octavo_text employee = a->step == 0 ? key : sub;
    struct audited *h = hire_of(a, employee);
    (void)count;
    if (!h) {
        char *name = verb_text_keep(employee);
        wrong(a, name, "%s knows of it and HR does not", hire_steps[a->step]);
        free(name);
        return;
    }
    h->seen[a->step]++;
    if (!h->at_end || h->skipped)
        return;
    if (v[0].integer != h->version)
        wrong(a, h->employee, "HR is at its end with version %" PRId64 ", %s at %" PRId64,
              h->version, hire_steps[a->step], v[0].integer);
    if ((v[active_column[a->step]].integer != 0) != h->active)
        wrong(a, h->employee, "%s is %s, the hire is not", hire_steps[a->step],
              h->active ? "undone" : "still there");
}

static void numbers_judge(struct audit *a) {
    qsort(a->hires, a->count, sizeof(*a->hires), by_number);
    for (size_t i = 1; i < a->count; i++)
        if (a->hires[i].uid_number && a->hires[i].uid_number == a->hires[i - 1].uid_number)
            wrong(a, a->hires[i].employee, "has the uidNumber of %s", a->hires[i - 1].employee);
}

int onboarding_audit(struct octavo_session *s, int count, char **arguments) {
    static const char *const places[HIRE_STEPS][2] = { { "network-user-creation", "account" },
                                                       { "benefits-enrollment", "member" },
                                                       { "background-check", "check" } };
    struct audit a = { .session = s };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL);
    if (code)
        return code;
    bool read = octavo_rows(s, "hr-onboarding", "hire", NULL, hire_take, &a);
    if (a.count)
        qsort(a.hires, a.count, sizeof(*a.hires), by_employee);
    for (; read && a.step < HIRE_STEPS; a.step++)
        read = octavo_rows(s, places[a.step][0], places[a.step][1], NULL, step_take, &a);
    for (size_t i = 0; read && i < a.count; i++)
        for (size_t step = 0; step < HIRE_STEPS; step++)
            if (a.hires[i].at_end && !a.hires[i].skipped && a.hires[i].seen[step] != 1)
                wrong(&a, a.hires[i].employee, "%zu rows of %s", a.hires[i].seen[step],
                      hire_steps[step]);
    if (read && a.count)
        numbers_judge(&a);
    for (size_t i = 0; i < a.count; i++)
        free(a.hires[i].employee);
    free(a.hires);
    if (!read)
        return FAILED;
    octavo_print(s,
                 octavo_json_wanted(s) ? "{\"hires\":%zu,\"at_end\":%zu,\"wrong\":%zu}\n"
                                       : "%zu hires, %zu at their end, %zu wrong\n",
                 a.count, a.at_end, a.wrong);
    return a.wrong ? FOUND_WRONG : DONE;
}
