/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* audit --from-log: what the topic told against what the books hold.
 *
 * An event that tells of money names its entry and the balance after it. Of each account the last
 * one told, up to the entry in its row, is the row's balance; each posting has an event, and each
 * such event its posting, of the amount it says. The rows are read before the topic, so that what
 * is decided meanwhile is in the topic only, and left alone. */
#include "accounts.h"
#include "arguments.h"
#include "audit.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char processor[] = "transaction-processor";

/* A posting (or a fee beside it, which has no event of its own), or an event. */
struct told {
    char *request;
    int32_t partition;
    int64_t entry;
    int64_t amount; /* without a sign */
    bool is_event;
};

struct standing {
    char *account;
    int64_t balance, entry;
    int64_t told_balance, told_entry;
};

struct log_books {
    struct told *told;
    size_t told_count, told_room;
    struct standing *accounts;
    size_t account_count, account_room;
    int32_t task;
    int64_t last[64]; /* entry of a partition, when its rows were read */
    uint64_t faults;
};

static void fault(struct log_books *b, const char *what, const char *name, int64_t entry) {
    if (b->faults++ < 20)
        (void)fprintf(stderr, "octavo: the log: %s: %s, entry %" PRId64 "\n", what, name, entry);
}

static void told_add(struct log_books *b, struct octavo_text request, struct told told) {
    b->told = room_for(b->told, b->told_count, &b->told_room, sizeof(*b->told));
    told.request = text_keep(request);
    b->told[b->told_count++] = told;
}

/* ---- the books */

static void on_account(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct log_books *b = context;
    (void)key;
    (void)count;
    b->accounts = room_for(b->accounts, b->account_count, &b->account_room, sizeof(*b->accounts));
    b->accounts[b->account_count++] = (struct standing){
        .account = text_keep(sub),
        .balance = v[ACCOUNT_BALANCE].integer,
        .entry = v[ACCOUNT_ENTRY].integer,
    };
}

static void on_posting(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct log_books *b = context;
    int64_t entry = ++b->last[b->task];
    (void)key;
    (void)sub;
    (void)count;
    told_add(b, v[POSTING_TRANSACTION].text,
             (struct told){ .partition = b->task,
                            .entry = entry,
                            .amount = llabs(v[POSTING_AMOUNT].integer) });
}

static bool books_read(struct octavo_session *s, struct log_books *b) {
    int32_t tasks = octavo_tasks(s, processor);
    if (tasks > (int32_t)(sizeof(b->last) / sizeof(b->last[0])))
        return octavo_usage_error(s, "--from-log looks at 64 partitions at most") == DONE;
    if (!octavo_rows(s, processor, "account", NULL, on_account, b))
        return false;
    for (b->task = 0; b->task < tasks; b->task++)
        if (!octavo_rows_of_task(s, processor, b->task, "posting", NULL, on_posting, b))
            return false;
    return true;
}

static int account_order(const void *a, const void *b) {
    return strcmp(((const struct standing *)a)->account, ((const struct standing *)b)->account);
}

/* ---- the log */

static struct standing *standing_find(struct log_books *b, struct octavo_text account) {
    char *name = text_keep(account);
    struct standing wanted = { .account = name };
    struct standing *found = b->account_count ? bsearch(&wanted, b->accounts, b->account_count,
                                                        sizeof(*b->accounts), account_order)
                                              : NULL;
    free(name);
    return found;
}

static bool on_record(void *context, const struct octavo_record *r) {
    struct log_books *b = context;
    struct octavo_text request;
    int64_t entry = 0, balance, amount;
    if (!octavo_text_is(r->type, "transaction-posted")
        && !octavo_text_is(r->type, "transaction-reversed"))
        return true;
    if (!octavo_record_int(r, "entry", &entry) || entry == 0
        || r->partition >= (int32_t)(sizeof(b->last) / sizeof(b->last[0]))
        || !octavo_record_text(r, "request", &request) || !octavo_record_int(r, "balance", &balance)
        || !octavo_record_int(r, "amount", &amount))
        return true;
    if (entry > b->last[r->partition])
        return true; /* younger than what was read of the books */
    told_add(b, request,
             (struct told){
                 .partition = r->partition, .entry = entry, .amount = amount, .is_event = true });
    struct standing *account = standing_find(b, r->key);
    if (account && entry >= account->told_entry && entry <= account->entry) {
        account->told_entry = entry;
        account->told_balance = balance;
    }
    return true;
}

