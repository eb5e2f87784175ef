/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo demo: a small bank on real data. Starts the system, opens the accounts, replays the
 * history through cash machines, kills the processor and the broker under it, and shows the books.
 */
#include "commands.h"

#include "base/event.h"
#include "base/tree.h"
#include "demo/demo.h"
#include "demo/ledger.h"
#include "options.h"
#include "parts.h"
#include "running.h"
#include "runtime/session.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TERMINALS_MAX = 1000, PORT_MAX = 65535, COUNT_MAX = 1000000000 };
enum { TURN_MS = 20, OPENING_LIMIT_MS = 60000, SETTLING_LIMIT_MS = 30000, SETTLED_FOR_MS = 300 };

struct demo_run {
    const char *dir;
    const char *for_text;
    int64_t terminals;
    int64_t rate;
    int64_t first_step;
    int64_t port;
    int64_t transactions;
    bool json;
    bool no_kill;
    bool quit; /* end also when a person watches */
    bool stay; /* stay up also when nobody does */

    int step;
    bool progress_line; /* one is on the screen */
    bool done;
    bool interrupted;
    long memory_kib; /* the most that all processes held */
    struct loop *loop;
    struct place place;
    struct declaration *declaration;
    struct running running;
    struct history *history;
    struct octavo_session *session;
    struct demo *demo;
};

static const char help[] =
    "octavo demo [options]    a small bank on real data, with processes killed under it\n"
    "\n"
    "  --dir DIR           data directory, emptied first; default ./octavo-demo\n"
    "  --for 20s           no new transaction after so long (s, m)\n"
    "  --terminals N       cash machines; default 32\n"
    "  --transactions N    at most so many; default all\n"
    "  --rate N            transactions a second at most\n"
    "  --port N            the broker's port; default 9092, the next free one when taken\n"
    "  --no-kill           kill nothing\n"
    "  --quit              end when the input is used up, also at a terminal\n"
    "  --stay              stay up afterwards, also without a terminal\n"
    "  --json              the result as JSON\n"
    "\n"
    "The data is OCTAVO_DATA/berka (default ../shared/data); without it an invented bank is used.\n"
    "\n"
    "example:\n"
    "  octavo demo --for 20s --terminals 64\n";

static bool number_read(struct demo_run *d, int option, const char *text) {
    const struct {
        int option;
        const char *name;
        int64_t *number;
        int64_t max;
    } numbers[] = {
        { 't', "terminals", &d->terminals, TERMINALS_MAX },   { 'r', "rate", &d->rate, COUNT_MAX },
        { 'n', "transactions", &d->transactions, COUNT_MAX }, { 'p', "port", &d->port, PORT_MAX },
        { 's', "first-step", &d->first_step, COUNT_MAX },
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i].option == option)
            return command_read_number(numbers[i].name, text, numbers[i].max, numbers[i].number);
    return false;
}

static bool option_read(struct demo_run *d, int option, const char *value) {
    switch (option) {
    case 'd':
        d->dir = value;
        return true;
    case 'f':
        d->for_text = value;
        return true;
    case 'k':
        return d->no_kill = true;
    case 'q':
        return d->quit = true;
    case 'S':
        return d->stay = true;
    case 'j':
        return d->json = true;
    default:
        return value && number_read(d, option, value);
    }
}

static bool options_read(struct demo_run *d, int count, char **arguments) {
    static const struct option known[] = {
        { "dir", 1, NULL, 'd' },
        { "for", 1, NULL, 'f' },
        { "terminals", 1, NULL, 't' },
        { "rate", 1, NULL, 'r' },
        { "transactions", 1, NULL, 'n' },
        { "port", 1, NULL, 'p' },
        { "no-kill", 0, NULL, 'k' },
        { "quit", 0, NULL, 'q' },
        { "json", 0, NULL, 'j' },
        { "help", 0, NULL, 'h' },
        { "stay", 0, NULL, 'S' },
        { "first-step", 1, NULL, 's' },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;)
        if (!option_read(d, c, optarg))
            return false;
    if (optind == count && d->terminals > 0)
        return true;
    if (!command_asked_help(count, arguments))
        (void)fprintf(stderr, "octavo: wrong usage: %s\n",
                      optind < count ? arguments[optind] : "--terminals 0: one or more are wanted");
    return false;
}

/* "20s", "2m" or plain seconds; -1 when it is none of them. */
static int64_t duration_ms(const char *text) {
    char *end;
    int64_t value = strtoll(text, &end, 10);
    bool minutes = strcmp(end, "m") == 0;
    if (end == text || value < 1 || value > 100000 || (*end && !minutes && strcmp(end, "s") != 0))
        return -1;
    return value * (minutes ? 60000 : 1000);
}

/* ---- what a person sees */

static void say(struct demo_run *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct demo_run *d, const char *format, ...) {
    va_list list;
    if (d->progress_line)
        (void)fputs("\n", stderr);
    d->progress_line = false;
    (void)fprintf(stderr, "%2d  ", d->step++);
    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    va_end(list);
    (void)fputs("\n", stderr);
}

