/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The replay. Terminals pull: each has a queue through the history, chained per terminal, and what
 * it was answered is kept per movement. A timer looks at progress, so that callbacks that kill
 * processes never run in the middle of a connection's work. */
#include "bank.h"

#include "latency.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 20, PROGRESS_TICKS = 12, TERMINALS_DEFAULT = 32, STALL_MS = 60000 };

struct bank {
    struct bank_options options;
    struct iso_dialect dialect;
    struct terminals *terminals;
    struct loop_timer *tick;
    int64_t ticks;
    int32_t total;
    int32_t *next;            /* movement -> the terminal's next movement */
    int32_t *queue;           /* terminal -> movement to ask for now */
    struct outcome *seen;     /* per movement */
    struct outcome *expected; /* per movement, by the fold */
    int64_t *balances;        /* per account, as last answered */
    struct latencies latencies;
    struct audit audit;
    struct bank_result result; /* what is counted on the way */
    int64_t taken;
    int64_t done;
    int64_t start_ns;
    int64_t last_ns; /* of the last answer */
    int thirds;      /* told */
};

static int64_t now_ns(const struct bank *d) {
    return clock_steady_ns(loop_clock(d->options.loop));
}

static int64_t elapsed_ms(const struct bank *d) {
    return (now_ns(d) - d->start_ns) / 1000000;
}

/* ---- orders */

static bool is_over(const struct bank *d) {
    return d->options.deadline_ms && elapsed_ms(d) >= d->options.deadline_ms;
}

/* May one more order go out at the wanted rate? */
static bool is_too_early(const struct bank *d) {
    return d->options.rate && d->taken > elapsed_ms(d) * d->options.rate / 1000;
}

static enum terminal_take on_take(void *context, int terminal, struct terminal_order *out) {
    struct bank *d = context;
    int32_t at = d->queue[terminal];
    if (at == HISTORY_NONE || is_over(d))
        return TAKE_NONE;
    if (is_too_early(d))
        return TAKE_LATER;
    const struct movement *m = &d->options.history->movements[at];
    *out = (struct terminal_order){
        .deposit = m->deposit, .amount = m->amount, .currency = BANK_CURRENCY, .tag = (uint64_t)at
    };
    memcpy(out->card, d->options.history->accounts[m->account].card, CARD_DIGITS + 1);
    d->queue[terminal] = d->next[at];
    d->taken++;
    return TAKE_ORDER;
}

/* ---- answers */

static void declined_count(struct bank_result *r, const char *code) {
    r->declined++;
    for (size_t i = 0; i < r->reason_count; i++) {
        if (strcmp(r->reasons[i].code, code) == 0) {
            r->reasons[i].count++;
            return;
        }
    }
    if (r->reason_count == REASONS_MAX)
        return;
    struct declined_reason *reason = &r->reasons[r->reason_count++];
    memcpy(reason->code, code, sizeof reason->code);
    reason->count = 1;
}

static void on_finished(void *context, const struct terminal_finished *f) {
    struct bank *d = context;
    const struct movement *m = &d->options.history->movements[f->tag];
    struct outcome *seen = &d->seen[f->tag];
    bool approved = strcmp(f->code, "00") == 0;
    assert(!seen->known);
    if (f->has_balance)
        d->balances[m->account] = f->balance;
    *seen = (struct outcome){ true, approved, d->balances[m->account] };
    d->last_ns = now_ns(d);
    d->done++;
    latencies_add(&d->latencies, f->latency_ns);
    if (approved) {
        audit_approved(&d->audit, f->request_id, m->deposit ? m->amount : -m->amount);
        d->result.deposits += m->deposit;
        d->result.withdrawals += !m->deposit;
    } else {
        declined_count(&d->result, f->code);
    }
}

/* ---- progress */

static void thirds_tell(struct bank *d) {
    int64_t deadline = d->options.deadline_ms;
    int64_t elapsed = elapsed_ms(d);
    while (d->thirds < 2) {
        int64_t third = d->thirds + 1;
        bool reached =
            d->done * 3 >= d->total * third || (deadline && elapsed * 3 >= deadline * third);
        if (!reached)
            return;
        d->thirds++;
        if (d->options.on_third)
            d->options.on_third(d->options.context, d->thirds);
    }
}

static void progress_tell(const struct bank *d) {
    struct bank_progress p = { .done = d->done,
                               .total = d->total,
                               .withdrawals = d->result.withdrawals,
                               .elapsed_ms = elapsed_ms(d) };
    if (d->options.on_progress)
        d->options.on_progress(d->options.context, &p);
}

