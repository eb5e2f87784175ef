/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts_fixture.h"

#include "base/random.h"

#include <inttypes.h>

static struct ledger l;

static void open_ledger(void) {
    ledger_open(&l, "transaction-processor", processor_handlers);
}

static void open_account(const char *account, const char *currency) {
    char json[256];
    (void)snprintf(json, sizeof(json), "{\"account\":\"%s\",\"currency\":\"%s\",\"card\":\"T%s\"}",
                   account, currency, account);
    given(&l, "account-open-requested", account, json);
}

/* kind-requested {request, account, amount, currency 203}, of account A1. */
static void ask(const char *kind, const char *request, int64_t amount) {
    char json[256];
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"%s\",\"account\":\"A1\",\"amount\":%" PRId64
                   ",\"currency\":\"203\",\"terminal\":\"ATM1\"}",
                   request, amount);
    given(&l, kind, "A1", json);
}

static void reverse(const char *request, const char *original, int64_t amount) {
    char json[256];
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"%s\",\"original\":\"%s\",\"account\":\"A1\",\"amount\":%" PRId64
                   "}",
                   request, original, amount);
    given(&l, "reversal-requested", "A1", json);
}

static void check_posted(const char *request, const char *kind, int64_t amount, int64_t balance,
                         int64_t entry) {
    char wanted[512];
    (void)snprintf(wanted, sizeof(wanted),
                   "transaction-posted A1 {\"request\":\"%s\",\"kind\":\"%s\",\"account\":\"A1\","
                   "\"amount\":%" PRId64 ",\"code\":\"00\",\"balance\":%" PRId64
                   ",\"available\":%" PRId64 ",\"currency\":\"203\",\"entry\":%" PRId64
                   ",\"terminal\":\"ATM1\"",
                   request, kind, amount, balance, balance, entry);
    const char *said = buf_text(&l.said);
    if (strncmp(said, wanted, strlen(wanted)) != 0)
        test_failed(__FILE__, __LINE__, "%s is not %s ...", said, wanted);
}

static void check_declined(const char *code, int64_t balance) {
    char code_part[32], balance_part[48];
    (void)snprintf(code_part, sizeof(code_part), "\"code\":\"%s\"", code);
    (void)snprintf(balance_part, sizeof(balance_part), "\"balance\":%" PRId64 ",", balance);
    const char *said = buf_text(&l.said);
    CHECK(strncmp(said, "transaction-declined A1 ", 24) == 0);
    if (!strstr(said, code_part) || !strstr(said, balance_part))
        test_failed(__FILE__, __LINE__, "%s lacks %s or %s", said, code_part, balance_part);
}

static void check_reversed(const char *request, const char *original, int64_t balance,
                           int64_t entry) {
    char tail[256], lead[128];
    const char *said = buf_text(&l.said);
    (void)snprintf(lead, sizeof(lead), "transaction-reversed A1 {\"request\":\"%s\",", request);
    (void)snprintf(tail, sizeof(tail),
                   "\"code\":\"00\",\"balance\":%" PRId64 ",\"available\":%" PRId64
                   ",\"original\":\"%s\",\"entry\":%" PRId64 "}\n",
                   balance, balance, original, entry);
    if (strncmp(said, lead, strlen(lead)) != 0 || !strstr(said, tail))
        test_failed(__FILE__, __LINE__, "%s is not %s ... %s", said, lead, tail);
}

/* ---- the committed books */

struct sums {
    int64_t accounts, internals, postings, lowest;
    size_t posting_count;
};

static void account_sum(void *context, struct bytes key, struct bytes sub, const struct value *v,
                        size_t count) {
    struct sums *s = context;
    (void)key;
    (void)sub;
    (void)count;
    s->accounts += v[3].integer;
    s->lowest = v[3].integer < s->lowest ? v[3].integer : s->lowest;
}

static void posting_sum(void *context, struct bytes key, struct bytes sub, const struct value *v,
                        size_t count) {
    struct sums *s = context;
    (void)key;
    (void)sub;
    (void)count;
    s->postings += v[2].integer + v[4].integer;
    s->posting_count++;
}

