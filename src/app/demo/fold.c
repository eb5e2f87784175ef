/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The fold, account by account. */
#include "fold.h"

#include <stdlib.h>

static const int64_t close_enough = 100;

static void fold_account(const struct history *h, int32_t account, const struct outcome *done,
                         struct outcome *out) {
    int64_t balance = 0;
    for (int32_t i = h->accounts[account].first; i != HISTORY_NONE && done[i].known;
         i = h->movements[i].next) {
        const struct movement *m = &h->movements[i];
        bool approved = m->deposit || m->amount <= balance;
        if (approved)
            balance += m->deposit ? m->amount : -m->amount;
        out[i] = (struct outcome){ true, approved, balance };
    }
}

void fold_history(const struct history *h, const struct outcome *done, struct outcome *out) {
    for (int32_t i = 0; i < h->movement_count; i++)
        out[i] = (struct outcome){ 0 };
    for (int32_t account = 0; account < h->account_count; account++)
        fold_account(h, account, done, out);
}

struct days_compared days_compare(const struct history *h, const struct outcome *outcomes) {
    struct days_compared result = { 0 };
    for (int32_t i = 0; i < h->day_count; i++) {
        const struct outcome *last = &outcomes[h->days[i].last];
        if (!last->known)
            continue;
        result.days++;
        result.equal += last->balance == h->days[i].closing;
        result.close += llabs(last->balance - h->days[i].closing) <= close_enough;
    }
    return result;
}
