/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts_fixture.h"

#include "runtime/session.h"

#include <fcntl.h>
#include <unistd.h>

static struct ledger l;
static struct store *store; /* opened behind the ledger's back, to spoil its books */

enum { TASKS = 4 };
enum { ACCOUNT, TRANSACTION, POSTING, INTERNAL, CHAIN };

static void store_options_fill(struct store_options *options) {
    static struct store_table tables[16];
    const struct declared_service *service = l.options.service;
    for (size_t i = 0; i < service->table_count; i++)
        tables[i] = service->tables[i].table;
    *options = (struct store_options){ .url = l.url,
                                       .system = "accounts",
                                       .service = service->name,
                                       .generation = 1,
                                       .tables = tables,
                                       .table_count = service->table_count };
}

static void store_make(int32_t task) {
    struct store_options options;
    struct store *empty;
    store_options_fill(&options);
    options.task = task;
    CHECK_OK(sqlite_store_kind.open(&empty, &options));
    empty->ops->close(empty);
}

static void given_books(void) {
    ledger_open(&l, "transaction-processor", processor_handlers);
    for (int32_t task = 1; task < TASKS; task++)
        store_make(task);
    given(&l, "account-open-requested", "A1",
          "{\"account\":\"A1\",\"currency\":\"203\",\"card\":\"T1\",\"name\":\"J \\\"N\\\"\"}");
    given(&l, "deposit-requested", "A1",
          "{\"request\":\"r1\",\"account\":\"A1\",\"amount\":1000,\"currency\":\"203\"}");
    given(&l, "withdrawal-requested", "A1",
          "{\"request\":\"r2\",\"account\":\"A1\",\"amount\":400,\"currency\":\"203\"}");
    given(&l, "reversal-requested", "A1",
          "{\"request\":\"r3\",\"account\":\"A1\",\"amount\":1000,\"original\":\"r1\"}");
    given(&l, "withdrawal-requested", "A1",
          "{\"request\":\"r4\",\"account\":\"A1\",\"amount\":1,\"currency\":\"203\"}");
}

/* Runs a command in this process; what it prints is returned, owned. */
static char *run(int (*command)(struct octavo_session *, int, char **), const char *argument,
                 bool json, int wanted) {
    struct session_options options = {
        .declaration = l.declaration,
        .store_kind = &sqlite_store_kind,
        .data_dir = test_dir(),
        .json = json,
    };
    struct octavo_session *session;
    struct buf out = { 0 };
    char *arguments[] = { (char *)"verb", (char *)argument, NULL };
    char *path = text_format("%s/out", test_dir());
    CHECK_OK(session_create(&session, &options));
    (void)fflush(stdout);
    int was = dup(1), to = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(dup2(to, 1) == 1);
    int code = command(session, argument ? 2 : 1, arguments);
    (void)fflush(stdout);
    CHECK(dup2(was, 1) == 1);
    (void)close(was);
    (void)close(to);
    session_destroy(session);
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &out));
    free(path);
    CHECK_INT(code, wanted);
    return (char *)(uintptr_t)buf_text(&out);
}

static void check_run(int (*command)(struct octavo_session *, int, char **), const char *argument,
                      bool json, const char *wanted) {
    char *out = run(command, argument, json, 0);
    CHECK_TEXT(out, wanted);
    free(out);
}

static void spoil_begin(void) {
    struct store_options options;
    store_options_fill(&options);
    task_close(l.task);
    l.task = NULL;
    CHECK_OK(sqlite_store_kind.open(&store, &options));
    CHECK_OK(store->ops->begin(store));
}

static void spoil_end(void) {
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    free(run(accounts_audit, NULL, true, 1));
    ledger_close(&l);
}

/* The same, and what is told of it has these words. */
static void spoil_end_told(const char *words) {
    char told[4096];
    char *path = text_format("%s/told", test_dir());
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), kept = dup(STDERR_FILENO);
    CHECK(file >= 0 && kept >= 0 && dup2(file, STDERR_FILENO) >= 0);
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    char *out = run(accounts_audit, NULL, true, 1);
    (void)fflush(stderr);
    CHECK(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t len = pread(file, told, sizeof(told) - 1, 0);
    told[len > 0 ? len : 0] = 0;
    if (!strstr(told, words))
        test_failed(__FILE__, __LINE__, "\"%s\" is not in: %s", words, told);
    (void)close(file);
    (void)close(kept);
    free(path);
    free(out);
    ledger_close(&l);
}

static struct value number(int64_t n) {
    return (struct value){ .kind = VALUE_INT, .integer = n };
}

