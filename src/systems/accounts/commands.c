/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* open, show and ls. Opening publishes an event and waits until the ledger has opened the account;
 * of a whole file only until the broker has them. Its id is the account's, and the ledger takes the
 * account's number for a natural key, so that giving the command again is harmless. */
#include "accounts.h"
#include "arguments.h"
#include "currency.h"
#include "ledger.h"
#include "outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS = 512, NUMBER_CHARS = 64 };

static const char processor[] = "transaction-processor";

/* ---- open */

struct opening {
    const char *account;
    const char *currency;
    const char *card;
    const char *name;
};

static bool is_card(const char *card) {
    size_t len = strlen(card);
    return len >= 12 && len <= 19 && strspn(card, "0123456789") == len;
}

/* What is wrong with it; NULL: nothing. */
static const char *opening_fault(const struct opening *o) {
    if (!o->account || !o->account[0] || strlen(o->account) > NUMBER_CHARS
        || strpbrk(o->account, ": \t"))
        return "ACCOUNT is 1 to 64 characters without blanks and colons";
    if (!o->currency || !currency_code(o->currency))
        return "--currency is a name like CZK or three digits like 203";
    if (!o->card || !is_card(o->card))
        return "--card is a number of 12 to 19 digits";
    if (o->name && strlen(o->name) > LINE_CHARS)
        return "--name is at most 512 characters";
    return NULL;
}

/* Whatever happens, the card's number itself goes nowhere. */
static bool opening_begin(struct octavo_session *s, const struct opening *o) {
    char token[27], id[NUMBER_CHARS + 16];
    if (!octavo_tokenise(s, o->card, token))
        return false;
    (void)snprintf(id, sizeof(id), "account-open/%s", o->account);
    octavo_publish_begin(s, "account-transaction", "account-open-requested",
                         octavo_text(o->account), octavo_text(id));
    octavo_publish_text(s, "account", octavo_text(o->account));
    octavo_publish_text(s, "currency", octavo_text(currency_code(o->currency)));
    octavo_publish_text(s, "card", octavo_text(token));
    octavo_publish_text(s, "name", octavo_text(o->name ? o->name : ""));
    return true;
}

static int opening_ask(struct octavo_session *s, const struct opening *o) {
    char what[NUMBER_CHARS + 16];
    (void)snprintf(what, sizeof(what), "account %s", o->account);
    if (!opening_begin(s, o))
        return FAILED;
    return outcome_await(s, &(struct outcome_ask){ what, "account-opened", "account-open-refused",
                                                   o->account, NULL });
}

static int told_opened(struct octavo_session *s, size_t count) {
    if (!octavo_publish_flush(s))
        return FAILED;
    if (octavo_json_wanted(s))
        octavo_print(s, "{\"requested\":%zu}\n", count);
    else
        octavo_print(s, "%zu account%s requested; see `octavo accounts ls`\n", count,
                     count == 1 ? "" : "s");
    return DONE;
}

/* ACCOUNT CURRENCY CARD [NAME with blanks]; false: an empty line or a comment. */
static bool line_read(char *line, struct opening *o) {
    static const char blanks[] = " \t";
    char *rest;
    line[strcspn(line, "\r\n")] = 0;
    o->account = strtok_r(line, blanks, &rest);
    if (!o->account || o->account[0] == '#')
        return false;
    o->currency = strtok_r(NULL, blanks, &rest);
    o->card = strtok_r(NULL, blanks, &rest);
    o->name = o->card && rest ? rest + strspn(rest, blanks) : NULL;
    return true;
}

static int lines_open(struct octavo_session *s, FILE *in, const char *name) {
    char line[LINE_CHARS];
    size_t number = 0, count = 0;
    while (fgets(line, sizeof(line), in)) {
        struct opening o = { 0 };
        number++;
        if (!strchr(line, '\n') && !feof(in))
            return octavo_usage_error(s, "%s:%zu: the line is too long", name, number);
        if (!line_read(line, &o))
            continue;
        const char *fault = opening_fault(&o);
        if (fault)
            return octavo_usage_error(s, "%s:%zu: %s", name, number, fault);
        if (!opening_begin(s, &o) || !octavo_publish_send(s))
            return FAILED;
        count++;
    }
    return told_opened(s, count);
}

FILE *named_file_open(const char *name) {
    return strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
}

static int file_open(struct octavo_session *s, const char *name) {
    FILE *in = named_file_open(name);
    if (!in)
        return octavo_usage_error(s, "%s cannot be read", name);
    int code = lines_open(s, in, name);
    if (in != stdin)
        (void)fclose(in);
    return code;
}

int accounts_open(struct octavo_session *s, int count, char **arguments) {
    struct opening o = { 0 };
    const char *from = NULL;
    const struct octavo_option options[] = { { "--currency", &o.currency, NULL },
                                             { "--card", &o.card, NULL },
                                             { "--name", &o.name, NULL },
                                             { "--from", &from, NULL },
                                             { NULL, NULL, NULL } };
    (void)count;
    int code = octavo_arguments_read(s, arguments,
                                     &(struct octavo_words){ "[ACCOUNT]", &o.account }, options);
    if (code)
        return code;
    if (from)
        return o.account || o.currency || o.card || o.name
                   ? octavo_usage_error(s, "--from stands alone")
                   : file_open(s, from);
    const char *fault = opening_fault(&o);
    if (fault)
        return octavo_usage_error(s, "%s", fault);
    return opening_ask(s, &o);
}