static void internal_sum(void *context, struct bytes key, struct bytes sub, const struct value *v,
                         size_t count) {
    struct sums *s = context;
    (void)key;
    (void)sub;
    (void)count;
    s->internals += v[1].integer;
}

static struct sums books(void) {
    struct sums s = { 0 };
    struct store_table tables[16];
    const struct declared_service *service = l.options.service;
    for (size_t i = 0; i < service->table_count; i++)
        tables[i] = service->tables[i].table;
    struct store_options options = { .url = l.url,
                                     .system = "accounts",
                                     .service = service->name,
                                     .generation = 1,
                                     .tables = tables,
                                     .table_count = service->table_count };
    CHECK_OK(sqlite_store_kind.read(&options, 0, NULL, account_sum, &s));
    CHECK_OK(sqlite_store_kind.read(&options, 2, NULL, posting_sum, &s));
    CHECK_OK(sqlite_store_kind.read(&options, 3, NULL, internal_sum, &s));
    return s;
}

static void check_books(int64_t accounts, size_t posting_count) {
    struct sums s = books();
    CHECK_INT(s.accounts, accounts);
    CHECK_INT(s.accounts + s.internals, 0);
    CHECK_INT(s.postings, 0);
    CHECK_INT((long long)s.posting_count, (long long)posting_count);
}

/* ---- opening */

TEST(an_account_is_opened_once_with_its_card) {
    open_ledger();
    open_account("A1", "203");
    check_said(&l, "account-opened A1 {\"account\":\"A1\",\"currency\":\"203\",\"name\":\"\","
                   "\"zone\":\"UTC\"}\n"
                   "card-opened A1 {\"account\":\"A1\",\"card\":\"TA1\",\"currency\":\"203\"}\n");
    open_account("A1", "203");
    check_said(&l, "");
    open_account("A1", "978");
    check_said(&l, "account-open-refused A1 {\"account\":\"A1\",\"card\":\"TA1\",\"reason\":\"the "
                   "account exists with other fields\"}\n");
    ledger_close(&l);
}

TEST(an_account_without_card_or_currency_or_with_a_colon_is_refused) {
    static const char *const bad[] = {
        "{\"account\":\"A1\",\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"currency\":\"CZK\",\"card\":\"T\"}",
        "{\"account\":\"A1\",\"currency\":203,\"card\":\"T\"}",
        "{\"account\":\"A1\",\"card\":\"T\"}",
    };
    open_ledger();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        given(&l, "account-open-requested", "A1", bad[i]);
        CHECK(strstr(buf_text(&l.said), "account-open-refused A1"));
    }
    given(&l, "account-open-requested", "cash:203",
          "{\"account\":\"cash:203\",\"currency\":\"203\",\"card\":\"T\"}");
    CHECK(strstr(buf_text(&l.said), "account-open-refused cash:203"));
    ledger_close(&l);
}

static void check_parked(const char *key) {
    CHECK_INT(l.taken, TAKEN_PARKED);
    CHECK(task_is_parked(l.task, bytes_text(key)));
    check_said(&l, "");
}

TEST(an_event_that_names_nobody_parks_its_account_and_the_bank_goes_on) {
    static const struct {
        const char *type, *json;
    } bad[] = {
        { "account-open-requested", "{}" },
        { "account-open-requested", "{\"account\":\"A2\"}" },
        { "withdrawal-requested", "no json" },
        { "withdrawal-requested", "{\"request\":\"r\",\"account\":\"A1\",\"amount\":1.5}" },
        { "deposit-requested", "{\"request\":\"r\",\"account\":\"other\"}" },
        { "reversal-requested", "{\"request\":\"\",\"account\":\"A1\"}" },
    };
    open_ledger();
    open_account("B1", "203");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        given(&l, bad[i].type, "A1", bad[i].json);
        check_parked("A1");
        task_begin(l.task);
        CHECK_OK(task_park_drop(l.task, bytes_text("A1"), l.now_ms));
        ledger_commit(&l);
    }
    given(&l, "deposit-requested", "B1",
          "{\"request\":\"r1\",\"account\":\"B1\",\"amount\":5,\"currency\":\"203\"}");
    CHECK_INT(l.taken, TAKEN_HANDLED);
    ledger_close(&l);
}

