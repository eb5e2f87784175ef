/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The whole replay against a toy bank behind the real connector, with faults on purpose; and the
 * toy bank broken in three ways, to see that the judges notice. */
#include "bank.h"

#include "iso8583/iso8583.h"

#include "base/random.h"
#include "base/test.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 50000 };

enum fraud { HONEST, FORGETS_REQUESTS, IGNORES_REVERSALS, SAYS_YES_ONLY };

static struct loop *loop;
static struct connector *connector;
static struct bank *demo;
static struct history *history;
static struct random chance;
static bool is_done;
static int thirds[2];
static int third_count;
static int progress_count;
static int restarts;
static bool restart_due;

/* ---- the toy bank */

struct booked {
    int64_t amount; /* signed; 0: nothing moved */
    bool reversed;
    char *reply;
    char *token;
};

static enum fraud fraud;
static int fault_per_mille;
static int64_t requests_seen;
static struct table booked;   /* request id -> struct booked */
static struct table balances; /* token -> int64_t * */

static int64_t *balance_of(struct bytes token) {
    int64_t *found = table_find(&balances, token);
    if (!found) {
        found = memory_get(sizeof *found);
        (void)table_put(&balances, token, found);
    }
    return found;
}

static struct booked *booked_get(struct bytes id) {
    struct booked *found = table_find(&booked, id);
    if (!found) {
        found = memory_get(sizeof *found);
        (void)table_put(&booked, id, found);
    }
    return found;
}

static void ledger_move(struct bytes id, struct bytes token, int64_t amount) {
    *balance_of(token) += amount;
    audit_entry(bank_audit(demo), id, amount);
}

static void take_back(struct bytes id) {
    struct booked *b = booked_get(id);
    if (b->amount && !b->reversed && fraud != IGNORES_REVERSALS)
        ledger_move(id, bytes_text(b->token), -b->amount);
    b->reversed = true;
}

static void decide(const struct connector_request *r, const struct json *j, struct booked *b) {
    struct bytes token;
    int64_t amount = 0;
    CHECK(json_get_text(j, "card", &token) && json_get_int(j, "amount", &amount));
    amount = strcmp(r->type, "deposit-asked") == 0 ? amount : -amount;
    bool approved = *balance_of(token) + amount >= 0 && !b->reversed;
    if (approved && !(fraud == SAYS_YES_ONLY && requests_seen % 100 == 0)) {
        ledger_move(r->key, token, amount);
        b->amount = amount;
    }
    free(b->token);
    free(b->reply);
    b->token = text_copy_bytes(token);
    b->reply = text_format("{\"code\":\"%s\",\"balance\":%lld}",
                           b->reversed ? "68"
                           : approved  ? "00"
                                       : "51",
                           (long long)*balance_of(token));
}

static void reply(uint64_t ticket, const char *json) {
    CHECK(iso8583_connector.reply(connector, ticket, bytes_text(json)));
}

static void on_reversal(const struct connector_request *r, const struct json *j) {
    struct bytes original;
    CHECK(json_get_text(j, "original", &original));
    take_back(original);
    reply(r->ticket, "{\"code\":\"00\"}");
}

static void on_transaction(const struct connector_request *r, const struct json *j) {
    struct booked *b = booked_get(r->key);
    uint64_t luck = random_below(&chance, 1000);
    uint64_t limit = (uint64_t)fault_per_mille;
    if (!b->reply || fraud == FORGETS_REQUESTS)
        decide(r, j, b);
    if (luck < limit) /* the answer gets lost: the terminal takes it back */
        return;
    if (luck < limit * 2) { /* the deadline passed: the gateway takes it back itself */
        take_back(r->key);
        free(b->reply); /* and says so again to a repeat */
        b->reply = text_copy("{\"code\":\"91\"}");
        reply(r->ticket, b->reply);
        return;
    }
    if (luck < limit * 2 + limit / 4) { /* the gateway dies before it answers */
        restart_due = true;
        return;
    }
    reply(r->ticket, b->reply);
}

static bool on_request(void *context, const struct connector_request *r) {
    struct json j;
    (void)context;
    requests_seen++;
    if (random_below(&chance, 1000) < (uint64_t)fault_per_mille)
        return false;
    CHECK_OK(json_read(&j, r->json));
    if (strcmp(r->type, "reversal-asked") == 0)
        on_reversal(r, &j);
    else
        on_transaction(r, &j);
    json_finish(&j);
    return true;
}

/* ---- running it */

static int connector_open(int port) {
    char url[64];
    (void)snprintf(url, sizeof url, "iso8583://127.0.0.1:%d", port);
    struct connector_options options = {
        .loop = loop, .url = url, .secret = "key", .secret_len = 3, .on_request = on_request
    };
    CHECK_OK(iso8583_connector.open(&connector, &options));
    return iso8583_connector.port(connector);
}

static void on_third(void *context, int third) {
    (void)context;
    CHECK(third_count < 2);
    thirds[third_count++] = third;
}

static void on_progress(void *context, const struct bank_progress *p) {
    (void)context;
    CHECK(p->done <= p->total);
    progress_count++;
}

static void on_done(void *context) {
    (void)context;
    is_done = true;
}

static void given_history(int32_t movements) {
    struct history_options options = { .folder = test_dir(),
                                       .seed = test_seed(),
                                       .movements_max = movements };
    CHECK_OK(history_open(&history, &options));
    chance = random_seeded(test_seed());
    CHECK_OK(loop_create(&loop, clock_real()));
}

