/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Queries of rollup-store: the windows of a range as text, and as a page with a chart. They read
 * rows by their names, so a range costs what it holds, not what is stored. */
#include "range.h"

#include "iot.h"
#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_CHARS = 260, NAME_CHARS = 200 };

bool range_choose(struct range *out, int64_t from_ms, int64_t to_ms, int64_t points) {
    for (int level = 0; level < LEVELS; level++) {
        int64_t length = rollup_levels[level].length_ms, begin = rollup_begin(level, from_ms);
        int64_t windows = (to_ms - begin + length - 1) / length;
        if (windows > RANGE_WINDOWS)
            continue;
        int64_t joined = (windows + points - 1) / points;
        *out = (struct range){ level, begin, to_ms, joined * length };
        return true;
    }
    return false;
}

bool range_get(struct octavo_step *s, const struct range *range, struct octavo_text metric,
               int64_t begin_ms, struct rollup *out) {
    int64_t length = rollup_levels[range->level].length_ms, end_ms = begin_ms + range->step_ms;
    *out = (struct rollup){ 0 };
    for (int64_t at = begin_ms; at < end_ms && at < range->to_ms; at += length) {
        struct octavo_value row[ROLLUP_COLUMNS];
        char name[ROLLUP_SUB_CHARS];
        struct rollup r;
        struct octavo_text sub = rollup_sub(name, metric, range->level, at);
        if (!octavo_row_get(s, "rollup", sub, row, ROLLUP_COLUMNS))
            continue;
        if (!rollup_from_row(&r, row))
            return false;
        rollup_merge(out, &r);
    }
    return true;
}

/* ---- what is asked */

static bool number_of(struct octavo_step *s, const char *name, int64_t *out) {
    struct octavo_text text;
    char digits[24] = "", *end;
    if (!octavo_event_text(s, name, &text) || !text.len || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.data, text.len);
    *out = strtoll(digits, &end, 10);
    return !*end;
}

static struct octavo_text text_of(struct octavo_step *s, const char *name) {
    struct octavo_text text = { "", 0 };
    (void)octavo_event_text(s, name, &text);
    return text;
}

/* Times of the year 2000 and of 2200 fit far into it: differences of two cannot overflow. */
#define TIME_MOST ((int64_t)1 << 52)

static bool range_ask(struct octavo_step *s, struct range *out) {
    int64_t from_ms, to_ms, points;
    return number_of(s, "from", &from_ms) && number_of(s, "to", &to_ms)
           && number_of(s, "points", &points) && from_ms > -TIME_MOST && to_ms < TIME_MOST
           && from_ms < to_ms && points >= 1 && points <= RANGE_POINTS_MAX
           && range_choose(out, from_ms, to_ms, points);
}

/* ---- GET /devices/{key}/metrics/{metric}/from/{from}/to/{to}/points/{points} */

static void window_put(struct line *out, int64_t begin_ms, const struct rollup *r) {
    const int64_t numbers[] = { r->min, r->max, r->first, r->last };
    char room[DECIMAL_CHARS], mean[40];
    line_put_number(out, begin_ms, ' ');
    line_put_number(out, r->count, ' ');
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        line_put_text(out, decimal_write(room, numbers[i]));
        line_put_text(out, octavo_text(" "));
    }
    (void)snprintf(mean, sizeof(mean), "%.17g;", rollup_mean(r));
    line_put_text(out, octavo_text(mean));
}

static enum octavo_outcome on_range(struct octavo_step *s) {
    char text[RANGE_POINTS_MAX * WINDOW_CHARS];
    struct line out = { text, 0 };
    struct octavo_text metric = text_of(s, "metric");
    struct range range;
    if (!range_ask(s, &range) || !metric.len || metric.len >= NAME_CHARS)
        return octavo_refuse(s, OCTAVO_PARK,
                             "from and to are ms since 1970, from before to; points are 1 to 1000");
    for (int64_t at = range.from_ms; at < range.to_ms; at += range.step_ms) {
        struct rollup r;
        if (!range_get(s, &range, metric, at, &r))
            return octavo_refuse(s, OCTAVO_PARK, "a rollup in the store is none");
        if (r.count && out.len + WINDOW_CHARS <= sizeof(text))
            window_put(&out, at, &r);
    }
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_text(s, "device", octavo_event_key(s));
    octavo_put_text(s, "metric", metric);
    octavo_put_text(s, "level", octavo_text(rollup_levels[range.level].name));
    octavo_put_int(s, "step_ms", range.step_ms);
    octavo_put_text(s, "columns", octavo_text("begin count min max first last mean"));
    octavo_put_text(s, "windows", (struct octavo_text){ text, out.len });
    octavo_end(s);
    return OCTAVO_DONE;
}

/* ---- GET /devices/{key}/metrics/{metric}/chart/{level} */

static int level_of(struct octavo_text name) {
    int level = 0;
    while (level < LEVELS && !octavo_text_is(name, rollup_levels[level].name))
        level++;
    return level;
}

/* As many windows of the level as a chart has, up to the newest value. */
static bool chart_range(struct octavo_step *s, struct chart *c, int level) {
    struct octavo_value row[4]; /* of the table series: last, its time, count, late */
    if (!octavo_row_get(s, "series", c->metric, row, 4))
        return false;
    int64_t length = rollup_levels[level].length_ms;
    int64_t end_ms = rollup_begin(level, row[1].integer) + length;
    c->range = (struct range){ level, end_ms - CHART_WINDOWS_MAX * length, end_ms, length };
    return true;
}

static enum octavo_outcome on_chart(struct octavo_step *s) {
    static const struct chart empty;
    struct chart c = empty;
    char page[CHART_CHARS];
    int level = level_of(text_of(s, "level"));
    c.device = octavo_event_key(s);
    c.metric = text_of(s, "metric");
    if (level == LEVELS)
        return octavo_refuse(s, OCTAVO_PARK, "the level is 1s, 1m, 15m, 1h or 1d");
    if (!c.metric.len || c.metric.len >= NAME_CHARS || !chart_range(s, &c, level))
        return octavo_refuse(s, OCTAVO_PARK, "nothing was heard of this metric of this device");
    for (int64_t at = c.range.from_ms; at < c.range.to_ms; at += c.range.step_ms) {
        struct chart_window *w = &c.windows[c.count];
        w->begin_ms = at;
        if (!range_get(s, &c.range, c.metric, at, &w->rollup))
            return octavo_refuse(s, OCTAVO_PARK, "a rollup in the store is none");
        c.count += w->rollup.count > 0;
    }
    size_t len = chart_write(page, &c);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_text(s, "html", (struct octavo_text){ page, len });
    octavo_end(s);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_keeper_handlers[] = {
    { "query:range", on_range },
    { "query:chart", on_chart },
    { "rollup-changed", iot_keeper_on_changed },
    { NULL, NULL },
};
