/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A database that the world would have, and that a service reads as its source: an SQLite file in
 * write-ahead mode, so that nobody waits for its reader for long. */
#ifndef OCTAVO_VERIFY_ORIGIN_H
#define OCTAVO_VERIFY_ORIGIN_H

#include "base/error.h"

#include <stdint.h>

struct origin;

enum error origin_open(struct origin **out, const char *path) MUST_CHECK; /* made when absent */
void origin_close(struct origin *s);                                      /* NULL is fine */
/* Statements, semicolon between: all of them or none. The text is formatted as by printf; who puts
 * words in between vouches for their quotes. */
enum error origin_run(struct origin *s, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 2, 3)));
/* The first column of the first row; 0: none. */
enum error origin_ask(struct origin *s, const char *sql, int64_t *out) MUST_CHECK;

#endif
