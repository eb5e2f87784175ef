/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* An invented bank, for where there is no data: the same seed gives the same bank.
 *
 * A third of the movements is money coming in, the rest is cash going out in whole hundreds. About
 * one withdrawal in forty asks for more than there is; the running balance says that it was
 * refused, so every account-day can be reproduced exactly. */
#include "history.h"

#include "iso8583/date.h"

#include "base/random.h"

#include <stdlib.h>

enum { ACCOUNTS = 400, DAYS = 120 };

static const int64_t first_day_ms = 725846400000; /* 1993-01-01 */

static int64_t withdrawal_invent(struct random *r, int64_t balance) {
    int64_t notes = 100 * 100; /* cash machines give hundreds */
    if (random_below(r, 40) == 0)
        return balance + notes * (int64_t)(1 + random_below(r, 20));
    if (balance < notes)
        return 0;
    return notes * (int64_t)(1 + random_below(r, (uint64_t)(balance / notes) / 4 + 1));
}

static void movement_invent(struct history *h, struct random *r, int64_t *balances,
                            const struct movement *day) {
    int64_t id = 1 + (int64_t)random_below(r, ACCOUNTS);
    struct movement m = *day;
    m.deposit = balances[id] == 0 || random_below(r, 3) == 0;
    m.amount = m.deposit ? (int64_t)(10000 + random_below(r, 2000000))
                         : withdrawal_invent(r, balances[id]);
    if (!m.amount)
        return;
    if (m.deposit)
        balances[id] += m.amount;
    else if (m.amount <= balances[id])
        balances[id] -= m.amount;
    m.balance = balances[id];
    history_add(h, id, &m);
}

void bank_invent(struct history *h, uint64_t seed, int32_t movements_max) {
    struct random random = random_seeded(seed);
    int64_t *balances = memory_get((ACCOUNTS + 1) * sizeof *balances);
    for (int day = 0; day < DAYS; day++) {
        struct date date = date_of_ms(first_day_ms + (int64_t)day * 86400000);
        struct movement m = { .date = date.year % 100 * 10000 + date.month * 100 + date.day };
        for (int i = 0; i < ACCOUNTS / 2; i++) {
            if (!movements_max || h->movement_count < movements_max)
                movement_invent(h, &random, balances, &m);
        }
    }
    free(balances);
}