static void on_tick(void *context) {
    struct bank *d = context;
    bool stalled = (now_ns(d) - d->last_ns) / 1000000 >= d->options.stall_ms;
    bool done = !terminals_busy(d->terminals);
    thirds_tell(d);
    if (done || stalled || d->ticks++ % PROGRESS_TICKS == 0)
        progress_tell(d);
    if (done || stalled)
        d->options.on_done(d->options.context);
    else
        loop_timer_start(d->tick, TICK_MS);
}

/* ---- life */

static void queues_make(struct bank *d) {
    const struct history *h = d->options.history;
    int terminals = d->options.terminals;
    int32_t *last = memory_get((size_t)terminals * sizeof *last);
    d->next = memory_get((size_t)h->movement_count * sizeof *d->next);
    d->queue = memory_get((size_t)terminals * sizeof *d->queue);
    for (int i = 0; i < terminals; i++)
        d->queue[i] = last[i] = HISTORY_NONE;
    for (int32_t i = 0; i < d->total; i++) {
        int terminal = (int)(h->accounts[h->movements[i].account].id % terminals);
        d->next[i] = HISTORY_NONE;
        if (last[terminal] == HISTORY_NONE)
            d->queue[terminal] = i;
        else
            d->next[last[terminal]] = i;
        last[terminal] = i;
    }
    free(last);
}

static void defaults_set(struct bank_options *o) {
    o->dialect = o->dialect ? o->dialect : "iso87";
    o->terminals = o->terminals ? o->terminals : TERMINALS_DEFAULT;
    o->stall_ms = o->stall_ms ? o->stall_ms : STALL_MS;
}

static void memory_make(struct bank *d) {
    const struct history *h = d->options.history;
    d->total = h->movement_count;
    if (d->options.transactions_max && d->options.transactions_max < d->total)
        d->total = (int32_t)d->options.transactions_max;
    d->seen = memory_get((size_t)h->movement_count * sizeof *d->seen);
    d->expected = memory_get((size_t)h->movement_count * sizeof *d->expected);
    d->balances = memory_get((size_t)h->account_count * sizeof *d->balances);
    queues_make(d);
}

enum error bank_start(struct bank **out, const struct bank_options *options) {
    struct bank *d = memory_get(sizeof *d);
    *out = NULL;
    d->options = *options;
    defaults_set(&d->options);
    enum error e = iso_dialect_open(&d->dialect, disk_real(), d->options.dialect);
    if (e) {
        free(d);
        return e;
    }
    memory_make(d);
    struct terminals_options terminals = {
        .loop = options->loop,
        .host = options->host,
        .port = options->port,
        .dialect = &d->dialect,
        .count = d->options.terminals,
        .answer_timeout_ms = options->answer_timeout_ms,
        .take = on_take,
        .on_finished = on_finished,
        .context = d,
    };
    d->start_ns = d->last_ns = now_ns(d);
    d->tick = loop_timer_create(options->loop, on_tick, d);
    loop_timer_start(d->tick, TICK_MS);
    terminals_start(&d->terminals, &terminals);
    *out = d;
    return E_ok;
}

void bank_set_port(struct bank *d, int port) {
    terminals_set_port(d->terminals, port);
}

struct audit *bank_audit(struct bank *d) {
    return &d->audit;
}

static int64_t unlike_fold(const struct bank *d) {
    int64_t unlike = 0;
    for (int32_t i = 0; i < d->options.history->movement_count; i++) {
        const struct outcome *a = &d->seen[i];
        const struct outcome *b = &d->expected[i];
        unlike += a->known != b->known || a->approved != b->approved || a->balance != b->balance;
    }
    return unlike;
}

void bank_result_get(struct bank *d, struct bank_result *out) {
    const struct history *h = d->options.history;
    fold_history(h, d->seen, d->expected);
    *out = d->result;
    out->source = h->source;
    out->terminals = d->options.terminals;
    out->unfinished = d->taken - d->done;
    out->duration_ns = d->last_ns - d->start_ns;
    out->p50_ns = latencies_at(&d->latencies, 500);
    out->p99_ns = latencies_at(&d->latencies, 990);
    out->counts = *terminals_counts(d->terminals);
    out->seen = days_compare(h, d->seen);
    out->expected = days_compare(h, d->expected);
    out->unlike_fold = unlike_fold(d);
}

void bank_destroy(struct bank *d) {
    if (!d)
        return;
    terminals_destroy(d->terminals);
    loop_timer_destroy(d->tick);
    latencies_finish(&d->latencies);
    audit_finish(&d->audit);
    free(d->next);
    free(d->queue);
    free(d->seen);
    free(d->expected);
    free(d->balances);
    free(d);
}
