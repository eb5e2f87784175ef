/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The ledger against a model of it: the same rules over plain numbers, without tables, postings,
 * clearings or events. Requests come in any order, repeated, reversed before and after, over all
 * partitions; what partitions say to each other waits as long as chance wants, tasks are opened
 * anew, and die with what they have taken. The governor reads along, and must never differ. */
#include "bank_fixture.h"

#include "base/random.h"
#include "runtime/session.h"

enum { ACCOUNTS = 6, REQUESTS = 60, STEPS = 500 };

enum ask_kind { DEPOSIT, WITHDRAWAL, HOLD, TRANSFER, ADVICE, KINDS };
enum ask_state { NEW, POSTED, DECLINED, UNDONE, TOMBSTONE, HELD, ENDED, BACK_LATER };

struct ask {
    enum ask_kind kind;
    enum ask_state state;
    int from, to;
    int64_t amount;
    bool reversal_seen, half_seen, completion_seen;
};

static struct model {
    struct ask asks[REQUESTS];
    int64_t balance[ACCOUNTS], held[ACCOUNTS];
} m;
static struct bank b;
static char names[ACCOUNTS][32];

static int64_t available(int account) {
    return m.balance[account] - m.held[account];
}

static int partition_of(int account) {
    return partition_of_key(bytes_text(names[account]), BANK_PARTITIONS);
}

static bool is_local(const struct ask *a) {
    return partition_of(a->from) == partition_of(a->to);
}

/* ---- the model */

static void model_ask(struct ask *a) {
    bool gives = a->kind != DEPOSIT, can_refuse = a->kind != DEPOSIT && a->kind != ADVICE;
    if (a->state != NEW && a->state != TOMBSTONE)
        return;
    if (a->state == TOMBSTONE || (can_refuse && available(a->from) < a->amount)) {
        a->state = DECLINED;
    } else if (a->kind == HOLD || (a->kind == TRANSFER && !is_local(a))) {
        m.held[a->from] += a->amount;
        a->state = HELD;
    } else {
        m.balance[a->from] += gives ? -a->amount : a->amount;
        m.balance[a->to] += a->kind == TRANSFER ? a->amount : 0;
        a->state = POSTED;
    }
}

static void model_take_back(int account, int64_t amount) {
    int64_t has = available(account) < 0 ? 0 : available(account);
    m.balance[account] -= has < amount ? has : amount;
}

static void model_reverse(struct ask *a) {
    if (a->reversal_seen)
        return;
    a->reversal_seen = true;
    if (a->state == NEW) {
        a->state = TOMBSTONE;
    } else if (a->state == HELD && a->kind == HOLD) {
        m.held[a->from] -= a->amount;
        a->state = UNDONE;
    } else if (a->state == HELD) {
        a->state = BACK_LATER;
    } else if (a->state == POSTED && a->kind == DEPOSIT) {
        model_take_back(a->from, a->amount);
        a->state = UNDONE;
    } else if (a->state == POSTED && a->kind == TRANSFER && is_local(a)) {
        model_take_back(a->to, a->amount);
        m.balance[a->from] += a->amount;
        a->state = UNDONE;
    } else if (a->state == POSTED && a->kind != TRANSFER) {
        m.balance[a->from] += a->amount;
        a->state = UNDONE;
    } /* a posted transfer to far away: when the other one has given it back */
}

static void model_complete(struct ask *a) {
    if (a->completion_seen || a->state != HELD)
        return;
    m.held[a->from] -= a->amount;
    m.balance[a->from] -= a->amount / 2;
    a->state = ENDED;
}

/* What one partition says to the other moves the model when it is delivered. */
static void model_event(const struct bank_event *e) {
    const char *at = strstr(e->json, "\"request\":\"q");
    long number = at ? strtol(at + 12, NULL, 10) : -1;
    if (number < 0 || number >= REQUESTS || strncmp(e->type, "transfer-", 9) != 0)
        return;
    struct ask *a = &m.asks[number];
    if (strcmp(e->type, "transfer-credit-requested") == 0) {
        m.balance[a->to] += a->amount;
    } else if (strcmp(e->type, "transfer-credited") == 0) {
        m.held[a->from] -= a->amount;
        m.balance[a->from] -= a->amount;
        a->state = POSTED;
    } else if (strcmp(e->type, "transfer-return-requested") == 0) {
        model_take_back(a->to, a->amount);
    } else if (strcmp(e->type, "transfer-returned") == 0) {
        m.balance[a->from] += a->amount;
        a->state = UNDONE;
    }
}

/* ---- both */

static void ask_both(size_t at) {
    static const char *const types[] = { "deposit-requested", "withdrawal-requested",
                                         "authorization-requested", "transfer-requested",
                                         "advice-requested" };
    struct ask *a = &m.asks[at];
    char fields[200], request[24];
    (void)snprintf(request, sizeof(request), "q%zu", at);
    (void)snprintf(fields, sizeof(fields),
                   "\"amount\":%" PRId64 ",\"currency\":\"203\",\"to\":\"%s\",\"card\":\"T%zu\","
                   "\"kind\":\"withdrawal\"",
                   a->amount, names[a->to], at % 3);
    bank_ask(&b, names[a->from], types[a->kind], request, fields);
    model_ask(a);
}

