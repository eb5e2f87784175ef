/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* extract-scheduler: knows what is due when, and writes each run once.
 *
 *   timer `due` -> effect `clock` -> now is known -> runs that are due -> the next timer
 *
 * A timer that fires three days late says when it was due, so the clock is asked before it is
 * decided what to catch up with. The row's `next` is the nominal time of the next run and only ever
 * grows: a clock that is put back makes no run twice, and what an operator runs or backfills leaves
 * it alone. A run is extract, nominal time and revision; its row makes a second request a no-op. */
#include "calendar.h"
#include "extracts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUNS_A_STEP = 500, /* the rest follows at once, in the next step */
    DUE_COUNTED_MAX = 100000,
    RUN_CHARS = 120,
    NAME_CHARS = 220,
    RUN_REVISION = 0,
    RUN_TIME,
    RUN_CAUSE,
    RUN_KEPT,
    SCHEDULED_COLUMNS,
};
static const int64_t on_time_ms = (int64_t)5 * 60 * 1000; /* catch_up none: later is missed */
static const struct octavo_text nothing = { "", 0 };

/* ---- rows */

static bool extract_get(struct octavo_step *s, struct octavo_value row[EXTRACT_COLUMNS]) {
    return octavo_row_get(s, "extract", nothing, row, EXTRACT_COLUMNS);
}

static void extract_put(struct octavo_step *s, const struct octavo_value row[EXTRACT_COLUMNS]) {
    octavo_row_put(s, "extract", nothing, row, EXTRACT_COLUMNS);
}

static struct calendar calendar_of(const struct octavo_value *row) {
    return (struct calendar){ { row[EXTRACT_SCHEDULE].text, row[EXTRACT_ZONE].text,
                                row[EXTRACT_GAP].text, row[EXTRACT_OVERLAP].text },
                              row[EXTRACT_DAYS].text,
                              row[EXTRACT_HOLIDAYS].text };
}

static struct octavo_text said(struct octavo_step *s, const char *field, const char *otherwise) {
    struct octavo_text text;
    return octavo_event_text(s, field, &text) ? text : octavo_text(otherwise);
}

/* The first due time behind a moment; 0: never again, or only when asked. */
static int64_t due_after(const struct octavo_value *row, int64_t after_ms) {
    struct calendar calendar = calendar_of(row);
    int64_t next = 0;
    return calendar.schedule.when.len && calendar_next(&calendar, after_ms, &next) ? next : 0;
}

static void timer_put(struct octavo_step *s, const struct octavo_value *row) {
    if (row[EXTRACT_NEXT].integer && octavo_text_is(row[EXTRACT_STATE].text, "active"))
        octavo_timer_set(s, "due", octavo_event_key(s), row[EXTRACT_NEXT].integer);
    else
        octavo_timer_cancel(s, "due", octavo_event_key(s));
}

/* ---- names */

/* The template's words: {extract}, {date} and {time} by the zone's clock, {utc}, {revision}. */
struct naming {
    struct octavo_step *step;
    struct octavo_text zone;
    int64_t nominal_ms, revision;
};

static void word_write(const struct naming *n, struct octavo_text word, char *out, size_t room) {
    struct octavo_text extract = octavo_event_key(n->step);
    char utc[MOMENT_CHARS];
    int64_t day = 0;
    int minute = 0;
    moment_write(n->nominal_ms, utc);
    (void)octavo_local_day(n->step, n->zone, n->nominal_ms, &day);
    (void)octavo_local_minute(n->step, n->zone, n->nominal_ms, &minute);
    out[0] = 0;
    if (octavo_text_is(word, "extract"))
        (void)snprintf(out, room, "%.*s", (int)extract.len, extract.data);
    else if (octavo_text_is(word, "date"))
        (void)snprintf(out, room, "%08" PRId64, day);
    else if (octavo_text_is(word, "time"))
        (void)snprintf(out, room, "%02d%02d", minute / 60, minute % 60);
    else if (octavo_text_is(word, "utc"))
        (void)snprintf(out, room, "%s", utc);
    else if (octavo_text_is(word, "revision"))
        (void)snprintf(out, room, "%" PRId64, n->revision);
}

