/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Plans are data; this is what reads them. */
#include "plan.h"

#include "day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS = 400, DAYS_MOST = 366 };

static bool days_read(const char *text, int64_t *out) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *out = strtoll(text, &end, 10);
    return *end == 0 && *out <= DAYS_MOST;
}

static bool wait_read(const char *text, struct plan *p) {
    p->wait_days = 0;
    p->wait = strcmp(text, "none") == 0    ? WAIT_NONE
              : strcmp(text, "month") == 0 ? WAIT_MONTH
              : text[0] == 'd'             ? WAIT_DAYS
                                           : WAIT_MONTH_AFTER;
    if (p->wait == WAIT_DAYS)
        return strncmp(text, "days:", 5) == 0 && days_read(text + 5, &p->wait_days);
    if (p->wait == WAIT_MONTH_AFTER)
        return strncmp(text, "month-after:", 12) == 0 && days_read(text + 12, &p->wait_days);
    return true;
}

static bool text_take(char *out, size_t room, const char *text) {
    size_t len = strlen(text);
    if (!len || len >= room)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool word_take(struct plan *p, const char *name, const char *value) {
    if (strcmp(name, "id") == 0)
        return text_take(p->id, sizeof(p->id), value) && !strpbrk(value, "*~:^ ");
    if (strcmp(name, "class") == 0)
        return text_take(p->classes, sizeof(p->classes), value);
    if (strcmp(name, "hours") == 0)
        return days_read(value, &p->hours);
    return strcmp(name, "wait") == 0 && wait_read(value, p);
}

bool plan_read(const char *text, struct plan *out, const char **why) {
    char line[LINE_CHARS], *rest;
    *out = (struct plan){ .hours = 0 };
    *why = "a plan is id=NAME class=A,B hours=N wait=none|days:N|month|month-after:N";
    if (!text_take(line, sizeof(line), text))
        return false;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        if (!value)
            return false;
        *value++ = 0;
        if (!word_take(out, word, value))
            return false;
    }
    return out->id[0] != 0;
}

bool plan_choose(const char *list, struct octavo_text elected, struct plan *out, const char **why) {
    bool found = false;
    while (*list) {
        char one[LINE_CHARS];
        struct plan p;
        size_t len = strcspn(list, ";");
        (void)snprintf(one, sizeof(one), "%.*s", (int)len, list);
        if (len >= sizeof(one) || !plan_read(one, &p, why))
            return false;
        if (!found && (!elected.len || octavo_text_is(elected, p.id))) {
            *out = p;
            found = true;
        }
        list += len + (list[len] == ';');
    }
    *why = NULL;
    return found;
}

static bool class_is_in(const char *classes, struct octavo_text class) {
    while (*classes) {
        size_t len = strcspn(classes, ",");
        if (len == class.len && memcmp(classes, class.data, len) == 0)
            return true;
        classes += len + (classes[len] == ',');
    }
    return false;
}

const char *plan_obstacle(const struct plan *p, const struct person *person) {
    if (p->classes[0] && !class_is_in(p->classes, person->class))
        return "not eligible: the plan is not for this class";
    return person->hours < p->hours ? "not eligible: too few hours a week" : NULL;
}

static int64_t month_at_or_after(int64_t day) {
    return day_month_begin(day) == day ? day : day_next_month(day);
}

static int64_t rule_begins(const struct plan *p, int64_t first_day) {
    switch (p->wait) {
    case WAIT_NONE:
        return first_day;
    case WAIT_DAYS:
        return first_day + p->wait_days;
    case WAIT_MONTH:
        return day_next_month(first_day);
    case WAIT_MONTH_AFTER:
        return month_at_or_after(first_day + p->wait_days);
    }
    return first_day;
}

int64_t plan_begins(const struct plan *p, int64_t first_day) {
    int64_t begins = rule_begins(p, first_day), latest = first_day + PLAN_LATEST_DAYS;
    return begins < latest ? begins : latest;
}
