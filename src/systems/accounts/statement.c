/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* statement, balance --at and trial-balance: what the postings say. They are kept for ever and each
 * carries its time, so any balance of the past is their sum up to then; the rows are only asked for
 * names. */
#include "accounts.h"
#include "arguments.h"
#include "currency.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char processor[] = "transaction-processor";

struct statement {
    struct octavo_session *session;
    const char *account;
    int64_t from_ms, to_ms; /* what is at to_ms is not in it */
    bool csv;
    bool quiet; /* only the sum */
    bool opened;
    char currency[8];
    int64_t before, balance;
    uint64_t lines;
};

static bool range_read(struct octavo_session *s, const char *from, const char *to,
                       struct statement *out) {
    out->from_ms = INT64_MIN;
    out->to_ms = INT64_MAX;
    if ((from && !time_read(from, &out->from_ms)) || (to && !time_read(to, &out->to_ms))) {
        (void)octavo_usage_error(s, "a time is 2026-11-22, 2026-11-22T10:30:00Z or milliseconds");
        return false;
    }
    return true;
}

static void on_account(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct statement *st = context;
    (void)key;
    (void)count;
    if (!octavo_text_is(sub, st->account))
        return;
    st->opened = true;
    (void)snprintf(st->currency, sizeof(st->currency), "%.*s", (int)v[ACCOUNT_CURRENCY].text.len,
                   v[ACCOUNT_CURRENCY].text.data);
}

static bool account_find(struct statement *st) {
    if (!octavo_rows(st->session, processor, "account", NULL, on_account, st))
        return false;
    if (!st->opened)
        (void)fprintf(stderr, "octavo: there is no account %s; see `octavo accounts ls`\n",
                      st->account);
    return st->opened;
}

/* What it was, as far as a posting tells by itself. */
static const char *what(const struct octavo_value *v) {
    struct octavo_text contra = v[POSTING_CONTRA].text, id = v[POSTING_TRANSACTION].text;
    bool in = v[POSTING_AMOUNT].integer > 0;
    if (contra.len > 5 && memcmp(contra.data, "fees:", 5) == 0)
        return in ? "fee back" : "fee";
    if (contra.len > 9 && memcmp(contra.data, "clearing:", 9) == 0)
        return id.len > 7 && memcmp(id.data + id.len - 7, "/credit", 7) == 0 ? "transfer in"
               : in                                                          ? "transfer back"
                                                                             : "transfer out";
    return in ? "in" : "out";
}

static void line_print(const struct statement *st, struct octavo_text entry,
                       const struct octavo_value *v) {
    struct octavo_session *s = st->session;
    char time[OCTAVO_TIME_CHARS], amount[AMOUNT_CHARS], balance[AMOUNT_CHARS];
    const char *at = octavo_time_text(time, v[POSTING_TIME].integer);
    amount_print(amount, v[POSTING_AMOUNT].integer, v[POSTING_CURRENCY].text);
    amount_print(balance, st->balance, v[POSTING_CURRENCY].text);
    if (octavo_json_wanted(s)) {
        octavo_print(s, "{\"time\":\"%s\",\"entry\":%.*s,", at, (int)entry.len, entry.data);
        octavo_print_member(s, "request", v[POSTING_TRANSACTION].text);
        octavo_print(s, ",\"what\":\"%s\",\"amount\":%" PRId64 ",\"balance\":%" PRId64 "}\n",
                     what(v), v[POSTING_AMOUNT].integer, st->balance);
    } else if (st->csv) {
        octavo_print(s, "%s,%.*s,", at, (int)entry.len, entry.data);
        csv_text_print(s, v[POSTING_TRANSACTION].text);
        octavo_print(s, ",%s,%s,%s\n", what(v), amount, balance);
    } else {
        octavo_print(s, "%s  ", at);
        octavo_print_text(s, v[POSTING_TRANSACTION].text, 44);
        octavo_print(s, " %-13s %16s %18s\n", what(v), amount, balance);
    }
}

static void on_posting(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct statement *st = context;
    (void)key;
    (void)count;
    if (!octavo_text_is(v[POSTING_ACCOUNT].text, st->account)
        || v[POSTING_TIME].integer >= st->to_ms)
        return;
    st->balance += v[POSTING_AMOUNT].integer;
    if (v[POSTING_TIME].integer < st->from_ms) {
        st->before = st->balance;
        return;
    }
    st->lines++;
    if (st->quiet)
        return;
    line_print(st, sub, v);
}

static void end_print(const struct statement *st) {
    char before[AMOUNT_CHARS], balance[AMOUNT_CHARS];
    struct octavo_text currency = octavo_text(st->currency);
    amount_print(before, st->before, currency);
    amount_print(balance, st->balance, currency);
    if (octavo_json_wanted(st->session))
        octavo_print(st->session,
                     "{\"before\":%" PRId64 ",\"lines\":%" PRIu64 ",\"balance\":%" PRId64
                     ",\"currency\":\"%s\"}\n",
                     st->before, st->lines, st->balance, st->currency);
    else if (!st->csv)
        octavo_print(st->session, "before %s, %" PRIu64 " lines, balance %s %s\n", before,
                     st->lines, balance, st->currency);
}

