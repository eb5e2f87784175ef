/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The auditor: recomputes a partition from its postings and compares, also while the ledger runs.
 *
 * Tables are read one after the other, so a posting may be newer than the rows. Each row says which
 * entry it ends with, and the last entry is asked for before the rows are read:
 *
 *   first L, the last entry; then the rows; then the postings.
 *
 * A row's balance must be the sum of its account's postings up to the row's entry, and no posting
 * of it up to L may lie behind that entry. So a live audit is as exact as one at rest; only the sum
 * over all balances is taken from the postings, which at rest is the same.
 * The fold sorts: every posting is two lines, every balance is one, and a walk over the lines of a
 * name in the order of entries sees the sum where the balance stands. */
#include "accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLEAN = 0, OFF = 1, USAGE = 2, FAILED = 3 };

static const char processor[] = "transaction-processor";

/* One line of a name's account: a posting's side, or the balance of a row. */
struct line {
    char *name;
    int64_t entry;
    int64_t amount;
    bool is_balance;
};

/* Which posting a transaction names, or which transaction a posting names. */
struct claim {
    char *transaction;
    int64_t entry;
    bool is_posting;
    bool is_reversal; /* its amount has no sign of its own */
    int64_t amount;   /* what the account got; of a transaction, what its answer says */
};

struct books {
    struct octavo_session *session;
    int32_t task;
    struct line *lines;
    size_t line_count, line_room;
    struct claim *claims;
    size_t claim_count, claim_room;
    int64_t last; /* the entry that was last before the rows were read */
    int64_t postings;
    int64_t entry; /* the posting read last */
    uint64_t accounts;
    uint64_t transactions;
    uint64_t faults;
};

static void *room_for(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 1024;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}

static char *text_keep(struct octavo_text t) {
    char *copy = strndup(t.len ? t.data : "", t.len);
    if (!copy)
        abort();
    return copy;
}

static void fault(struct books *b, const char *what, const char *name, int64_t entry) {
    if (b->faults++ < 20) /* enough to see what kind it is */
        (void)fprintf(stderr, "octavo: partition %d: %s: %s, entry %" PRId64 "\n", b->task, what,
                      name, entry);
}

static void line_add(struct books *b, struct octavo_text name, struct line line) {
    b->lines = room_for(b->lines, b->line_count, &b->line_room, sizeof(*b->lines));
    line.name = text_keep(name);
    b->lines[b->line_count++] = line;
}

static void claim_add(struct books *b, struct octavo_text transaction, struct claim claim) {
    b->claims = room_for(b->claims, b->claim_count, &b->claim_room, sizeof(*b->claims));
    claim.transaction = text_keep(transaction);
    b->claims[b->claim_count++] = claim;
}

/* ---- reading */

static void last_note(void *context, struct octavo_text key, struct octavo_text sub,
                      const struct octavo_value *v, size_t count) {
    struct books *b = context;
    (void)key;
    (void)sub;
    (void)v;
    (void)count;
    b->last++;
}

/* account: currency card name balance posting opened ... */
static void account_note(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *v, size_t count) {
    struct books *b = context;
    (void)key;
    (void)count;
    b->accounts++;
    line_add(b, sub, (struct line){ NULL, v[4].integer, v[3].integer, true });
    if (v[3].integer < 0)
        fault(b, "a balance is below zero", b->lines[b->line_count - 1].name, v[4].integer);
}

/* internal: currency balance posting */
static void internal_note(void *context, struct octavo_text key, struct octavo_text sub,
                          const struct octavo_value *v, size_t count) {
    (void)key;
    (void)count;
    line_add(context, sub, (struct line){ NULL, v[2].integer, v[1].integer, true });
}

/* A stored answer is told again to who asks again, so it must be what the books say. */
static void answer_check(struct books *b, struct octavo_text transaction,
                         const struct octavo_value *v) {
    bool moved = octavo_text_is(v[1].text, "posted") || octavo_text_is(v[1].text, "reversed");
    int64_t entry = v[7].integer;
    const char *what = NULL;
    if (moved && !entry)
        what = "an approved answer without an entry";
    else if (entry && !octavo_text_is(v[5].text, CODE_APPROVED))
        what = "money moved and the answer declines";
    if (!what)
        return;
    char *name = text_keep(transaction);
    fault(b, what, name, entry);
    free(name);
}