TEST(what_follows_a_forged_event_of_an_account_waits_and_nothing_moves_twice) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    given(&l, "withdrawal-requested", "A1", "{\"account\":\"A1\",\"amount\":1}");
    check_parked("A1");
    ask("withdrawal-requested", "r2", 600);
    check_parked("A1");
    ask("withdrawal-requested", "r3", 600);
    check_parked("A1");
    ledger_reopen(&l);
    task_begin(l.task);
    CHECK_OK(task_park_drop(l.task, bytes_text("A1"), l.now_ms));
    ledger_commit(&l);
    size_t taken;
    task_begin(l.task);
    CHECK_OK(task_park_due(l.task, l.now_ms, 10, &taken));
    ledger_commit(&l);
    CHECK(strstr(buf_text(&l.said), "transaction-posted A1 {\"request\":\"r2\""));
    CHECK(strstr(buf_text(&l.said), "transaction-declined A1 {\"request\":\"r3\""));
    ask("withdrawal-requested", "r2", 600); /* again: the same answer, no money */
    check_posted("r2", "withdrawal", 600, 400, 2);
    ledger_close(&l);
}

/* ---- withdrawals and deposits */

TEST(deposits_and_withdrawals_move_the_balance_to_the_last_unit) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    check_posted("r1", "deposit", 1000, 1000, 1);
    ask("withdrawal-requested", "r2", 999);
    check_posted("r2", "withdrawal", 999, 1, 2);
    ask("withdrawal-requested", "r3", 2);
    check_said(&l, "transaction-declined A1 {\"request\":\"r3\",\"kind\":\"withdrawal\","
                   "\"account\":\"A1\",\"amount\":2,\"code\":\"51\",\"balance\":1,\"available\":1,"
                   "\"currency\":\"203\",\"terminal\":\"ATM1\"}\n");
    ask("withdrawal-requested", "r4", 1);
    check_posted("r4", "withdrawal", 1, 0, 3);
    check_books(0, 3);
    ledger_close(&l);
}

TEST(amounts_that_cannot_be_are_declined_13) {
    static const int64_t bad[] = { 0, -1, INT64_MIN, 1000000000001, INT64_MAX };
    char request[16];
    open_ledger();
    open_account("A1", "203");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(request, sizeof(request), "r%zu", i);
        ask("deposit-requested", request, bad[i]);
        check_declined("13", 0);
        (void)snprintf(request, sizeof(request), "w%zu", i);
        ask("withdrawal-requested", request, bad[i]);
        check_declined("13", 0);
    }
    ask("deposit-requested", "exactly", 1000000000000);
    check_posted("exactly", "deposit", 1000000000000, 1000000000000, 1);
    check_books(1000000000000, 1);
    ledger_close(&l);
}

TEST(unknown_accounts_currencies_and_missing_fields_are_declined) {
    open_ledger();
    ask("withdrawal-requested", "r1", 5);
    check_declined("14", 0);
    open_account("A1", "978");
    ask("deposit-requested", "r2", 5);
    check_declined("58", 0);
    given(&l, "deposit-requested", "A1", "{\"request\":\"r3\",\"account\":\"A1\"}");
    check_declined("30", 0);
    given(&l, "deposit-requested", "A1",
          "{\"request\":\"r4\",\"account\":\"A1\",\"amount\":\"5\",\"currency\":\"978\"}");
    check_declined("30", 0);
    check_books(0, 0);
    ledger_close(&l);
}

TEST(a_repeat_gets_the_stored_answer_and_moves_nothing) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    ask("withdrawal-requested", "r2", 5000);
    check_declined("51", 1000);
    ask("deposit-requested", "r3", 9000);
    ledger_reopen(&l);
    ask("deposit-requested", "r1", 1000);
    check_posted("r1", "deposit", 1000, 1000, 1); /* as it was said the first time */
    ask("withdrawal-requested", "r2", 5000);
    check_declined("51", 1000); /* there would be money now; the answer stays */
    check_books(10000, 2);
    ledger_close(&l);
}

