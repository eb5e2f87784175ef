/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo demo [SYSTEM]: a system on real data, with processes killed under it; without SYSTEM every
 * one in turn, each for a bounded time, and at the end a line for each. */
#include "commands.h"

#include "base/bytes.h"
#include "demo/demo.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In turn, each has so long unless --for says otherwise. */
enum { EACH_MS = 30000 };
enum { CLIENTS_MAX = 1000, PORT_MAX = 65535, COUNT_MAX = 1000000000 };

static const struct demo *const demos[] = {
    &demo_accounts, &demo_caching, &demo_extracts, &demo_iot, &demo_onboarding,
};

enum { DEMO_COUNT = sizeof(demos) / sizeof(demos[0]) };

struct demo_words {
    struct demo_call call;
    const char *system;
    const char *for_text;
    int64_t first_step;
    bool quit; /* end also when a person watches */
    bool no_clients;
};

const char demo_help[] =
    "octavo demo [SYSTEM] [options]    a system on real data, with processes killed under it\n"
    "\n"
    "  --dir DIR           data directory, emptied first; default ./octavo-demo\n"
    "  --for 20s           no new input after so long (s, m); without SYSTEM 30 s each\n"
    "  --clients N         so many ask at once: cash machines, devices; also --terminals\n"
    "  --inputs N          at most so many; default all; also --transactions\n"
    "  --rate N            inputs a second at most\n"
    "  --port N            the broker's port; default 9092, the next free one when taken;\n"
    "                      0: any free one, also for those who come to the system\n"
    "  --no-kill           kill nothing\n"
    "  --quit              end when the input is used up, also at a terminal\n"
    "  --stay              stay up afterwards, also without a terminal\n"
    "  --json              the result as JSON\n"
    "\n"
    "Real data is in the folder OCTAVO_DATA (default ../shared/data); without it data is made up.\n"
    "Without SYSTEM each demo is shown in turn, in DIR-SYSTEM, and none stays up.\n"
    "\n"
    "systems:\n";

static const char examples[] = "\n"
                               "example:\n"
                               "  octavo demo accounts --for 20s --clients 64\n";

static bool number_read(struct demo_words *w, int option, const char *text) {
    const struct {
        int option;
        const char *name;
        int64_t *number;
        int64_t max;
    } numbers[] = {
        { 'c', "clients", &w->call.clients, CLIENTS_MAX },
        { 't', "terminals", &w->call.clients, CLIENTS_MAX },
        { 'i', "inputs", &w->call.inputs_max, COUNT_MAX },
        { 'n', "transactions", &w->call.inputs_max, COUNT_MAX },
        { 'r', "rate", &w->call.rate, COUNT_MAX },
        { 'p', "port", &w->call.port, PORT_MAX },
        { 's', "first-step", &w->first_step, COUNT_MAX },
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i].option == option)
            return command_read_number(numbers[i].name, text, numbers[i].max, numbers[i].number);
    return false;
}

static bool option_read(struct demo_words *w, int option, const char *value) {
    switch (option) {
    case 'd':
        w->call.dir = value;
        return true;
    case 'f':
        w->for_text = value;
        return true;
    case 'k':
        return w->call.no_kill = true;
    case 'q':
        return w->quit = true;
    case 'S':
        return w->call.stay = true;
    case 'j':
        return w->call.json = true;
    default:
        return value && number_read(w, option, value)
               && !(w->no_clients = (option == 'c' || option == 't') && !w->call.clients);
    }
}

