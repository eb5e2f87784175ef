/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The options of a command line, one after the other. */
#ifndef OCTAVO_APP_OPTIONS_H
#define OCTAVO_APP_OPTIONS_H

#include <getopt.h>

/* The next one's `val` with its value in optarg, -1 behind the last, or '?': it is not known, or
 * has no value or one too many, and standard error has been told so in our words. */
int option_next(int count, char **arguments, const struct option *known);

#endif