TEST(the_same_request_with_another_body_is_declined_94) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    ask("deposit-requested", "r1", 1001);
    check_declined("94", 1000);
    CHECK(strstr(buf_text(&l.said), "alarm-raised A1 {\"request\":\"r1\""));
    ask("withdrawal-requested", "r1", 1000);
    check_declined("94", 1000);
    reverse("r1", "r0", 1000);
    check_declined("94", 1000);
    ask("deposit-requested", "r1", 1000);
    check_posted("r1", "deposit", 1000, 1000, 1); /* the first is still the first */
    check_books(1000, 1);
    ledger_close(&l);
}

TEST(sums_the_books_cannot_hold_are_declined_61) {
    open_ledger();
    open_account("A1", "203");
    given(&l, "deposit-requested", "A1",
          "{\"request\":\"r1\",\"account\":\"A1\",\"amount\":5,\"currency\":\"203\"}");
    ledger_close(&l);
    /* a balance near the end of the range, as no test lives long enough to deposit it */
    struct store *store;
    struct ledger other = { 0 };
    ledger_open(&other, "transaction-processor", processor_handlers);
    struct store_table tables[16];
    for (size_t i = 0; i < other.options.service->table_count; i++)
        tables[i] = other.options.service->tables[i].table;
    struct store_options options = { .url = other.url,
                                     .system = "accounts",
                                     .service = "transaction-processor",
                                     .generation = 1,
                                     .tables = tables,
                                     .table_count = other.options.service->table_count };
    task_close(other.task);
    CHECK_OK(sqlite_store_kind.open(&store, &options));
    struct value row[ACCOUNT_COLUMNS];
    row_blank(&other, 0, row);
    row[ACCOUNT_CURRENCY].text = bytes_text("203");
    row[ACCOUNT_STATE].text = bytes_text("open");
    row[ACCOUNT_BALANCE].integer = BALANCE_MAX;
    CHECK_OK(store->ops->begin(store));
    CHECK_OK(store->ops->row_put(store, 0, bytes_text("0"), bytes_text("A1"), row));
    CHECK_OK(store->ops->commit(store));
    store->ops->close(store);
    CHECK_OK(task_open(&other.task, &other.options));
    l = other;
    l.offset = 2;
    ask("deposit-requested", "r2", 5);
    check_posted("r2", "deposit", 5, BALANCE_MAX + 5, 2);
    ask("deposit-requested", "r3", 1);
    check_declined("61", BALANCE_MAX + 5);
    ledger_close(&l);
}

/* ---- reversals */

TEST(a_reversal_takes_back_what_was_posted_once) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    ask("withdrawal-requested", "r2", 300);
    reverse("r2-R", "r2", 300);
    check_reversed("r2-R", "r2", 1000, 3);
    check_books(1000, 3);
    reverse("r2-R", "r2", 300); /* its repeat: the stored answer */
    check_reversed("r2-R", "r2", 1000, 3);
    reverse("another", "r2", 300); /* a second one: acknowledged, no money */
    check_reversed("another", "r2", 1000, 0);
    ask("withdrawal-requested", "r2", 300); /* the late repeat of the original moves nothing */
    check_posted("r2", "withdrawal", 300, 700, 2);
    check_books(1000, 3);
    ledger_close(&l);
}

TEST(a_reversal_of_a_declined_request_is_acknowledged_without_money) {
    open_ledger();
    open_account("A1", "203");
    ask("withdrawal-requested", "r1", 300);
    check_declined("51", 0);
    reverse("r1-R", "r1", 300);
    check_reversed("r1-R", "r1", 0, 0);
    check_books(0, 0);
    ledger_close(&l);
}

TEST(a_reversal_before_its_original_leaves_a_tombstone) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    reverse("r2-R", "r2", 300);
    check_reversed("r2-R", "r2", 1000, 0);
    ledger_reopen(&l);
    ask("withdrawal-requested", "r2", 300);
    check_declined("68", 1000);
    ask("withdrawal-requested", "r2", 300);
    check_declined("68", 1000);
    reverse("r2-S", "r2", 300);
    check_reversed("r2-S", "r2", 1000, 0);
    check_books(1000, 1);
    ledger_close(&l);
}