static struct value text(const char *t) {
    return (struct value){ .kind = VALUE_TEXT, .text = bytes_text(t) };
}

static void account_spoil(const char *account, int64_t balance, int64_t posting) {
    struct value row[ACCOUNT_COLUMNS];
    row_blank(&l, ACCOUNT, row);
    row[ACCOUNT_CURRENCY] = text("203");
    row[ACCOUNT_BALANCE] = number(balance);
    row[ACCOUNT_ENTRY] = number(posting);
    CHECK_OK(store->ops->row_put(store, ACCOUNT, bytes_text("0"), bytes_text(account), row));
}

static void posting_add(int64_t entry, const char *transaction, const char *account, int64_t amount,
                        int64_t contra) {
    struct value row[] = { text(transaction), text(account), number(amount), text("cash:203"),
                           number(contra),    text("203"),   number(1),      text("") };
    CHECK_OK(store->ops->log_add(store, POSTING, entry, bytes_text("0"), row));
}

TEST(clean_books_are_clean_with_a_reversal_from_suspense_among_them) {
    given_books();
    check_run(accounts_audit, NULL, true,
              "{\"accounts\":1,\"transactions\":4,\"postings\":4,\"sum\":0,\"faults\":0}\n");
    check_run(accounts_audit, NULL, false,
              "accounts 1\ntransactions 4\npostings 4\nsum of all balances: 0\nfaults 0\n");
    ledger_close(&l);
}

TEST(books_that_were_never_opened_are_clean) {
    CHECK_OK(
        declaration_read(&l.declaration, "octavo.yaml", bytes_text(accounts_system.declaration)));
    check_run(accounts_audit, NULL, true,
              "{\"accounts\":0,\"transactions\":0,\"postings\":0,\"sum\":0,\"faults\":0}\n");
    declaration_destroy(l.declaration);
}

TEST(a_balance_that_is_not_its_postings_is_found) {
    given_books();
    spoil_begin();
    account_spoil("A1", 1, 3);
    spoil_end();
}

TEST(a_balance_below_zero_is_found) {
    given_books();
    spoil_begin();
    account_spoil("A2", -1, 5);
    posting_add(5, "r9", "A2", -1, 1);
    spoil_end();
}

TEST(a_posting_that_is_in_no_balance_is_found) {
    given_books();
    spoil_begin();
    posting_add(5, "r9", "A1", 5, -5);
    spoil_end();
}

TEST(a_posting_that_does_not_sum_to_zero_is_found) {
    given_books();
    spoil_begin();
    posting_add(5, "r9", "A1", 5, -4);
    account_spoil("A1", 5, 5);
    spoil_end();
}

TEST(a_transaction_posted_twice_is_found) {
    struct value internal[] = { text("203"), number(400 - 500), number(6) };
    given_books();
    spoil_begin();
    posting_add(5, "r9", "A1", 200, -200);
    posting_add(6, "r2", "A1", 300, -300);
    account_spoil("A1", 500, 6);
    CHECK_OK(
        store->ops->row_put(store, INTERNAL, bytes_text("0"), bytes_text("cash:203"), internal));
    spoil_end();
}

TEST(a_posting_that_is_not_in_the_chain_is_named) {
    given_books();
    spoil_begin();
    posting_add(5, "r9", "A1", 5, -5);
    spoil_end_told("the chain of postings is broken: r9, entry 5");
}

TEST(a_chain_that_ends_otherwise_than_the_ledger_says_is_found) {
    given_books();
    spoil_begin();
    struct value row[] = { number(3), text("0") };
    CHECK_OK(store->ops->row_put(store, CHAIN, bytes_text("0"), bytes_text(""), row));
    spoil_end_told("the chain of postings is broken: r3, entry 3");
}

TEST(an_account_that_holds_more_than_its_holds_is_found) {
    given_books();
    spoil_begin();
    struct value row[ACCOUNT_COLUMNS];
    row_blank(&l, ACCOUNT, row);
    row[ACCOUNT_CURRENCY] = text("203");
    row[ACCOUNT_ENTRY] = number(3);
    row[ACCOUNT_HELD] = number(7);
    CHECK_OK(store->ops->row_put(store, ACCOUNT, bytes_text("0"), bytes_text("A1"), row));
    spoil_end_told("an account does not hold what its holds are: A1");
}

TEST(a_closed_account_with_money_is_found) {
    given_books();
    spoil_begin();
    struct value row[ACCOUNT_COLUMNS];
    row_blank(&l, ACCOUNT, row);
    row[ACCOUNT_STATE] = text("closed");
    row[ACCOUNT_BALANCE] = number(5);
    CHECK_OK(store->ops->row_put(store, ACCOUNT, bytes_text("0"), bytes_text("A9"), row));
    spoil_end_told("a closed account has money: A9");
}

