/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo.h's local time, and what a handler asks and says of its service. */
#include "runtime/step.h"
#include "runtime/task_inside.h"
#include "values/locale.h"
#include "values/zone.h"

#include <stdio.h>
#include <string.h>

static struct bytes bytes_from(struct octavo_text t) {
    return bytes_of(t.data ? t.data : "", t.len);
}

bool octavo_local_day(struct octavo_step *s, struct octavo_text zone, int64_t ms,
                      int64_t *yyyymmdd) {
    (void)s;
    return zone_day(bytes_from(zone), ms, yyyymmdd);
}

bool octavo_local_minute(struct octavo_step *s, struct octavo_text zone, int64_t ms, int *minute) {
    (void)s;
    return zone_minute(bytes_from(zone), ms, minute);
}

bool octavo_local_next(struct octavo_step *s, struct octavo_text zone, int64_t ms, int minute,
                       int64_t *next_ms) {
    if (minute < 0 || minute >= ZONE_DAY_MINUTES) {
        step_fault(s, "a minute of the day is 0 to 1439");
        return false;
    }
    return zone_next(bytes_from(zone), ms, minute, next_ms);
}

const char *octavo_zone_version(void) {
    return zone_version();
}

bool octavo_locale_is_known(struct octavo_step *s, struct octavo_text locale) {
    (void)s;
    return locale_is_known(bytes_from(locale));
}

static struct octavo_text text_keep(struct octavo_step *s, bool good) {
    struct bytes kept = arena_copy(&s->task->arena, buf_bytes(&s->task->scratch));
    return (struct octavo_text){ (const char *)kept.data, good ? kept.len : 0 };
}

struct octavo_text octavo_money_text(struct octavo_step *s, struct octavo_text locale,
                                     const struct octavo_money *money) {
    struct money m = { money->minor, money->decimals, bytes_from(money->currency) };
    buf_clear(&s->task->scratch);
    return text_keep(s, locale_put_money(bytes_from(locale), &m, &s->task->scratch));
}

struct octavo_text octavo_moment_text(struct octavo_step *s, struct octavo_text locale,
                                      struct octavo_text zone, int64_t ms) {
    buf_clear(&s->task->scratch);
    return text_keep(s,
                     locale_put_time(bytes_from(locale), bytes_from(zone), ms, &s->task->scratch));
}

const char *octavo_setting(struct octavo_step *s, const char *name, const char *otherwise) {
    const struct declared_service *service = s->task->options.service;
    for (size_t i = 0; i < service->setting_count; i++)
        if (strcmp(service->settings[i].name, name) == 0)
            return service->settings[i].value;
    return otherwise;
}

void octavo_unready(struct octavo_step *s, const char *reason) {
    (void)snprintf(s->task->unready, sizeof(s->task->unready), "%s", reason);
}

const char *task_unready(const struct task *t) {
    return t->unready;
}
