/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Telling of an alert: raised once, cleared once, both under one name: DEVICE/METRIC/RULE/SINCE.
 * A fold that is done again gives the same names. */
#ifndef OCTAVO_SYSTEMS_IOT_ALERT_H
#define OCTAVO_SYSTEMS_IOT_ALERT_H

#include "octavo.h"

enum { ALERT_CHARS = 512 };

struct alert {
    struct octavo_text metric; /* "": of the whole device */
    struct octavo_text rule;   /* anomaly, silence, or a limit as it was written */
    int64_t since_ms;          /* when it was raised */
    int64_t time_ms;           /* of what raises or clears it */
    struct octavo_text value;  /* the last three are told when it is raised */
    const char *feature;
    const char *score;
};

void alert_raise(struct octavo_step *s, const struct alert *a);
void alert_clear(struct octavo_step *s, const struct alert *a);

#endif
