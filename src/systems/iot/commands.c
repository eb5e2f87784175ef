/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The verbs that look: devices, their series, rollups, alerts, and the topics. */
#include "iot.h"

#include "alert.h"
#include "rollup.h"
#include "sketch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

struct looking {
    struct octavo_session *session;
    const char *key; /* NULL: of everybody */
    const char *metric, *level;
    size_t found;
    struct sketch_row *sketches, *next; /* in the order of the rollups */
};

struct sketch_row {
    struct sketch_row *next;
    char *sub, *counts;
};

static void time_print(struct octavo_session *s, const char *name, int64_t ms) {
    char text[OCTAVO_TIME_CHARS];
    octavo_print(s, "\"%s\":\"%s\"", name, octavo_time_text(text, ms));
}

/* ---- ls, show */

static void on_device(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    enum { HEARD, LATEST, MESSAGES, REPEATS, UNREAD, CLOCK_WRONG, SKEW };
    struct looking *l = context;
    char heard[OCTAVO_TIME_CHARS];
    (void)sub;
    if (count <= SKEW)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "device", key);
        octavo_print(l->session, ",");
        time_print(l->session, "heard", values[HEARD].integer);
        octavo_print(l->session,
                     ",\"messages\":%" PRId64 ",\"repeats\":%" PRId64 ",\"clock_wrong\":%" PRId64
                     ",\"unread\":%" PRId64 ",\"skew_ms\":%" PRId64 "}\n",
                     values[MESSAGES].integer, values[REPEATS].integer, values[CLOCK_WRONG].integer,
                     values[UNREAD].integer, values[SKEW].integer);
        return;
    }
    octavo_print_text(l->session, key, 32);
    octavo_print(l->session,
                 " %s %10" PRId64 " messages %6" PRId64 " repeats %6" PRId64 " wrong clock\n",
                 octavo_time_text(heard, values[HEARD].integer), values[MESSAGES].integer,
                 values[REPEATS].integer, values[CLOCK_WRONG].integer);
}

static int rows_look(struct looking *l, const char *service, const char *table,
                     octavo_on_row *on_row) {
    return octavo_rows(l->session, service, table, l->key, on_row, l) ? DONE : FAILED;
}

int iot_list(struct octavo_session *s, int count, char **arguments) {
    struct looking l = { .session = s };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL) != DONE)
        return USAGE;
    return rows_look(&l, "rollup-store", "device", on_device);
}

static void on_series(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    enum { LAST, LAST_TIME, COUNT, LATE };
    struct looking *l = context;
    char time[OCTAVO_TIME_CHARS];
    (void)key;
    if (count <= LATE)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "metric", sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "last", values[LAST].text);
        octavo_print(l->session, ",");
        time_print(l->session, "time", values[LAST_TIME].integer);
        octavo_print(l->session, ",\"count\":%" PRId64 ",\"late\":%" PRId64 "}\n",
                     values[COUNT].integer, values[LATE].integer);
        return;
    }
    octavo_print_text(l->session, sub, 32);
    octavo_print(l->session, " ");
    octavo_print_text(l->session, values[LAST].text, 20);
    octavo_print(l->session, " %s %10" PRId64 " points %6" PRId64 " late\n",
                 octavo_time_text(time, values[LAST_TIME].integer), values[COUNT].integer,
                 values[LATE].integer);
}

