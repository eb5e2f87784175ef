/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The subcommands of `octavo`. Each gets its own name as arguments[0] and returns an exit code:
 * 0 done, 1 found something wrong, 2 wrong usage, 3 failed, 4 not checked. commands.def lists them
 * once. */
#ifndef OCTAVO_APP_COMMANDS_H
#define OCTAVO_APP_COMMANDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define OCTAVO_VERSION "0.1.0"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,
    EXIT_USAGE = 2,
    EXIT_FAILED = 3,
    EXIT_NOT_CHECKED = 4, /* replay: it cannot be known */
};

/* The help is also what completion and the manual page are made of (words.h). */
#define COMMAND(name, sentence)                                                                    \
    extern const char name##_help[];                                                               \
    int name##_command(int count, char **arguments);
#include "commands.def"
#undef COMMAND
/* octavo SYSTEM VERB ...: arguments[0] is the system's name. */
int system_command(int count, char **arguments);
int broker_audit_command(int count, char **arguments); /* the same: "audit" or "repair" */
int broker_user_command(int count, char **arguments);  /* behind `broker`: arguments[0] is "user" */

const char *command_program(void); /* as the user called it */
void command_program_is(const char *name);
bool command_asked_help(int count, char **arguments); /* -h or --help is among them */
int command_exit_code(enum error e);
/* A whole number from 0 to `max`; else false, and standard error has the reason. */
bool command_read_number(const char *option, const char *text, int64_t max, int64_t *out);
/* Help on standard output when it was asked for, else where to find it on standard error. */
int command_usage(int count, char **arguments, const char *help);

/* octavo iot simulate: system_command.c hands it over. */
int simulate_command(int count, char **arguments);
extern const char simulate_help[];
int host_command(int count, char **arguments); /* octavo iot host, the same way */
extern const char host_help[];

#endif
