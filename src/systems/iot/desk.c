/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The alert desk: alerts as rows, for people, and a mail to whoever is named by the setting notify.
 * What was raised twice is one row, as its id is the incident's, and one mail. */
#include "iot.h"

#include <stdio.h>
#include <string.h>

enum { LINE_CHARS = 700, MINUTES_MOST = 525600 };

enum {
    ALERT_STATE,
    ALERT_METRIC,
    ALERT_RULE,
    ALERT_RAISED,
    ALERT_CLEARED,
    ALERT_VALUE,
    ALERT_FEATURE,
    ALERT_SCORE,
    ALERT_ACKNOWLEDGED,
    ALERT_BY,
    ALERT_MAILS,
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

/* One line of a row's texts; the alert's name says device and metric. */
static void mail_ask(struct octavo_step *s, struct octavo_text alert, struct octavo_value *row) {
    const char *to = octavo_setting(s, "notify", "");
    struct octavo_text state = row[ALERT_STATE].text, value = row[ALERT_VALUE].text;
    struct octavo_text feature = row[ALERT_FEATURE].text, score = row[ALERT_SCORE].text;
    char subject[LINE_CHARS], body[2 * LINE_CHARS];
    if (!*to)
        return;
    (void)snprintf(subject, sizeof(subject), "%.*s: %.*s", (int)state.len, state.data,
                   (int)alert.len, alert.data);
    (void)snprintf(body, sizeof(body), "%s\n\nvalue %.*s, %.*s %.*s\noctavo iot ack '%.*s'\n",
                   subject, (int)value.len, value.data, (int)feature.len, feature.data,
                   (int)score.len, score.data, (int)alert.len, alert.data);
    octavo_effect_begin(s, "mail", "notice");
    octavo_put_text(s, "to", octavo_text(to));
    octavo_put_text(s, "subject", octavo_text(subject));
    octavo_put_text(s, "body", octavo_text(body));
    octavo_end(s);
    row[ALERT_MAILS].integer++;
}

/* The same for a program: signed, and with an id that is the same when it is told again. */
static void hook_ask(struct octavo_step *s, struct octavo_text alert,
                     const struct octavo_value *row) {
    static const struct {
        const char *name;
        int column;
    } texts[] = {
        { "state", ALERT_STATE }, { "metric", ALERT_METRIC },   { "rule", ALERT_RULE },
        { "value", ALERT_VALUE }, { "feature", ALERT_FEATURE }, { "score", ALERT_SCORE }
    };
    const char *url = octavo_setting(s, "webhook", "");
    if (!*url)
        return;
    octavo_effect_begin(s, "hook", "alert");
    octavo_put_text(s, "url", octavo_text(url));
    octavo_put_text(s, "alert", alert);
    octavo_put_text(s, "device", octavo_event_key(s));
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        octavo_put_text(s, texts[i].name, row[texts[i].column].text);
    octavo_put_int(s, "raised", row[ALERT_RAISED].integer);
    octavo_put_int(s, "cleared", row[ALERT_CLEARED].integer);
    octavo_end(s);
}

/* A device that is worked at is snoozed: its alerts are rows, and nobody is told. */
static void people_tell(struct octavo_step *s, struct octavo_text alert, struct octavo_value *row) {
    struct octavo_value until;
    if (octavo_row_get(s, "snooze", octavo_text(""), &until, 1)
        && octavo_event_time_ms(s) < until.integer)
        return;
    mail_ask(s, alert, row);
    hook_ask(s, alert, row);
}

static enum octavo_outcome on_snoozed(struct octavo_step *s) {
    struct octavo_value until = octavo_int_value(octavo_event_time_ms(s));
    int64_t minutes;
    if (!octavo_event_int(s, "minutes", &minutes) || minutes < 0 || minutes > MINUTES_MOST)
        return octavo_refuse(s, OCTAVO_PARK, "a device is snoozed for 0 to %d minutes",
                             MINUTES_MOST);
    until.integer += minutes * 60000;
    octavo_row_put(s, "snooze", octavo_text(""), &until, 1);
    return OCTAVO_DONE;
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
    row[ALERT_ACKNOWLEDGED] = row[ALERT_MAILS] = octavo_int_value(0);
    row[ALERT_BY] = octavo_text_value(octavo_text(""));
    people_tell(s, alert, row);
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
    people_tell(s, alert, row);
    octavo_row_put(s, "alert", alert, row, ALERT_COLUMNS);
    return OCTAVO_DONE;
}

/* Somebody has seen it; the first who says so counts. Of an alert that is not there nothing is
 * kept: a word typed wrong must not hold up what is told of the device. */
static enum octavo_outcome on_acknowledged(struct octavo_step *s) {
    struct octavo_value row[ALERT_COLUMNS];
    struct octavo_text alert;
    if (!octavo_event_text(s, "alert", &alert)
        || !octavo_row_get(s, "alert", alert, row, ALERT_COLUMNS)
        || row[ALERT_ACKNOWLEDGED].integer)
        return OCTAVO_DONE;
    row[ALERT_ACKNOWLEDGED] = octavo_int_value(octavo_event_time_ms(s));
    row[ALERT_BY] = text_of(s, "by");
    octavo_row_put(s, "alert", alert, row, ALERT_COLUMNS);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_desk_handlers[] = {
    { "anomaly-raised", on_raised },
    { "anomaly-cleared", on_cleared },
    { "alert-acknowledged", on_acknowledged },
    { "device-snoozed", on_snoozed },
    { NULL, NULL },
};