TEST(a_reversal_of_a_reversal_of_a_part_or_of_itself_is_declined) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    reverse("x", "r1", 999);
    check_declined("12", 1000);
    reverse("y", "r1", 1000);
    check_reversed("y", "r1", 0, 2);
    reverse("z", "y", 1000);
    check_declined("12", 0);
    reverse("self", "self", 1);
    check_declined("30", 0);
    given(&l, "reversal-requested", "A1", "{\"request\":\"q\",\"account\":\"A1\",\"amount\":1}");
    check_declined("30", 0);
    check_books(0, 2);
    ledger_close(&l);
}

TEST(a_spent_deposit_is_reversed_from_suspense_and_no_balance_is_below_zero) {
    open_ledger();
    open_account("A1", "203");
    ask("deposit-requested", "r1", 1000);
    ask("withdrawal-requested", "r2", 700);
    reverse("r1-R", "r1", 1000);
    check_reversed("r1-R", "r1", 0, 3); /* 300 from the account, 700 owed */
    CHECK_INT(books().lowest, 0);
    check_books(0, 4);
    ask("deposit-requested", "r3", 50);
    ask("withdrawal-requested", "r4", 50);
    reverse("r3-R", "r3", 50); /* nothing left: all of it owed */
    check_reversed("r3-R", "r3", 0, 7);
    CHECK_INT(books().lowest, 0);
    check_books(0, 7);
    ledger_close(&l);
}

/* ---- any order, any repeat */

/* The same rules without tables, rows or postings. */
struct model {
    enum { NEW, POSTED, DECLINED, REVERSED, TOMBSTONE } state[40];
    int64_t amounts[40];
    bool withdraws[40];
    bool reversal_seen[40][2]; /* each request has two reversals that may come */
    int64_t balance;
};

static void model_ask(struct model *m, size_t at) {
    if (m->state[at] == TOMBSTONE || (m->withdraws[at] && m->balance < m->amounts[at])) {
        m->state[at] = m->state[at] == NEW || m->state[at] == TOMBSTONE ? DECLINED : m->state[at];
        return;
    }
    if (m->state[at] != NEW)
        return;
    m->state[at] = POSTED;
    m->balance += m->withdraws[at] ? -m->amounts[at] : m->amounts[at];
}

static void model_reverse(struct model *m, size_t at, size_t which) {
    if (m->reversal_seen[at][which])
        return;
    m->reversal_seen[at][which] = true;
    if (m->state[at] == NEW)
        m->state[at] = TOMBSTONE;
    if (m->state[at] != POSTED)
        return;
    m->state[at] = REVERSED;
    m->balance += m->withdraws[at] ? m->amounts[at] : -m->amounts[at];
    m->balance = m->balance < 0 ? 0 : m->balance; /* the rest is owed to suspense */
}

static void model_and_ledger_take(struct model *m, struct random *r) {
    size_t at = (size_t)random_below(r, 40), which = (size_t)random_below(r, 2);
    char request[32], reversal[40];
    (void)snprintf(request, sizeof(request), "r%zu", at);
    (void)snprintf(reversal, sizeof(reversal), "r%zu-R%zu", at, which);
    if (random_below(r, 4) == 0) {
        model_reverse(m, at, which);
        reverse(reversal, request, m->amounts[at]);
    } else {
        model_ask(m, at);
        ask(m->withdraws[at] ? "withdrawal-requested" : "deposit-requested", request,
            m->amounts[at]);
    }
}

TEST(whatever_comes_in_whatever_order_the_books_balance) {
    struct random r = random_seeded(test_seed());
    struct model m = { 0 };
    for (size_t i = 0; i < 40; i++) {
        m.amounts[i] = (int64_t)random_below(&r, 500) + 1;
        m.withdraws[i] = random_below(&r, 2);
    }
    open_ledger();
    open_account("A1", "203");
    for (int i = 0; i < 400; i++) {
        model_and_ledger_take(&m, &r);
        CHECK(l.said.len > 0); /* every request is answered, every time */
        if (random_below(&r, 50) == 0)
            ledger_reopen(&l);
        struct sums s = books();
        CHECK_INT(s.accounts, m.balance);
        CHECK_INT(s.accounts + s.internals, 0);
        CHECK_INT(s.postings, 0);
        CHECK_INT(s.lowest, 0);
    }
    ledger_close(&l);
}