/* The gateway goes away and comes back, as a killed process would. */
static void restart_if_due(int port) {
    if (!restart_due)
        return;
    restart_due = false;
    restarts++;
    iso8583_connector.close(connector);
    for (int i = 0; i < 3; i++)
        loop_turn(loop, 5);
    bank_set_port(demo, connector_open(port));
}

static void replay(struct bank_options options, struct bank_result *out) {
    int port = connector_open(0);
    options.loop = loop;
    options.history = history;
    options.port = port;
    options.answer_timeout_ms = options.answer_timeout_ms ? options.answer_timeout_ms : 40;
    options.on_done = on_done;
    options.on_third = on_third;
    options.on_progress = on_progress;
    CHECK_OK(bank_start(&demo, &options));
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (!is_done) {
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
        restart_if_due(port);
    }
    bank_result_get(demo, out);
    out->audited = true;
    out->audit = audit_conclude(bank_audit(demo));
}

static void table_free(struct table *t) {
    struct bytes key;
    void *value;
    for (size_t at = 0; table_next(t, &at, &key, &value);)
        free(value);
    table_finish(t);
}

static void finish(void) {
    struct bytes key;
    void *value;
    for (size_t at = 0; table_next(&booked, &at, &key, &value);) {
        free(((struct booked *)value)->reply);
        free(((struct booked *)value)->token);
    }
    table_free(&booked);
    table_free(&balances);
    bank_destroy(demo);
    iso8583_connector.close(connector);
    loop_destroy(loop);
    history_destroy(history);
}

TEST(a_history_is_replayed_and_every_account_day_is_as_the_fold_expects) {
    struct bank_result r;
    given_history(2000);
    replay((struct bank_options){ .terminals = 8, .answer_timeout_ms = 20000 }, &r);
    CHECK(result_is_good(&r));
    CHECK_INT(r.withdrawals + r.deposits + r.declined, 2000);
    CHECK_INT(r.seen.days, history->day_count);
    CHECK_INT(r.seen.equal, r.seen.days);
    CHECK_INT(r.counts.repeats + r.counts.reversals + r.counts.refused_91, 0);
    CHECK(r.declined > 0 && r.reason_count == 1);
    CHECK_TEXT(r.reasons[0].code, "51");
    CHECK(r.p50_ns > 0 && r.p50_ns <= r.p99_ns);
    CHECK_INT(third_count, 2);
    CHECK_INT(thirds[0], 1);
    CHECK_INT(thirds[1], 2);
    CHECK(progress_count > 0);
    finish();
}

TEST(lost_answers_refusals_and_restarts_change_no_balance) {
    struct bank_result r;
    given_history(3000);
    fault_per_mille = 20;
    replay((struct bank_options){ .terminals = 16 }, &r);
    CHECK_INT(r.audit.lost + r.audit.repeated + r.audit.stray, 0);
    CHECK_INT(r.unlike_fold, 0);
    CHECK(result_is_good(&r));
    CHECK(restarts > 2 && r.counts.reversals > 0 && r.counts.refused_91 > 0);
    CHECK(r.counts.connections_lost > 0 && r.counts.repeats > 0);
    finish();
}

TEST(a_bank_that_forgets_requests_is_found_out) {
    struct bank_result r;
    given_history(3000);
    fault_per_mille = 20;
    fraud = FORGETS_REQUESTS;
    replay((struct bank_options){ .terminals = 16 }, &r);
    CHECK(r.counts.repeats > 0);
    CHECK(r.audit.repeated > 0);
    CHECK(!result_is_good(&r));
    finish();
}

TEST(a_bank_that_ignores_reversals_is_found_out) {
    struct bank_result r;
    given_history(1500);
    fault_per_mille = 20;
    fraud = IGNORES_REVERSALS;
    replay((struct bank_options){ .terminals = 16 }, &r);
    CHECK(r.audit.stray > 0);
    CHECK(r.unlike_fold > 0);
    CHECK(!result_is_good(&r));
    finish();
}

TEST(a_bank_that_says_yes_and_does_nothing_is_found_out) {
    struct bank_result r;
    given_history(1500);
    fraud = SAYS_YES_ONLY;
    replay((struct bank_options){ .terminals = 16, .answer_timeout_ms = 20000 }, &r);
    CHECK(r.audit.lost > 0);
    CHECK(r.unlike_fold > 0);
    CHECK(!result_is_good(&r));
    finish();
}

TEST(a_deadline_ends_the_replay_in_good_order) {
    struct bank_result r;
    given_history(0);
    replay(
        (struct bank_options){
            .terminals = 4, .deadline_ms = 300, .rate = 500, .answer_timeout_ms = 20000 },
        &r);
    int64_t done = r.withdrawals + r.deposits + r.declined;
    CHECK(done > 0 && done < 500); /* 300 ms at 500 a second, and a slow machine's mercy */
    CHECK(result_is_good(&r));
    CHECK(r.seen.days < history->day_count);
    CHECK_INT(third_count, 2);
    finish();
}

TEST(a_bank_that_stays_away_is_given_up_and_said) {
    struct bank_result r;
    given_history(100);
    fault_per_mille = 1000;
    replay((struct bank_options){ .terminals = 4, .stall_ms = 300 }, &r);
    CHECK_INT(r.unfinished, 4);
    CHECK(!result_is_good(&r));
    finish();
}
