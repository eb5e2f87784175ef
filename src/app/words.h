/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The words of the command line, from the tables and texts that --help prints: so completion and
 * the manual page cannot say anything else. An option is a line of a help that begins with two
 * blanks and "--". */
#ifndef OCTAVO_APP_WORDS_H
#define OCTAVO_APP_WORDS_H

#include "base/bytes.h"

struct word {
    const char *name, *sentence, *help;
};

extern const struct word words[]; /* every command; ends with NULL */

struct word_option {
    struct bytes name; /* without "--" */
    struct bytes sentence;
    bool has_value;
};

/* The next option at or behind *at, which moves on; false: no more. */
bool word_option_next(const char **at, struct word_option *out);
/* The next "--name" anywhere, as in the usage of a system's verb. */
bool word_mention_next(const char **at, struct bytes *name);

#endif
