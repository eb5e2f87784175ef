/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* find --rrn and explain: one transaction, and why it was decided so. Answers are kept for seven
 * days; what was posted earlier is still found by its posting, whose request has the reference. */
#include "accounts.h"
#include "arguments.h"
#include "currency.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char processor[] = "transaction-processor";

static void field_print(struct octavo_session *s, const char *name, struct octavo_text t) {
    if (!t.len)
        return;
    octavo_print(s, "  %-10s ", name);
    octavo_print_text(s, t, 0);
    octavo_print(s, "\n");
}

static void amount_field_print(struct octavo_session *s, const char *name, int64_t amount,
                               struct octavo_text currency) {
    char text[AMOUNT_CHARS];
    amount_print(text, amount, currency);
    octavo_print(s, "  %-10s %s\n", name, text);
}

/* ---- find */

struct finding {
    struct octavo_session *session;
    const char *rrn;
    uint64_t found;
    bool in_postings;
    char *last; /* request told last: its other postings are not told again */
};

static bool text_ends(struct octavo_text t, const char *end) {
    size_t len = strlen(end);
    return t.len > len && memcmp(t.data + t.len - len, end, len) == 0
           && t.data[t.len - len - 1] == '-';
}

static void found_print(struct octavo_session *s, struct octavo_text account,
                        struct octavo_text request, const struct octavo_value *tx) {
    char time[OCTAVO_TIME_CHARS];
    if (octavo_json_wanted(s)) {
        octavo_print(s, "{");
        octavo_print_member(s, "account", account);
        octavo_print(s, ",");
        octavo_print_member(s, "request", request);
        octavo_print(s, ",");
        octavo_print_member(s, "kind", tx[TX_KIND].text);
        octavo_print(s, ",");
        octavo_print_member(s, "state", tx[TX_STATE].text);
        octavo_print(s, ",");
        octavo_print_member(s, "code", tx[TX_CODE].text);
        octavo_print(s, ",\"amount\":%" PRId64 ",\"time\":%" PRId64 "}\n", tx[TX_AMOUNT].integer,
                     tx[TX_TIME].integer);
        return;
    }
    octavo_print_text(s, request, 44);
    octavo_print(s, " ");
    octavo_print_text(s, account, 16);
    octavo_print(s, " %s ", octavo_time_text(time, tx[TX_TIME].integer));
    octavo_print_text(s, tx[TX_KIND].text, 13);
    octavo_print(s, " ");
    octavo_print_text(s, tx[TX_STATE].text, 12);
    octavo_print(s, " %.*s %" PRId64 "\n", (int)tx[TX_CODE].text.len, tx[TX_CODE].text.data,
                 tx[TX_AMOUNT].integer);
}

static void on_transaction(void *context, struct octavo_text key, struct octavo_text sub,
                           const struct octavo_value *v, size_t count) {
    struct finding *f = context;
    (void)count;
    if (!octavo_text_is(v[TX_RRN].text, f->rrn) && !text_ends(sub, f->rrn))
        return;
    f->found++;
    found_print(f->session, key, sub, v);
}

static void on_posting(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct finding *f = context;
    struct octavo_value tx[TX_COLUMNS] = { 0 };
    (void)key;
    (void)sub;
    (void)count;
    if (!text_ends(v[POSTING_TRANSACTION].text, f->rrn)
        || (f->last && octavo_text_is(v[POSTING_TRANSACTION].text, f->last)))
        return;
    free(f->last);
    f->last = text_keep(v[POSTING_TRANSACTION].text);
    f->found++;
    tx[TX_STATE] = octavo_text_value(octavo_text("posted"));
    tx[TX_AMOUNT] = v[POSTING_AMOUNT];
    tx[TX_TIME] = v[POSTING_TIME];
    found_print(f->session, v[POSTING_ACCOUNT].text, v[POSTING_TRANSACTION].text, tx);
}

int accounts_find(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "";
    struct finding f = { .session = s };
    const struct octavo_option options[] = { { "--rrn", &f.rrn, NULL }, { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ names, NULL }, options);
    if (code)
        return code;
    if (!f.rrn || !f.rrn[0])
        return octavo_usage_error(s, "find wants --rrn and a retrieval reference");
    bool read = octavo_rows(s, processor, "transaction", NULL, on_transaction, &f);
    if (read && !f.found)
        read = octavo_rows(s, processor, "posting", NULL, on_posting, &f);
    free(f.last);
    if (read && !f.found)
        (void)fprintf(stderr, "octavo: nothing has the retrieval reference %s\n", f.rrn);
    return !read ? FAILED : f.found ? DONE : FOUND_WRONG;
}

/* ---- explain */