static void on_step(void *context, const char *text) {
    say(context, "%s", text);
}

static void on_progress(void *context, const struct demo_progress *p) {
    struct demo_run *d = context;
    long memory_kib = supervisor_memory_kib(d->running.supervisor);
    if (memory_kib > d->memory_kib)
        d->memory_kib = memory_kib;
    if (!isatty(STDERR_FILENO))
        return;
    double seconds = (double)p->elapsed_ms / 1000;
    (void)fprintf(stderr, "\r    %lld of %lld transactions, %.0f a second   ", (long long)p->done,
                  (long long)p->total, seconds > 0 ? (double)p->done / seconds : 0);
    d->progress_line = true;
}

/* ---- killing */

static void on_third(void *context, int third) {
    struct demo_run *d = context;
    const char *name = third == 1 ? "transaction-processor" : "broker";
    if (d->no_kill)
        return;
    if (supervisor_kill(d->running.supervisor, name, SIGKILL))
        error_print();
    else
        say(d, "kill -9 of the %s; it is started again", third == 1 ? "processor" : name);
}

static void on_done(void *context) {
    ((struct demo_run *)context)->done = true;
}

static void on_stop_signal(void *context) {
    struct demo_run *d = context;
    d->interrupted = true;
    loop_stop(d->loop);
}

/* ---- the directory: only what an earlier demo left is removed */

static enum error directory_empty(const struct place *place) {
    struct file *lock;
    TRY(place_make(place, NULL));
    TRY(place_lock(place, &lock)); /* another demo may be running on it */
    enum error e = tree_remove(place->dir);
    disk_close(lock);
    return e;
}

static enum error directory_prepare(struct demo_run *d) {
    bool there, ours;
    char *mark = text_format("%s/octavo-demo", d->place.dir);
    enum error e = disk_exists(disk_real(), d->place.dir, &there);
    if (!e)
        e = disk_exists(disk_real(), mark, &ours);
    if (!e && there && !ours) {
        e = fail(E_exists, "%s is there and was not made by a demo", d->place.dir);
        fail_try("--dir with another name");
    }
    if (!e && there)
        e = directory_empty(&d->place);
    if (!e)
        e = disk_make_dir(disk_real(), d->place.dir);
    if (!e)
        e = disk_replace(disk_real(), mark, bytes_text("octavo demo\n"));
    free(mark);
    return e;
}

/* ---- the steps */

static enum error session_open(struct demo_run *d) {
    char *dir = place_path(&d->place, "accounts", NULL);
    struct session_options options = {
        .declaration = d->declaration,
        .store_kind = parts_store(d->declaration->store),
        .fold_kind = parts_store("fold"),
        .data_dir = dir,
        .bootstrap = d->running.broker,
        .json = d->json,
    };
    enum error e = session_create(&d->session, &options);
    free(dir);
    return e;
}

static bool time_left(struct demo_run *d, int64_t until_ms) {
    return !d->interrupted && clock_steady_ms(loop_clock(d->loop)) < until_ms;
}

static enum error accounts_open(struct demo_run *d) {
    int64_t until_ms = clock_steady_ms(loop_clock(d->loop)) + OPENING_LIMIT_MS;
    if (!ledger_open_accounts(d->session, d->history, DEMO_CURRENCY))
        return fail(E_network, "the accounts could not be asked for");
    while (ledger_known_cards(d->session) < d->history->account_count) {
        if (!time_left(d, until_ms))
            return fail(E_timed_out, "the gateway knows %lld of %d cards",
                        (long long)ledger_known_cards(d->session), d->history->account_count);
        loop_turn(d->loop, TURN_MS);
    }
    say(d, "%d accounts are open, each with a card", d->history->account_count);
    return E_ok;
}

static enum error system_start(struct demo_run *d) {
    struct history_options history = { .seed = 1 };
    struct running_options options = {
        .loop = d->loop,
        .place = &d->place,
        .declaration = d->declaration,
        .broker_port = (int)d->port,
        .edge_port = -1,
        .logs_to_files = true,
        .on_step = on_step,
        .context = d,
    };
    TRY(history_open(&d->history, &history));
    say(d, "input: %s", d->history->source);
    TRY(running_start(&d->running, &options));
    TRY(session_open(d));
    return accounts_open(d);
}

static enum error replay(struct demo_run *d, int64_t deadline_ms) {
    struct demo_options options = {
        .loop = d->loop,
        .history = d->history,
        .port = d->running.edge_port,
        .terminals = (int)d->terminals,
        .rate = (int)d->rate,
        .transactions_max = d->transactions,
        .deadline_ms = deadline_ms,
        .on_progress = on_progress,
        .on_third = on_third,
        .on_done = on_done,
        .context = d,
    };
    say(d, "%d cash machines replay it over ISO 8583", options.terminals);
    TRY(demo_start(&d->demo, &options));
    while (!d->done && !d->interrupted)
        loop_turn(d->loop, TURN_MS);
    return E_ok;
}