static void on_alert(void *context, struct octavo_text key, struct octavo_text sub,
                     const struct octavo_value *values, size_t count) {
    enum { STATE, METRIC, RULE, RAISED, CLEARED, VALUE, FEATURE, SCORE, ACKNOWLEDGED, BY, MAILS };
    static const char *const names[] = { "state", "metric", "rule",    "",
                                         "",      "value",  "feature", "score" };
    struct looking *l = context;
    char time[OCTAVO_TIME_CHARS];
    if (count <= MAILS)
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "alert", sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "device", key);
        for (int i = 0; i <= SCORE; i++) {
            if (!names[i][0])
                continue;
            octavo_print(l->session, ",");
            octavo_print_member(l->session, names[i], values[i].text);
        }
        octavo_print(l->session,
                     ",\"raised\":%" PRId64 ",\"cleared\":%" PRId64 ",\"acknowledged\":%" PRId64
                     ",\"mails\":%" PRId64 "}\n",
                     values[RAISED].integer, values[CLEARED].integer, values[ACKNOWLEDGED].integer,
                     values[MAILS].integer);
        return;
    }
    octavo_print_text(l->session, values[STATE].text, 8);
    octavo_print(l->session, "%s ", octavo_time_text(time, values[RAISED].integer));
    octavo_print_text(l->session, key, 0);
    octavo_print(l->session, "/");
    octavo_print_text(l->session, values[METRIC].text, 0);
    octavo_print(l->session, ": ");
    octavo_print_text(l->session, values[VALUE].text, 0);
    if (octavo_text_is(values[RULE].text, "anomaly")) {
        octavo_print(l->session, ", its ");
        octavo_print_text(l->session, values[FEATURE].text, 0);
        octavo_print(l->session, " off by ");
        octavo_print_text(l->session, values[SCORE].text, 0);
        octavo_print(l->session, " deviations\n");
        return;
    }
    octavo_print(l->session, " ");
    octavo_print_text(l->session, values[RULE].text, 0);
    octavo_print(l->session, "\n");
}

int iot_alerts(struct octavo_session *s, int count, char **arguments) {
    struct looking l = { .session = s };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "[DEVICE]", &l.key }, NULL)
        != DONE)
        return USAGE;
    return rows_look(&l, "alert-desk", "alert", on_alert);
}

int iot_show(struct octavo_session *s, int count, char **arguments) {
    struct looking l = { .session = s };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE", &l.key }, NULL)
        != DONE)
        return USAGE;
    int code = rows_look(&l, "rollup-store", "device", on_device);
    if (code == DONE)
        code = rows_look(&l, "rollup-store", "series", on_series);
    if (code == DONE)
        code = rows_look(&l, "alert-desk", "alert", on_alert);
    if (code == DONE && !l.found)
        octavo_print(s, "no device %s has been heard of\n", l.key);
    return code == DONE && !l.found ? FOUND_WRONG : code;
}

/* ---- ack */

struct alert_wanted {
    const char *alert;
    bool found;
};

static void on_wanted(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    struct alert_wanted *w = context;
    (void)key;
    (void)values;
    (void)count;
    w->found = w->found || octavo_text_is(sub, w->alert);
}

/* DONE when it is there: what is said of an alert that nobody raised would be passed by unseen. */
static int alert_want(struct octavo_session *s, const char *alert, struct octavo_text device) {
    struct alert_wanted w = { alert, false };
    char key[ALERT_CHARS];
    (void)snprintf(key, sizeof(key), "%.*s", (int)device.len, device.data);
    if (!octavo_rows(s, "alert-desk", "alert", key, on_wanted, &w))
        return FAILED;
    if (w.found)
        return DONE;
    (void)fprintf(stderr, "octavo: there is no alert %s; see `octavo iot alerts %s --json`\n",
                  alert, key);
    return FOUND_WRONG;
}

int iot_acknowledge(struct octavo_session *s, int count, char **arguments) {
    const char *by = "operator", *alert = NULL;
    const struct octavo_option options[] = { { "--by", &by, NULL }, { NULL, NULL, NULL } };
    char id[ALERT_CHARS + 8];
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "ALERT", &alert }, options)
        != DONE)
        return USAGE;
    const char *slash = strchr(alert, '/');
    if (!slash || strlen(alert) >= ALERT_CHARS)
        return octavo_usage_error(s, "an ALERT is DEVICE/METRIC/RULE/TIME, as alerts --json tells");
    (void)snprintf(id, sizeof(id), "ack-%s", alert);
    struct octavo_text device = { alert, (size_t)(slash - alert) };
    int code = alert_want(s, alert, device);
    if (code != DONE)
        return code;
    octavo_publish_begin(s, "anomaly-alert", "alert-acknowledged", device, octavo_text(id));
    octavo_publish_text(s, "device", device);
    octavo_publish_text(s, "alert", octavo_text(alert));
    octavo_publish_text(s, "by", octavo_text(by));
    return octavo_publish_send(s) && octavo_publish_flush(s) ? DONE : FAILED;
}

