/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a horizon is when nobody says, and how short it can be made. */
#include "horizon.h"

#include <stdlib.h>

enum { DAYS_MAX = 3660 };

const struct horizon horizon_answers = { "answers_keep_days", 7, 1 };
const struct horizon horizon_decisions = { "decisions_keep_days", 35, 35 };
const struct horizon horizon_notices = { "notices_keep_days", 35, 8 };

int64_t horizon_ms(struct octavo_step *s, const struct horizon *h) {
    const char *set = octavo_setting(s, h->setting, NULL);
    int64_t days = set ? strtoll(set, NULL, 10) : h->days;
    return (days < h->days_min ? h->days_min : days > DAYS_MAX ? DAYS_MAX : days) * DAY_MS;
}

int64_t horizon_until(struct octavo_step *s, const struct horizon *h) {
    return octavo_event_time_ms(s) + horizon_ms(s, h);
}