/* Reversals may still be on their way: the books are read when nothing has moved for a moment. */
static void settle(struct demo_run *d) {
    int64_t until_ms = clock_steady_ms(loop_clock(d->loop)) + SETTLING_LIMIT_MS;
    int64_t quiet_since_ms = clock_steady_ms(loop_clock(d->loop));
    while (time_left(d, until_ms)) {
        int64_t now_ms = clock_steady_ms(loop_clock(d->loop));
        if (ledger_unsettled(d->session) != 0)
            quiet_since_ms = now_ms;
        else if (now_ms - quiet_since_ms > SETTLED_FOR_MS)
            return;
        loop_turn(d->loop, TURN_MS);
    }
}

static bool conclude(struct demo_run *d) {
    struct demo_result result;
    struct buf out = { 0 };
    settle(d);
    demo_result_get(d->demo, &result);
    result.killed = d->no_kill ? NULL : "the processor and the broker";
    result.audited = ledger_audit(d->session, demo_audit(d->demo), &result.sum_of_balances);
    result.audit = audit_conclude(demo_audit(d->demo));
    if (d->progress_line)
        (void)fputs("\n", stderr);
    d->progress_line = false;
    struct result_style style = { result_color_wanted(STDOUT_FILENO), d->json };
    result_write(&result, style, &out);
    if (!d->json)
        buf_print(&out, "  %-20s  %ld MB in %d processes\n", "memory at most", d->memory_kib / 1024,
                  (int)d->declaration->service_count + 2);
    (void)fputs("\n", stdout);
    (void)fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return result_is_good(&result);
}

static bool stays(const struct demo_run *d) {
    if (d->quit || d->for_text || d->json)
        return false;
    return d->stay || isatty(STDOUT_FILENO);
}

/* The name as a shell takes it. Owned by the caller. */
static char *shell_word(const char *name) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@%";
    struct buf word = { 0 };
    if (*name && strspn(name, plain) == strlen(name))
        return text_copy(name);
    buf_put_byte(&word, '\'');
    for (; *name; name++)
        if (*name == '\'')
            buf_put_text(&word, "'\\''");
        else
            buf_put_byte(&word, (uint8_t)*name);
    buf_put_byte(&word, '\'');
    char *text = text_copy(buf_text(&word));
    buf_finish(&word);
    return text;
}

/* Three commands that work as they stand, also in tests/scenarios: while the bank is up its broker
 * can be asked; once it has ended it can be started again on what it left. */
static void try_next(struct demo_run *d) {
    char *program = shell_word(command_program());
    char *dir = shell_word(d->place.dir);
    (void)printf("\nTry next:\n"
                 "  %s accounts audit --dir %s\n"
                 "  sqlite3 -readonly %s/accounts/accounts.transaction-processor.1.0.db "
                 "'SELECT * FROM posting ORDER BY entry DESC LIMIT 5'\n",
                 program, dir, dir);
    if (stays(d))
        (void)printf("  kcat -L -b %s\n", d->running.broker);
    else
        (void)printf("  %s up accounts --dir %s\n", program, dir);
    (void)fflush(stdout);
    free(program);
    free(dir);
}

static enum error demo_all(struct demo_run *d, bool *good) {
    int64_t deadline_ms = d->for_text ? duration_ms(d->for_text) : 0;
    if (deadline_ms < 0)
        return fail(E_usage, "--for %s: a duration such as 20s or 2m is wanted", d->for_text);
    TRY(parts_declaration(&d->declaration, "accounts", NULL));
    TRY(directory_prepare(d));
    TRY(system_start(d));
    TRY(replay(d, deadline_ms));
    if (d->interrupted)
        return E_ok;
    *good = conclude(d);
    if (!d->json)
        try_next(d);
    if (stays(d)) {
        (void)printf("\nThe bank stays up; Ctrl-C ends it.\n");
        (void)fflush(stdout);
        loop_run(d->loop);
    }
    return E_ok;
}

static void demo_finish(struct demo_run *d) {
    demo_destroy(d->demo);
    session_destroy(d->session);
    running_stop(&d->running);
    history_destroy(d->history);
    declaration_destroy(d->declaration);
    loop_destroy(d->loop);
    place_finish(&d->place);
}

int demo_command(int count, char **arguments) {
    struct demo_run d = { .terminals = 32, .port = 9092, .first_step = 1 };
    bool good = false;
    if (!options_read(&d, count, arguments))
        return command_usage(count, arguments, help);
    d.step = (int)d.first_step;
    if (!getenv("OCTAVO_LOG"))
        event_log_from(EVENT_error); /* the numbered steps say it in a reader's words */
    d.place = place_of(d.dir ? d.dir : "octavo-demo");
    enum error e = loop_create(&d.loop, clock_real());
    if (!e) {
        loop_on_signal(d.loop, SIGTERM, on_stop_signal, &d);
        loop_on_signal(d.loop, SIGINT, on_stop_signal, &d);
        e = demo_all(&d, &good);
    }
    if (e)
        error_print();
    demo_finish(&d);
    return e ? command_exit_code(e) : good || d.interrupted ? EXIT_DONE : EXIT_FOUND;
}