static void name_write(const struct naming *n, struct octavo_text template, char *out) {
    size_t at = 0;
    for (size_t i = 0; i < template.len && at + 1 < NAME_CHARS; i++) {
        const char *word = template.data + i + 1;
        const char *end = template.data[i] == '{' ? memchr(word, '}', template.len - i - 1) : NULL;
        if (!end) {
            out[at++] = template.data[i];
            continue;
        }
        struct octavo_text inside = { word, (size_t)(end - word) };
        word_write(n, inside, out + at, NAME_CHARS - at);
        at += strlen(out + at);
        i += inside.len + 1;
    }
    out[at] = 0;
}

/* ---- runs */

struct run {
    int64_t nominal_ms, from_ms, revision;
    const char *cause; /* schedule, catch-up, operator, backfill */
};

static void run_name(char out[RUN_CHARS], struct octavo_text extract, const char *moment,
                     int64_t revision) {
    (void)snprintf(out, RUN_CHARS, "%.*s@%s.%" PRId64, (int)extract.len, extract.data, moment,
                   revision);
}

static void run_write(struct octavo_step *s, const struct octavo_value *row, const struct run *r) {
    struct octavo_text extract = octavo_event_key(s);
    char moment[MOMENT_CHARS], run[RUN_CHARS], name[NAME_CHARS];
    struct naming naming = { s, row[EXTRACT_ZONE].text, r->nominal_ms, r->revision };
    moment_write(r->nominal_ms, moment);
    run_name(run, extract, moment, r->revision);
    name_write(&naming, row[EXTRACT_FILE].text, name);
    octavo_event_begin(s, "extract-scheduled", "extract-scheduled", octavo_text(run));
    octavo_put_text(s, "run", octavo_text(run));
    octavo_put_text(s, "extract", extract);
    octavo_put_int(s, "nominal", r->nominal_ms);
    octavo_put_int(s, "from", r->from_ms);
    octavo_put_int(s, "until", r->nominal_ms);
    octavo_put_int(s, "revision", r->revision);
    octavo_put_text(s, "cause", octavo_text(r->cause));
    octavo_put_text(s, "partner", row[EXTRACT_PARTNER].text);
    octavo_put_text(s, "name", octavo_text(name));
    octavo_put_text(s, "done", row[EXTRACT_DONE].text);
    octavo_put_text(s, "late", row[EXTRACT_LATE].text);
    octavo_put_text(s, "definition", row[EXTRACT_DEFINITION].text);
    octavo_end(s);
    struct octavo_value scheduled[SCHEDULED_COLUMNS] = {
        octavo_int_value(r->revision),
        octavo_int_value(octavo_event_time_ms(s)),
        octavo_text_value(octavo_text(r->cause)),
        kept_until(s),
    };
    octavo_row_put(s, "run", octavo_text(moment), scheduled, SCHEDULED_COLUMNS);
}

/* A row is forgotten by the task's event time, which stands still while nobody commands anything:
 * so what the schedule has put, it takes away again. */
static void run_forget(struct octavo_step *s, const struct octavo_value *row, int64_t nominal_ms) {
    struct calendar calendar = calendar_of(row);
    int64_t kept_ms = kept_until(s).integer - octavo_event_time_ms(s), old_ms = 0;
    char moment[MOMENT_CHARS];
    if (!calendar.schedule.when.len
        || !calendar_previous(&calendar, nominal_ms - kept_ms + 1, &old_ms))
        return;
    moment_write(old_ms, moment);
    octavo_row_delete(s, "run", octavo_text(moment));
}

/* The revision a run would get; 0: it was scheduled and is not wanted again. */
static int64_t revision_next(struct octavo_step *s, int64_t nominal_ms, bool again) {
    struct octavo_value scheduled[SCHEDULED_COLUMNS];
    char moment[MOMENT_CHARS];
    moment_write(nominal_ms, moment);
    if (!octavo_row_get(s, "run", octavo_text(moment), scheduled, SCHEDULED_COLUMNS))
        return 1;
    return again ? scheduled[RUN_REVISION].integer + 1 : 0;
}

/* ---- what is due */