static const struct {
    const char *code, *why;
} reasons[] = {
    { CODE_INVALID, "it cannot be done: a reversal of a reversal or with another amount, a second "
                    "completion, a transfer to the same account" },
    { CODE_AMOUNT, "the amount is zero, negative, over 10^12, or over what its hold keeps" },
    { CODE_CARD, "there is no such account, or it was closed" },
    { CODE_UNKNOWN, "its original is not there" },
    { CODE_FORMAT, "a field was missing or wrong" },
    { CODE_FUNDS, "less was available than it asked for, its fee counted" },
    { CODE_CURRENCY, "the account has another currency" },
    { CODE_LIMIT, "it would have gone over a limit's amount; `limits` names it behind by=" },
    { "65", "it would have gone over a limit's count; `limits` names it behind by=" },
    { CODE_RESTRICTED, "the account was frozen" },
    { CODE_LATE, "its reversal was there before it, or its hold had expired" },
    { CODE_DUPLICATE, "the same request had come with another body" },
};

static const char *why(struct octavo_text code) {
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (octavo_text_is(code, reasons[i].code))
            return reasons[i].why;
    return octavo_text_is(code, CODE_APPROVED) ? "approved" : "?";
}

struct explaining {
    struct octavo_session *session;
    const char *request;
    uint64_t found;
};

static void explain_json(struct octavo_session *s, struct octavo_text account,
                         struct octavo_text request, const struct octavo_value *v) {
    static const struct {
        const char *name;
        enum transaction_column column;
    } texts
        [] = { { "kind", TX_KIND },         { "state", TX_STATE },       { "code", TX_CODE },
               { "currency", TX_CURRENCY }, { "original", TX_ORIGINAL }, { "to", TX_TO },
               { "terminal", TX_TERMINAL }, { "rrn", TX_RRN },           { "limits", TX_LIMITS } },
   numbers[] = { { "amount", TX_AMOUNT },       { "fee", TX_FEE },       { "balance", TX_BALANCE },
                 { "available", TX_AVAILABLE }, { "held", TX_RESERVED }, { "entry", TX_ENTRY },
                 { "forced", TX_FORCED },       { "time", TX_TIME } };
    octavo_print(s, "{");
    octavo_print_member(s, "account", account);
    octavo_print(s, ",");
    octavo_print_member(s, "request", request);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        octavo_print(s, ",");
        octavo_print_member(s, texts[i].name, v[texts[i].column].text);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        octavo_print(s, ",\"%s\":%" PRId64, numbers[i].name, v[numbers[i].column].integer);
    octavo_print(s, ",\"why\":\"%s\"}\n", why(v[TX_CODE].text));
}

static void on_explained(void *context, struct octavo_text key, struct octavo_text sub,
                         const struct octavo_value *v, size_t count) {
    struct explaining *e = context;
    struct octavo_session *s = e->session;
    struct octavo_text currency = v[TX_CURRENCY].text;
    char time[OCTAVO_TIME_CHARS];
    (void)count;
    if (!octavo_text_is(sub, e->request))
        return;
    e->found++;
    if (octavo_json_wanted(s)) {
        explain_json(s, key, sub, v);
        return;
    }
    octavo_print_text(s, sub, 0);
    octavo_print(s, " of account ");
    octavo_print_text(s, key, 0);
    octavo_print(s, ", %s\n", octavo_time_text(time, v[TX_TIME].integer));
    field_print(s, "kind", v[TX_KIND].text);
    field_print(s, "state", v[TX_STATE].text);
    octavo_print(s, "  %-10s %.*s: %s\n", "code", (int)v[TX_CODE].text.len, v[TX_CODE].text.data,
                 why(v[TX_CODE].text));
    amount_field_print(s, "amount", v[TX_AMOUNT].integer, currency);
    if (v[TX_FEE].integer)
        amount_field_print(s, "fee", v[TX_FEE].integer, currency);
    octavo_print(s, "  when it was decided, after it:\n");
    amount_field_print(s, "balance", v[TX_BALANCE].integer, currency);
    amount_field_print(s, "held", v[TX_RESERVED].integer, currency);
    amount_field_print(s, "available", v[TX_AVAILABLE].integer, currency);
    field_print(s, "limits", v[TX_LIMITS].text);
    field_print(s, "original", v[TX_ORIGINAL].text);
    field_print(s, "to", v[TX_TO].text);
    field_print(s, "terminal", v[TX_TERMINAL].text);
    field_print(s, "rrn", v[TX_RRN].text);
}

int accounts_explain(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "REQUEST";
    static const struct octavo_option options[] = { { NULL, NULL, NULL } };
    struct explaining e = { .session = s };
    (void)count;
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ names, &e.request }, options);
    if (code)
        return code;
    if (!octavo_rows(s, processor, "transaction", NULL, on_explained, &e))
        return FAILED;
    if (!e.found)
        (void)fprintf(stderr,
                      "octavo: no answer to %s is kept; `octavo accounts find --rrn` looks at all "
                      "postings\n",
                      e.request);
    return e.found ? DONE : FOUND_WRONG;
}
