/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* octavo: finds the command and calls it. */
#include "commands.h"

#include "base/crash_point.h"
#include "base/event.h"
#include "parts.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    const char *sentence;
    int (*run)(int count, char **arguments);
};

static const struct command commands[] = {
#define COMMAND(name, sentence) { #name, sentence, name##_command },
#include "commands.def"
#undef COMMAND
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *to) {
    (void)fputs("octavo: event-driven systems on Kafka, declared in one file, proven under fire\n\n"
                "  octavo COMMAND [options]        octavo help COMMAND tells more\n",
                to);
    for (int i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(to, "  octavo %-24s %s\n", commands[i].name, commands[i].sentence);
    for (size_t i = 0; parts_systems[i]; i++)
        for (const struct octavo_command *c = parts_systems[i]->commands; c->name; c++)
            (void)fprintf(to, "  octavo %s %s\n", parts_systems[i]->name, c->usage);
    (void)fputs("\nexamples:\n"
                "  octavo demo accounts --for 20s\n"
                "  octavo up accounts\n"
                "  octavo accounts audit\n",
                to);
}

static int command_run(int count, char **arguments) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, arguments[0]) == 0)
            return commands[i].run(count, arguments);
    if (parts_system(arguments[0]))
        return system_command(count, arguments);
    (void)fprintf(stderr,
                  "octavo: wrong usage: no command or system %s\n"
                  "  try: octavo --help\n",
                  arguments[0]);
    return EXIT_USAGE;
}

/* `octavo help lint` is `octavo lint --help`. */
static int help_of(char *name) {
    static char help[] = "--help";
    char *arguments[] = { name, help, NULL };
    return command_run(2, arguments);
}

/* A heap for each core: more than that many threads never allocate at once, and glibc would give
 * each of eight times as many its own, which it does not give back. */
static void heaps_bound(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    (void)mallopt(M_ARENA_MAX, cores > 1 && cores < 1024 ? (int)cores : 2);
}

int main(int count, char **arguments) {
    const char *level = getenv("OCTAVO_LOG");
    (void)signal(SIGPIPE, SIG_IGN);
    heaps_bound();
    if (count > 0 && arguments[0][0])
        command_program_is(arguments[0]);
    if (level && strcmp(level, "debug") == 0)
        event_log_from(EVENT_debug);
    if (crash_point_arm(getenv("OCTAVO_CRASH"))) {
        error_print();
        return EXIT_USAGE;
    }
    if (count == 3 && strcmp(arguments[1], "help") == 0)
        return help_of(arguments[2]);
    if (count < 2 || strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "help") == 0) {
        print_help(count < 2 ? stderr : stdout);
        return count < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    if (strcmp(arguments[1], "--version") == 0) {
        (void)printf("octavo %s\n", OCTAVO_VERSION);
        return EXIT_DONE;
    }
    return command_run(count - 1, arguments + 1);
}