static void missed_tell(struct octavo_step *s, struct octavo_value *row, int64_t count,
                        int64_t from_ms) {
    row[EXTRACT_MISSED] = octavo_int_value(row[EXTRACT_MISSED].integer + count);
    octavo_event_begin(s, "extract-announced", "extract-missed", octavo_event_key(s));
    octavo_put_text(s, "extract", octavo_event_key(s));
    octavo_put_int(s, "count", count);
    octavo_put_int(s, "from", from_ms);
    octavo_end(s);
}

/* How many due times there are from `next` to now, and the last of them. */
static int64_t due_count(const struct octavo_value *row, int64_t now_ms, int64_t *last_ms) {
    int64_t count = 0;
    for (int64_t at = row[EXTRACT_NEXT].integer; at && at <= now_ms && count < DUE_COUNTED_MAX;
         at = due_after(row, at)) {
        *last_ms = at;
        count++;
    }
    return count;
}

/* How many of them are run: the newest ones. */
static int64_t kept_of(const struct octavo_value *row, int64_t count, int64_t late_ms) {
    struct octavo_text policy = row[EXTRACT_CATCH_UP].text;
    int64_t most = 0;
    if (octavo_text_is(policy, "all") || !policy.len)
        return count;
    if (octavo_text_is(policy, "latest"))
        return 1;
    if (octavo_text_is(policy, "none"))
        return late_ms <= on_time_ms ? 1 : 0;
    for (size_t i = 0; i < policy.len && most < 100000; i++)
        most = most * 10 + (policy.data[i] - '0');
    return most < count ? most : count;
}

/* Intervals hang together: a run's begins where the one before ended. Of those that are passed by,
 * `latest` takes the interval into its one run; the other policies leave it out, as they say. */
static void due_run(struct octavo_step *s, struct octavo_value *row, int64_t now_ms) {
    int64_t last_ms = 0, count = due_count(row, now_ms, &last_ms);
    int64_t passed = count - kept_of(row, count, now_ms - last_ms), runs = 0, nth = 0;
    int64_t at = row[EXTRACT_NEXT].integer, first_ms = at;
    bool hold = octavo_text_is(row[EXTRACT_CATCH_UP].text, "latest");
    for (; nth < count && runs < RUNS_A_STEP; nth++, at = due_after(row, at)) {
        int64_t revision = nth < passed ? 0 : revision_next(s, at, false);
        struct run run = { at, row[EXTRACT_UNTIL].integer, revision,
                           nth + 1 < count ? "catch-up" : "schedule" };
        if (revision) {
            run_write(s, row, &run);
            run_forget(s, row, at);
            runs++;
        }
        if (nth >= passed || !hold)
            row[EXTRACT_UNTIL] = octavo_int_value(at);
    }
    if (passed)
        missed_tell(s, row, passed, first_ms);
    row[EXTRACT_NEXT] = octavo_int_value(at);
}

