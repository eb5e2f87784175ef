/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A program that speaks lines: started, greeted, listened to, and started again.
 *
 * Lines go out in one write as far as the pipe takes them, and come back in the order of what was
 * asked: nobody waits for an answer before the next question is under way. Whoever reads may have
 * to wait, and while he waits everything moves: what is still to be written, and what the program
 * says on its standard error, which goes to the log line by line. Nothing here blocks longer than
 * the budget of one answer. What it holds is bounded: LINE_BYTES_MAX of a line that has no end.
 *
 * Owned by one thread. */
#ifndef OCTAVO_PROGRAM_PROGRAM_H
#define OCTAVO_PROGRAM_PROGRAM_H

#include "base/clock.h"
#include "program/hello.h"

enum { PROGRAM_LINE_BYTES_MAX = 2 << 20 };

struct program;

struct program_options {
    const char *command;  /* words with spaces between: "./orders.py --fast"; no shell reads it */
    const char *dir;      /* where it runs; NULL: here */
    const char *who;      /* for the log: "shop.orders" */
    const char *greeting; /* the first line it is sent */
    int64_t budget_ms;    /* of an answer */
    struct clock *clock;
};

/* Starts it and hears its first line; the options' texts are copied. E_config: there is no such
 * program, or it speaks otherwise. */
enum error program_create(struct program **out, const struct program_options *options) MUST_CHECK;
/* Its input is closed: it should end by itself, and is ended after a while. NULL is fine. */
void program_destroy(struct program *p);
const struct hello *program_hello(const struct program *p);

/* A line without its end. It is on its way with the next push or read. */
void program_write(struct program *p, struct bytes line);
size_t program_unwritten(const struct program *p);
void program_push(struct program *p); /* what the pipe takes now, and its standard error */
/* The next line, valid until the next call. E_closed: it has ended. E_timed_out: the budget, from
 * this call on. E_too_large: a line without an end. Afterwards only program_restart helps. */
enum error program_read(struct program *p, struct bytes *line) MUST_CHECK;
/* Ends it and starts it again, after a while where that happens often. What was written or not yet
 * read is gone. E_config: it does not come up any more. */
enum error program_restart(struct program *p) MUST_CHECK;
void program_answered_well(struct program *p); /* so it is no loop of restarts */
uint64_t program_restarts(const struct program *p);
/* The last line it wrote on its standard error since it was started; "" when none. */
const char *program_last_words(const struct program *p);

#endif
