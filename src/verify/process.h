/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One process under test: started, killed, stopped, watched. It is ready when it has written its
 * port file, and it dies with us: the kernel kills it when this process ends, however that ends. */
#ifndef OCTAVO_VERIFY_PROCESS_H
#define OCTAVO_VERIFY_PROCESS_H

#include "base/bytes.h"
#include "base/error.h"

enum { PROCESS_ARGUMENTS_MAX = 40 };

struct process {
    char *name;
    char *arguments[PROCESS_ARGUMENTS_MAX]; /* arguments[0]: the program */
    char *port_file;
    char *log_file;
    char *crash;                   /* "point:n" while it is armed; NULL */
    const struct buf *environment; /* NAME=VALUE 0 ...; NULL: nothing of its own */
    const struct buf *preload;     /* more of them */
    int group;                     /* that it runs as; 0: ours */
    int pid;                       /* 0: not running */
    int port;                      /* of its last ready file */
    bool elsewhere; /* nobody's child: it counts as ready, and nothing can be done to it */
    bool ready;
    bool paused;
    bool ordered; /* its end was ordered: a kill, an armed crash point, a stop */
    int code;     /* of its last end: exit code, or -signal */
    int starts, kills, surprises;
    int64_t started_ns;
};

void process_init(struct process *p, const char *name, const char *dir);
void process_finish(struct process *p); /* kills it first */
void process_argument(struct process *p, const char *text);
enum error process_start(struct process *p, const char *crash) MUST_CHECK; /* does not wait */
/* Reaps it when it has ended, sees whether it is ready. False: it has ended. */
bool process_look(struct process *p);
void process_kill(struct process *p); /* SIGKILL, and waits */
void process_ask_to_stop(struct process *p);
void process_pause(struct process *p, bool paused); /* SIGSTOP, SIGCONT */
struct process_use {
    long memory_kib, descriptors;
};
struct process_use process_use(const struct process *p); /* zeros: it does not run */
/* The end of its log, for the report. Owned by the caller. */
char *process_last_words(const struct process *p);

/* Runs a command to its end, at most limit_ms; its output is appended. -1: it did not end. */
struct command {
    const char *const *arguments; /* NULL at the end; [0]: the program */
    int limit_ms;
    struct buf *output;            /* standard output; NULL: nowhere */
    const char *errors;            /* the file for standard error; NULL: nowhere */
    const struct buf *environment; /* as of a process */
};
enum error command_run(const struct command *c, int *code) MUST_CHECK;

#endif
