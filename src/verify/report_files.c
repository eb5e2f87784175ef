/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The report for programs: JSON, JUnit's XML, and a timeline of faults over answers as SVG. */
#include "report.h"

#include "base/clock.h"
#include "values/json.h"

#include <stdio.h>
#include <string.h>

static void evidence_text(const struct results *o, unsigned answer, struct buf *out) {
    for (size_t i = 0; i < o->count; i++)
        if (o->all[i].answers & ANSWER(answer)) {
            const struct verdict *v = &o->all[i].verdict;
            buf_print(out, "%s%s: %llu looked at", out->len ? "; " : "", o->all[i].name,
                      (unsigned long long)v->looked_at);
            if (v->wrong)
                buf_print(out, ", %llu wrong, the first: %s", (unsigned long long)v->wrong,
                          v->first);
        }
}

static void answers_put(const struct results *o, struct buf *out) {
    json_open(out, "answers", '[');
    for (unsigned a = 1; a <= 8; a++) {
        struct buf text = { 0 };
        evidence_text(o, a, &text);
        json_open(out, NULL, '{');
        json_put_int(out, "answer", a);
        json_put_text(out, "question", bytes_text(answer_question(a)));
        json_put_text(out, "state", bytes_text(answer_state_name(o->answers[a - 1])));
        json_put_text(out, "evidence", buf_bytes(&text));
        json_close(out, '}');
        buf_finish(&text);
    }
    json_close(out, ']');
}

