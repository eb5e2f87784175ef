/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A limit's row says since when it is open and since when it has been kept again. A device has one
 * timer of event time: when it is due and the device was heard meanwhile it is only set again, so a
 * reading does not move it. */
#include "rules.h"

#include "alert.h"
#include "decimal.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_OPEN, LIMIT_KEPT, LIMIT_BEFORE, LIMIT_BEFORE_TIME, LIMIT_COLUMNS };
enum { PRESENCE_HEARD, PRESENCE_SILENT, PRESENCE_COLUMNS };
enum { WORDS = 5 };

/* ---- limits as they are written */

static bool word_take(struct octavo_text *left, struct octavo_text *out) {
    while (left->len && *left->data == ' ') {
        left->data++;
        left->len--;
    }
    const char *space = left->len ? memchr(left->data, ' ', left->len) : NULL;
    *out = (struct octavo_text){ left->data, space ? (size_t)(space - left->data) : left->len };
    left->data += out->len;
    left->len -= out->len;
    return out->len > 0;
}

static struct octavo_text part_take(struct octavo_text *left) {
    const char *end = memchr(left->data, ';', left->len);
    struct octavo_text part = { left->data, end ? (size_t)(end - left->data) : left->len };
    left->data += part.len + (end != NULL);
    left->len -= part.len + (end != NULL);
    return part;
}

/* "temperature/min": of what it changes by in a minute; its name in alerts is "/min > 5". */
static void rate_take(struct limit *out) {
    static const char suffix[] = "/min";
    size_t len = sizeof(suffix) - 1;
    if (out->metric.len <= len
        || memcmp(out->metric.data + out->metric.len - len, suffix, len) != 0)
        return;
    out->is_rate = true;
    out->metric.len -= len;
    out->text.len += (size_t)(out->text.data - (out->metric.data + out->metric.len));
    out->text.data = out->metric.data + out->metric.len;
}

static bool words_read(const struct octavo_text *words, int count, struct limit *out) {
    if ((count != 3 && count != WORDS) || words[1].len != 1 || !strchr("<>", words[1].data[0])
        || !decimal_read(words[2], &out->level))
        return false;
    out->metric = words[0];
    out->text = (struct octavo_text){ words[1].data,
                                      (size_t)(words[2].data + words[2].len - words[1].data) };
    out->is_rate = false;
    rate_take(out);
    out->above = words[1].data[0] == '>';
    out->clear = out->level;
    if (count == WORDS
        && (!octavo_text_is(words[3], "clear") || !decimal_read(words[4], &out->clear)))
        return false;
    return out->above ? out->clear <= out->level : out->clear >= out->level;
}

bool limit_take(struct octavo_text *limits, struct limit *out) {
    struct octavo_text words[WORDS + 1], part = { "", 0 };
    int count = 0;
    while (limits->len && !count) {
        part = part_take(limits);
        while (count <= WORDS && word_take(&part, &words[count]))
            count++;
    }
    if (!count)
        return false;
    if (words_read(words, count, out))
        return true;
    limits->len = 1; /* what is left is none */
    return false;
}

/* ---- settings */

static int64_t seconds_ms(struct octavo_step *s, const char *name, const char *otherwise) {
    return strtoll(octavo_setting(s, name, otherwise), NULL, 10) * 1000;
}

const char *rules_check(struct octavo_step *s) {
    struct octavo_text limits = octavo_text(octavo_setting(s, "limits", ""));
    struct limit l;
    while (limit_take(&limits, &l))
        continue;
    if (limits.len)
        return "setting limits: METRIC > NUMBER [clear NUMBER]; ...";
    if (seconds_ms(s, "hold_seconds", "60") < 0 || seconds_ms(s, "silence_seconds", "300") < 0)
        return "settings hold_seconds and silence_seconds are whole numbers";
    return NULL;
}

/* ---- limits */

/* What the value changes by in a minute; false: nobody can say, as it is the first, or no time has
 * passed: of two values at one time the first counts. */
static bool rate_of(struct octavo_value *row, const struct point *p, int64_t *millionths) {
    int64_t before = row[LIMIT_BEFORE].integer;
    int64_t passed_ms = p->time_ms - row[LIMIT_BEFORE_TIME].integer;
    bool known = row[LIMIT_BEFORE_TIME].integer != 0;
    if (known && passed_ms <= 0)
        return false;
    wide rate = known ? ((wide)*millionths - before) * 60000 / passed_ms : 0;
    row[LIMIT_BEFORE] = octavo_int_value(*millionths);
    row[LIMIT_BEFORE_TIME] = octavo_int_value(p->time_ms);
    *millionths = rate > DECIMAL_MOST    ? DECIMAL_MOST
                  : rate < -DECIMAL_MOST ? -DECIMAL_MOST
                                         : (int64_t)rate;
    return known;
}

