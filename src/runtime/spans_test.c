/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which steps have spans, and which trace they stand in. */
#include "runtime/spans.h"

#include "connectors/span.h"
#include "runtime/service_state.h"
#include "runtime/task_fixture.h"

struct told {
    struct buf text; /* "name id took;" */
    char trace[40], span[20];
    struct fake_clock *clock;
};

static void on_span(void *context, const struct span *span) {
    struct told *t = context;
    buf_print(&t->text, "%.*s %.*s %lld%s;", (int)span->name.len, (const char *)span->name.data,
              (int)span->id.len, (const char *)span->id.data, (long long)(span->took_ns / 1000000),
              span->parent[0] ? " child" : "");
    (void)snprintf(t->trace, sizeof(t->trace), "%s", span->trace);
    (void)snprintf(t->span, sizeof(t->span), "%s", span->span);
}

static struct fake_clock now;

static enum octavo_outcome on_moved(struct octavo_step *s) {
    struct octavo_text wrong;
    octavo_timer_set(s, "late", octavo_event_key(s), 5000);
    fake_clock_advance(&now, 7);
    return octavo_event_text(s, "wrong", &wrong) ? octavo_refuse(s, OCTAVO_PARK, "wrong")
                                                 : OCTAVO_DONE;
}

static enum octavo_outcome on_late(struct octavo_step *s) {
    (void)s;
    fake_clock_advance(&now, 3);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "moved", on_moved },
                                                  { "timer:late", on_late },
                                                  { NULL, NULL } };

static void given(struct bank *b, struct service *s, struct told *told) {
    fake_clock_init(&now, 1790000000000);
    s->clock = &now.clock;
    s->options.on_span = on_span;
    s->options.span_context = told;
    b->options.trace_ppm = 1000000;
    b->options.on_step = span_step;
    b->options.step_context = s;
    b->options.clock = &now.clock;
    bank_open(b, "ledger", handlers);
}

TEST(records_and_timers_have_spans_and_what_fails_or_nobody_handles_has_none) {
    struct bank b = { 0 };
    struct service s = { 0 };
    struct told told = { 0 };
    size_t fired;
    given(&b, &s, &told);
    group(&b, "moved", "a", "{}");
    task_begin(b.task);
    struct input wrong = record(&b, "moved", "b", "{\"wrong\":\"x\"}");
    CHECK_INT(take(&b, &wrong), TAKEN_PARKED);
    struct input other = record(&b, "other", "c", "{}");
    CHECK_INT(take(&b, &other), TAKEN_PASSED);
    CHECK_OK(task_take_timers(b.task, 9000, 10, &fired));
    commit(&b);
    CHECK_TEXT(buf_text(&told.text), "moved in-0 7;timer:late late a 5000 2 3;");
    buf_finish(&told.text);
    bank_close(&b);
}

TEST(an_attempt_stands_in_the_trace_of_its_outcome_and_each_is_its_own_span) {
    struct bank b = { 0 };
    struct service s = { 0 };
    struct told told = { 0 };
    struct step_trace outcome;
    char trace[2 * TRACE_BYTES + 1], first[20];
    struct effect_request request = { .id = bytes_text("01EFFECT"), .attempt = 1 };
    struct effect_attempt attempt = { .edge = "mail", .request = &request };
    given(&b, &s, &told);
    attempt.begun_ns = clock_steady_ns(&now.clock);
    fake_clock_advance(&now, 40);
    span_attempt(&s, b.task, &attempt);
    memcpy(first, told.span, sizeof(first));
    request.attempt = 2;
    span_attempt(&s, b.task, &attempt);
    CHECK(strcmp(first, told.span) != 0);
    attempt.asks = true;
    span_attempt(&s, b.task, &attempt);
    CHECK_TEXT(buf_text(&told.text),
               "perform mail 01EFFECT 40;perform mail 01EFFECT 40;ask mail 01EFFECT 40;");
    struct input in = { .kind = INPUT_OUTCOME, .id = request.id };
    CHECK(task_trace_find(b.task, &in, &outcome));
    hex_write(outcome.trace, TRACE_BYTES, trace);
    CHECK_TEXT(told.trace, trace);
    buf_finish(&told.text);
    bank_close(&b);
}