static enum octavo_outcome on_due(struct octavo_step *s) {
    struct octavo_value row[EXTRACT_COLUMNS];
    if (!extract_get(s, row) || !octavo_text_is(row[EXTRACT_STATE].text, "active"))
        return OCTAVO_DONE;
    octavo_effect_begin(s, "clock", "look");
    octavo_put_int(s, "next", row[EXTRACT_NEXT].integer);
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_clock(struct octavo_step *s) {
    struct octavo_value row[EXTRACT_COLUMNS];
    int64_t now_ms = octavo_event_time_ms(s);
    (void)octavo_event_int(s, "now_ms", &now_ms);
    if (!extract_get(s, row) || !octavo_text_is(row[EXTRACT_STATE].text, "active"))
        return OCTAVO_DONE;
    if (row[EXTRACT_NEXT].integer && row[EXTRACT_NEXT].integer <= now_ms)
        due_run(s, row, now_ms);
    extract_put(s, row);
    timer_put(s, row);
    return OCTAVO_DONE;
}

/* ---- what operators want */

/* The schedule as it is asked for, in the row; the cursor moves only when it is another one. */
static void schedule_set(struct octavo_step *s, struct octavo_value *row, bool is_new) {
    static const struct {
        enum extract_column column;
        const char *field;
        const char *otherwise;
    } fields[] = {
        { EXTRACT_SCHEDULE, "schedule", "" }, { EXTRACT_ZONE, "zone", "UTC" },
        { EXTRACT_GAP, "gap", "" },           { EXTRACT_OVERLAP, "overlap", "" },
        { EXTRACT_DAYS, "days", "" },         { EXTRACT_HOLIDAYS, "holidays", "" },
    };
    bool moved = is_new;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct octavo_text text = said(s, fields[i].field, fields[i].otherwise);
        moved = moved || !octavo_text_equal(row[fields[i].column].text, text);
        row[fields[i].column] = octavo_text_value(text);
    }
    if (!moved)
        return;
    int64_t now_ms = octavo_event_time_ms(s), until_ms = row[EXTRACT_UNTIL].integer;
    if (!is_new && row[EXTRACT_NEXT].integer && row[EXTRACT_NEXT].integer <= now_ms)
        return; /* what is overdue is caught up with first, and the cursor goes on from there */
    struct calendar calendar = calendar_of(row);
    if (is_new && !calendar_previous(&calendar, now_ms + 1, &until_ms))
        until_ms = now_ms;
    row[EXTRACT_UNTIL] = octavo_int_value(until_ms);
    row[EXTRACT_NEXT] = octavo_int_value(due_after(row, until_ms > now_ms ? until_ms : now_ms));
}

static void definition_set(struct octavo_step *s, struct octavo_value *row) {
    row[EXTRACT_DEFINITION] = octavo_text_value(octavo_event_json(s));
    row[EXTRACT_CATCH_UP] = octavo_text_value(said(s, "catch_up", "all"));
    row[EXTRACT_PARTNER] = octavo_text_value(said(s, "partner", ""));
    row[EXTRACT_FILE] = octavo_text_value(said(s, "file", "{extract}-{utc}-{revision}.csv"));
    row[EXTRACT_DONE] = octavo_text_value(said(s, "done", ""));
    row[EXTRACT_LATE] = octavo_text_value(said(s, "late", ""));
}

static const char *define_fault(struct octavo_step *s) {
    struct octavo_text catch_up = said(s, "catch_up", "all"), extract;
    struct calendar calendar = { { said(s, "schedule", ""), said(s, "zone", "UTC"),
                                   said(s, "gap", ""), said(s, "overlap", "") },
                                 said(s, "days", ""),
                                 said(s, "holidays", "") };
    if (!octavo_event_text(s, "extract", &extract)
        || !octavo_text_equal(extract, octavo_event_key(s)) || extract.len > 64)
        return "no extract, or another than the key, or over 64 characters";
    for (size_t i = 0; i < catch_up.len; i++)
        if ((catch_up.data[i] < '0' || catch_up.data[i] > '9') && !octavo_text_is(catch_up, "all")
            && !octavo_text_is(catch_up, "latest") && !octavo_text_is(catch_up, "none"))
            return "catch_up is all, latest, none or a number";
    return calendar.schedule.when.len ? calendar_fault(&calendar) : NULL;
}

static enum octavo_outcome on_define(struct octavo_step *s) {
    struct octavo_value row[EXTRACT_COLUMNS];
    const char *fault = define_fault(s);
    if (fault)
        return octavo_refuse(s, OCTAVO_PARK, "%s", fault);
    bool known = extract_get(s, row);
    if (!known)
        for (int i = 0; i < EXTRACT_COLUMNS; i++)
            row[i] = i >= EXTRACT_NEXT ? octavo_int_value(0) : octavo_text_value(nothing);
    bool is_new = !known || octavo_text_is(row[EXTRACT_STATE].text, "dropped");
    definition_set(s, row);
    schedule_set(s, row, is_new);
    if (is_new)
        row[EXTRACT_STATE] = octavo_text_value(octavo_text("active"));
    extract_put(s, row);
    timer_put(s, row);
    return OCTAVO_DONE;
}