static void limit_judge(struct octavo_step *s, const struct limit *l, const struct point *p,
                        int64_t millionths) {
    struct octavo_value row[LIMIT_COLUMNS];
    struct octavo_text sub = { l->metric.data,
                               (size_t)(l->text.data + l->text.len - l->metric.data) };
    struct alert a = { .metric = p->metric,
                       .rule = l->text,
                       .since_ms = p->time_ms,
                       .time_ms = p->time_ms,
                       .value = p->value,
                       .feature = "limit",
                       .score = "" };
    if (!octavo_row_get(s, "limit", sub, row, LIMIT_COLUMNS))
        for (int i = 0; i < LIMIT_COLUMNS; i++)
            row[i] = octavo_int_value(0);
    if (l->is_rate && !rate_of(row, p, &millionths)) {
        octavo_row_put(s, "limit", sub, row, LIMIT_COLUMNS);
        return;
    }
    bool broken = l->above ? millionths > l->level : millionths < l->level;
    bool kept = l->above ? millionths <= l->clear : millionths >= l->clear;
    if (!row[LIMIT_OPEN].integer && !broken) {
        if (l->is_rate)
            octavo_row_put(s, "limit", sub, row, LIMIT_COLUMNS);
        return;
    }
    if (!row[LIMIT_OPEN].integer) {
        alert_raise(s, &a);
        row[LIMIT_OPEN] = octavo_int_value(p->time_ms);
    }
    if (!kept)
        row[LIMIT_KEPT] = octavo_int_value(0);
    else if (!row[LIMIT_KEPT].integer)
        row[LIMIT_KEPT] = octavo_int_value(p->time_ms);
    if (kept && p->time_ms - row[LIMIT_KEPT].integer >= seconds_ms(s, "hold_seconds", "60")) {
        a.since_ms = row[LIMIT_OPEN].integer;
        alert_clear(s, &a);
        row[LIMIT_OPEN] = row[LIMIT_KEPT] = octavo_int_value(0);
    }
    octavo_row_put(s, "limit", sub, row, LIMIT_COLUMNS);
}

void rules_judge_point(struct octavo_step *s, const struct point *p, int64_t millionths) {
    struct octavo_text limits = octavo_text(octavo_setting(s, "limits", ""));
    struct limit l;
    while (limit_take(&limits, &l))
        if (octavo_text_equal(l.metric, p->metric))
            limit_judge(s, &l, p, millionths);
}

/* ---- silence */

static struct alert silence_alert(int64_t since_ms, int64_t time_ms) {
    return (struct alert){ .metric = { "", 0 },
                           .rule = { "silence", 7 },
                           .since_ms = since_ms,
                           .time_ms = time_ms,
                           .value = { "", 0 },
                           .feature = "silence",
                           .score = "" };
}

/* Silence is judged no more: what is open ends, and should it be judged again, the device's next
 * word begins anew with a timer. */
static void presence_forget(struct octavo_step *s, int64_t time_ms) {
    struct octavo_value row[PRESENCE_COLUMNS];
    if (!octavo_row_get(s, "presence", octavo_text(""), row, PRESENCE_COLUMNS))
        return;
    if (row[PRESENCE_SILENT].integer) {
        struct alert a = silence_alert(row[PRESENCE_SILENT].integer, time_ms);
        alert_clear(s, &a);
    }
    octavo_row_delete(s, "presence", octavo_text(""));
}

void rules_judge_presence(struct octavo_step *s, int64_t received_ms) {
    struct octavo_value row[PRESENCE_COLUMNS];
    struct octavo_text one = octavo_text(""), device = octavo_event_key(s);
    int64_t silence_ms = seconds_ms(s, "silence_seconds", "300");
    if (!silence_ms) {
        presence_forget(s, received_ms);
        return;
    }
    bool there = octavo_row_get(s, "presence", one, row, PRESENCE_COLUMNS);
    int64_t silent_ms = there ? row[PRESENCE_SILENT].integer : 0;
    if (silent_ms) {
        struct alert a = silence_alert(silent_ms, received_ms);
        alert_clear(s, &a);
    }
    if (!there || silent_ms)
        octavo_timer_set_event_time(s, "silence", device, octavo_event_time_ms(s) + silence_ms);
    row[PRESENCE_HEARD] = octavo_int_value(octavo_event_time_ms(s));
    row[PRESENCE_SILENT] = octavo_int_value(0);
    octavo_row_put(s, "presence", one, row, PRESENCE_COLUMNS);
}

enum octavo_outcome on_silence(struct octavo_step *s) {
    struct octavo_value row[PRESENCE_COLUMNS];
    struct octavo_text one = octavo_text(""), device = octavo_event_key(s);
    int64_t due_ms = octavo_event_time_ms(s);
    int64_t silence_ms = seconds_ms(s, "silence_seconds", "300");
    if (!silence_ms) {
        presence_forget(s, due_ms);
        return OCTAVO_DONE;
    }
    if (!octavo_row_get(s, "presence", one, row, PRESENCE_COLUMNS))
        return OCTAVO_DONE;
    if (row[PRESENCE_HEARD].integer + silence_ms > due_ms) {
        octavo_timer_set_event_time(s, "silence", device, row[PRESENCE_HEARD].integer + silence_ms);
        return OCTAVO_DONE;
    }
    struct alert a = silence_alert(due_ms, due_ms);
    alert_raise(s, &a);
    row[PRESENCE_SILENT] = octavo_int_value(due_ms);
    octavo_row_put(s, "presence", one, row, PRESENCE_COLUMNS);
    return OCTAVO_DONE;
}