/* transaction: kind state amount currency original code balance posting time */
static void transaction_note(void *context, struct octavo_text key, struct octavo_text sub,
                             const struct octavo_value *v, size_t count) {
    struct books *b = context;
    struct claim claim = { .entry = v[7].integer, .amount = v[2].integer };
    (void)key;
    (void)count;
    b->transactions++;
    answer_check(b, sub, v);
    claim.is_reversal = octavo_text_is(v[0].text, "reversal");
    if (octavo_text_is(v[0].text, "withdrawal") && claim.amount > 0)
        claim.amount = -claim.amount;
    if (claim.entry)
        claim_add(b, sub, claim);
}

static int64_t entry_of(struct octavo_text digits) {
    int64_t entry = 0;
    for (size_t i = 0; i < digits.len && i < 18; i++)
        entry = entry * 10 + (digits.data[i] - '0');
    return entry;
}

/* posting: transaction account amount contra contra_amount currency time. `sub` is the entry. */
static void posting_note(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *v, size_t count) {
    struct books *b = context;
    int64_t entry = entry_of(sub), sum;
    (void)key;
    (void)count;
    line_add(b, v[1].text, (struct line){ NULL, entry, v[2].integer, false });
    line_add(b, v[3].text, (struct line){ NULL, entry, v[4].integer, false });
    claim_add(b, v[0].text,
              (struct claim){ .entry = entry, .is_posting = true, .amount = v[2].integer });
    const char *transaction = b->claims[b->claim_count - 1].transaction;
    if (__builtin_add_overflow(v[2].integer, v[4].integer, &sum) || sum != 0)
        fault(b, "a posting does not sum to zero", transaction, entry);
    if (entry != b->entry + 1)
        fault(b, "an entry is missing before this one", transaction, entry);
    b->entry = entry;
    b->postings++;
}

static bool books_read(struct books *b) {
    struct octavo_session *s = b->session;
    return octavo_rows_of_task(s, processor, b->task, "posting", NULL, last_note, b)
           && octavo_rows_of_task(s, processor, b->task, "account", NULL, account_note, b)
           && octavo_rows_of_task(s, processor, b->task, "internal", NULL, internal_note, b)
           && octavo_rows_of_task(s, processor, b->task, "transaction", NULL, transaction_note, b)
           && octavo_rows_of_task(s, processor, b->task, "posting", NULL, posting_note, b);
}

/* ---- folding */

static int line_order(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order || x->entry != y->entry)
        return order ? order : x->entry < y->entry ? -1 : 1;
    return x->is_balance - y->is_balance; /* a balance behind the posting it ends with */
}

/* The lines of one name; they begin at `from`, the next name's at the returned index. */
static size_t name_fold(struct books *b, size_t from) {
    const struct line *first = &b->lines[from];
    int64_t sum = 0, ends = 0;
    size_t at = from, balances = 0;
    for (; at < b->line_count && strcmp(b->lines[at].name, first->name) == 0; at++) {
        const struct line *line = &b->lines[at];
        if (!line->is_balance && __builtin_add_overflow(sum, line->amount, &sum))
            fault(b, "a sum is too large", line->name, line->entry);
        if (!line->is_balance && balances && line->entry <= b->last)
            fault(b, "a posting is not in the balance", line->name, line->entry);
        if (!line->is_balance)
            continue;
        balances++;
        ends = line->entry;
        if (line->amount != sum)
            fault(b, "a balance is not the sum of its postings", line->name, ends);
    }
    if (balances == 0 && first->entry <= b->last)
        fault(b, "postings of an account that has no row", first->name, first->entry);
    if (balances > 1)
        fault(b, "an account has two rows", first->name, ends);
    return at;
}

static int claim_order(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    int order = strcmp(x->transaction, y->transaction);
    if (order || x->entry != y->entry)
        return order ? order : x->entry < y->entry ? -1 : 1;
    return x->is_posting - y->is_posting;
}

/* What its postings gave is what the answer says. Two postings of one sign may be the parts. */
static bool amounts_agree(const struct claim *claims, size_t count) {
    const struct claim *row = NULL;
    uint64_t given = 0; /* wraps, then it differs */
    for (size_t i = 0; i < count; i++)
        if (claims[i].is_posting)
            given += (uint64_t)claims[i].amount;
        else
            row = &claims[i];
    return !row || given == (uint64_t)row->amount
           || (row->is_reversal && given == 0 - (uint64_t)row->amount);
}

/* A transaction names its first entry and has it. It has one posting: two only where an overdrawn
 * reversal took a part from suspense, which then are neighbours in the log. */
