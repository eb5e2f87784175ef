/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Writing the summary. Red marks what must not be, bold the sentence; without colour nothing is
 * lost, because every mark is also a word. */
#include "result.h"

#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_WIDTH = 22 };

static const struct {
    const char *code;
    const char *meaning;
} meanings[] = {
    { "12", "invalid transaction" },
    { "13", "invalid amount" },
    { "14", "unknown card" },
    { "25", "original not found" },
    { "30", "format" },
    { "51", "not enough money" },
    { "57", "not permitted" },
    { "62", "restricted" },
    { "68", "too late" },
    { "94", "duplicate" },
    { "96", "system malfunction" },
};

static const char *meaning_of(const char *code) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (strcmp(meanings[i].code, code) == 0)
            return meanings[i].meaning;
    }
    return "other";
}

/* ---- numbers */

static void grouped_write(struct buf *out, uint64_t count) {
    char digits[24];
    char text[32];
    size_t len = 0;
    size_t at = sizeof text;
    do {
        digits[len++] = (char)('0' + count % 10);
    } while ((count /= 10));
    for (size_t i = 0; i < len; i++) {
        if (i && i % 3 == 0)
            text[--at] = ',';
        text[--at] = digits[i];
    }
    buf_put(out, text + at, sizeof text - at);
}

