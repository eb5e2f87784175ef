/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Histories of a bank that is right, made from a seed: what the checks must stay silent about, and
 * what a single anomaly is planted into. Tests and the bench include it. */
#ifndef OCTAVO_VERIFY_PLANTED_FIXTURE_H
#define OCTAVO_VERIFY_PLANTED_FIXTURE_H

#include "base/random.h"
#include "history.h"
#include "outcomes.h"
#include "tally.h"

#include <stdio.h>
#include <string.h>

enum {
    PLANTED_TASKS = 4,
    PLANTED_ACCOUNTS = 40,
    PLANTED_LANE = 7001,
    PLANTED_CASH = 9001,
    PLANTED_EDGE = 9009,
    PLANTED_CURRENCY = 203
};

struct planted_bank {
    struct history *history;
    struct random random;
    int64_t balances[PLANTED_ACCOUNTS], cash[PLANTED_TASKS];
    int64_t entries[PLANTED_TASKS], offsets[PLANTED_TASKS], sequences[PLANTED_TASKS];
    uint64_t next_id;
};

static inline struct history_record planted_base(uint64_t id, size_t account) {
    return (struct history_record){
        .time_ns = (int64_t)id + 1,
        .id = tally_mix(id, 1),
        .key = tally_mix(account, 5),
    };
}

static inline void planted_leg(struct planted_bank *b, struct history_record leg, char class) {
    leg.kind = HISTORY_seen;
    leg.operation = HISTORY_leg;
    leg.lane = PLANTED_CURRENCY;
    leg.code[0] = class;
    history_put(b->history, leg);
}

/* An entry: two legs, its event, and what the event tells. */
static inline void planted_entry(struct planted_bank *b, uint64_t id, uint64_t by,
                                 const struct history_record *asked) {
    uint32_t task = (uint32_t)(asked->key % PLANTED_TASKS);
    struct history_record leg = { .time_ns = asked->time_ns,
                                  .id = id,
                                  .other = by,
                                  .key = asked->key,
                                  .value = by == id ? asked->value : -asked->value,
                                  .place = ++b->entries[task],
                                  .process = task };
    b->cash[task] -= leg.value;
    planted_leg(b, leg, LEG_CUSTOMER);
    struct history_record contra = leg;
    contra.key = PLANTED_CASH;
    contra.value = -leg.value;
    planted_leg(b, contra, LEG_CASH);
    struct history_record event = { .time_ns = asked->time_ns,
                                    .kind = HISTORY_seen,
                                    .operation = HISTORY_record,
                                    .id = tally_mix(id, by + 3),
                                    .other = tally_mix(by, 11),
                                    .key = asked->key,
                                    .lane = PLANTED_LANE,
                                    .value = ++b->sequences[task],
                                    .place = b->offsets[task]++,
                                    .process = task };
    history_put(b->history, event);
    struct history_record told = leg;
    told.kind = HISTORY_seen;
    told.operation = HISTORY_announced;
    told.lane = event.id;
    memset(told.code, 0, sizeof(told.code));
    history_put(b->history, told);
    struct history_record effect = { .time_ns = asked->time_ns,
                                     .kind = HISTORY_seen,
                                     .operation = HISTORY_expected,
                                     .id = tally_mix(event.id, 6),
                                     .key = PLANTED_EDGE,
                                     .other = event.other };
    history_put(b->history, effect);
    effect.operation = HISTORY_effect;
    effect.value = 1;
    history_put(b->history, effect);
    if (random_below(&b->random, 50) == 0) { /* a relay that was killed says it again */
        event.place = b->offsets[task]++;
        history_put(b->history, event);
    }
}

static inline void planted_say(struct planted_bank *b, struct history_record r, int kind,
                               const char *code) {
    r.kind = (uint8_t)kind;
    memcpy(r.code, code, 2);
    history_put(b->history, r);
}

static inline void planted_reversal(struct planted_bank *b, const struct history_record *asked,
                                    size_t account, bool posted) {
    struct history_record back = *asked;
    back.operation = HISTORY_reversal;
    back.other = asked->id;
    back.id = tally_mix(asked->id, 2);
    planted_say(b, back, HISTORY_invoke, "\0");
    if (posted) {
        planted_entry(b, asked->id, back.id, asked);
        b->balances[account] -= asked->value;
    }
    planted_say(b, back, HISTORY_ok, "00");
}

static inline void planted_transaction(struct planted_bank *b) {
    uint64_t number = ++b->next_id;
    size_t account = (size_t)random_below(&b->random, PLANTED_ACCOUNTS);
    struct history_record asked = planted_base(number, account);
    uint64_t dice = random_below(&b->random, 100);
    bool deposit = random_below(&b->random, 2) == 0;
    asked.operation = deposit ? HISTORY_deposit : HISTORY_withdrawal;
    asked.value = (int64_t)(1 + random_below(&b->random, 300)) * (deposit ? 100 : -100);
    asked.process = (uint32_t)(number % 8);
    planted_say(b, asked, HISTORY_invoke, "\0");
    if (dice < 5) { /* 91: nothing has moved */
        planted_say(b, asked, HISTORY_fail, "91");
        return;
    }
    if (b->balances[account] + asked.value < 0) {
        planted_say(b, asked, HISTORY_fail, "51");
        return;
    }
    if (dice < 8) { /* its reversal came before it */
        planted_say(b, asked, HISTORY_info, "\0");
        planted_reversal(b, &asked, account, false);
        return;
    }
    planted_entry(b, asked.id, asked.id, &asked);
    b->balances[account] += asked.value;
    planted_say(b, asked, HISTORY_ok, "00");
    if (dice < 14 && !deposit)
        planted_reversal(b, &asked, account, true);
    else if (dice < 24)
        planted_say(b, asked, HISTORY_ok, "00");
}

static inline void planted_at_rest(struct planted_bank *b) {
    for (size_t i = 0; i < PLANTED_ACCOUNTS; i++) {
        struct history_record r = planted_base(0, i);
        r.kind = HISTORY_seen;
        r.operation = HISTORY_balance;
        r.id = 0;
        r.lane = PLANTED_CURRENCY;
        r.process = (uint32_t)(r.key % PLANTED_TASKS);
        r.value = b->balances[i];
        history_put(b->history, r);
    }
    for (uint32_t task = 0; task < PLANTED_TASKS; task++) {
        struct history_record r = { .time_ns = 1,
                                    .kind = HISTORY_seen,
                                    .operation = HISTORY_balance,
                                    .key = PLANTED_CASH,
                                    .lane = PLANTED_CURRENCY,
                                    .value = b->cash[task],
                                    .process = task };
        history_put(b->history, r);
        r.operation = HISTORY_position;
        r.lane = PLANTED_LANE;
        r.value = b->offsets[task];
        r.place = b->offsets[task] + (int64_t)random_below(&b->random, 3);
        history_put(b->history, r);
    }
}

static inline void planted_clean(struct history *h, uint64_t seed, size_t transactions) {
    struct planted_bank b = { .history = h, .random = random_seeded(seed) };
    for (size_t i = 0; i < transactions; i++)
        planted_transaction(&b);
    planted_at_rest(&b);
}

#endif
