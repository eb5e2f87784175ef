/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rules that people set, in the settings of anomaly-detection: limits of metrics, and how long a
 * device may be silent.
 *
 *   limits: "temperature > 80 clear 75; humidity < 20; pressure/min < -5"
 *   hold_seconds: 60        a limit is cleared when it was kept for so long, by the device's time
 *   silence_seconds: 300    0: never
 *
 * A value that flaps around a limit is one alert until it has kept the limit for the hold time.
 * Silence is judged by the time of the topic, which ticks when nobody speaks: also for a device
 * that is silent for ever, and in a replay at the same point. */
#ifndef OCTAVO_SYSTEMS_IOT_RULES_H
#define OCTAVO_SYSTEMS_IOT_RULES_H

#include "points.h"

struct limit {
    struct octavo_text text; /* "> 80": its name in alerts; with the metric that of its row */
    struct octavo_text metric;
    bool is_rate;         /* of the change in a minute, not of the value */
    bool above;           /* it is broken above the level; else below it */
    int64_t level, clear; /* millionths; kept again at or inside clear */
};

/* Takes the next one off `*limits`. False: none is left, then len is 0, or what is there is none.
 */
bool limit_take(struct octavo_text *limits, struct limit *out);

/* NULL: the settings can be read; else what is wrong with them. */
const char *rules_check(struct octavo_step *s);
void rules_judge_point(struct octavo_step *s, const struct point *p, int64_t millionths);
void rules_judge_presence(struct octavo_step *s, int64_t received_ms);
enum octavo_outcome on_silence(struct octavo_step *s); /* timer:silence */

#endif