static void checks_put(const struct results *o, struct buf *out) {
    json_open(out, "checks", '[');
    for (size_t i = 0; i < o->count; i++) {
        json_open(out, NULL, '{');
        json_put_text(out, "check", bytes_text(o->all[i].name));
        json_put_text(out, "promise", bytes_text(o->all[i].promise));
        json_put_text(out, "state", bytes_text(answer_state_name(o->all[i].state)));
        json_put_int(out, "looked_at", (int64_t)o->all[i].verdict.looked_at);
        json_put_int(out, "wrong", (int64_t)o->all[i].verdict.wrong);
        if (o->all[i].verdict.wrong)
            json_put_text(out, "first", bytes_text(o->all[i].verdict.first));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void schedule_put(const struct run *r, struct buf *out) {
    json_open(out, "schedule", '[');
    for (size_t i = 0; i < r->schedule.count; i++) {
        const struct planned *p = &r->schedule.all[i];
        json_open(out, NULL, '{');
        json_put_int(out, "at_ms", p->at_ms);
        json_put_int(out, "for_ms", p->for_ms);
        json_put_text(out, "fault", bytes_text(p->fault->name));
        json_put_text(out, "target", bytes_text(r->house.processes[p->target].name));
        json_put_text(out, "what", bytes_text(p->what));
        json_put_bool(out, "inflicted", p->inflicted);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void report_json(const struct results *o, struct run *r, struct buf *out) {
    json_begin(out);
    json_put_text(out, "system", bytes_text(r->options->system->name));
    json_put_int(out, "seed", (int64_t)r->options->seed);
    json_put_int(out, "when", clock_wall_ms(clock_real()));
    json_put_int(out, "seconds", (int64_t)(o->seconds + 0.5));
    json_put_text(out, "verdict", bytes_text(o->first ? "BROKEN" : "HELD"));
    json_put_int(out, "operations", (int64_t)o->operations);
    json_put_int(out, "heal_ms", r->heal_ms);
    json_put_int(out, "heal_limit_ms", r->limits.heal_ms);
    json_put_int(out, "rest_ms", r->rest_ms);
    json_put_int(out, "idle_limit_ms", r->limits.idle_ms);
    json_put_int(out, "fenced", r->house.fenced);
    json_put_int(out, "longest_ms", r->longest_ms);
    answers_put(o, out);
    json_open(out, "faults", '{');
    for (size_t i = 0; i < r->schedule.kind_count; i++)
        json_put_int(out, r->schedule.kinds[i].fault->name,
                     (int64_t)r->schedule.kinds[i].inflicted);
    json_close(out, '}');
    json_open(out, "skipped", '{');
    for (size_t i = 0; i < r->schedule.kind_count; i++)
        if (r->schedule.kinds[i].skipped)
            json_put_text(out, r->schedule.kinds[i].fault->name,
                          bytes_text(r->schedule.kinds[i].skipped));
    json_close(out, '}');
    checks_put(o, out);
    schedule_put(r, out);
    json_end(out);
}

static void xml_text(struct buf *out, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '<':
            buf_put_text(out, "&lt;");
            break;
        case '&':
            buf_put_text(out, "&amp;");
            break;
        case '"':
            buf_put_text(out, "&quot;");
            break;
        default: /* XML has no other controls */
            buf_put_byte(out, (uint8_t)*text < 32 && *text != '\n' ? '?' : (uint8_t)*text);
        }
}

void report_junit(const struct results *o, struct run *r, struct buf *out) {
    size_t failures = 0, skipped = 0;
    for (size_t i = 0; i < o->count; i++) {
        failures += o->all[i].state == STATE_broken;
        skipped += o->all[i].state == STATE_not_exercised;
    }
    buf_print(out,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"octavo verify %s\" "
              "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
              r->options->system->name, o->count, failures, skipped, o->seconds);
    for (size_t i = 0; i < o->count; i++) {
        const struct result *c = &o->all[i];
        buf_print(out, "  <testcase classname=\"%s.seed-%llu\" name=\"", r->options->system->name,
                  (unsigned long long)r->options->seed);
        xml_text(out, c->promise);
        buf_put_text(out, "\">");
        if (c->state == STATE_broken) {
            buf_print(out, "<failure message=\"%s\">", c->name);
            xml_text(out, c->verdict.first);
            buf_put_text(out, "</failure>");
        } else if (c->state == STATE_not_exercised)
            buf_put_text(out, "<skipped/>");
        buf_put_text(out, "</testcase>\n");
    }
    buf_put_text(out, "</testsuite>\n");
}

/* ---- the timeline */

enum { WIDTH = 960, LEFT = 140, RIGHT = 20, ROW = 22, GRAPH = 90, TOP = 30, BUCKETS = 200 };

static double x_of(int64_t ms, int64_t all_ms) {
    return LEFT + (double)ms * (WIDTH - LEFT - RIGHT) / (double)all_ms;
}

static void svg_faults(const struct run *r, struct buf *out, int64_t all_ms) {
    for (size_t i = 0; i < r->schedule.count; i++) {
        const struct planned *p = &r->schedule.all[i];
        if (!p->begun_ms)
            continue;
        double x = x_of(p->begun_ms, all_ms);
        int64_t end = p->ended_ms ? p->ended_ms : all_ms;
        double width = x_of(end, all_ms) - x;
        buf_print(out,
                  "<rect x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
                  "<title>%s %s</title></rect>\n",
                  x, TOP + GRAPH + 10 + p->target * ROW, width < 2 ? 2 : width, ROW - 6,
                  p->fault->beside ? "#8a6d3b" : "#b03030", p->fault->name, p->what);
    }
}

/* How many operations ended well in each slice of time. */
static void svg_progress(const struct run *r, struct buf *out, int64_t all_ms) {
    unsigned buckets[BUCKETS] = { 0 }, most = 1;
    for (size_t i = 0; i < r->history.count; i++) {
        const struct history_record *record = &r->history.records[i];
        int64_t at = record->time_ns / 1000000 * BUCKETS / all_ms;
        if (record->kind == HISTORY_ok && at >= 0 && at < BUCKETS)
            most = ++buckets[at] > most ? buckets[at] : most;
    }
    buf_put_text(out, "<polyline fill=\"none\" stroke=\"#2a6\" stroke-width=\"1.5\" points=\"");
    for (int i = 0; i < BUCKETS; i++)
        buf_print(out, "%.1f,%.1f ", x_of(all_ms * i / BUCKETS, all_ms),
                  TOP + GRAPH - (double)buckets[i] * GRAPH / most);
    buf_put_text(out, "\"/>\n");
}

void report_svg(const struct results *o, struct run *r, struct buf *out) {
    int64_t all_ms = (int64_t)(o->seconds * 1000) + 1;
    size_t height = TOP + GRAPH + 20 + r->house.count * ROW + 20;
    buf_print(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" "
        "fill=\"white\"/>\n<text x=\"8\" y=\"18\">octavo verify %s, seed %llu: %s</text>\n"
        "<text x=\"8\" y=\"%d\">answers</text>\n",
        WIDTH, height, r->options->system->name, (unsigned long long)r->options->seed,
        o->first ? "BROKEN" : "HELD", TOP + GRAPH / 2);
    for (size_t i = 0; i < r->house.count; i++)
        buf_print(out, "<text x=\"8\" y=\"%zu\">%s</text>\n", TOP + GRAPH + 24 + i * ROW,
                  r->house.processes[i].name);
    svg_progress(r, out, all_ms);
    svg_faults(r, out, all_ms);
    for (int64_t s = 0; s * 1000 <= all_ms; s += all_ms > 40000 ? 10 : 5)
        buf_print(out, "<text x=\"%.1f\" y=\"%zu\" fill=\"#666\">%lld s</text>\n",
                  x_of(s * 1000, all_ms), height - 6, (long long)s);
    buf_put_text(out, "</svg>\n");
}
