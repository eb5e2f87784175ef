/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: options, and texts as JSON. */
#ifndef OCTAVO_SYSTEMS_EXTRACTS_ARGUMENTS_H
#define OCTAVO_SYSTEMS_EXTRACTS_ARGUMENTS_H

#include "octavo.h"

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

/* "--name": `value` gets what follows, or `flag` is set. Ends with a NULL name. */
struct option {
    const char *name;
    const char **value;
    bool *flag;
};

/* One word without dashes goes to *word (NULL: none is wanted). DONE, or USAGE and it is told. */
int options_read(struct octavo_session *s, char **arguments, const char *wanted, const char **word,
                 const struct option *options);
/* A moment of --name; USAGE and told when it is none. NULL leaves *ms alone. */
int moment_option(struct octavo_session *s, const char *name, const char *text, int64_t *ms);

void member_print(struct octavo_session *s, const char *name, struct octavo_text text);
/* 2026-11-23T01:00:00Z, or - for 0. */
const char *moment_text(int64_t ms, char out[32]);

#endif
