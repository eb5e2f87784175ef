/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schedules as octavo.h shows them: values/cron behind texts. Nothing is kept between calls. */
#include "octavo.h"

#include "values/cron.h"

static struct bytes bytes_from(struct octavo_text t) {
    return bytes_of(t.data, t.len);
}

static const char *schedule_read(const struct octavo_schedule *s, struct cron *c) {
    const char *fault = cron_read(c, bytes_from(s->when), bytes_from(s->zone));
    return fault ? fault : cron_policies_read(c, bytes_from(s->gap), bytes_from(s->overlap));
}

const char *octavo_schedule_fault(const struct octavo_schedule *schedule) {
    struct cron c;
    return schedule_read(schedule, &c);
}

bool octavo_schedule_next(const struct octavo_schedule *schedule, int64_t after_ms,
                          int64_t *next_ms) {
    struct cron c;
    return !schedule_read(schedule, &c) && cron_next(&c, after_ms, next_ms);
}

bool octavo_schedule_previous(const struct octavo_schedule *schedule, int64_t before_ms,
                              int64_t *previous_ms) {
    struct cron c;
    return !schedule_read(schedule, &c) && cron_previous(&c, before_ms, previous_ms);
}
