/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What became of what an operator asked for: a verb that changes something ends when whoever owns
 * the rows has said so in the topic, and its exit code tells what was said. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_OUTCOME_H
#define OCTAVO_SYSTEMS_ACCOUNTS_OUTCOME_H

#include "octavo.h"

struct outcome_ask {
    const char *what;           /* "overdraft of 4711", for people */
    const char *done, *refused; /* types of the events that answer */
    const char *account;        /* their key */
    const char *request;        /* their field of that name; NULL: they have none */
};

/* Sends the event that is begun, and waits. DONE; FOUND_WRONG: refused; FAILED: not sent, or nobody
 * has answered. */
int outcome_await(struct octavo_session *s, const struct outcome_ask *ask);

#endif