/* ---- show and ls */

struct listing {
    struct octavo_session *session;
    const char *account; /* only this one; NULL: all */
    size_t count;
};

/* What is not usual: only where an account is looked at by itself. */
static void account_rest_print(struct octavo_session *s, const struct octavo_value *v) {
    char available[AMOUNT_CHARS], held[AMOUNT_CHARS], overdraft[AMOUNT_CHARS];
    if (octavo_text_is(v[ACCOUNT_STATE].text, "open") && !v[ACCOUNT_HOLDS].integer
        && !v[ACCOUNT_OVERDRAFT].integer)
        return;
    amount_print(available, account_available(v), v[ACCOUNT_CURRENCY].text);
    amount_print(held, v[ACCOUNT_HELD].integer, v[ACCOUNT_CURRENCY].text);
    amount_print(overdraft, v[ACCOUNT_OVERDRAFT].integer, v[ACCOUNT_CURRENCY].text);
    octavo_print(s, "  %.*s, available %s, held %s by %" PRId64 " holds, overdraft line %s\n",
                 (int)v[ACCOUNT_STATE].text.len, v[ACCOUNT_STATE].text.data, available, held,
                 v[ACCOUNT_HOLDS].integer, overdraft);
}

/* account: currency card name balance posting opened ... */
static void account_print(void *context, struct octavo_text key, struct octavo_text sub,
                          const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    char amount[AMOUNT_CHARS];
    (void)key;
    (void)count;
    if (l->account && !octavo_text_is(sub, l->account))
        return;
    l->count++;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "account", sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "currency", v[0].text);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "name", v[2].text);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "state", v[ACCOUNT_STATE].text);
        octavo_print(l->session,
                     ",\"balance\":%" PRId64 ",\"available\":%" PRId64 ",\"held\":%" PRId64
                     ",\"overdraft\":%" PRId64 ",\"entry\":%" PRId64 "}\n",
                     v[3].integer, account_available(v), v[ACCOUNT_HELD].integer,
                     v[ACCOUNT_OVERDRAFT].integer, v[4].integer);
        return;
    }
    amount_print(amount, v[3].integer, v[0].text);
    octavo_print_text(l->session, sub, 16);
    octavo_print(l->session, " %18s %.*s  ", amount, (int)v[0].text.len, v[0].text.data);
    octavo_print_text(l->session, v[2].text, 0);
    octavo_print(l->session, "\n");
    if (l->account)
        account_rest_print(l->session, v);
}

/* transaction: kind state amount currency original code balance posting time */
static void transaction_print(void *context, struct octavo_text key, struct octavo_text sub,
                              const struct octavo_value *v, size_t count) {
    struct listing *l = context;
    (void)key;
    (void)count;
    if (octavo_json_wanted(l->session)) {
        octavo_print(l->session, "{");
        octavo_print_member(l->session, "request", sub);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "kind", v[0].text);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "state", v[1].text);
        octavo_print(l->session, ",");
        octavo_print_member(l->session, "code", v[5].text);
        octavo_print(l->session,
                     ",\"amount\":%" PRId64 ",\"balance\":%" PRId64 ",\"entry\":%" PRId64
                     ",\"time\":%" PRId64 "}\n",
                     v[2].integer, v[6].integer, v[7].integer, v[8].integer);
        return;
    }
    octavo_print(l->session, "  ");
    octavo_print_text(l->session, sub, 44);
    octavo_print(l->session, " ");
    octavo_print_text(l->session, v[0].text, 10);
    octavo_print(l->session, " ");
    octavo_print_text(l->session, v[1].text, 12);
    octavo_print(l->session, " %.*s %14" PRId64 "\n", (int)v[5].text.len, v[5].text.data,
                 v[2].integer);
}

int accounts_show(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s };
    (void)count;
    int code =
        octavo_arguments_read(s, arguments, &(struct octavo_words){ "ACCOUNT", &l.account }, NULL);
    if (code)
        return code;
    if (!octavo_rows(s, processor, "account", NULL, account_print, &l))
        return FAILED;
    if (l.count == 0) {
        (void)fprintf(stderr, "octavo: there is no account %s; see `octavo accounts ls`\n",
                      l.account);
        return 1;
    }
    return octavo_rows(s, processor, "transaction", l.account, transaction_print, &l) ? DONE
                                                                                      : FAILED;
}

int accounts_list(struct octavo_session *s, int count, char **arguments) {
    struct listing l = { .session = s };
    (void)count;
    if (octavo_arguments_read(s, arguments, &(struct octavo_words){ "", NULL }, NULL))
        return USAGE;
    if (!octavo_rows(s, processor, "account", NULL, account_print, &l))
        return FAILED;
    if (!octavo_json_wanted(s))
        octavo_print(s, "%zu accounts\n", l.count);
    return DONE;
}
