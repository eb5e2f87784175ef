/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Work for Account Transactions: cash machines at its ISO 8583 edge. At rest its ledgers and its
 * topic are read into the history, as its README and octavo.yaml describe them to anybody. */
#include "run.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "stores.h"
#include "tally.h"
#include "terminal.h"
#include "topics.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TERMINALS = 8,
    ACCOUNTS = 16,
    LIMITED = 4,
    PATIENCE_MS = 12000,
    LAST_PATIENCE_MS = 2500,
    PAUSE_MS = 15,
    CARDS_LIMIT_MS = 90000
};

static const char gateway[] = "atm";
static const char edge_name[] = "atm";
static const char processor[] = "transaction-processor";

struct bank {
    struct terminals all;
    struct terminal terminals[TERMINALS];
    struct terminal_card cards[ACCOUNTS];
    size_t known; /* cards that the gateway has, while it is asked */
    int64_t ending_ms;
};

/* ISO 7812: the last digit makes the sum of Luhn a multiple of ten. */
static void card_make(struct terminal_card *card, uint64_t seed, unsigned number) {
    unsigned sum = 0;
    (void)snprintf(card->number, sizeof(card->number), "4000%06u%05u", (unsigned)(seed % 1000000),
                   number % 100000);
    size_t len = strlen(card->number);
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(card->number[len - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    card->number[len] = (char)('0' + (10 - sum % 10) % 10);
    card->number[len + 1] = 0;
    (void)snprintf(card->account, sizeof(card->account), "V%u", 1000 + number);
    (void)snprintf(card->currency, sizeof(card->currency), "%s", number % 4 == 3 ? "978" : "203");
}

static void on_card_count(void *context, const struct store_place *place,
                          const struct store_value *row) {
    (void)place;
    *(size_t *)context += (size_t)row[0].integer;
}

static enum error accounts_open(struct run *r, struct bank *b) {
    struct buf lines = { 0 };
    int code = 0;
    char *path = text_format("%s/run/accounts.txt", r->house.dir);
    for (size_t i = 0; i < ACCOUNTS; i++)
        buf_print(&lines, "%s %s %s\n", b->cards[i].account, b->cards[i].currency,
                  b->cards[i].number);
    enum error e = disk_replace(disk_real(), path, buf_bytes(&lines));
    const char *words[] = { "accounts", "open", "--from", path, NULL };
    buf_clear(&lines);
    if (!e)
        e = house_command(&r->house, words, &lines, &code);
    if (!e && code)
        e = fail(E_refused, "octavo accounts open ended with %d; see %s/log/commands.log", code,
                 r->house.dir);
    enum error unlinked = disk_unlink(disk_real(), path); /* it holds card numbers */
    e = e ? e : unlinked;
    buf_finish(&lines);
    free(path);
    return e;
}

static enum error cards_wait(struct run *r) {
    int64_t until = run_now_ms(r) + CARDS_LIMIT_MS;
    char *dir = run_store_dir(r);
    size_t known = 0;
    struct store_question q = { dir,           r->options->system->name,
                                gateway,       "SELECT count(*) FROM card",
                                on_card_count, &known };
    while (run_now_ms(r) < until && known < ACCOUNTS) {
        known = 0;
        if (stores_ask(&q, NULL)) /* it is being made */
            known = 0;
        (void)poll(NULL, 0, 10);
    }
    free(dir);
    return known >= ACCOUNTS
               ? E_ok
               : fail(E_timed_out, "the gateway knows %zu of %d cards", known, ACCOUNTS);
}

/* Limits that nobody reaches: how much of them is used is told in transactions, and counted. */
static enum error limits_set(struct run *r) {
    int64_t until = run_now_ms(r) + CARDS_LIMIT_MS;
    struct bank *b = r->loaded;
    for (size_t i = 0; i < LIMITED; i++) {
        const char *words[] = {
            "accounts",          "limit", "set",      b->cards[i].account, "daily",
            "--period",          "day",   "--amount", "900000000000",      "--request",
            b->cards[i].account, NULL
        };
        int code = -1;
        while (code && run_now_ms(r) < until) { /* the governor may not know the account yet */
            struct buf said = { 0 };
            enum error e = house_command(&r->house, words, &said, &code);
            buf_finish(&said);
            TRY(e);
        }
        if (code)
            return fail(E_timed_out,
                        "octavo accounts limit set ended with %d; see %s/log/commands.log", code,
                        r->house.dir);
    }
    return E_ok;
}

static enum error bank_begin(struct run *r) {
    struct bank *b = r->loaded = memory_get(sizeof(*b));
    for (unsigned i = 0; i < ACCOUNTS; i++)
        card_make(&b->cards[i], r->options->seed, i);
    TRY(accounts_open(r, b));
    TRY(cards_wait(r));
    TRY(limits_set(r));
    b->all = (struct terminals){
        .history = &r->history,
        .cards = b->cards,
        .card_count = ACCOUNTS,
        .port = house_port(&r->house, gateway, edge_name),
        .patience_ms = PATIENCE_MS,
        .pause_ms = PAUSE_MS,
    };
    for (uint32_t i = 0; i < TERMINALS; i++)
        terminal_begin(&b->terminals[i], &b->all, i, r->options->seed);
    return E_ok;
}

static size_t bank_polls(struct run *r, struct pollfd *out) {
    struct bank *b = r->loaded;
    for (size_t i = 0; i < TERMINALS; i++)
        out[i] = (struct pollfd){ b->terminals[i].fd, terminal_wants(&b->terminals[i]), 0 };
    return TERMINALS;
}

static void bank_turn(struct run *r, int64_t now_ms, const struct pollfd *polls) {
    struct bank *b = r->loaded;
    (void)now_ms;
    for (size_t i = 0; i < TERMINALS; i++)
        terminal_turn(&b->terminals[i], clock_steady_ms(clock_real()),
                      polls[i].fd == b->terminals[i].fd ? polls[i].revents : 0);
}

/* Who waits for an answer that was lost would wait long: it gives up soon, and reverses. */
static void bank_rest(struct run *r) {
    struct bank *b = r->loaded;
    int64_t until = clock_steady_ms(clock_real()) + LAST_PATIENCE_MS;
    b->all.ending = true;
    for (size_t i = 0; i < TERMINALS; i++)
        if (b->terminals[i].in_transaction && b->terminals[i].until_ms > until)
            b->terminals[i].until_ms = until;
}

static bool bank_is_idle(struct run *r) {
    struct bank *b = r->loaded;
    for (size_t i = 0; i < TERMINALS; i++)
        if (!terminal_is_idle(&b->terminals[i]))
            return false;
    return true;
}

static uint64_t bank_progress(struct run *r) {
    return ((struct bank *)r->loaded)->all.answers;
}

/* ---- what is found at rest */

/* Reversals of a task: who takes back what. */
struct reading {
    struct run *run;
    struct tally originals; /* task and reversal: the original's hash */
};

static void on_reversal(void *context, const struct store_place *place,
                        const struct store_value *row) {
    struct reading *reading = context;
    uint64_t by = history_name(&reading->run->history, row[0].text);
    if (row[1].text.len)
        tally_at(&reading->originals, tally_mix(by, place->task + 1U))->note =
            history_name(&reading->run->history, row[1].text);
}

static char leg_class(struct bytes account) {
    if (account.len > 5 && memcmp(account.data, "cash:", 5) == 0)
        return LEG_CASH;
    return memchr(account.data, ':', account.len) ? LEG_INTERNAL : LEG_CUSTOMER;
}

static void leg_add(struct run *r, struct history_record leg, struct bytes account) {
    leg.kind = HISTORY_seen;
    leg.operation = HISTORY_leg;
    leg.key = history_name(&r->history, account);
    leg.code[0] = leg_class(account);
    history_put(&r->history, leg);
}

/* entry, transaction, account, amount, contra, contra_amount, currency */
static void on_posting(void *context, const struct store_place *place,
                       const struct store_value *row) {
    struct reading *reading = context;
    struct run *r = reading->run;
    uint64_t by = history_name(&r->history, row[1].text);
    const struct tally_place *original =
        tally_find(&reading->originals, tally_mix(by, place->task + 1U));
    struct history_record leg = {
        .id = original && original->note ? original->note : by,
        .other = by,
        .lane = history_name(&r->history, row[6].text),
        .place = row[0].integer,
        .process = place->task,
    };
    leg.value = row[3].integer;
    leg_add(r, leg, row[2].text);
    leg.value = row[5].integer;
    leg_add(r, leg, row[4].text);
}

static void on_balance(void *context, const struct store_place *place,
                       const struct store_value *row) {
    struct run *r = ((struct reading *)context)->run;
    history_put(&r->history, (struct history_record){
                                 .kind = HISTORY_seen,
                                 .operation = HISTORY_balance,
                                 .key = history_name(&r->history, row[0].text),
                                 .lane = history_name(&r->history, row[1].text),
                                 .value = row[2].integer,
                                 .process = place->task,
                             });
}

static enum error books_read(struct run *r) {
    static const struct {
        const char *sql;
        store_on_row *on_row;
    } questions[] = {
        { "SELECT sub, original FROM \"transaction\" WHERE kind = 'reversal'", on_reversal },
        { "SELECT entry, \"transaction\", account, amount, contra, contra_amount, currency"
          " FROM posting ORDER BY entry",
          on_posting },
        { "SELECT CASE sub WHEN '' THEN key ELSE sub END, currency, balance FROM account"
          " UNION ALL SELECT sub, currency, balance FROM internal",
          on_balance },
    };
    struct reading reading = { .run = r };
    char *dir = run_store_dir(r);
    enum error e = E_ok;
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]) && !e; i++) {
        struct store_question q = {
            dir,     r->options->system->name, processor, questions[i].sql, questions[i].on_row,
            &reading
        };
        e = stores_ask(&q, NULL);
    }
    tally_finish(&reading.originals);
    free(dir);
    return e;
}

