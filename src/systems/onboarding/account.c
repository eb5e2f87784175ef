/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* network-user-creation: the person's account in the directory is as the newest event wants it.
 *
 * The effect says how the account shall be, not what to change, so each may come again; effects of
 * one employee are done in order, so the last one wins. Until the first day the account is there
 * and cannot be used; a timer opens it that morning. Whoever goes keeps the account, disabled: the
 * login and its number are never another's. */
#include "onboarding.h"

#include "person.h"

static const struct octavo_text nothing = { "", 0 };

enum {
    ACCOUNT_VERSION,
    ACCOUNT_WANTED, /* enabled, disabled */
    ACCOUNT_EFFECT, /* the newest one */
    ACCOUNT_ACTIVE, /* 1: hired; 0: gone */
    ACCOUNT_START,  /* the first day, as a number */
    ACCOUNT_GIVEN,
    ACCOUNT_FAMILY,
    ACCOUNT_DEPARTMENT,
    ACCOUNT_TITLE,
    ACCOUNT_ZONE,
    ACCOUNT_COLUMNS,
};

static bool account_get(struct octavo_step *s, struct octavo_value *row) {
    return octavo_row_get(s, "account", nothing, row, ACCOUNT_COLUMNS);
}

static void account_put(struct octavo_step *s, const struct octavo_value *row) {
    octavo_row_put(s, "account", nothing, row, ACCOUNT_COLUMNS);
}

/* Enabled from the first day on; before it, a timer is set for that morning. */
static void wanted_set(struct octavo_step *s, struct octavo_value *row) {
    struct octavo_text zone = row[ACCOUNT_ZONE].text;
    int64_t start = row[ACCOUNT_START].integer;
    bool early = start > person_today(s, zone), active = row[ACCOUNT_ACTIVE].integer;
    row[ACCOUNT_WANTED] = octavo_text_value(octavo_text(active && !early ? "enabled" : "disabled"));
    if (active && early)
        octavo_timer_set(s, "start", octavo_event_key(s), person_day_begins(s, zone, start));
    else
        octavo_timer_cancel(s, "start", octavo_event_key(s));
}

static void account_ask(struct octavo_step *s, struct octavo_value *row) {
    octavo_effect_begin(s, "directory", "account");
    row[ACCOUNT_EFFECT] = octavo_text_value(octavo_effect_id(s));
    octavo_put_text(s, "employee", octavo_event_key(s));
    octavo_put_text(s, "given", row[ACCOUNT_GIVEN].text);
    octavo_put_text(s, "family", row[ACCOUNT_FAMILY].text);
    octavo_put_text(s, "department", row[ACCOUNT_DEPARTMENT].text);
    octavo_put_text(s, "title", row[ACCOUNT_TITLE].text);
    octavo_put_text(s, "state", row[ACCOUNT_WANTED].text);
    octavo_end(s);
    account_put(s, row);
}

static void row_take(struct octavo_value *row, const struct hired *h) {
    row[ACCOUNT_VERSION] = octavo_int_value(h->version);
    row[ACCOUNT_ACTIVE] = octavo_int_value(happening_is_active(h->happening));
    row[ACCOUNT_START] = octavo_int_value(h->start);
    row[ACCOUNT_GIVEN] = octavo_text_value(h->person.given);
    row[ACCOUNT_FAMILY] = octavo_text_value(h->person.family);
    row[ACCOUNT_DEPARTMENT] = octavo_text_value(h->person.department);
    row[ACCOUNT_TITLE] = octavo_text_value(h->person.title);
    row[ACCOUNT_ZONE] = octavo_text_value(h->person.zone);
}

static void answer(struct octavo_step *s, const struct octavo_value *row, bool failed) {
    bool active = row[ACCOUNT_ACTIVE].integer;
    int64_t number;
    struct octavo_text login = hired_field(s, "login");
    step_answer_begin(s, &(struct step_answer){
                             .type = "account-step-finished",
                             .step = "account",
                             .outcome = failed   ? "failed"
                                        : active ? "done"
                                                 : "undone",
                             .version = row[ACCOUNT_VERSION].integer,
                             .employee = octavo_event_key(s),
                             .reason = hired_field(s, "reason"),
                         });
    if (login.len)
        octavo_put_text(s, "login", login);
    if (octavo_event_int(s, "uid_number", &number))
        octavo_put_int(s, "uid_number", number);
    octavo_end(s);
}

static enum octavo_outcome on_hired(struct octavo_step *s) {
    struct octavo_value row[ACCOUNT_COLUMNS];
    struct hired h;
    const char *why;
    if (!hired_read(s, &h, &why))
        return octavo_refuse(s, OCTAVO_PARK, "%s", why);
    bool known = account_get(s, row);
    if (known && h.version <= row[ACCOUNT_VERSION].integer)
        return OCTAVO_DONE; /* an older one, or again */
    row_take(row, &h);
    wanted_set(s, row);
    if (known || happening_is_active(h.happening)) {
        account_ask(s, row);
        return OCTAVO_DONE;
    }
    row[ACCOUNT_EFFECT] = octavo_text_value(nothing); /* there never was one: nothing to undo */
    account_put(s, row);
    answer(s, row, false);
    return OCTAVO_DONE;
}

/* Only what became of the newest effect says how the account is. */
static enum octavo_outcome on_outcome(struct octavo_step *s) {
    struct octavo_value row[ACCOUNT_COLUMNS];
    if (account_get(s, row)
        && octavo_text_equal(row[ACCOUNT_EFFECT].text, hired_field(s, "effect")))
        answer(s, row, !octavo_text_is(hired_field(s, "outcome"), "done"));
    return OCTAVO_DONE;
}

static enum octavo_outcome on_start(struct octavo_step *s) {
    struct octavo_value row[ACCOUNT_COLUMNS];
    if (!account_get(s, row) || !row[ACCOUNT_ACTIVE].integer)
        return OCTAVO_DONE;
    wanted_set(s, row);
    account_ask(s, row);
    return OCTAVO_DONE;
}

const struct octavo_handler account_handlers[] = {
    { "employee-hired", on_hired },
    { "benefits-elected", on_hired },
    { "employee-amended", on_hired },
    { "start-date-moved", on_hired },
    { "employee-rehired", on_hired },
    { "hire-rescinded", on_hired },
    { "employee-terminated", on_hired },
    { "personal-data-erased", on_hired },
    { "effect:directory", on_outcome },
    { "timer:start", on_start },
    { NULL, NULL },
};
