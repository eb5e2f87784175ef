/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the demo of the extracts extracts, and for whom: a database with the bank's own ledger and
 * with names of people, and a partner's SFTP server on loopback where this machine has sshd. */
#ifndef OCTAVO_APP_DEMO_FEEDS_H
#define OCTAVO_APP_DEMO_FEEDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;

/* DIR/bank.ledger.1.0.db with the tables movement (key account date kind amount balance) and name
 * (key year name sex count), from OCTAVO_DATA, or made up: *what says which, owned by the caller.
 */
enum error feeds_write(const char *dir, char **what) MUST_CHECK;

struct sshd {
    pid_t pid;
    char *address; /* sftp://...: for `places` */
};

/* *there: it runs; else this machine has none, which is no error. Keys and log are in `dir`; what
 * it takes goes to FOLDER of it. */
enum error sshd_start(struct sshd *s, struct loop *loop, const char *dir, const char *folder,
                      bool *there) MUST_CHECK;
void sshd_stop(struct sshd *s); /* all zero is fine */

#endif
