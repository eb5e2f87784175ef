/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Events of the topic anomaly-alert. */
#include "alert.h"

#include <stdio.h>

static void alert_begin(struct octavo_step *s, const char *type, const struct alert *a) {
    char name[ALERT_CHARS];
    struct octavo_text device = octavo_event_key(s);
    (void)snprintf(name, sizeof(name), "%.*s/%.*s/%.*s/%lld", (int)device.len, device.data,
                   (int)a->metric.len, a->metric.data, (int)a->rule.len, a->rule.data,
                   (long long)a->since_ms);
    octavo_event_begin(s, "anomaly-alert", type, device);
    octavo_put_text(s, "alert", octavo_text(name));
    octavo_put_text(s, "device", device);
    octavo_put_text(s, "metric", a->metric);
    octavo_put_text(s, "rule", a->rule);
    octavo_put_int(s, "time", a->time_ms);
}

void alert_raise(struct octavo_step *s, const struct alert *a) {
    alert_begin(s, "anomaly-raised", a);
    octavo_put_text(s, "value", a->value);
    octavo_put_text(s, "feature", octavo_text(a->feature));
    octavo_put_text(s, "score", octavo_text(a->score));
    octavo_end(s);
}

void alert_clear(struct octavo_step *s, const struct alert *a) {
    alert_begin(s, "anomaly-cleared", a);
    octavo_end(s);
}