static uint64_t name_of(struct run *r, const struct json *j, const char *member) {
    struct bytes text;
    return json_get_text(j, member, &text) ? history_name(&r->history, text) : 0;
}

/* transaction-posted and transaction-reversed tell of an entry; entry 0: no money moved. */
static void announced_take(struct run *r, const struct kafka_event *event, uint64_t lane) {
    struct bytes type = kafka_header_of(event, "ce_type");
    bool posted = bytes_is_text(type, "transaction-posted");
    struct json j;
    if ((!posted && !bytes_is_text(type, "transaction-reversed")) || json_read(&j, event->value))
        return;
    struct history_record a = {
        .kind = HISTORY_seen,
        .operation = HISTORY_announced,
        .other = name_of(r, &j, "request"),
        .key = history_name(&r->history, event->key),
        .lane = lane,
        .process = (uint32_t)event->partition,
    };
    a.id = posted ? a.other : name_of(r, &j, "original");
    (void)json_get_int(&j, "entry", &a.place);
    if (a.place)
        history_put(&r->history, a);
    json_finish(&j);
}

static void on_record(struct run *r, const struct kafka_event *event) {
    uint64_t id = history_name(&r->history, kafka_header_of(event, "ce_id"));
    uint64_t place = history_name(&r->history, kafka_header_of(event, "ce_sequence"));
    announced_take(r, event, tally_mix(id, place));
}