static uint64_t size_of(int64_t v) {
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

void count_write(struct buf *out, int64_t count) {
    if (count < 0)
        buf_put_byte(out, '-');
    grouped_write(out, size_of(count));
}

void money_write(struct buf *out, int64_t minor_units) {
    if (minor_units < 0)
        buf_put_byte(out, '-');
    grouped_write(out, size_of(minor_units) / 100);
    buf_print(out, ".%02u", (unsigned)(size_of(minor_units) % 100));
}

static int64_t per_second(const struct bank_result *r) {
    int64_t done = r->withdrawals + r->deposits + r->declined;
    int64_t ms = r->duration_ns / 1000000;
    return ms > 0 ? done * 1000 / ms : 0;
}

bool result_is_good(const struct bank_result *r) {
    return r->audited && !r->audit.lost && !r->audit.repeated && !r->audit.stray
           && !r->sum_of_balances && !r->unfinished && !r->unlike_fold
           && !r->counts.reversals_refused && !r->counts.answers_unreadable
           && r->seen.equal == r->expected.equal;
}

bool result_color_wanted(int fd) {
    const char *no_color = getenv("NO_COLOR");
    return !(no_color && *no_color) && isatty(fd) == 1;
}

/* ---- the sentence */

static void sentence_write(const struct bank_result *r, struct buf *out) {
    count_write(out, r->withdrawals);
    buf_put_text(out, r->withdrawals == 1 ? " withdrawal; " : " withdrawals; ");
    if (r->killed)
        buf_print(out, "I killed %s; ", r->killed);
    else
        buf_put_text(out, "nothing was killed; ");
    if (!r->audited) {
        buf_put_text(out, "the ledger was not read");
        return;
    }
    buf_put_text(out, "lost ");
    count_write(out, r->audit.lost);
    buf_put_text(out, ", repeated ");
    count_write(out, r->audit.repeated);
    buf_put_text(out, ", the books balance to ");
    money_write(out, r->sum_of_balances);
}

/* ---- the table */

static void line_begin(struct buf *out, const char *label) {
    buf_print(out, "  %-*s", LABEL_WIDTH, label);
}

static void count_line(struct buf *out, const char *label, int64_t count) {
    line_begin(out, label);
    count_write(out, count);
    buf_put_byte(out, '\n');
}

/* A line that is only there when something is wrong. */
static void wrong_line(struct buf *out, struct result_style style, const char *label,
                       int64_t count) {
    if (!count)
        return;
    buf_put_text(out, style.color ? "\033[31m" : "");
    line_begin(out, label);
    count_write(out, count);
    buf_put_text(out, style.color ? "  <- must be 0\033[0m\n" : "  <- must be 0\n");
}

static void decisions_write(const struct bank_result *r, struct buf *out) {
    line_begin(out, "approved");
    count_write(out, r->withdrawals + r->deposits);
    buf_put_text(out, " (");
    count_write(out, r->withdrawals);
    buf_put_text(out, " withdrawals, ");
    count_write(out, r->deposits);
    buf_put_text(out, " deposits)\n");
    line_begin(out, "declined");
    count_write(out, r->declined);
    for (size_t i = 0; i < r->reason_count; i++) {
        buf_print(out, "%s%s %s: ", i ? ", " : " (", r->reasons[i].code,
                  meaning_of(r->reasons[i].code));
        count_write(out, r->reasons[i].count);
    }
    buf_put_text(out, r->reason_count ? ")\n" : "\n");
}

static void days_write(const struct bank_result *r, struct buf *out) {
    line_begin(out, "account-days equal");
    count_write(out, r->seen.equal);
    buf_put_text(out, " of ");
    count_write(out, r->seen.days);
    buf_put_text(out, " to the source's running balance; an independent fold expects ");
    count_write(out, r->expected.equal);
    buf_put_byte(out, '\n');
    line_begin(out, "");
    buf_put_text(out, "(within 1.00: ");
    count_write(out, r->seen.close);
    buf_put_text(out, "; the source rounds and lets some accounts go below 0)\n");
}

static void table_write(const struct bank_result *r, struct result_style style, struct buf *out) {
    decisions_write(r, out);
    count_line(out, "repeats suppressed", r->counts.repeats - r->audit.repeated);
    count_line(out, "reversals", r->counts.reversals);
    count_line(out, "answered 91, retried", r->counts.refused_91);
    line_begin(out, "throughput");
    count_write(out, per_second(r));
    buf_print(out, " transactions/s from %d terminals\n", r->terminals);
    line_begin(out, "answer");
    buf_print(out, "p50 %.1f ms, p99 %.1f ms\n", (double)r->p50_ns / 1e6, (double)r->p99_ns / 1e6);
    if (r->audited)
        count_line(out, "sum of all balances", r->sum_of_balances);
    days_write(r, out);
    line_begin(out, "data");
    buf_print(out, "%s\n", r->source ? r->source : "");
    wrong_line(out, style, "moved, not approved", r->audit.stray);
    wrong_line(out, style, "without an answer", r->unfinished);
    wrong_line(out, style, "unlike the fold", r->unlike_fold);
    wrong_line(out, style, "reversals refused", r->counts.reversals_refused);
    wrong_line(out, style, "answers unreadable", r->counts.answers_unreadable);
}

/* ---- JSON */

static void json_audit_put(const struct bank_result *r, struct buf *out) {
    if (!r->audited)
        return;
    json_put_int(out, "lost", r->audit.lost);
    json_put_int(out, "repeated", r->audit.repeated);
    json_put_int(out, "stray", r->audit.stray);
    json_put_int(out, "sum_of_balances", r->sum_of_balances);
}

static void json_write(const struct bank_result *r, struct buf *out) {
    struct buf sentence = { 0 };
    char name[32];
    sentence_write(r, &sentence);
    json_begin(out);
    json_put_text(out, "result", buf_bytes(&sentence));
    json_put_text(out, "good", bytes_text(result_is_good(r) ? "yes" : "no"));
    json_put_int(out, "withdrawals", r->withdrawals);
    json_put_int(out, "deposits", r->deposits);
    json_put_int(out, "declined", r->declined);
    for (size_t i = 0; i < r->reason_count; i++) {
        (void)snprintf(name, sizeof name, "declined_%s", r->reasons[i].code);
        json_put_int(out, name, r->reasons[i].count);
    }
    json_audit_put(r, out);
    json_put_int(out, "unfinished", r->unfinished);
    json_put_int(out, "unlike_fold", r->unlike_fold);
    json_put_int(out, "repeats", r->counts.repeats);
    json_put_int(out, "reversals", r->counts.reversals);
    json_put_int(out, "reversals_refused", r->counts.reversals_refused);
    json_put_int(out, "refused_91", r->counts.refused_91);
    json_put_int(out, "connections_lost", r->counts.connections_lost);
    json_put_int(out, "late_answers", r->counts.late_answers);
    json_put_int(out, "answers_unreadable", r->counts.answers_unreadable);
    json_put_int(out, "terminals", r->terminals);
    json_put_int(out, "duration_ms", r->duration_ns / 1000000);
    json_put_int(out, "transactions_per_s", per_second(r));
    json_put_int(out, "p50_us", r->p50_ns / 1000);
    json_put_int(out, "p99_us", r->p99_ns / 1000);
    json_put_int(out, "days", r->seen.days);
    json_put_int(out, "days_equal", r->seen.equal);
    json_put_int(out, "days_equal_expected", r->expected.equal);
    json_put_text(out, "data", bytes_text(r->source ? r->source : ""));
    json_end(out);
    buf_put_byte(out, '\n');
    buf_finish(&sentence);
}

void result_write(const struct bank_result *r, struct result_style style, struct buf *out) {
    if (style.json) {
        json_write(r, out);
        return;
    }
    buf_put_text(out, !style.color ? "" : result_is_good(r) ? "\033[1m" : "\033[1;31m");
    sentence_write(r, out);
    buf_put_text(out, style.color ? "\033[0m\n\n" : "\n\n");
    table_write(r, style, out);
}
