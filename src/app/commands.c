/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What all commands share. Apart from main.c, so that a test can call a command. */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *program = "octavo";

const char *command_program(void) {
    return program;
}

void command_program_is(const char *name) {
    program = name;
}

bool command_asked_help(int count, char **arguments) {
    for (int i = 1; i < count; i++)
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return true;
    return false;
}

int command_exit_code(enum error e) {
    if (!e)
        return EXIT_DONE;
    return e == E_usage || e == E_config ? EXIT_USAGE : EXIT_FAILED;
}

bool command_read_number(const char *option, const char *text, int64_t max, int64_t *out) {
    char *end;
    *out = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && *out <= max)
        return true;
    (void)fprintf(stderr, "octavo: wrong usage: --%s %s: a whole number up to %lld is wanted\n",
                  option, text, (long long)max);
    return false;
}

int command_usage(int count, char **arguments, const char *help) {
    if (command_asked_help(count, arguments)) {
        (void)fputs(help, stdout);
        return EXIT_DONE;
    }
    (void)fprintf(stderr, "  try: octavo %s --help\n", arguments[0]);
    return EXIT_USAGE;
}
