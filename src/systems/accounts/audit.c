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
 * Answers are forgotten, after a day at the earliest, postings never: a posting without its
 * transaction is only wrong within a day of the newest transaction. The second half of a transfer
 * inside the partition has no transaction of its own, its first half is beside it.
 * The fold sorts: every posting is two lines, every balance is one, and a walk over the lines of a
 * name in the order of entries sees the sum where the balance stands. */
#include "arguments.h"
#include "audit.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLEAN = 0, OFF = 1, POSTINGS_MAX = 4 };

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
    bool is_fee;
    bool is_reversal; /* its amount has no sign of its own */
    int64_t amount;   /* what the account got; of a transaction, what its answer says */
    int64_t time_ms;
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
    int64_t entry;                 /* the posting read last */
    char digest[DIGEST_CHARS + 1]; /* of that */
    bool chain_is_broken;
    int64_t chain_entry; /* what the ledger says is the last, and its digest */
    char chain_digest[DIGEST_CHARS + 1];
    int64_t newest_ms; /* of the transactions */
    uint64_t accounts;
    uint64_t transactions;
    uint64_t faults;
};

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
    if (v[ACCOUNT_BALANCE].integer < -v[ACCOUNT_OVERDRAFT].integer && !v[ACCOUNT_FORCED].integer)
        fault(b, "a balance is below zero", b->lines[b->line_count - 1].name, v[4].integer);
    if (account_is(v, "closed") && v[ACCOUNT_BALANCE].integer)
        fault(b, "a closed account has money", b->lines[b->line_count - 1].name, v[4].integer);
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
    static const char *const states[] = { "posted", "reversed", "adjusted", "returning" };
    bool moved = false;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        moved = moved || octavo_text_is(v[TX_STATE].text, states[i]);
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

/* What an account gives by its kind; of a partial reversal, the difference. */
static int64_t amount_of(const struct octavo_value *v) {
    static const char *const debits[] = { "withdrawal", "completion", "transfer",
                                          "transfer-return" };
    int64_t amount = v[TX_AMOUNT].integer, actual = v[TX_ACTUAL].integer;
    if (octavo_text_is(v[TX_KIND].text, "reversal") && actual > 0)
        return actual > amount ? actual - amount : amount - actual;
    for (size_t i = 0; i < sizeof(debits) / sizeof(debits[0]); i++)
        if (octavo_text_is(v[TX_KIND].text, debits[i]) && amount > 0)
            return -amount;
    return amount;
}

static void transaction_note(void *context, struct octavo_text key, struct octavo_text sub,
                             const struct octavo_value *v, size_t count) {
    struct books *b = context;
    struct claim claim = { .entry = v[TX_ENTRY].integer, .amount = amount_of(v) };
    (void)key;
    (void)count;
    b->transactions++;
    b->newest_ms = v[TX_TIME].integer > b->newest_ms ? v[TX_TIME].integer : b->newest_ms;
    answer_check(b, sub, v);
    claim.is_reversal = octavo_text_is(v[TX_KIND].text, "reversal");
    if (claim.entry)
        claim_add(b, sub, claim);
}

static void chain_note(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct books *b = context;
    (void)key;
    (void)sub;
    (void)count;
    b->chain_entry = v[CHAIN_ENTRY].integer;
    (void)snprintf(b->chain_digest, sizeof(b->chain_digest), "%.*s", (int)v[CHAIN_DIGEST].text.len,
                   v[CHAIN_DIGEST].text.data);
}

