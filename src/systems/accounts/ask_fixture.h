/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the ledger: an account that is asked things, and what it says, field by field.
 */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_ASK_FIXTURE_H
#define OCTAVO_SYSTEMS_ACCOUNTS_ASK_FIXTURE_H

#include "accounts_fixture.h"

#include <inttypes.h>

/* `fields` is the JSON behind request and account, as "\"amount\":5". */
static inline void asks(struct ledger *l, const char *account, const char *type,
                        const char *request, const char *fields) {
    char *json = text_format("{\"request\":\"%s\",\"account\":\"%s\"%s%s}", request, account,
                             fields[0] ? "," : "", fields);
    given(l, type, account, json);
    free(json);
}

static inline void asks_amount(struct ledger *l, const char *type, const char *request,
                               int64_t amount) {
    char fields[128];
    (void)snprintf(fields, sizeof(fields), "\"amount\":%" PRId64 ",\"currency\":\"203\"", amount);
    asks(l, "A1", type, request, fields);
}

static inline void asks_original(struct ledger *l, const char *type, const char *request,
                                 const char *original, int64_t amount) {
    char fields[400];
    (void)snprintf(fields, sizeof(fields), "\"original\":\"%s\",\"amount\":%" PRId64, original,
                   amount);
    asks(l, "A1", type, request, fields);
}

static inline void opens(struct ledger *l, const char *account, const char *currency) {
    char json[256];
    (void)snprintf(json, sizeof(json), "{\"account\":\"%s\",\"currency\":\"%s\",\"card\":\"T%s\"}",
                   account, currency, account);
    given(l, "account-open-requested", account, json);
}

/* Some event of the last group begins with `type` and has all the parts, which are split by blanks
 * as `code:51 balance:1`. */
static inline void says(struct ledger *l, const char *type, const char *parts) {
    char *said = text_copy(buf_text(&l->said)), *line_rest, *part_rest;
    bool found = false;
    for (char *line = strtok_r(said, "\n", &line_rest); line && !found;
         line = strtok_r(NULL, "\n", &line_rest)) {
        char *wanted = text_copy(parts);
        found = strncmp(line, type, strlen(type)) == 0 && line[strlen(type)] == ' ';
        for (char *part = strtok_r(wanted, " ", &part_rest); part;
             part = strtok_r(NULL, " ", &part_rest)) {
            char number[256], text[256], *colon = strchr(part, ':');
            *colon = 0;
            (void)snprintf(number, sizeof(number), "\"%s\":%s", part, colon + 1);
            (void)snprintf(text, sizeof(text), "\"%s\":\"%s\"", part, colon + 1);
            const char *at = strstr(line, number);
            size_t len = strlen(number);
            found = found && (strstr(line, text) || (at && (at[len] == ',' || at[len] == '}')));
        }
        free(wanted);
    }
    if (!found)
        test_failed(__FILE__, __LINE__, "nothing is %s %s in: %s", type, parts, buf_text(&l->said));
    free(said);
}

static inline void says_not(struct ledger *l, const char *type) {
    if (strstr(buf_text(&l->said), type))
        test_failed(__FILE__, __LINE__, "there is %s in: %s", type, buf_text(&l->said));
}

/* ---- the committed books: a balance or another column of an account */

struct account_look {
    const char *account;
    enum account_column column;
    int64_t value;
};

static inline void on_account_look(void *context, struct bytes key, struct bytes sub,
                                   const struct value *v, size_t count) {
    struct account_look *look = context;
    (void)key;
    (void)count;
    if (bytes_is_text(sub, look->account))
        look->value = v[look->column].integer;
}

struct internal_look {
    const char *account;
    int64_t value;
};

static inline void on_internal_look(void *context, struct bytes key, struct bytes sub,
                                    const struct value *v, size_t count) {
    struct internal_look *look = context;
    (void)key;
    (void)count;
    if (bytes_is_text(sub, look->account))
        look->value = v[INTERNAL_BALANCE].integer;
}

static inline void table_look(struct ledger *l, size_t table, store_on_row *on_row, void *context) {
    struct store_table tables[32];
    const struct declared_service *service = l->options.service;
    for (size_t i = 0; i < service->table_count; i++)
        tables[i] = service->tables[i].table;
    struct store_options options = { .url = l->url,
                                     .system = "accounts",
                                     .service = service->name,
                                     .generation = 1,
                                     .task = l->options.task,
                                     .tables = tables,
                                     .table_count = service->table_count };
    CHECK_OK(sqlite_store_kind.read(&options, table, NULL, on_row, context));
}

static inline void on_row_counted(void *context, struct bytes key, struct bytes sub,
                                  const struct value *v, size_t count) {
    (void)key;
    (void)sub;
    (void)v;
    (void)count;
    ++*(size_t *)context;
}

static inline size_t table_rows(struct ledger *l, size_t table) {
    size_t rows = 0;
    table_look(l, table, on_row_counted, &rows);
    return rows;
}

static inline int64_t account_column(struct ledger *l, const char *account,
                                     enum account_column column) {
    struct account_look look = { account, column, INT64_MIN };
    table_look(l, 0, on_account_look, &look);
    return look.value;
}

static inline int64_t internal_balance(struct ledger *l, const char *name) {
    struct internal_look look = { name, 0 };
    table_look(l, 3, on_internal_look, &look);
    return look.value;
}

#endif
