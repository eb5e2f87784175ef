/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: times and amounts as people write them, and lines of CSV. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_ARGUMENTS_H
#define OCTAVO_SYSTEMS_ACCOUNTS_ARGUMENTS_H

#include "octavo.h"

#include <stdio.h>

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

/* "2026-11-22", "2026-11-22T10:30:00Z" or milliseconds since 1970; a day alone is its begin, in
 * UTC. False: it is none. */
bool time_read(const char *text, int64_t *ms);
/* "12.50", "12" or "-3" in the currency's units, as minor units; false: no such amount. */
bool amount_read(const char *text, struct octavo_text currency, int64_t *out);

/* Cuts a line of CSV at its commas, in place; a field in quotes may hold commas and doubled quotes.
 * What is beyond CSV_FIELDS is not looked at. */
enum { CSV_FIELDS = 64 };
size_t csv_cut(char *line, char *fields[CSV_FIELDS]);

void csv_text_print(struct octavo_session *s, struct octavo_text t);

/* A file that an operator names; "-" is the standard input. NULL: it cannot be read. */
FILE *named_file_open(const char *name);

/* A copy that the caller frees; out of memory ends the program. */
char *text_keep(struct octavo_text t);
void *room_for(void *array, size_t count, size_t *room, size_t size);

#endif
