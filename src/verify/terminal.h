/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A cash machine: one transaction after the other, each to its end, whatever the line does.
 *
 * It asks for a withdrawal or a deposit and waits with patience; when the line breaks it asks
 * again, by the same identity; without an answer in time, or when the notes did not come out, it
 * reverses until it is told that this is done. Sometimes it asks for what was answered, and
 * sometimes its reversal comes before what it reverses. */
#ifndef OCTAVO_VERIFY_TERMINAL_H
#define OCTAVO_VERIFY_TERMINAL_H

#include "base/random.h"
#include "atm_message.h"
#include "history.h"

struct terminal_card {
    char number[20];
    char account[12];
    char currency[4];
};

/* What all terminals have together. */
struct terminals {
    struct history *history;
    const struct terminal_card *cards;
    size_t card_count;
    int port; /* of the gateway, at 127.0.0.1 */
    int64_t patience_ms;
    int64_t pause_ms; /* between two transactions, on average */
    bool ending;      /* no new transaction */
    uint64_t transactions, answers, retries, reconnects, approved;
    int64_t answered_ms; /* when the last answer came */
    struct buf oddities; /* lines: what no correct gateway says */
    size_t oddity_count;
};

enum terminal_phase { TERMINAL_rests, TERMINAL_away, TERMINAL_connects, TERMINAL_waits };
enum terminal_purpose { TERMINAL_asks, TERMINAL_repeats, TERMINAL_reverses };

struct terminal {
    struct terminals *all;
    struct random random;
    uint32_t number;
    char name[9];
    int stan;
    int fd; /* -1: no line */
    enum terminal_phase phase;
    enum terminal_purpose purpose;
    int64_t until_ms; /* rests, away: until then; waits: the patience of this exchange */
    int64_t wake_ms;
    bool first; /* nothing of this exchange was sent yet */
    bool in_transaction;
    bool overtaken; /* its reversal comes first; the original follows */
    struct atm_message request, reversal;
    struct history_record asked; /* as it stands in the history; the kind is put in */
    uint64_t reversal_id;
    struct buf in, out;
};

void terminal_begin(struct terminal *t, struct terminals *all, uint32_t number, uint64_t seed);
void terminal_finish(struct terminal *t);
/* What poll() should wait for: events of t->fd, 0: nothing; and until when at most. */
short terminal_wants(const struct terminal *t);
void terminal_turn(struct terminal *t, int64_t now_ms, short ready);
bool terminal_is_idle(const struct terminal *t);

#endif