static void reverse_both(size_t at) {
    struct ask *a = &m.asks[at];
    char fields[200], request[24];
    (void)snprintf(request, sizeof(request), "q%zu-R", at);
    (void)snprintf(fields, sizeof(fields), "\"original\":\"q%zu\",\"amount\":%" PRId64, at,
                   a->amount);
    bank_ask(&b, names[a->from], "reversal-requested", request, fields);
    model_reverse(a);
}

/* Half of it was really given. */
static void reverse_half_both(size_t at) {
    struct ask *a = &m.asks[at];
    char fields[200], request[24];
    if (a->kind == HOLD || a->kind == TRANSFER || a->half_seen)
        return;
    (void)snprintf(request, sizeof(request), "q%zu-P", at);
    (void)snprintf(fields, sizeof(fields),
                   "\"original\":\"q%zu\",\"amount\":%" PRId64 ",\"actual\":%" PRId64, at,
                   a->amount, a->amount / 2);
    bank_ask(&b, names[a->from], "reversal-requested", request, fields);
    a->half_seen = true;
    if (a->state == NEW) {
        a->state = TOMBSTONE;
    } else if (a->state == POSTED) {
        if (a->kind == DEPOSIT)
            model_take_back(a->from, a->amount - a->amount / 2);
        else
            m.balance[a->from] += a->amount - a->amount / 2;
        a->state = UNDONE;
    }
}

/* Half of it was given; the second completion of a hold and that of nothing change nothing. */
static void complete_both(size_t at) {
    struct ask *a = &m.asks[at];
    char fields[200], request[24];
    if (a->kind != HOLD)
        return;
    (void)snprintf(request, sizeof(request), "q%zu-C", at);
    (void)snprintf(fields, sizeof(fields), "\"original\":\"q%zu\",\"amount\":%" PRId64, at,
                   a->amount / 2);
    bank_ask(&b, names[a->from], "completion-requested", request, fields);
    model_complete(a);
    a->completion_seen = true;
}

static void deliver_both(int partition) {
    if (b.count[partition] == 0)
        return;
    struct bank_event e = b.waiting[partition][0];
    model_event(&e);
    bank_deliver(&b, partition);
}

static void settle_both(void) {
    for (int left = 1; left;) {
        left = 0;
        for (int i = 0; i < BANK_PARTITIONS; i++) {
            for (; b.count[i]; left++)
                deliver_both(i);
        }
    }
}

static void check_same(void) {
    for (int i = 0; i < ACCOUNTS; i++) {
        CHECK_INT(bank_balance(&b, names[i], ACCOUNT_BALANCE), m.balance[i]);
        CHECK_INT(bank_balance(&b, names[i], ACCOUNT_HELD), m.held[i]);
    }
}

static void check_audit(void) {
    struct session_options options = {
        .declaration = b.part[0].declaration,
        .store_kind = &sqlite_store_kind,
        .data_dir = test_dir(),
        .json = true,
    };
    struct octavo_session *session;
    char *arguments[] = { (char *)"audit", NULL };
    CHECK_OK(session_create(&session, &options));
    CHECK_INT(accounts_audit(session, 1, arguments), 0);
    session_destroy(session);
}

static void given_model(struct random *r) {
    m = (struct model){ 0 };
    b = (struct bank){ 0 };
    bank_open(&b);
    bank_govern(&b);
    for (int i = 0; i < ACCOUNTS; i++) {
        bank_account(names[i], i % BANK_PARTITIONS, i / BANK_PARTITIONS);
        bank_ask(&b, names[i], "account-open-requested", "o",
                 "\"currency\":\"203\",\"card\":\"T\"");
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        struct ask *a = &m.asks[i];
        a->kind = i < ACCOUNTS ? DEPOSIT : (enum ask_kind)random_below(r, KINDS);
        a->from = (int)random_below(r, ACCOUNTS);
        a->to = (a->from + 1 + (int)random_below(r, ACCOUNTS - 1)) % ACCOUNTS;
        a->amount = (int64_t)random_below(r, 500) + 2;
    }
    settle_both();
}

static void step_both(struct random *r) {
    size_t at = (size_t)random_below(r, REQUESTS);
    int partition = (int)random_below(r, BANK_PARTITIONS);
    b.dies = random_below(r, 20) == 0;
    switch (random_below(r, 9)) {
    case 0:
    case 1:
    case 2:
        ask_both(at);
        break;
    case 3:
        reverse_both(at);
        break;
    case 4:
        complete_both(at);
        break;
    case 5:
        reverse_half_both(at);
        break;
    default:
        deliver_both(partition);
    }
    if (random_below(r, 40) == 0)
        ledger_reopen(&b.part[partition]);
}

TEST(whatever_comes_over_all_partitions_the_ledger_is_the_model_and_the_governor_agrees) {
    struct random r = random_seeded(test_seed());
    given_model(&r);
    for (int i = 0; i < STEPS; i++) {
        step_both(&r);
        if (i % 10 == 0)
            check_same();
    }
    settle_both();
    check_same();
    CHECK_INT(bank_internal(&b, "clearing:203"), 0);
    check_audit();
    bank_close(&b);
}
