/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The options of a command line, one after the other. */
#ifndef OCTAVO_APP_OPTIONS_H
#define OCTAVO_APP_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

/* The options that many commands have, with the letter that is theirs in all of them. */
#define OPTION_DIR                                                                                 \
    { "dir", 1, NULL, 'd' }
#define OPTION_FILE                                                                                \
    { "file", 1, NULL, 'f' }
#define OPTION_BROKER                                                                              \
    { "broker", 1, NULL, 'b' }
#define OPTION_JSON                                                                                \
    { "json", 0, NULL, 'j' }
#define OPTION_HELP                                                                                \
    { "help", 0, NULL, 'h' }
#define OPTION_END                                                                                 \
    { NULL, 0, NULL, 0 } /* the last of every list */

/* Where a command keeps what these say; NULL: it has not that one. */
struct options_usual {
    const char **dir, **file, **broker;
    bool *json;
};
/* False: it is another option, or none that is known. */
bool option_usual(int option, const struct options_usual *to);

/* The next one's `val` with its value in optarg, -1 behind the last, or '?': it is not known, or
 * has no value or one too many, and standard error has been told so in our words. */
int option_next(int count, char **arguments, const struct option *known);

#endif