static bool wrong_usage(const char *what, const char *why) {
    (void)fprintf(stderr, "octavo: wrong usage: %s%s\n", what, why);
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

static bool words_judge(struct demo_words *w, int count, char **arguments) {
    if (count > optind + 1)
        return wrong_usage(arguments[optind + 1], ": one SYSTEM is wanted, or none");
    w->system = count > optind ? arguments[optind] : NULL;
    if (w->for_text && (w->call.for_ms = duration_ms(w->for_text)) < 0) {
        (void)fprintf(stderr, "octavo: wrong usage: --for %s: a duration such as 20s or 2m\n",
                      w->for_text);
        return false;
    }
    return true;
}

static bool options_read(struct demo_words *w, int count, char **arguments) {
    static const struct option known[] = {
        OPTION_DIR,
        { "for", 1, NULL, 'f' },
        { "clients", 1, NULL, 'c' },
        { "terminals", 1, NULL, 't' },
        { "inputs", 1, NULL, 'i' },
        { "transactions", 1, NULL, 'n' },
        { "rate", 1, NULL, 'r' },
        { "port", 1, NULL, 'p' },
        { "no-kill", 0, NULL, 'k' },
        { "quit", 0, NULL, 'q' },
        { "stay", 0, NULL, 'S' },
        OPTION_JSON,
        { "first-step", 1, NULL, 's' },
        OPTION_HELP,
        OPTION_END,
    };
    for (int c; (c = option_next(count, arguments, known)) != -1;) {
        if (option_read(w, c, optarg))
            continue;
        return w->no_clients ? wrong_usage("--clients 0", ": one or more are wanted") : false;
    }
    return words_judge(w, count, arguments);
}

/* ---- one, or all in turn */

static const struct demo *demo_find(const char *system) {
    for (size_t i = 0; i < DEMO_COUNT; i++)
        if (strcmp(demos[i]->name, system) == 0)
            return demos[i];
    return NULL;
}

static enum exit_code demo_run(const struct demo *demo, struct demo_call *call) {
    bool good = false;
    enum error e = demo->run(call, &good);
    if (e)
        error_print();
    return e                           ? (enum exit_code)command_exit_code(e)
           : good || call->interrupted ? EXIT_DONE
                                       : EXIT_FOUND;
}

static int one_run(struct demo_words *w, const struct demo *demo) {
    struct demo_call *call = &w->call;
    if (!call->dir)
        call->dir = "octavo-demo";
    bool watched = isatty(STDOUT_FILENO) && !call->for_ms;
    call->stay = !w->quit && !call->json && (call->stay || watched);
    return (int)demo_run(demo, call);
}

static const char *verdict(enum exit_code code) {
    return code == EXIT_DONE    ? "as it must be"
           : code == EXIT_FOUND ? "NOT as it must be: see above"
                                : "could not be shown: see above";
}

static int all_run(struct demo_words *w) {
    enum exit_code codes[DEMO_COUNT], worst = EXIT_DONE;
    const char *dir = w->call.dir ? w->call.dir : "octavo-demo";
    w->call.stay = false;
    w->call.for_ms = w->call.for_ms ? w->call.for_ms : EACH_MS;
    for (size_t i = 0; i < DEMO_COUNT && !w->call.interrupted; i++) {
        char *own = text_format("%s-%s", dir, demos[i]->name);
        w->call.dir = own;
        if (!w->call.json)
            (void)printf("%s== %s: %s\n", i ? "\n" : "", demos[i]->name, demos[i]->sentence);
        (void)fflush(stdout);
        codes[i] = demo_run(demos[i], &w->call);
        worst = codes[i] > worst ? codes[i] : worst;
        free(own);
    }
    if (w->call.interrupted || w->call.json)
        return (int)worst;
    (void)fputs("\n", stdout);
    for (size_t i = 0; i < DEMO_COUNT; i++)
        (void)printf("  %-12s %s\n", demos[i]->name, verdict(codes[i]));
    (void)printf("\nOne alone, to look at it alive: %s demo SYSTEM --stay\n", command_program());
    return (int)worst;
}

static int help_tell(int count, char **arguments) {
    struct buf text = { 0 };
    buf_put_text(&text, demo_help);
    for (size_t i = 0; i < DEMO_COUNT; i++)
        buf_print(&text, "  %-18s  %s\n", demos[i]->name, demos[i]->sentence);
    buf_put_text(&text, examples);
    int code = command_usage(count, arguments, buf_text(&text));
    buf_finish(&text);
    return code;
}

int demo_command(int count, char **arguments) {
    struct demo_words w = { .call = { .port = 9092 }, .first_step = 1 };
    if (!options_read(&w, count, arguments))
        return help_tell(count, arguments);
    w.call.step = (int)w.first_step;
    const struct demo *demo = w.system ? demo_find(w.system) : demos[0];
    if (!demo) {
        (void)wrong_usage(w.system, ": there is no demo of that system");
        return help_tell(count, arguments);
    }
    return w.system || DEMO_COUNT == 1 ? one_run(&w, demo) : all_run(&w);
}