int accounts_statement(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "ACCOUNT";
    const char *from = NULL, *to = NULL;
    struct statement st = { .session = s };
    const struct octavo_option options[] = { { "--from", &from, NULL },
                                             { "--to", &to, NULL },
                                             { "--csv", NULL, &st.csv },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ names, &st.account }, options);
    if (code || !range_read(s, from, to, &st))
        return USAGE;
    if (!account_find(&st))
        return FOUND_WRONG;
    if (st.csv && !octavo_json_wanted(s))
        octavo_print(s, "time,entry,request,what,amount,balance\n");
    if (!octavo_rows(s, processor, "posting", NULL, on_posting, &st))
        return FAILED;
    end_print(&st);
    return DONE;
}

int accounts_balance(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "ACCOUNT";
    const char *at = NULL;
    struct statement st = { .session = s, .quiet = true };
    char balance[AMOUNT_CHARS];
    const struct octavo_option options[] = { { "--at", &at, NULL }, { NULL, NULL, NULL } };
    (void)count;
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ names, &st.account }, options);
    if (code || !range_read(s, NULL, at, &st))
        return USAGE;
    if (!account_find(&st))
        return FOUND_WRONG;
    if (!octavo_rows(s, processor, "posting", NULL, on_posting, &st))
        return FAILED;
    amount_print(balance, st.balance, octavo_text(st.currency));
    if (octavo_json_wanted(s))
        octavo_print(s, "{\"balance\":%" PRId64 ",\"currency\":\"%s\"}\n", st.balance, st.currency);
    else
        octavo_print(s, "%s %s\n", balance, st.currency);
    return DONE;
}

/* ---- the trial balance: kinds of accounts by currency, over all partitions */

struct total {
    char kind[16];
    char currency[8];
    int64_t debit, credit; /* balances below zero, and above, both without a sign */
};

struct totals {
    struct total items[64];
    size_t count;
    bool full;
};

static void total_add(struct totals *t, struct octavo_text kind, struct octavo_text currency,
                      int64_t balance) {
    size_t i = 0;
    while (i < t->count
           && !(octavo_text_is(kind, t->items[i].kind)
                && octavo_text_is(currency, t->items[i].currency)))
        i++;
    if (i == sizeof(t->items) / sizeof(t->items[0])) {
        t->full = true;
        return;
    }
    struct total *total = &t->items[i];
    if (i == t->count) {
        *total = (struct total){ .debit = 0 };
        (void)snprintf(total->kind, sizeof(total->kind), "%.*s", (int)kind.len, kind.data);
        (void)snprintf(total->currency, sizeof(total->currency), "%.*s", (int)currency.len,
                       currency.data);
        t->count++;
    }
    total->debit += balance < 0 ? -balance : 0;
    total->credit += balance > 0 ? balance : 0;
}

static void on_customer(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *v, size_t count) {
    (void)key;
    (void)sub;
    (void)count;
    total_add(context, octavo_text("customers"), v[ACCOUNT_CURRENCY].text,
              v[ACCOUNT_BALANCE].integer);
}

static void on_internal(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *v, size_t count) {
    const char *colon = memchr(sub.data, ':', sub.len);
    (void)key;
    (void)count;
    if (colon)
        sub.len = (size_t)(colon - sub.data);
    total_add(context, sub, v[INTERNAL_CURRENCY].text, v[INTERNAL_BALANCE].integer);
}

static int total_order(const void *a, const void *b) {
    const struct total *x = a, *y = b;
    int order = strcmp(x->currency, y->currency);
    return order ? order : strcmp(x->kind, y->kind);
}

static void total_print(struct octavo_session *s, const struct total *t) {
    char debit[AMOUNT_CHARS], credit[AMOUNT_CHARS];
    amount_print(debit, t->debit, octavo_text(t->currency));
    amount_print(credit, t->credit, octavo_text(t->currency));
    if (octavo_json_wanted(s))
        octavo_print(s,
                     "{\"kind\":\"%s\",\"currency\":\"%s\",\"debit\":%" PRId64
                     ",\"credit\":%" PRId64 "}\n",
                     t->kind, t->currency, t->debit, t->credit);
    else
        octavo_print(s, "%-12s %s %18s %18s\n", t->kind, t->currency, debit, credit);
}

int accounts_trial_balance(struct octavo_session *s, int count, char **arguments) {
    struct totals t = { .count = 0 };
    int64_t off = 0;
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL))
        return USAGE;
    if (!octavo_rows(s, processor, "account", NULL, on_customer, &t)
        || !octavo_rows(s, processor, "internal", NULL, on_internal, &t))
        return FAILED;
    if (t.full)
        (void)fprintf(stderr, "octavo: more kinds and currencies than are shown\n");
    if (t.count)
        qsort(t.items, t.count, sizeof(t.items[0]), total_order);
    for (size_t i = 0; i < t.count; i++) {
        struct total sum = { .kind = "sum" };
        memcpy(sum.currency, t.items[i].currency, sizeof(sum.currency));
        for (size_t j = 0; j < t.count; j++)
            if (strcmp(t.items[j].currency, sum.currency) == 0) {
                sum.debit += t.items[j].debit;
                sum.credit += t.items[j].credit;
            }
        total_print(s, &t.items[i]);
        if (i + 1 < t.count && strcmp(t.items[i + 1].currency, sum.currency) == 0)
            continue;
        total_print(s, &sum);
        off += sum.debit != sum.credit;
    }
    return off || t.full ? FOUND_WRONG : DONE;
}
