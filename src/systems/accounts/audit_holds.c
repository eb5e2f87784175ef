/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The holds of a partition: an account's `held` and `holds` are the sum and the number of its
 * transactions that are held. No entry numbers tell how old a row is here; so accounts are read
 * before the transactions and again behind them, and who has changed in between is looked at once
 * more, a few times. What moves all the time is left alone. */
#include "audit.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS = 3 };

static const char processor[] = "transaction-processor";

enum held_from { HELD_BEFORE, HELD_OPEN, HELD_AFTER };

/* One account's sum, or one hold of it. */
struct held {
    char *account;
    int64_t held;
    int64_t holds;
    enum held_from from;
};

struct held_list {
    struct held *items;
    size_t count, room;
    enum held_from from;
};

static void held_add(struct held_list *l, struct octavo_text account, int64_t held, int64_t holds) {
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 256;
        l->items = realloc(l->items, l->room * sizeof(*l->items));
    }
    char *name = strndup(account.data, account.len);
    if (!l->items || !name)
        abort();
    l->items[l->count++] = (struct held){ name, held, holds, l->from };
}

static void on_account(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    (void)key;
    (void)count;
    held_add(context, sub, v[ACCOUNT_HELD].integer, v[ACCOUNT_HOLDS].integer);
}

static void on_transaction(void *context, struct octavo_text key, struct octavo_text sub,
                           const struct octavo_value *v, size_t count) {
    (void)sub;
    (void)count;
    if (octavo_text_is(v[TX_STATE].text, "held") || octavo_text_is(v[TX_STATE].text, "reversing"))
        held_add(context, key, v[TX_HELD].integer, 1);
}

static int held_order(const void *a, const void *b) {
    const struct held *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    return order ? order : (int)x->from - (int)y->from;
}

/* The rows of one account begin at `at`; the next one's at what is returned. */
static size_t account_fold(struct held_list *l, size_t at, bool *moved, bool *wrong) {
    const struct held *before = NULL, *after = NULL;
    const char *account = l->items[at].account;
    uint64_t held = 0, holds = 0;
    for (; at < l->count && strcmp(l->items[at].account, account) == 0; at++) {
        const struct held *item = &l->items[at];
        if (item->from == HELD_BEFORE)
            before = item;
        else if (item->from == HELD_AFTER)
            after = item;
        if (item->from == HELD_OPEN) {
            held += (uint64_t)item->held;
            holds++;
        }
    }
    *moved = before && after && (before->held != after->held || before->holds != after->holds);
    *wrong = !before ? holds > 0 && !after
                     : (uint64_t)before->held != held || (uint64_t)before->holds != holds;
    return at;
}

static size_t list_fold(struct held_list *l, int32_t task, bool tell) {
    size_t wrong = 0;
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), held_order);
    for (size_t at = 0, next; at < l->count; at = next) {
        bool is_moved, is_wrong;
        next = account_fold(l, at, &is_moved, &is_wrong);
        wrong += is_wrong && !is_moved;
        if (tell && is_wrong && !is_moved && wrong <= 20)
            (void)fprintf(stderr,
                          "octavo: partition %d: an account does not hold what its holds are: %s\n",
                          task, l->items[at].account);
    }
    return wrong;
}

static bool list_read(struct octavo_session *s, int32_t task, struct held_list *l) {
    l->from = HELD_BEFORE;
    if (!octavo_rows_of_task(s, processor, task, "account", NULL, on_account, l))
        return false;
    l->from = HELD_OPEN;
    if (!octavo_rows_of_task(s, processor, task, "transaction", NULL, on_transaction, l))
        return false;
    l->from = HELD_AFTER;
    return octavo_rows_of_task(s, processor, task, "account", NULL, on_account, l);
}

bool holds_audit(struct octavo_session *s, int32_t task, uint64_t *faults) {
    bool again = true, read = true;
    for (int turn = 1; turn <= TURNS && again && read; turn++) {
        struct held_list l = { 0 };
        read = list_read(s, task, &l);
        size_t wrong = list_fold(&l, task, turn == TURNS);
        again = wrong > 0;
        *faults += turn == TURNS ? wrong : 0;
        for (size_t i = 0; i < l.count; i++)
            free(l.items[i].account);
        free(l.items);
    }
    return read;
}