static size_t transaction_fold(struct books *b, size_t from) {
    const struct claim *first = &b->claims[from];
    size_t at = from, postings = 0, rows = 0;
    int64_t begin = first->entry, end = begin;
    for (; at < b->claim_count && strcmp(b->claims[at].transaction, first->transaction) == 0;
         at++) {
        rows += !b->claims[at].is_posting;
        postings += b->claims[at].is_posting;
        end = b->claims[at].entry;
    }
    if (rows > 1 || postings > 2 || (postings == 2 && end != begin + 1))
        fault(b, "a transaction was posted twice", first->transaction, end);
    else if (rows == 1 && (postings == 0 || first->is_posting))
        fault(b, "a transaction without its posting", first->transaction, begin);
    else if (rows == 0 && begin <= b->last)
        fault(b, "a posting without its transaction", first->transaction, begin);
    else if (!amounts_agree(first, at - from))
        fault(b, "another amount was answered than posted", first->transaction, begin);
    return at;
}

static void books_fold(struct books *b) {
    if (b->line_count)
        qsort(b->lines, b->line_count, sizeof(*b->lines), line_order);
    for (size_t at = 0; at < b->line_count;)
        at = name_fold(b, at);
    if (b->claim_count)
        qsort(b->claims, b->claim_count, sizeof(*b->claims), claim_order);
    for (size_t at = 0; at < b->claim_count;)
        at = transaction_fold(b, at);
    if (b->postings < b->last)
        fault(b, "postings have vanished", "posting", b->last);
}

/* At rest the sum of the balances; while postings are newer than rows, of the postings. */
static int64_t books_sum(const struct books *b) {
    bool at_rest = b->postings == b->last;
    uint64_t sum = 0; /* wraps as often up as down */
    for (size_t i = 0; i < b->line_count; i++)
        if (b->lines[i].is_balance == at_rest)
            sum += (uint64_t)b->lines[i].amount;
    return (int64_t)sum;
}

static void books_close(struct books *b) {
    for (size_t i = 0; i < b->line_count; i++)
        free(b->lines[i].name);
    for (size_t i = 0; i < b->claim_count; i++)
        free(b->claims[i].transaction);
    free(b->lines);
    free(b->claims);
}

/* ---- the command */

struct totals {
    uint64_t accounts, transactions, faults;
    int64_t postings, sum;
};

/* A store that is gone must not pass for a partition without accounts: where one task has its
 * store, all have. */
static void stores_check(struct octavo_session *s, int32_t tasks, struct totals *t) {
    int32_t there = 0;
    for (int32_t task = 0; task < tasks; task++)
        there += octavo_task_has_store(s, processor, task);
    for (int32_t task = 0; there && task < tasks; task++) {
        struct books b = { .session = s, .task = task };
        if (octavo_task_has_store(s, processor, task))
            continue;
        fault(&b, "its store is not there", processor, 0);
        t->faults++;
    }
}

static bool task_audit(struct octavo_session *s, int32_t task, struct totals *t) {
    struct books b = { .session = s, .task = task };
    bool read = books_read(&b);
    if (read)
        books_fold(&b);
    t->accounts += b.accounts;
    t->transactions += b.transactions;
    t->postings += b.postings;
    t->faults += b.faults;
    t->sum += books_sum(&b);
    books_close(&b);
    return read;
}

int accounts_audit(struct octavo_session *s, int count, char **arguments) {
    struct totals t = { 0 };
    int32_t tasks = octavo_tasks(s, processor);
    if (count != 1)
        return octavo_usage_error(s, "audit does not know \"%s\"", arguments[1]);
    stores_check(s, tasks, &t);
    for (int32_t task = 0; task < tasks; task++)
        if (!task_audit(s, task, &t))
            return FAILED;
    const char *form = octavo_json_wanted(s)
                           ? "{\"accounts\":%" PRIu64 ",\"transactions\":%" PRIu64
                             ",\"postings\":%" PRId64 ",\"sum\":%" PRId64 ",\"faults\":%" PRIu64
                             "}\n"
                           : "accounts %" PRIu64 "\ntransactions %" PRIu64 "\npostings %" PRId64
                             "\nsum of all balances: %" PRId64 "\nfaults %" PRIu64 "\n";
    octavo_print(s, form, t.accounts, t.transactions, t.postings, t.sum, t.faults);
    return t.faults || t.sum ? OFF : CLEAN;
}