static enum error bank_collect(struct run *r) {
    struct bank *b = r->loaded;
    if (b->all.oddity_count)
        run_problem(r, "terminals heard %zu odd things, the first: %s", b->all.oddity_count,
                    buf_text(&b->all.oddities));
    if (!r->options->json)
        (void)printf("terminals: %llu transactions, %llu approved, %llu answers; %llu asked again, "
                     "%llu lines lost\n",
                     (unsigned long long)b->all.transactions, (unsigned long long)b->all.approved,
                     (unsigned long long)b->all.answers, (unsigned long long)b->all.retries,
                     (unsigned long long)b->all.reconnects);
    TRY(books_read(r));
    return topics_collect(r, on_record);
}

static void bank_finish(struct run *r) {
    struct bank *b = r->loaded;
    if (!b)
        return;
    for (size_t i = 0; i < TERMINALS && b->all.history; i++)
        terminal_finish(&b->terminals[i]);
    buf_finish(&b->all.oddities);
    free(b);
    r->loaded = NULL;
}

const struct load load_accounts = {
    .name = "accounts",
    .checks = checks_accounts,
    .begin = bank_begin,
    .polls = bank_polls,
    .turn = bank_turn,
    .rest = bank_rest,
    .is_idle = bank_is_idle,
    .progress = bank_progress,
    .collect = bank_collect,
    .finish = bank_finish,
};
