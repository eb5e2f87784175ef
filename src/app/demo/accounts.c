/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A small bank on real data. Opens the accounts, replays the history through cash machines, kills
 * the processor and the broker under it, and shows the books. */
#include "demo.h"

#include "app/commands.h"
#include "bank.h"
#include "ledger.h"
#include "runtime/session.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TERMINALS_DEFAULT = 32 };
enum { OPENING_LIMIT_MS = 60000, SETTLING_LIMIT_MS = 30000, SETTLED_FOR_MS = 300 };

struct bank_run {
    struct stage stage;
    struct history *history;
    struct octavo_session *session;
    struct bank *bank;
    bool done;
};

static void on_progress(void *context, const struct bank_progress *p) {
    struct bank_run *r = context;
    char what[64];
    double seconds = (double)p->elapsed_ms / 1000;
    (void)snprintf(what, sizeof(what), "transactions, %.0f a second",
                   seconds > 0 ? (double)p->done / seconds : 0);
    stage_progress(&r->stage, p->done, p->total, what);
}

static void on_third(void *context, int third) {
    struct bank_run *r = context;
    if (third == 1)
        stage_kill(&r->stage, "transaction-processor", "processor");
    else
        stage_kill(&r->stage, "broker", "broker");
}

static void on_done(void *context) {
    ((struct bank_run *)context)->done = true;
}

/* ---- the steps */

static enum error accounts_open(struct bank_run *r) {
    int64_t until_ms = stage_now_ms(&r->stage) + OPENING_LIMIT_MS;
    if (!ledger_open_accounts(r->session, r->history, BANK_CURRENCY))
        return fail(E_network, "the accounts could not be asked for");
    while (ledger_known_cards(r->session) < r->history->account_count)
        if (!stage_turn(&r->stage, until_ms))
            return fail(E_timed_out, "the gateway knows %lld of %d cards",
                        (long long)ledger_known_cards(r->session), r->history->account_count);
    stage_say(&r->stage, "%d accounts are open, each with a card", r->history->account_count);
    return E_ok;
}

static enum error replay(struct bank_run *r) {
    const struct demo_call *call = r->stage.call;
    struct bank_options options = {
        .loop = r->stage.loop,
        .history = r->history,
        .port = r->stage.running.edge_port,
        .terminals = call->clients ? (int)call->clients : TERMINALS_DEFAULT,
        .rate = (int)call->rate,
        .transactions_max = call->inputs_max,
        .deadline_ms = call->for_ms,
        .on_progress = on_progress,
        .on_third = on_third,
        .on_done = on_done,
        .context = r,
    };
    stage_say(&r->stage, "%d cash machines replay it over ISO 8583", options.terminals);
    TRY(bank_start(&r->bank, &options));
    while (!r->done && stage_turn(&r->stage, INT64_MAX))
        continue;
    return E_ok;
}

/* Reversals may still be on their way: the books are read when nothing has moved for a moment. */
static void settle(struct bank_run *r) {
    int64_t until_ms = stage_now_ms(&r->stage) + SETTLING_LIMIT_MS;
    int64_t quiet_since_ms = stage_now_ms(&r->stage);
    do {
        if (ledger_unsettled(r->session) != 0)
            quiet_since_ms = stage_now_ms(&r->stage);
        else if (stage_now_ms(&r->stage) - quiet_since_ms > SETTLED_FOR_MS)
            return;
    } while (stage_turn(&r->stage, until_ms));
}

static bool conclude(struct bank_run *r) {
    const struct demo_call *call = r->stage.call;
    struct bank_result result;
    struct buf out = { 0 };
    settle(r);
    bank_result_get(r->bank, &result);
    result.killed = call->no_kill ? NULL : "the processor and the broker";
    result.audited = ledger_audit(r->session, bank_audit(r->bank), &result.sum_of_balances);
    result.audit = audit_conclude(bank_audit(r->bank));
    stage_progress_end(&r->stage);
    struct result_style style = { result_color_wanted(STDOUT_FILENO), call->json };
    result_write(&result, style, &out);
    if (!call->json)
        buf_print(&out, "  %-20s  %ld MB in %d processes\n", "memory at most",
                  r->stage.memory_kib / 1024, (int)r->stage.declaration->service_count + 2);
    (void)fputs("\n", stdout);
    (void)fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return result_is_good(&result);
}

/* Three commands that work as they stand, also in tests/scenarios: while the bank is up its broker
 * can be asked; once it has ended it can be started again on what it left. */
static void try_next(const struct stage *s) {
    char *program = stage_shell_word(command_program());
    char *dir = stage_shell_word(s->place.dir);
    (void)printf("\nTry next:\n"
                 "  %s accounts audit --dir %s\n"
                 "  sqlite3 -readonly %s/accounts/accounts.transaction-processor.1.0.db "
                 "'SELECT * FROM posting ORDER BY entry DESC LIMIT 5'\n",
                 program, dir, dir);
    if (s->call->stay)
        (void)printf("  kcat -L -b %s\n", s->running.broker);
    else
        (void)printf("  %s up accounts --dir %s\n", program, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error bank_run(struct bank_run *r, bool *good) {
    struct history_options history = { .seed = 1 };
    TRY(history_open(&r->history, &history));
    stage_say(&r->stage, "input: %s", r->history->source);
    TRY(stage_start(&r->stage));
    TRY(stage_session(&r->stage, &r->session));
    TRY(accounts_open(r));
    TRY(replay(r));
    if (r->stage.call->interrupted)
        return E_ok;
    *good = conclude(r);
    if (!r->stage.call->json)
        try_next(&r->stage);
    stage_stay(&r->stage);
    return E_ok;
}

static enum error accounts_run(struct demo_call *call, bool *good) {
    struct bank_run r = { 0 };
    enum error e = stage_open(&r.stage, call, "accounts");
    if (!e)
        e = bank_run(&r, good);
    bank_destroy(r.bank);
    session_destroy(r.session);
    history_destroy(r.history);
    stage_close(&r.stage);
    return e;
}

const struct demo demo_accounts = {
    "accounts",
    "a small bank: cash machines replay real transactions",
    accounts_run,
};