/* ---- both */

static int told_order(const void *a, const void *b) {
    const struct told *x = a, *y = b;
    int order = strcmp(x->request, y->request);
    if (order)
        return order;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->entry != y->entry ? (x->entry < y->entry ? -1 : 1) : x->is_event - y->is_event;
}

/* One transaction of one partition: its first posting, then its events, all of that entry. */
static size_t transaction_compare(struct log_books *b, size_t at) {
    const struct told *first = &b->told[at];
    size_t events = 0, postings = 0;
    bool differs = false;
    for (; at < b->told_count && strcmp(b->told[at].request, first->request) == 0
           && b->told[at].partition == first->partition;
         at++) {
        const struct told *t = &b->told[at];
        events += t->is_event;
        postings += !t->is_event;
        differs = differs || (t->is_event && t->entry != first->entry);
    }
    if (!events)
        fault(b, "a posting that it does not tell of", first->request, first->entry);
    else if (!postings)
        fault(b, "it tells of a posting that is not there", first->request, first->entry);
    else if (differs)
        fault(b, "it tells of another entry", first->request, first->entry);
    return at;
}

static void books_compare(struct log_books *b) {
    if (b->told_count)
        qsort(b->told, b->told_count, sizeof(*b->told), told_order);
    for (size_t at = 0; at < b->told_count;)
        at = transaction_compare(b, at);
    for (size_t i = 0; i < b->account_count; i++) {
        const struct standing *a = &b->accounts[i];
        if (a->entry && !a->told_entry)
            fault(b, "it tells nothing of an account that has postings", a->account, a->entry);
        else if (a->entry && a->told_balance != a->balance)
            fault(b, "it tells another balance", a->account, a->told_entry);
    }
}

static void books_close(struct log_books *b) {
    for (size_t i = 0; i < b->told_count; i++)
        free(b->told[i].request);
    for (size_t i = 0; i < b->account_count; i++)
        free(b->accounts[i].account);
    free(b->told);
    free(b->accounts);
}

bool log_audit(struct octavo_session *s, uint64_t *faults) {
    struct log_books b = { .told = NULL };
    bool read = books_read(s, &b);
    if (read && b.account_count)
        qsort(b.accounts, b.account_count, sizeof(*b.accounts), account_order);
    read = read && octavo_records(s, TOPIC, on_record, &b);
    if (read)
        books_compare(&b);
    *faults += b.faults;
    books_close(&b);
    return read;
}

/* ---- tail */

struct tailing {
    struct octavo_session *session;
    const char *account;
    bool found, follows;
};

static bool on_tailed(void *context, const struct octavo_record *r) {
    struct tailing *t = context;
    char time[OCTAVO_TIME_CHARS];
    if (t->account && !octavo_text_is(r->key, t->account))
        return true;
    t->found = true;
    octavo_print(t->session, "{\"time\":\"%s\",\"partition\":%d,\"offset\":%" PRId64 ",",
                 octavo_time_text(time, r->time_ms), (int)r->partition, r->offset);
    octavo_print_member(t->session, "type", r->type);
    octavo_print(t->session, ",");
    octavo_print_member(t->session, "key", r->key);
    octavo_print(t->session, ",");
    octavo_print_member(t->session, "value", r->json);
    octavo_print(t->session, "}\n");
    return !t->follows || fflush(stdout) == 0; /* who has read enough has closed it */
}

int accounts_tail(struct octavo_session *s, int count, char **arguments) {
    struct tailing t = { .session = s };
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--follow") == 0)
            t.follows = true;
        else if (t.account || arguments[i][0] == '-')
            return octavo_usage_error(s, "tail does not know \"%s\"", arguments[i]);
        else
            t.account = arguments[i];
    }
    if (t.follows)
        return octavo_records_follow(s, TOPIC, on_tailed, &t) ? DONE : FAILED;
    if (!octavo_records(s, TOPIC, on_tailed, &t))
        return FAILED;
    if (t.account && !t.found)
        (void)fprintf(stderr, "octavo: the topic has nothing of an account %s\n", t.account);
    return t.account && !t.found ? FOUND_WRONG : DONE;
}