/* ---- snooze */

int iot_snooze(struct octavo_session *s, int count, char **arguments) {
    const char *minutes = "60", *device = NULL;
    const struct octavo_option options[] = { { "--minutes", &minutes, NULL },
                                             { NULL, NULL, NULL } };
    char *end;
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE", &device }, options)
        != DONE)
        return USAGE;
    long long asked = strtoll(minutes, &end, 10);
    if (*end || end == minutes || asked < 0 || asked > 525600)
        return octavo_usage_error(s, "--minutes is 0 to 525600, a year; 0 ends it");
    struct octavo_text key = octavo_text(device);
    octavo_publish_begin(s, "anomaly-alert", "device-snoozed", key, octavo_text(""));
    octavo_publish_text(s, "device", key);
    octavo_publish_int(s, "minutes", asked);
    return octavo_publish_send(s) && octavo_publish_flush(s) ? DONE : FAILED;
}

/* ---- rollups */

/* Sketches come before the rollups, in the same order; each is found by going on. */
static void on_sketch(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    struct looking *l = context;
    struct octavo_text metric;
    int64_t begin_ms;
    int level;
    (void)key;
    if (!count || !rollup_sub_read(sub, &metric, &level, &begin_ms)
        || !octavo_text_is(metric, l->metric)
        || (l->level && strcmp(l->level, rollup_levels[level].name) != 0))
        return;
    struct sketch_row *row = calloc(1, sizeof(*row));
    if (!row)
        abort();
    row->sub = strndup(sub.data, sub.len);
    row->counts = strndup(values[0].text.data, values[0].text.len);
    if (l->next)
        l->next->next = row;
    else
        l->sketches = row;
    l->next = row;
}

static void sketches_free(struct looking *l) {
    while (l->sketches) {
        struct sketch_row *row = l->sketches;
        l->sketches = row->next;
        free(row->sub);
        free(row->counts);
        free(row);
    }
}

/* Of one value, and of all values where they are few, it is exact: within its bounds. */
static void quantiles_print(struct looking *l, struct octavo_text sub, const struct rollup *r) {
    static const double parts[] = { 0.5, 0.95, 0.99 };
    static const char *const names[] = { "p50", "p95", "p99" };
    struct sketch_row *at = l->next;
    bool there = at && octavo_text_is(sub, at->sub);
    if (there)
        l->next = at->next;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        double low = (double)r->min / MILLIONTHS, high = (double)r->max / MILLIONTHS;
        int64_t total = r->count;
        double value = r->count == 1 ? low : 0;
        if (there)
            value = sketch_quantile(octavo_text(at->counts), parts[i], &total);
        if (total != r->count || (!there && r->count > 1))
            return; /* it was begun before there were sketches */
        value = value < low ? low : value > high ? high : value;
        octavo_print(l->session, octavo_json_wanted(l->session) ? ",\"%s\":%.9g" : " %s %.6g",
                     names[i], value);
    }
}

