/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* extract-processor: a run's row goes from extracting to delivered, one effect at a time.
 *
 *   extract-scheduled -> effect extraction -> extract-produced -> effect delivery ->
 * extract-delivered file-ready                             ------------------>  effect delivery ->
 * extract-delivered
 *
 * The row is the hand-over: delivery is asked for in the step that learns what the archive has, so
 * that no file is forgotten between the two, and none is delivered that was not produced. A run
 * that is scheduled a second time is counted, and nothing else happens. */
#include "extracts.h"

#include <stdlib.h>

static const struct octavo_text nothing = { "", 0 };

/* ---- rows */

static bool run_get(struct octavo_step *s, struct octavo_value row[RUN_COLUMNS]) {
    return octavo_row_get(s, "run", nothing, row, RUN_COLUMNS);
}

static void run_put(struct octavo_step *s, const struct octavo_value row[RUN_COLUMNS]) {
    octavo_row_put(s, "run", nothing, row, RUN_COLUMNS);
}

static void run_init(struct octavo_value row[RUN_COLUMNS]) {
    for (int i = 0; i < RUN_COLUMNS; i++)
        row[i] = octavo_text_value(nothing);
    static const enum run_column integers[] = { RUN_FROM,       RUN_UNTIL,     RUN_ROWS,
                                                RUN_BYTES,      RUN_SCHEDULED, RUN_PRODUCED,
                                                RUN_DELIVERED,  RUN_SENDS,     RUN_REPEATS,
                                                RUN_KEPT_UNTIL, RUN_DELAYED };
    for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
        row[integers[i]] = octavo_int_value(0);
}

struct octavo_value kept_until(struct octavo_step *s) {
    int64_t days = strtoll(octavo_setting(s, "keep_days", "400"), NULL, 10);
    return octavo_int_value(octavo_event_time_ms(s) + (days > 0 ? days : 400) * 86400000);
}

static void state_set(struct octavo_value *row, const char *state) {
    row[RUN_STATE] = octavo_text_value(octavo_text(state));
}

static void text_take(struct octavo_step *s, struct octavo_value *column, const char *field) {
    struct octavo_text text;
    if (octavo_event_text(s, field, &text))
        *column = octavo_text_value(text);
}

static void int_take(struct octavo_step *s, struct octavo_value *column, const char *field) {
    int64_t number;
    if (octavo_event_int(s, field, &number))
        *column = octavo_int_value(number);
}

/* ---- effects and events */

static void extraction_ask(struct octavo_step *s, struct octavo_value *row) {
    octavo_effect_begin(s, "extraction", "extract");
    octavo_put_text(s, "run", octavo_event_key(s));
    octavo_put_text(s, "extract", row[RUN_EXTRACT].text);
    octavo_put_int(s, "from", row[RUN_FROM].integer);
    octavo_put_int(s, "until", row[RUN_UNTIL].integer);
    octavo_put_text(s, "definition", row[RUN_DEFINITION].text);
    octavo_end(s);
    row[RUN_KEPT_UNTIL] = octavo_int_value(0);
    state_set(row, "extracting");
}

static void delivery_ask(struct octavo_step *s, struct octavo_value *row, bool again) {
    octavo_effect_begin(s, "delivery", "deliver");
    octavo_put_text(s, "partner", row[RUN_PARTNER].text);
    octavo_put_text(s, "path", row[RUN_PATH].text);
    octavo_put_text(s, "name", row[RUN_NAME].text);
    octavo_put_text(s, "sha256", row[RUN_SHA256].text);
    octavo_put_text(s, "done", row[RUN_DONE].text);
    if (row[RUN_BYTES].integer >= 0)
        octavo_put_int(s, "bytes", row[RUN_BYTES].integer);
    if (row[RUN_ORIGIN].text.len)
        octavo_put_text(s, "from", row[RUN_ORIGIN].text);
    if (again)
        octavo_put_text(s, "again", octavo_text("yes"));
    octavo_end(s);
    row[RUN_SENDS] = octavo_int_value(row[RUN_SENDS].integer + 1);
    row[RUN_KEPT_UNTIL] = octavo_int_value(0);
    state_set(row, "delivering");
}

