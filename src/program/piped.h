/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One process behind three pipes, which do not block on our side.
 *
 * It inherits its three pipes and nothing else: no store, no lock, no socket. It leads a process
 * group of its own, so that a terminal's Ctrl-C is ours to hear and what it started ends with it;
 * the kernel ends it when we die. */
#ifndef OCTAVO_PROGRAM_PIPED_H
#define OCTAVO_PROGRAM_PIPED_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct piped {
    pid_t pid; /* 0: none */
    int in;    /* its standard input; -1: closed */
    int out, err;
};

/* `words` ends with NULL; a first word without '/' is looked for in PATH. `dir` NULL: ours. */
enum error piped_start(struct piped *p, char *const *words, const char *dir) MUST_CHECK;
/* Has it ended? Then it is reaped, and `how` says "signal 9" or "exit code 1". */
bool piped_has_ended(struct piped *p, char how[32]);
void piped_kill(struct piped *p); /* at once, and reaped */
void piped_close(int *end);       /* one of the three */
void piped_close_pipes(struct piped *p);
/* One of our ends: reads or writes what there is. < 0: nothing now; 0: the end. */
ssize_t piped_read(int fd, void *to, size_t size);
ssize_t piped_write(int fd, const void *from, size_t size);

#endif
