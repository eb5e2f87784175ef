/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ls, show, and what an operator asks for. Asking publishes a command and waits for the broker; its
 * id is made of what it asks for, so that giving it again is harmless. */
#include "onboarding.h"

#include "hire.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char hr[] = "hr-onboarding";

/* ---- ls and show */

struct listing {
    struct octavo_session *session;
    const char *employee, *state; /* only these; NULL: all */
    size_t count;
    int64_t version;
};

static struct octavo_text waits_for(const struct octavo_value *row) {
    static char text[64];
    text[0] = 0;
    for (size_t i = 0; i < HIRE_STEPS; i++) {
        struct octavo_text t = row[HIRE_ACCOUNT + i].text;
        bool fine = octavo_text_is(t, "done") || octavo_text_is(t, "undone")
                    || octavo_text_is(t, "skipped");
        size_t len = strlen(text);
        if (!fine)
            (void)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", hire_steps[i]);
    }
    return octavo_text(text);
}

static void hire_json(struct octavo_session *s, struct octavo_text employee,
                      const struct octavo_value *v) {
    octavo_print(s, "{");
    octavo_print_member(s, "employee", employee);
    octavo_print(s, ",");
    octavo_print_member(s, "state", v[HIRE_STATE].text);
    octavo_print(s, ",\"version\":%" PRId64 ",\"uid_number\":%" PRId64 ",\"late\":%" PRId64 ",",
                 v[HIRE_VERSION].integer, v[HIRE_UID_NUMBER].integer, v[HIRE_LATE].integer);
    for (size_t i = 0; i < HIRE_STEPS; i++) {
        octavo_print_member(s, hire_steps[i], v[HIRE_ACCOUNT + i].text);
        octavo_print(s, ",");
    }
    octavo_print_member(s, "login", octavo_opened(s, v[HIRE_LOGIN].text));
    octavo_print(s, ",");
    octavo_print_member(s, "coverage_start", v[HIRE_COVERAGE].text);
    octavo_print(s, ",");
    octavo_print_member(s, "reference", v[HIRE_REFERENCE].text);
    octavo_print(s, "}\n");
}

static void hire_print(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    struct octavo_session *s = l->session;
    (void)key;
    (void)count;
    if ((l->employee && !octavo_text_is(sub, l->employee))
        || (l->state && !octavo_text_is(v[HIRE_STATE].text, l->state)))
        return;
    l->count++;
    l->version = v[HIRE_VERSION].integer;
    if (octavo_json_wanted(s)) {
        hire_json(s, sub, v);
        return;
    }
    octavo_print_text(s, sub, 12);
    octavo_print(s, " ");
    octavo_print_text(s, v[HIRE_STATE].text, 16);
    octavo_print(s, " ");
    octavo_print_text(s, octavo_opened(s, v[HIRE_LOGIN].text), 20);
    octavo_print(s, " ");
    octavo_print_text(s, v[HIRE_START].text, 10);
    octavo_print(s, " v%-3" PRId64 "%s ", l->version, v[HIRE_LATE].integer ? " LATE" : "");
    octavo_print_text(s, waits_for(v), 0);
    octavo_print(s, "\n");
    for (size_t i = 0; l->employee && i < HIRE_STEPS; i++) {
        octavo_print(s, "  %-9s ", hire_steps[i]);
        octavo_print_text(s, v[HIRE_ACCOUNT + i].text, 8);
        octavo_print(s, " ");
        octavo_print_text(s, v[HIRE_ACCOUNT_NOTE + i].text, 0);
        octavo_print(s, "\n");
    }
}

int onboarding_list(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s };
    const struct octavo_option options[] = { { "--state", &l.state, NULL }, { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, options);
    if (code)
        return code;
    if (!octavo_rows(s, hr, "hire", NULL, hire_print, &l))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu hires\n", l.count);
    return DONE;
}

/* All that was said of the employee: a line each. */
static bool happened_print(void *context, const struct octavo_record *r) {
    struct listing *l = context;
    struct octavo_session *s = l->session;
    struct octavo_text step = { "", 0 }, outcome = { "", 0 }, reason = { "", 0 };
    char at[OCTAVO_TIME_CHARS];
    int64_t version = 0;
    if (!octavo_text_is(r->key, l->employee))
        return true;
    (void)octavo_record_text(r, "step", &step);
    (void)octavo_record_text(r, "outcome", &outcome);
    (void)octavo_record_text(r, "reason", &reason);
    (void)octavo_record_int(r, "version", &version);
    octavo_print(s, "  %s v%-3" PRId64 " ", octavo_time_text(at, r->time_ms), version);
    octavo_print_text(s, r->type, 20);
    octavo_print(s, " ");
    octavo_print_text(s, step, 9);
    octavo_print(s, " ");
    octavo_print_text(s, outcome, 0);
    octavo_print(s, reason.len ? " " : "");
    octavo_print_text(s, reason, 0);
    octavo_print(s, "\n");
    return true;
}