static enum octavo_outcome state_set(struct octavo_step *s, const char *state) {
    struct octavo_value row[EXTRACT_COLUMNS];
    if (!extract_get(s, row) || octavo_text_is(row[EXTRACT_STATE].text, "dropped"))
        return OCTAVO_DONE;
    row[EXTRACT_STATE] = octavo_text_value(octavo_text(state));
    extract_put(s, row);
    timer_put(s, row);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_pause(struct octavo_step *s) {
    return state_set(s, "paused");
}

static enum octavo_outcome on_resume(struct octavo_step *s) {
    return state_set(s, "active");
}

static enum octavo_outcome on_drop(struct octavo_step *s) {
    return state_set(s, "dropped");
}

static void known_tell(struct octavo_step *s, int64_t nominal_ms) {
    struct octavo_value scheduled[SCHEDULED_COLUMNS];
    struct octavo_text extract = octavo_event_key(s);
    char moment[MOMENT_CHARS], run[RUN_CHARS];
    moment_write(nominal_ms, moment);
    bool known = octavo_row_get(s, "run", octavo_text(moment), scheduled, SCHEDULED_COLUMNS);
    run_name(run, extract, moment, known ? scheduled[RUN_REVISION].integer : 1);
    octavo_event_begin(s, "extract-announced", "extract-run-known", octavo_text(run));
    octavo_put_text(s, "run", octavo_text(run));
    octavo_put_text(s, "extract", extract);
    octavo_put_int(s, "nominal", nominal_ms);
    octavo_end(s);
}

/* One run beside the schedule. */
static void run_ask(struct octavo_step *s, const struct octavo_value *row, int64_t nominal_ms,
                    const char *cause) {
    struct calendar calendar = calendar_of(row);
    int64_t again = 0, from_ms = row[EXTRACT_UNTIL].integer;
    (void)octavo_event_int(s, "again", &again);
    if (from_ms > nominal_ms
        || (calendar.schedule.when.len && calendar_previous(&calendar, nominal_ms, &from_ms)))
        (void)calendar_previous(&calendar, nominal_ms, &from_ms);
    struct run run = { nominal_ms, from_ms < nominal_ms ? from_ms : nominal_ms - 1,
                       revision_next(s, nominal_ms, again), cause };
    if (run.revision)
        run_write(s, row, &run);
    else
        known_tell(s, nominal_ms);
}

static enum octavo_outcome on_run(struct octavo_step *s) {
    struct octavo_value row[EXTRACT_COLUMNS];
    int64_t nominal_ms = octavo_event_time_ms(s);
    if (!extract_get(s, row) || octavo_text_is(row[EXTRACT_STATE].text, "dropped"))
        return octavo_refuse(s, OCTAVO_PARK, "there is no such extract");
    (void)octavo_event_int(s, "nominal", &nominal_ms);
    run_ask(s, row, nominal_ms / 1000 * 1000, "operator");
    return OCTAVO_DONE;
}

static enum octavo_outcome on_backfill(struct octavo_step *s) {
    struct octavo_value row[EXTRACT_COLUMNS];
    int64_t from_ms, to_ms;
    if (!extract_get(s, row) || octavo_text_is(row[EXTRACT_STATE].text, "dropped"))
        return octavo_refuse(s, OCTAVO_PARK, "there is no such extract");
    if (!octavo_event_int(s, "from", &from_ms) || !octavo_event_int(s, "to", &to_ms))
        return octavo_refuse(s, OCTAVO_PARK, "no from or no to");
    int runs = 0;
    for (int64_t at = due_after(&row[0], from_ms - 1); at && at < to_ms; at = due_after(row, at)) {
        if (++runs > RUNS_A_STEP)
            return octavo_refuse(s, OCTAVO_PARK, "over %d runs: give shorter times", RUNS_A_STEP);
        run_ask(s, row, at, "backfill");
    }
    return OCTAVO_DONE;
}

const struct octavo_handler extract_scheduler_handlers[] = {
    { "extract-define-requested", on_define },
    { "extract-drop-requested", on_drop },
    { "extract-pause-requested", on_pause },
    { "extract-resume-requested", on_resume },
    { "extract-run-requested", on_run },
    { "extract-backfill-requested", on_backfill },
    { "timer:due", on_due },
    { "effect:clock", on_clock },
    { NULL, NULL },
};
