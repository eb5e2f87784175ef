/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bank seen from outside: commands in, committed rows out. Columns as accounts/octavo.yaml. */
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PROCESSOR[] = "transaction-processor";
static const char GATEWAY[] = "atm";

enum account_column { ACCOUNT_BALANCE = 3 };
enum internal_column { INTERNAL_BALANCE = 1 };
enum request_column { REQUEST_STATE = 0, REQUEST_ACCOUNT = 2 };
enum transaction_column { TRANSACTION_KIND = 0, TRANSACTION_STATE = 1, TRANSACTION_ORIGINAL = 4 };
enum posting_column { POSTING_TRANSACTION = 0, POSTING_AMOUNT = 2 };

/* ---- opening */

static bool account_open(struct octavo_session *s, const struct history_account *account,
                         const char *currency) {
    char id[32], event[48], token[27];
    (void)snprintf(id, sizeof(id), "%" PRId64, account->id);
    (void)snprintf(event, sizeof(event), "open-%s", id);
    if (!octavo_tokenise(s, account->card, token))
        return false;
    octavo_publish_begin(s, "account-transaction", "account-open-requested", octavo_text(id),
                         octavo_text(event));
    octavo_publish_text(s, "account", octavo_text(id));
    octavo_publish_text(s, "currency", octavo_text(currency));
    octavo_publish_text(s, "card", octavo_text(token));
    return octavo_publish_send(s);
}

bool ledger_open_accounts(struct octavo_session *s, const struct history *h, const char *currency) {
    for (int32_t i = 0; i < h->account_count; i++)
        if (!account_open(s, &h->accounts[i], currency))
            return false;
    return octavo_publish_flush(s);
}

static void on_counted(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *values, size_t count) {
    (void)key;
    (void)sub;
    (void)values;
    (void)count;
    ++*(int64_t *)context;
}

int64_t ledger_known_cards(struct octavo_session *s) {
    int64_t cards = 0;
    return octavo_rows(s, GATEWAY, "card", NULL, on_counted, &cards) ? cards : -1;
}

/* ---- settling */

struct settling {
    struct table taken_back; /* original id -> itself: a reversal of it is booked */
    int64_t unsettled;
};

static struct bytes bytes_of_text(struct octavo_text t) {
    return bytes_of(t.data, t.len);
}

static void on_request(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *values, size_t count) {
    struct settling *settling = context;
    (void)key;
    (void)count;
    struct octavo_text state = values[REQUEST_STATE].text;
    bool reversed = octavo_text_is(state, "reversed");
    if (octavo_text_is(state, "pending")
        || (reversed && !table_find(&settling->taken_back, bytes_of_text(sub))))
        settling->unsettled++;
}

static void on_reversal(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *values, size_t count) {
    struct settling *settling = context;
    (void)key;
    (void)sub;
    (void)count;
    if (values[TRANSACTION_ORIGINAL].text.len)
        (void)table_put(&settling->taken_back, bytes_of_text(values[TRANSACTION_ORIGINAL].text),
                        settling);
}

int64_t ledger_unsettled(struct octavo_session *s) {
    struct settling settling = { 0 };
    bool read = octavo_rows(s, PROCESSOR, "transaction", NULL, on_reversal, &settling)
                && octavo_rows(s, GATEWAY, "request", NULL, on_request, &settling);
    table_finish(&settling.taken_back);
    return read ? settling.unsettled : -1;
}

/* ---- the books */

struct books {
    struct audit *audit;
    struct table originals; /* reversal's id -> what it takes back; owned texts */
    int64_t sum;
};

static void on_account(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *values, size_t count) {
    (void)key;
    (void)sub;
    (void)count;
    ((struct books *)context)->sum += values[ACCOUNT_BALANCE].integer;
}

static void on_internal(void *context, struct octavo_text key, struct octavo_text sub,
                        const struct octavo_value *values, size_t count) {
    (void)key;
    (void)sub;
    (void)count;
    ((struct books *)context)->sum += values[INTERNAL_BALANCE].integer;
}

static void on_transaction(void *context, struct octavo_text key, struct octavo_text sub,
                           const struct octavo_value *values, size_t count) {
    struct books *books = context;
    (void)key;
    (void)count;
    if (!octavo_text_is(values[TRANSACTION_KIND].text, "reversal"))
        return;
    char *original = text_copy_bytes(bytes_of_text(values[TRANSACTION_ORIGINAL].text));
    free(table_put(&books->originals, bytes_of_text(sub), original));
}

static void on_posting(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *values, size_t count) {
    struct books *books = context;
    struct bytes id = bytes_of_text(values[POSTING_TRANSACTION].text);
    const char *original = table_find(&books->originals, id);
    (void)key;
    (void)sub;
    (void)count;
    audit_entry(books->audit, original ? bytes_text(original) : id, values[POSTING_AMOUNT].integer);
}

static void originals_finish(struct table *originals) {
    struct bytes key;
    void *value;
    for (size_t at = 0; table_next(originals, &at, &key, &value);)
        free(value);
    table_finish(originals);
}

bool ledger_audit(struct octavo_session *s, struct audit *audit, int64_t *sum_of_balances) {
    struct books books = { .audit = audit };
    bool read = octavo_rows(s, PROCESSOR, "account", NULL, on_account, &books)
                && octavo_rows(s, PROCESSOR, "internal", NULL, on_internal, &books)
                && octavo_rows(s, PROCESSOR, "transaction", NULL, on_transaction, &books)
                && octavo_rows(s, PROCESSOR, "posting", NULL, on_posting, &books);
    originals_finish(&books.originals);
    *sum_of_balances = books.sum;
    return read;
}