TEST(an_account_that_lost_its_row_is_found) {
    given_books();
    spoil_begin();
    CHECK_OK(store->ops->row_delete(store, ACCOUNT, bytes_text("0"), bytes_text("A1")));
    spoil_end();
}

TEST(a_posting_without_its_transaction_is_found) {
    given_books();
    spoil_begin();
    CHECK_OK(store->ops->row_delete(store, TRANSACTION, bytes_text("A1"), bytes_text("r2")));
    spoil_end();
}

/* r2, a withdrawal of 400, with another state, amount, code or entry. */
static void answer_spoil(const char *state, int64_t amount, const char *code, int64_t entry) {
    given_books();
    spoil_begin();
    struct value row[TX_COLUMNS];
    row_blank(&l, TRANSACTION, row);
    row[TX_KIND] = text("withdrawal");
    row[TX_STATE] = text(state);
    row[TX_AMOUNT] = number(amount);
    row[TX_CODE] = text(code);
    row[TX_ENTRY] = number(entry);
    CHECK_OK(store->ops->row_put(store, TRANSACTION, bytes_text("A1"), bytes_text("r2"), row));
    spoil_end();
}

TEST(an_answer_of_another_amount_than_was_posted_is_found) {
    answer_spoil("posted", 401, "00", 2);
}

TEST(an_answer_that_declines_what_was_posted_is_found) {
    answer_spoil("posted", 400, "51", 2);
}

TEST(an_approved_answer_without_an_entry_is_found) {
    answer_spoil("posted", 400, "00", 0);
}

TEST(an_entry_that_vanished_is_no_fault_of_those_behind_it) {
    given_books();
    spoil_begin();
    posting_add(6, "r9", "A1", 1, -1);
    posting_add(7, "r10", "A1", -1, 1);
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    char *out = run(accounts_audit, NULL, true, 1);
    CHECK(strstr(out, "\"faults\":4}")); /* the gap; r9 in two balances and without an answer */
    free(out);
    ledger_close(&l);
}

TEST(a_store_that_is_gone_is_no_empty_partition) {
    given_books();
    char *path = text_format("%s/accounts.transaction-processor.1.2.db", test_dir());
    CHECK_OK(disk_unlink(disk_real(), path));
    free(path);
    free(run(accounts_audit, NULL, true, 1));
    ledger_close(&l);
}

TEST(accounts_are_listed_and_shown_for_people_and_for_programs) {
    given_books();
    check_run(accounts_list, NULL, true,
              "{\"account\":\"A1\",\"currency\":\"203\",\"name\":\"J \\\"N\\\"\","
              "\"state\":\"open\",\"balance\":0,\"available\":0,\"held\":0,\"overdraft\":0,"
              "\"entry\":3}\n");
    char *shown = run(accounts_show, "A1", false, 0);
    CHECK(strstr(shown, "A1                             0.00 203  J \"N\"\n"));
    CHECK(strstr(shown, "  r4                                           withdrawal declined     51"
                        "              1\n"));
    free(shown);
    shown = run(accounts_show, "A1", true, 0);
    CHECK(strstr(shown, "{\"request\":\"r3\",\"kind\":\"reversal\",\"state\":\"acknowledged\","
                        "\"code\":\"00\",\"amount\":1000,\"balance\":0,\"entry\":3,"));
    free(shown);
    free(run(accounts_show, "A2", false, 1));
    free(run(accounts_show, NULL, false, 2));
    ledger_close(&l);
}

TEST(opening_refuses_what_cannot_be_before_anything_is_sent) {
    static const char *const bad[] = { "A1",
                                       "A1 CZK",
                                       "A1 CZK 123",
                                       "A:1 CZK 9999990000005765",
                                       "A1 CZKX 9999990000005765",
                                       "A1 CZK 9999990000005765x" };
    char *path = text_format("%s/in", test_dir());
    CHECK_OK(
        declaration_read(&l.declaration, "octavo.yaml", bytes_text(accounts_system.declaration)));
    struct session_options options = {
        .declaration = l.declaration,
        .store_kind = &sqlite_store_kind,
        .data_dir = test_dir(),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct octavo_session *session;
        char *arguments[] = { (char *)"open", (char *)"--from", path, NULL };
        CHECK_OK(disk_replace(disk_real(), path, bytes_text(bad[i])));
        CHECK_OK(session_create(&session, &options));
        CHECK_INT(accounts_open(session, 3, arguments), 2);
        session_destroy(session);
    }
    free(path);
    declaration_destroy(l.declaration);
}
