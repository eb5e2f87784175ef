/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: options, times as people write them, amounts, and JSON lines. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_ARGUMENTS_H
#define OCTAVO_SYSTEMS_ACCOUNTS_ARGUMENTS_H

#include "octavo.h"

#include <stdio.h>

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };
enum { TIME_CHARS = 32 };

/* "--name": `value` gets what follows, `flag` is set. Ends with a NULL name. */
struct argument_option {
    const char *name;
    const char **value;
    bool *flag;
};

/* `words`: exactly so many without dashes, told to the user by their names in capitals. */
struct argument_words {
    const char *const *names; /* ends with NULL */
    const char **values;
};

/* DONE, or USAGE and it is told. */
int arguments_read(struct octavo_session *s, char **arguments, const struct argument_words *words,
                   const struct argument_option *options);

/* "2026-11-22", "2026-11-22T10:30:00Z" or milliseconds since 1970; a day alone is its begin, in
 * UTC. False: it is none. */
bool time_read(const char *text, int64_t *ms);
const char *time_text(char out[TIME_CHARS], int64_t ms); /* 2026-11-22T10:30:00.123Z */
/* "12.50", "12" or "-3" in the currency's units, as minor units; false: no such amount. */
bool amount_read(const char *text, struct octavo_text currency, int64_t *out);

/* Cuts a line of CSV at its commas, in place; a field in quotes may hold commas and doubled quotes.
 * What is beyond CSV_FIELDS is not looked at. */
enum { CSV_FIELDS = 64 };
size_t csv_cut(char *line, char *fields[CSV_FIELDS]);

/* Text of a row for JSON, for a terminal (padded; no control character gets out) and for CSV. */
void json_text_print(struct octavo_session *s, const char *name, struct octavo_text t);
void text_print(struct octavo_session *s, struct octavo_text t, int width);
void csv_text_print(struct octavo_session *s, struct octavo_text t);

/* A file that an operator names; "-" is the standard input. NULL: it cannot be read. */
FILE *named_file_open(const char *name);

/* A copy that the caller frees; out of memory ends the program. */
char *text_keep(struct octavo_text t);
void *room_for(void *array, size_t count, size_t *room, size_t size);

#endif