static void announce(struct octavo_step *s, const char *type, const struct octavo_value *row) {
    octavo_event_begin(s, "extract-announced", type, octavo_event_key(s));
    octavo_put_text(s, "run", octavo_event_key(s));
    octavo_put_text(s, "extract", row[RUN_EXTRACT].text);
    octavo_put_text(s, "partner", row[RUN_PARTNER].text);
    octavo_put_text(s, "name", row[RUN_NAME].text);
    octavo_put_int(s, "from", row[RUN_FROM].integer);
    octavo_put_int(s, "until", row[RUN_UNTIL].integer);
    octavo_put_int(s, "rows", row[RUN_ROWS].integer);
    octavo_put_int(s, "bytes", row[RUN_BYTES].integer);
    octavo_put_text(s, "sha256", row[RUN_SHA256].text);
    octavo_put_text(s, "reason", row[RUN_REASON].text);
    octavo_end(s);
}

/* ---- being late */

/* Who asks for a run of another day does not wait for it; what the schedule wants is waited for. */
static void late_set(struct octavo_step *s) {
    struct octavo_text late = nothing, cause = nothing;
    int64_t nominal_ms, late_ms;
    (void)octavo_event_text(s, "late", &late);
    (void)octavo_event_text(s, "cause", &cause);
    if (duration_read(late, &late_ms) && octavo_event_int(s, "nominal", &nominal_ms)
        && (octavo_text_is(cause, "schedule") || octavo_text_is(cause, "catch-up")))
        octavo_timer_set(s, "late", octavo_event_key(s), nominal_ms + late_ms);
}

/* Also while a file that was delivered is sent again. */
static bool has_ended_well(const struct octavo_value *row) {
    return row[RUN_DELIVERED].integer || octavo_text_is(row[RUN_STATE].text, "delivered")
           || octavo_text_is(row[RUN_STATE].text, "produced");
}

static enum octavo_outcome on_late(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (!run_get(s, row) || has_ended_well(row))
        return OCTAVO_DONE;
    struct octavo_value reason = row[RUN_REASON];
    if (!reason.text.len)
        row[RUN_REASON] = row[RUN_STATE];
    announce(s, "extract-delayed", row);
    row[RUN_REASON] = reason;
    row[RUN_DELAYED] = octavo_int_value(octavo_event_time_ms(s));
    run_put(s, row);
    return OCTAVO_DONE;
}

/* ---- commands */

static enum octavo_outcome on_scheduled(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (run_get(s, row)) {
        row[RUN_REPEATS] = octavo_int_value(row[RUN_REPEATS].integer + 1);
        run_put(s, row);
        return OCTAVO_DONE;
    }
    run_init(row);
    text_take(s, &row[RUN_EXTRACT], "extract");
    text_take(s, &row[RUN_PARTNER], "partner");
    text_take(s, &row[RUN_NAME], "name");
    text_take(s, &row[RUN_DONE], "done");
    text_take(s, &row[RUN_DEFINITION], "definition");
    int_take(s, &row[RUN_FROM], "from");
    int_take(s, &row[RUN_UNTIL], "until");
    if (!row[RUN_EXTRACT].text.len || !row[RUN_DEFINITION].text.len)
        return octavo_refuse(s, OCTAVO_PARK, "no extract or no definition");
    row[RUN_SCHEDULED] = octavo_int_value(octavo_event_time_ms(s));
    row[RUN_EVENT] = octavo_text_value(octavo_event_id(s));
    late_set(s);
    extraction_ask(s, row);
    run_put(s, row);
    return OCTAVO_DONE;
}