int onboarding_show(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s };
    (void)count;
    int code = octavo_arguments_read(s, arguments,
                                     &(struct octavo_words){ "EMPLOYEE", &l.employee }, NULL);
    if (code)
        return code;
    if (!octavo_rows(s, hr, "hire", NULL, hire_print, &l))
        return FAILED;
    if (!l.count) {
        (void)fprintf(stderr, "octavo: there is no hire of %s; see `octavo onboarding ls`\n",
                      l.employee);
        return FOUND_WRONG;
    }
    if (octavo_json_wanted(s))
        return DONE;
    bool read = octavo_records(s, "employee-hired", happened_print, &l)
                && octavo_records(s, "onboarding-step-finished", happened_print, &l);
    return read ? DONE : FAILED;
}

/* ---- asking */

struct wish {
    const char *verb, *employee, *start, *step, *reason;
};

static void version_take(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    (void)key;
    (void)count;
    if (octavo_text_is(sub, l->employee)) {
        l->count++;
        l->version = v[HIRE_VERSION].integer;
    }
}

/* The version it was asked at is in the id: once for each, however often it is typed. */
static int wish_publish(struct octavo_session *s, const struct wish *w) {
    struct listing l = { .session = s, .employee = w->employee };
    char type[32], id[160];
    if (!octavo_rows(s, hr, "hire", NULL, version_take, &l))
        return FAILED;
    if (!l.count) {
        (void)fprintf(stderr, "octavo: there is no hire of %s; see `octavo onboarding ls`\n",
                      w->employee);
        return FOUND_WRONG;
    }
    (void)snprintf(type, sizeof(type), "%s-requested", w->verb);
    (void)snprintf(id, sizeof(id), "%s/%s/%" PRId64 "/%s%s", w->verb, w->employee, l.version,
                   w->start ? w->start : "", w->step ? w->step : "");
    octavo_publish_begin(s, "onboarding-request", type, octavo_text(w->employee), octavo_text(id));
    octavo_publish_text(s, "employee", octavo_text(w->employee));
    if (w->start)
        octavo_publish_text(s, "start", octavo_text(w->start));
    if (w->step)
        octavo_publish_text(s, "step", octavo_text(w->step));
    if (w->reason)
        octavo_publish_text(s, "reason", octavo_text(w->reason));
    if (!octavo_publish_send(s) || !octavo_publish_flush(s))
        return FAILED;
    octavo_print(s, octavo_json_wanted(s) ? "{\"requested\":1}\n"
                                          : "requested; see `octavo onboarding show`\n");
    return DONE;
}

static bool is_ask_verb(const char *verb) {
    static const char *const verbs[] = { "rescind", "terminate", "move", "rehire", "approve" };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

int onboarding_ask(struct octavo_session *s, int count, char **arguments) {
    struct wish w = { 0 };
    const char *words[2];
    const struct octavo_option options[] = { { "--start", &w.start, NULL },
                                             { "--reason", &w.reason, NULL },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "VERB EMPLOYEE", words },
                                     options);
    if (code)
        return code;
    w.verb = words[0];
    w.employee = words[1];
    if (!is_ask_verb(w.verb))
        return octavo_usage_error(s, "VERB is rescind, terminate, move, rehire or approve");
    bool wants_start = strcmp(w.verb, "move") == 0 || strcmp(w.verb, "rehire") == 0;
    if (wants_start != (w.start != NULL))
        return octavo_usage_error(s, wants_start ? "%s wants --start DAY" : "%s has no --start",
                                  w.verb);
    return wish_publish(s, &w);
}

int onboarding_retry(struct octavo_session *s, int count, char **arguments) {
    struct wish w = { .verb = "retry" };
    const struct octavo_option options[] = { { "--reason", &w.reason, NULL },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments,
                                     &(struct octavo_words){ "EMPLOYEE", &w.employee }, options);
    return code ? code : wish_publish(s, &w);
}

int onboarding_skip(struct octavo_session *s, int count, char **arguments) {
    struct wish w = { .verb = "skip" };
    const char *words[2];
    const struct octavo_option options[] = { { "--reason", &w.reason, NULL },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ "EMPLOYEE STEP", words },
                                     options);
    if (code)
        return code;
    w.employee = words[0];
    w.step = words[1];
    if (!w.reason)
        return octavo_usage_error(s,
                                  "skip wants --reason TEXT: who looks at it later must know why");
    return wish_publish(s, &w);
}