static void rollup_json(struct looking *l, struct octavo_text sub,
                        const struct octavo_value *values) {
    static const char *const names[] = { "sum", "min", "max", "first", "last" };
    static const int columns[] = { ROLLUP_SUM, ROLLUP_MIN, ROLLUP_MAX, ROLLUP_FIRST, ROLLUP_LAST };
    struct octavo_text metric;
    struct rollup r;
    int64_t begin_ms;
    int level;
    if (!rollup_from_row(&r, values) || !rollup_sub_read(sub, &metric, &level, &begin_ms))
        return;
    octavo_print(l->session, "{");
    octavo_print_member(l->session, "metric", metric);
    octavo_print(l->session, ",\"level\":\"%s\",\"begin\":%" PRId64 ",\"count\":%" PRId64,
                 rollup_levels[level].name, begin_ms, r.count);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        octavo_print(l->session, ",\"%s\":%.*s", names[i], (int)values[columns[i]].text.len,
                     values[columns[i]].text.data);
    octavo_print(l->session, ",\"mean\":%.17g,\"variance\":%.17g", rollup_mean(&r),
                 rollup_variance(&r));
    quantiles_print(l, sub, &r);
    octavo_print(l->session, "}\n");
}

static void on_rollup(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *values, size_t count) {
    struct looking *l = context;
    struct octavo_text metric;
    struct rollup r;
    char time[OCTAVO_TIME_CHARS];
    int64_t begin_ms;
    int level;
    (void)key;
    if (count < ROLLUP_COLUMNS || !rollup_sub_read(sub, &metric, &level, &begin_ms)
        || !octavo_text_is(metric, l->metric)
        || (l->level && strcmp(l->level, rollup_levels[level].name) != 0))
        return;
    l->found++;
    if (octavo_json_wanted(l->session)) {
        rollup_json(l, sub, values);
    } else if (rollup_from_row(&r, values)) {
        octavo_print(l->session, "%-4s %s %8" PRId64 " ", rollup_levels[level].name,
                     octavo_time_text(time, begin_ms), r.count);
        octavo_print_text(l->session, values[ROLLUP_MIN].text, 16);
        octavo_print_text(l->session, values[ROLLUP_MAX].text, 16);
        octavo_print(l->session, "mean %.9g variance %.9g", rollup_mean(&r), rollup_variance(&r));
        quantiles_print(l, sub, &r);
        octavo_print(l->session, "\n");
    }
}

int iot_rollups(struct octavo_session *s, int count, char **arguments) {
    struct looking l = { .session = s };
    const char *words[2] = { NULL };
    const struct octavo_option options[] = { { "--level", &l.level, NULL }, { NULL, NULL, NULL } };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "DEVICE METRIC", words },
                              options)
        != DONE)
        return USAGE;
    l.key = words[0];
    l.metric = words[1];
    bool read = octavo_rows(s, "rollup-store", "sketch", l.key, on_sketch, &l);
    l.next = l.sketches;
    int code = read ? rows_look(&l, "rollup-store", "rollup", on_rollup) : FAILED;
    sketches_free(&l);
    return code;
}

/* ---- tail, dead */

static bool on_event(void *context, const struct octavo_record *r) {
    struct looking *l = context;
    if ((l->key && !octavo_text_is(r->key, l->key)) || octavo_text_is(r->type, "octavo.tick"))
        return true;
    octavo_print(l->session, "{\"partition\":%d,\"offset\":%" PRId64 ",", (int)r->partition,
                 r->offset);
    octavo_print_member(l->session, "type", r->type);
    octavo_print(l->session, ",\"event\":%.*s}\n", (int)r->json.len, r->json.data);
    return true;
}

static int topic_look(struct octavo_session *s, char **arguments, const char *topic) {
    struct looking l = { .session = s };
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "[KEY]", &l.key }, NULL)
        != DONE)
        return USAGE;
    return octavo_records(s, topic, on_event, &l) ? DONE : FAILED;
}

int iot_tail(struct octavo_session *s, int count, char **arguments) {
    (void)count;
    return topic_look(s, arguments, "telemetry-event");
}

int iot_dead(struct octavo_session *s, int count, char **arguments) {
    (void)count;
    return topic_look(s, arguments, "telemetry-dead");
}
