/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The alert desk: alerts as rows, for people. What was raised twice is one row, as its id is the
 * incident's. */
#include "iot.h"

enum {
    ALERT_STATE,
    ALERT_METRIC,
    ALERT_RULE,
    ALERT_RAISED,
    ALERT_CLEARED,
    ALERT_VALUE,
    ALERT_FEATURE,
    ALERT_SCORE,
    ALERT_COLUMNS,
};

static struct octavo_value text_of(struct octavo_step *s, const char *name) {
    struct octavo_text text = octavo_text("");
    (void)octavo_event_text(s, name, &text);
    return octavo_text_value(text);
}

static struct octavo_value time_of(struct octavo_step *s) {
    int64_t ms = 0;
    (void)octavo_event_int(s, "time", &ms);
    return octavo_int_value(ms);
}

static enum octavo_outcome on_raised(struct octavo_step *s) {
    struct octavo_value row[ALERT_COLUMNS];
    struct octavo_text alert;
    if (!octavo_event_text(s, "alert", &alert))
        return octavo_refuse(s, OCTAVO_PARK, "an alert without a name");
    if (octavo_row_get(s, "alert", alert, row, ALERT_COLUMNS))
        return OCTAVO_DONE;
    row[ALERT_STATE] = octavo_text_value(octavo_text("open"));
    row[ALERT_METRIC] = text_of(s, "metric");
    row[ALERT_RULE] = text_of(s, "rule");
    row[ALERT_RAISED] = time_of(s);
    row[ALERT_CLEARED] = octavo_int_value(0);
    row[ALERT_VALUE] = text_of(s, "value");
    row[ALERT_FEATURE] = text_of(s, "feature");
    row[ALERT_SCORE] = text_of(s, "score");
    octavo_row_put(s, "alert", alert, row, ALERT_COLUMNS);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_cleared(struct octavo_step *s) {
    struct octavo_value row[ALERT_COLUMNS];
    struct octavo_text alert;
    if (!octavo_event_text(s, "alert", &alert)
        || !octavo_row_get(s, "alert", alert, row, ALERT_COLUMNS))
        return octavo_refuse(s, OCTAVO_PARK, "an alert is cleared that was never raised");
    row[ALERT_STATE] = octavo_text_value(octavo_text("cleared"));
    row[ALERT_CLEARED] = time_of(s);
    octavo_row_put(s, "alert", alert, row, ALERT_COLUMNS);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_desk_handlers[] = {
    { "anomaly-raised", on_raised },
    { "anomaly-cleared", on_cleared },
    { NULL, NULL },
};