/* {path, sha256, partner, key}: path is PLACE/rest, PLACE a line of the file `places`. */
static enum octavo_outcome on_file_ready(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    struct octavo_text path = nothing;
    size_t place = 0, name;
    if (run_get(s, row)) {
        row[RUN_REPEATS] = octavo_int_value(row[RUN_REPEATS].integer + 1);
        run_put(s, row);
        return OCTAVO_DONE;
    }
    run_init(row);
    (void)octavo_event_text(s, "path", &path);
    while (place < path.len && path.data[place] != '/')
        place++;
    for (name = path.len; name > 0 && path.data[name - 1] != '/'; name--)
        continue;
    if (place == 0 || place + 1 >= path.len || name == path.len)
        return octavo_refuse(s, OCTAVO_PARK, "its path is not PLACE/FILE");
    row[RUN_ORIGIN] = octavo_text_value((struct octavo_text){ path.data, place });
    row[RUN_PATH] =
        octavo_text_value((struct octavo_text){ path.data + place + 1, path.len - place - 1 });
    row[RUN_NAME] = octavo_text_value((struct octavo_text){ path.data + name, path.len - name });
    row[RUN_BYTES] = octavo_int_value(-1);
    text_take(s, &row[RUN_NAME], "name");
    text_take(s, &row[RUN_PARTNER], "partner");
    text_take(s, &row[RUN_SHA256], "sha256");
    text_take(s, &row[RUN_DONE], "done");
    row[RUN_SCHEDULED] = row[RUN_PRODUCED] = octavo_int_value(octavo_event_time_ms(s));
    row[RUN_EVENT] = octavo_text_value(octavo_event_id(s));
    delivery_ask(s, row, false);
    run_put(s, row);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_retry(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (!run_get(s, row))
        return octavo_refuse(s, OCTAVO_PARK, "there is no such run");
    row[RUN_REASON] = octavo_text_value(nothing);
    if (octavo_text_is(row[RUN_STATE].text, "failed"))
        extraction_ask(s, row);
    else if (octavo_text_is(row[RUN_STATE].text, "undelivered"))
        delivery_ask(s, row, false);
    else
        return OCTAVO_DONE;
    run_put(s, row);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_resend(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (!run_get(s, row))
        return octavo_refuse(s, OCTAVO_PARK, "there is no such run");
    if (!octavo_text_is(row[RUN_STATE].text, "delivered"))
        return OCTAVO_DONE;
    delivery_ask(s, row, true);
    run_put(s, row);
    return OCTAVO_DONE;
}

/* ---- outcomes */

static bool is_done(struct octavo_step *s) {
    struct octavo_text outcome;
    return octavo_event_text(s, "outcome", &outcome) && octavo_text_is(outcome, "done");
}

static void failed_tell(struct octavo_step *s, struct octavo_value *row, const char *state) {
    text_take(s, &row[RUN_REASON], "outcome");
    text_take(s, &row[RUN_REASON], "reason");
    state_set(row, state);
    row[RUN_KEPT_UNTIL] = kept_until(s);
    announce(s, "extract-failed", row);
    run_put(s, row);
}

static enum octavo_outcome on_extraction(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (!run_get(s, row) || !octavo_text_is(row[RUN_STATE].text, "extracting"))
        return OCTAVO_DONE;
    if (!is_done(s)) {
        failed_tell(s, row, "failed");
        return OCTAVO_DONE;
    }
    int_take(s, &row[RUN_ROWS], "rows");
    int_take(s, &row[RUN_BYTES], "bytes");
    text_take(s, &row[RUN_SHA256], "sha256");
    text_take(s, &row[RUN_PATH], "path");
    row[RUN_PRODUCED] = octavo_int_value(octavo_event_time_ms(s));
    announce(s, "extract-produced", row);
    if (row[RUN_PARTNER].text.len)
        delivery_ask(s, row, false);
    else {
        row[RUN_KEPT_UNTIL] = kept_until(s);
        state_set(row, "produced");
    }
    run_put(s, row);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_delivery(struct octavo_step *s) {
    struct octavo_value row[RUN_COLUMNS];
    if (!run_get(s, row) || !octavo_text_is(row[RUN_STATE].text, "delivering"))
        return OCTAVO_DONE;
    if (!is_done(s)) {
        failed_tell(s, row, "undelivered");
        return OCTAVO_DONE;
    }
    row[RUN_DELIVERED] = octavo_int_value(octavo_event_time_ms(s));
    row[RUN_REASON] = octavo_text_value(nothing);
    row[RUN_KEPT_UNTIL] = kept_until(s);
    state_set(row, "delivered");
    announce(s, "extract-delivered", row);
    run_put(s, row);
    return OCTAVO_DONE;
}

const struct octavo_handler extract_processor_handlers[] = {
    { "extract-scheduled", on_scheduled },
    { "file-ready", on_file_ready },
    { "extract-retry-requested", on_retry },
    { "extract-resend-requested", on_resend },
    { "timer:late", on_late },
    { "effect:extraction", on_extraction },
    { "effect:delivery", on_delivery },
    { NULL, NULL },
};