/* Only the first: what follows was made from it, or is made anew by who changed it. */
static void chain_check(struct books *b, int64_t entry, const struct octavo_value *v,
                        const char *transaction) {
    char digest[DIGEST_CHARS + 1];
    posting_digest(octavo_text(b->digest), entry, v, digest);
    bool fits = octavo_text_is(v[POSTING_DIGEST].text, digest)
                && (entry != b->chain_entry || strcmp(digest, b->chain_digest) == 0);
    if (!fits && !b->chain_is_broken)
        fault(b, "the chain of postings is broken", transaction, entry);
    b->chain_is_broken = b->chain_is_broken || !fits;
    memcpy(b->digest, digest, sizeof(digest));
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
    struct octavo_text contra = v[POSTING_CONTRA].text;
    claim_add(b, v[POSTING_TRANSACTION].text,
              (struct claim){ .entry = entry,
                              .is_posting = true,
                              .is_fee = contra.len > 5 && memcmp(contra.data, "fees:", 5) == 0,
                              .amount = v[POSTING_AMOUNT].integer,
                              .time_ms = v[POSTING_TIME].integer });
    const char *transaction = b->claims[b->claim_count - 1].transaction;
    if (__builtin_add_overflow(v[2].integer, v[4].integer, &sum) || sum != 0)
        fault(b, "a posting does not sum to zero", transaction, entry);
    if (entry != b->entry + 1)
        fault(b, "an entry is missing before this one", transaction, entry);
    chain_check(b, entry, v, transaction);
    b->entry = entry;
    b->postings++;
}

static bool books_read(struct books *b) {
    struct octavo_session *s = b->session;
    return octavo_rows_of_task(s, processor, b->task, "posting", NULL, last_note, b)
           && octavo_rows_of_task(s, processor, b->task, "account", NULL, account_note, b)
           && octavo_rows_of_task(s, processor, b->task, "internal", NULL, internal_note, b)
           && octavo_rows_of_task(s, processor, b->task, "chain", NULL, chain_note, b)
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
        if (!claims[i].is_posting)
            row = &claims[i];
        else if (!claims[i].is_fee)
            given += (uint64_t)claims[i].amount;
    return !row || given == (uint64_t)row->amount
           || (row->is_reversal && given == 0 - (uint64_t)row->amount);
}

static int claim_find(const void *name, const void *claim) {
    return strcmp(name, ((const struct claim *)claim)->transaction);
}

/* Half of a transfer inside this partition: its other half is posted here, and balances it. */
static bool is_half(const struct books *b, const struct claim *claim) {
    char base[REQUEST_CHARS_MAX + 1];
    const char *slash = strrchr(claim->transaction, '/');
    if (!slash || (strcmp(slash, "/credit") != 0 && strcmp(slash, "/return") != 0))
        return false;
    (void)snprintf(base, sizeof(base), "%.*s", (int)(slash - claim->transaction),
                   claim->transaction);
    return bsearch(base, b->claims, b->claim_count, sizeof(*b->claims), claim_find) != NULL;
}

/* A transaction names its first entry and has it. What has more than one posting - a fee, what an
 * overdrawn reversal took from suspense - has them as neighbours in the log. */
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
    bool forgotten = first->time_ms + ANSWERS_KEEP_LEAST_MS <= b->newest_ms;
    if (rows > 1 || postings > POSTINGS_MAX || end - begin > POSTINGS_MAX)
        fault(b, "a transaction was posted twice", first->transaction, end);
    else if (rows == 1 && (postings == 0 || first->is_posting))
        fault(b, "a transaction without its posting", first->transaction, begin);
    else if (rows == 0 && begin <= b->last && !forgotten && !is_half(b, first))
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
    if (read)
        read = holds_audit(s, task, &b.faults);
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
    static const char names[] = "";
    bool from_log = false;
    const struct octavo_option options[] = { { "--from-log", NULL, &from_log },
                                             { NULL, NULL, NULL } };
    int32_t tasks = octavo_tasks(s, processor);
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ names, NULL }, options);
    if (code)
        return code;
    stores_check(s, tasks, &t);
    for (int32_t task = 0; task < tasks; task++)
        if (!task_audit(s, task, &t))
            return FAILED;
    if (from_log && !log_audit(s, &t.faults))
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
