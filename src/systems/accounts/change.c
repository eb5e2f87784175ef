/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* freeze, unfreeze, close, overdraft and fee: an operator changes an account. Each is an event that
 * says how the account shall be; the ledger takes it or refuses it, and the verb tells which. Each
 * has an id of its own, also one that is given again: what follows from it is told again. */
#include "accounts.h"
#include "arguments.h"
#include "currency.h"
#include "ledger.h"
#include "outcome.h"

#include <stdio.h>
#include <string.h>

static const char processor[] = "transaction-processor";

struct change_ask {
    const char *verb;
    const char *account, *reason, *amount, *kind;
    bool found;
    char currency[8];
};

static void on_account(void *context, struct octavo_text key, struct octavo_text sub,
                       const struct octavo_value *v, size_t count) {
    struct change_ask *a = context;
    (void)key;
    (void)count;
    if (!octavo_text_is(sub, a->account))
        return;
    a->found = true;
    (void)snprintf(a->currency, sizeof(a->currency), "%.*s", (int)v[ACCOUNT_CURRENCY].text.len,
                   v[ACCOUNT_CURRENCY].text.data);
}

static bool account_find(struct octavo_session *s, struct change_ask *a) {
    if (!octavo_rows(s, processor, "account", NULL, on_account, a))
        return false;
    if (!a->found)
        (void)fprintf(stderr, "octavo: there is no account %s; see `octavo accounts ls`\n",
                      a->account);
    return a->found;
}

static int change_ask(struct octavo_session *s, const char *type, const struct change_ask *a,
                      const int64_t *amount) {
    char id[256], what[128];
    (void)snprintf(what, sizeof(what), "%s of %.64s", a->verb, a->account);
    octavo_publish_begin(s, TOPIC, type, octavo_text(a->account), nothing);
    (void)snprintf(id, sizeof(id), "%s", octavo_publish_id(s).data);
    octavo_publish_text(s, "request", octavo_text(id));
    octavo_publish_text(s, "account", octavo_text(a->account));
    octavo_publish_text(s, "reason", octavo_text(a->reason ? a->reason : ""));
    octavo_publish_text(s, "channel", octavo_text("operator"));
    if (a->kind)
        octavo_publish_text(s, "kind", octavo_text(a->kind));
    if (amount)
        octavo_publish_int(s, "amount", *amount);
    return outcome_await(s, &(struct outcome_ask){ what, "account-changed",
                                                   "account-change-refused", a->account, id });
}

static int state_change(struct octavo_session *s, char **arguments, const char *type) {
    static const char names[] = "ACCOUNT";
    struct change_ask a = { .verb = arguments[0] };
    const struct octavo_option options[] = { { "--reason", &a.reason, NULL },
                                             { NULL, NULL, NULL } };
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ names, &a.account }, options);
    if (code)
        return code;
    if (!account_find(s, &a))
        return FOUND_WRONG;
    return change_ask(s, type, &a, NULL);
}

int accounts_freeze(struct octavo_session *s, int count, char **arguments) {
    (void)count;
    return state_change(s, arguments, "account-freeze-requested");
}

int accounts_unfreeze(struct octavo_session *s, int count, char **arguments) {
    (void)count;
    return state_change(s, arguments, "account-unfreeze-requested");
}

int accounts_close(struct octavo_session *s, int count, char **arguments) {
    (void)count;
    return state_change(s, arguments, "account-close-requested");
}

static int amount_change(struct octavo_session *s, const struct change_ask *a) {
    struct change_ask found = *a;
    int64_t amount;
    if (!account_find(s, &found))
        return FOUND_WRONG;
    if (!amount_read(a->amount, octavo_text(found.currency), &amount) || amount < 0
        || amount > AMOUNT_MAX)
        return octavo_usage_error(s, "\"%s\" is no amount of currency %s", a->amount,
                                  found.currency);
    const char *type = a->kind ? "fee-set-requested" : "overdraft-set-requested";
    return change_ask(s, type, a, &amount);
}

int accounts_overdraft(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "ACCOUNT AMOUNT";
    static const struct octavo_option options[] = { { NULL, NULL, NULL } };
    const char *words[2];
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ names, words }, options);
    struct change_ask a = { .verb = arguments[0], .account = words[0], .amount = words[1] };
    return code ? code : amount_change(s, &a);
}

int accounts_fee(struct octavo_session *s, int count, char **arguments) {
    static const char names[] = "ACCOUNT KIND AMOUNT";
    static const struct octavo_option options[] = { { NULL, NULL, NULL } };
    const char *words[3];
    (void)count;
    int code = octavo_arguments_read(s, arguments, &(struct octavo_words){ names, words }, options);
    if (code)
        return code;
    if (strcmp(words[1], "withdrawal") != 0 && strcmp(words[1], "transfer") != 0
        && strcmp(words[1], "foreign") != 0)
        return octavo_usage_error(s, "a fee is of kind withdrawal, transfer or foreign");
    struct change_ask a = {
        .verb = arguments[0], .account = words[0], .kind = words[1], .amount = words[2]
    };
    return amount_change(s, &a);
}
